"""SRTP and SRTCP of one leg (RFC 3711, RFC 7714), by libsrtp."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from pylibsrtp import Error, Policy, Session

LARGEST_DATAGRAM = 1350
"""Octets that are protected or unprotected; libsrtp's trailer must fit an Ethernet frame too."""

_REPLAY_WINDOW = 512
"""Packets that may arrive out of order, 10 s of audio; older ones are taken for replayed."""


@dataclass(frozen=True, slots=True)
class Suite:
    """How packets are protected: libsrtp's profile, and the octets of master key and master salt."""

    profile: int
    key_octets: int
    salt_octets: int


_CM_80 = Suite(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14)
_CM_32 = Suite(Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 16, 14)
_GCM = Suite(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12)

SDES_SUITES: MappingProxyType[str, Suite] = MappingProxyType(
    {"AES_CM_128_HMAC_SHA1_80": _CM_80, "AES_CM_128_HMAC_SHA1_32": _CM_32}
)
"""By their names in an SDP (RFC 4568, 6.2)."""

DTLS_SUITES: MappingProxyType[bytes, Suite] = MappingProxyType(
    {b"SRTP_AEAD_AES_128_GCM": _GCM, b"SRTP_AES128_CM_SHA1_80": _CM_80}
)
"""By OpenSSL's names for what `use_srtp` negotiates (RFC 5764, RFC 7714), the preferred first."""


class SrtpPair:
    """Both directions of a leg. Nothing raises: a packet that fails is None, and counted by whoever asked."""

    def __init__(self, suite: Suite, inbound: bytes, outbound: bytes) -> None:
        """`inbound` and `outbound` are master key and salt of what comes and what goes."""
        self._inbound = Session(_policy(suite, inbound, Policy.SSRC_ANY_INBOUND))
        self._outbound = Session(_policy(suite, outbound, Policy.SSRC_ANY_OUTBOUND))

    @classmethod
    def from_sdes(cls, suite: str, *, remote_key: str, local_key: str) -> SrtpPair:
        """From the keys of an SDP, in base64. Raises ValueError, without the keys in its message."""
        if suite not in SDES_SUITES:
            raise ValueError(f"SRTP suite {suite!r} is not one of {', '.join(SDES_SUITES)}")
        chosen = SDES_SUITES[suite]
        return cls(chosen, _decoded(remote_key, chosen), _decoded(local_key, chosen))

    @classmethod
    def from_dtls(cls, suite: Suite, exported: bytes, *, is_client: bool) -> SrtpPair:
        """From what the handshake exported: client key, server key, client salt, server salt (RFC 5764, 4.2)."""
        key, salt = suite.key_octets, suite.salt_octets
        client = exported[:key] + exported[2 * key : 2 * key + salt]
        server = exported[key : 2 * key] + exported[2 * key + salt : 2 * (key + salt)]
        return cls(suite, server, client) if is_client else cls(suite, client, server)

    def unprotect_rtp(self, datagram: bytes) -> bytes | None:
        """The RTP packet in a datagram; None when it is forged, replayed or broken."""
        return _attempt(self._inbound.unprotect, datagram)

    def unprotect_rtcp(self, datagram: bytes) -> bytes | None:
        """The RTCP packet in a datagram; None when it is forged, replayed or broken."""
        return _attempt(self._inbound.unprotect_rtcp, datagram)

    def protect_rtp(self, packet: bytes) -> bytes | None:
        """The datagram to send for an RTP packet; None when it is none, or its sequence number was used before."""
        return _attempt(self._outbound.protect, packet)

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        """The datagram to send for an RTCP packet; None when it is none."""
        return _attempt(self._outbound.protect_rtcp, packet)


def _policy(suite: Suite, key: bytes, direction: int) -> Policy:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=suite.profile)
    policy.window_size = _REPLAY_WINDOW
    return policy


def _attempt(transform: Callable[[bytes], bytes], data: bytes) -> bytes | None:
    if len(data) > LARGEST_DATAGRAM:
        return None
    try:
        return transform(data)
    except Error:
        return None


def _decoded(key: str, suite: Suite) -> bytes:
    try:
        octets = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("an SRTP key is no base64") from None
    if len(octets) != suite.key_octets + suite.salt_octets:
        raise ValueError(f"an SRTP key of {len(octets)} octets, {suite.key_octets + suite.salt_octets} are needed")
    return octets
