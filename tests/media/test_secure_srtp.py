"""Packets protected and taken once, whatever the suite."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.secure_parts import COMPOUND, packet

from cordboard.edge.media.srtp import DTLS_SUITES, SDES_SUITES, SrtpPair, Suite


@pytest.mark.parametrize("suite", [*SDES_SUITES.values(), *DTLS_SUITES.values()])
def test_every_suite_protects_both_kinds_and_takes_nothing_twice(suite: Suite) -> None:
    size = suite.key_octets + suite.salt_octets
    one, two = SrtpPair(suite, bytes(size), b"\1" * size), SrtpPair(suite, b"\1" * size, bytes(size))
    protected = one.protect_rtp(packet())
    assert protected is not None
    assert packet()[12:] not in protected
    assert two.unprotect_rtp(protected[:-1] + bytes([protected[-1] ^ 1])) is None
    assert two.unprotect_rtp(protected) == packet()
    assert two.unprotect_rtp(protected) is None, "replayed"
    assert one.protect_rtp(packet()) is None, "a sequence number is used once"
    reported = one.protect_rtcp(COMPOUND)
    assert reported is not None
    assert two.unprotect_rtcp(reported) == COMPOUND
    assert two.unprotect_rtcp(reported) is None


@given(st.binary(max_size=1600))
def test_nothing_raises_into_the_tick(datagram: bytes) -> None:
    pair = SrtpPair(SDES_SUITES["AES_CM_128_HMAC_SHA1_80"], bytes(30), bytes(30))
    assert pair.unprotect_rtp(datagram) is None
    assert pair.unprotect_rtcp(datagram) is None
    pair.protect_rtp(datagram)
    pair.protect_rtcp(datagram)
