"""Offers and answers between two of us, and what cannot be agreed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cordboard.wire.sdp.codecs import CodecName
from cordboard.wire.sdp.description import Direction, Security
from cordboard.wire.sdp.errors import (
    AnswerMismatchError,
    MalformedSdpError,
    NoAcceptableMediaError,
    NoCommonCodecError,
    SdpError,
)
from cordboard.wire.sdp.media import LocalMedia
from cordboard.wire.sdp.negotiation import accept_answer, answer_offer, build_offer, security_of
from cordboard.wire.sdp.session import Session

CALLER_KEY, CALLEE_KEY = "A" * 40, "B" * 40


def media(security: Security = "none", key: str = CALLER_KEY, host: str = "192.0.2.1") -> LocalMedia:
    return LocalMedia(
        host=host,
        port=20000,
        ssrc=77,
        security=security,
        ice_ufrag="frag" if security == "dtls" else None,
        ice_pwd="p" * 22 if security == "dtls" else None,
        fingerprint=":".join(["AB"] * 32) if security == "dtls" else None,
        srtp_key=key if security == "sdes" else None,
    )


CALLER, CALLEE = media(), media(host="192.0.2.2", key=CALLEE_KEY)


@pytest.mark.parametrize("security", ["none", "sdes", "dtls"])
def test_both_sides_come_to_the_same(security: Security) -> None:
    caller, callee = media(security), media(security, CALLEE_KEY, "2001:db8::2")
    offer = build_offer(caller)
    assert security_of(offer) == security
    answer, caller_seen = answer_offer(offer, callee)
    callee_seen = accept_answer(offer, answer, caller)
    assert (caller_seen.host, callee_seen.host) == (caller.host, callee.host)
    assert caller_seen.codec == callee_seen.codec == "PCMU"
    assert (callee_seen.payload_type, callee_seen.event_type) == (0, 101)
    assert not caller_seen.on_hold
    if security == "sdes":
        assert (caller_seen.srtp_key, callee_seen.srtp_key) == (CALLER_KEY, CALLEE_KEY)
        assert caller_seen.srtp_suite == callee_seen.srtp_suite == "AES_CM_128_HMAC_SHA1_80"
    if security == "dtls":
        assert (caller_seen.dtls_active, callee_seen.dtls_active) == (False, True)
        assert callee_seen.rtcp_mux
        assert callee_seen.fingerprint == callee.fingerprint


@pytest.mark.parametrize(
    ("ours", "theirs", "sends", "receives", "answered"),
    [
        ("sendrecv", "sendrecv", True, True, "sendrecv"),
        ("sendrecv", "sendonly", True, False, "recvonly"),
        ("sendrecv", "recvonly", False, True, "sendonly"),
        ("sendrecv", "inactive", False, False, "inactive"),
        ("sendonly", "sendrecv", True, True, "sendonly"),
        ("sendonly", "sendonly", True, False, "inactive"),
        ("inactive", "sendrecv", True, True, "inactive"),
        ("recvonly", "sendrecv", True, True, "recvonly"),
    ],
)
def test_holds(ours: Direction, theirs: Direction, sends: bool, receives: bool, answered: Direction) -> None:
    offer = build_offer(replace(CALLER, direction=theirs))
    answer, seen = answer_offer(offer, replace(CALLEE, direction=ours))
    assert (seen.sends, seen.receives) == (sends, receives)
    assert f"a={answered}\r\n".encode() in answer
    back = accept_answer(offer, answer, CALLER)
    assert back.sends == (answered in {"sendrecv", "sendonly"})
    assert back.receives == (answered in {"sendrecv", "recvonly"})


def test_the_null_address_is_a_hold() -> None:
    offer = build_offer(CALLER).replace(b"c=IN IP4 192.0.2.1", b"c=IN IP4 0.0.0.0")
    answer, seen = answer_offer(offer, CALLEE)
    assert seen.on_hold
    assert b"a=recvonly" in answer


def test_the_offerers_order_decides_among_telephones_and_ours_among_browsers() -> None:
    order: tuple[CodecName, ...] = ("opus", "PCMA", "PCMU")
    plain = answer_offer(build_offer(replace(CALLER, codecs=order)), CALLEE)[1]
    assert (plain.codec, plain.payload_type, plain.event_type) == ("opus", 111, 110)
    browser = answer_offer(build_offer(replace(media("dtls"), codecs=order)), media("dtls", host="192.0.2.2"))[1]
    assert (browser.codec, browser.event_type) == ("PCMU", 101)


def test_what_the_answer_lists_may_come_under_either_number() -> None:
    """An answer with numbers of its own, and more than one codec (RFC 3264, 5.1)."""
    offer = build_offer(CALLER)
    answer = answer_offer(offer, CALLEE)[0].replace(b"RTP/AVP 0 101", b"RTP/AVP 96 8 101")
    seen = accept_answer(offer, answer.replace(b"a=ptime", b"a=rtpmap:96 opus/48000/2\r\na=ptime"), CALLER)
    assert (seen.codec, seen.payload_type) == ("opus", 96)
    assert seen.receive_types == {96: "opus", 111: "opus", 8: "PCMA"}


def test_events_may_be_left_out() -> None:
    offer = build_offer(replace(CALLER, telephone_event=False))
    assert b"telephone-event" not in offer
    assert answer_offer(offer, CALLEE)[1].event_type is None
    assert answer_offer(build_offer(CALLER), replace(CALLEE, telephone_event=False))[1].event_type is None


@pytest.mark.parametrize("line", [b"a=rtcp-mux\r\n", b""])
def test_rtcp_is_muxed_when_offered(line: bytes) -> None:
    answer, seen = answer_offer(build_offer(CALLER) + line, CALLEE)
    assert seen.rtcp_mux == (b"a=rtcp-mux" in answer) == bool(line)


def test_a_repeated_offer_keeps_its_version_and_a_changed_one_raises_it() -> None:
    offer = build_offer(CALLER)
    assert build_offer(CALLER, offer) == offer
    held = build_offer(replace(CALLER, direction="sendonly"), offer)
    assert held == offer.replace(b"77 1 IN", b"77 2 IN").replace(b"sendrecv", b"sendonly")
    moved = build_offer(replace(CALLER, host="192.0.2.9", ssrc=5), held)
    assert b"o=- 77 3 IN IP4 192.0.2.9" in moved


def test_an_answer_to_a_repeated_offer_keeps_its_version_too() -> None:
    offer = build_offer(CALLER)
    answer = answer_offer(offer, CALLEE)[0]
    assert answer_offer(offer, CALLEE, answer)[0] == answer
    held = answer_offer(build_offer(replace(CALLER, direction="inactive"), offer), CALLEE, answer)[0]
    assert b"o=- 77 2 IN" in held


def test_a_new_offer_keeps_the_dialogs_streams_and_numbers() -> None:
    """We answered a browser, and offer in our turn: its numbers, its mid, its refused video (RFC 3264, section 8)."""
    local = media("dtls")
    offer = build_offer(local).replace(b"111 101 110", b"96 111 97").replace(b":111 opus", b":96 opus")
    offer = offer.replace(b":101 telephone", b":111 telephone").replace(b":110 telephone", b":97 telephone")
    offer = offer.replace(b"mid:0", b"mid:audio").replace(b"BUNDLE 0", b"BUNDLE audio video")
    offer += b"m=video 9 UDP/TLS/RTP/SAVPF 100\r\na=mid:video\r\n"
    answer = answer_offer(offer, local)[0]
    again = Session.parse(build_offer(local, answer))
    audio, video = again.media
    assert video.port == 0
    assert audio.section.attribute("mid") == "audio"
    assert again.section.attribute("group") == "BUNDLE audio"
    assert "111 telephone-event/8000" in audio.section.attributes("rtpmap")
    assert "96 opus/48000/2" in audio.section.attributes("rtpmap"), "111, our own number for it, is taken"
    assert len(set(audio.formats)) == len(audio.formats)


def test_whoever_opened_the_handshake_stays_the_one_who_did() -> None:
    local = media("dtls")
    first = answer_offer(build_offer(local).replace(b"actpass", b"passive"), local)
    assert first[1].dtls_active
    again, seen = answer_offer(build_offer(local), local, first[0])
    assert seen.dtls_active
    assert b"a=setup:active" in again


Edit = Callable[[bytes], bytes]


def edit(old: bytes, new: bytes) -> Edit:
    def apply(text: bytes) -> bytes:
        assert old in text
        return text.replace(old, new)

    return apply


@pytest.mark.parametrize(
    ("security", "change", "error"),
    [
        ("none", edit(b"RTP/AVP 0 8 9 111", b"RTP/AVP 3 18"), NoCommonCodecError),
        ("none", edit(b":0 PCMU/8000", b":0 PCMU/8000/2"), None),
        ("none", edit(b"m=audio 20000", b"m=audio 0"), NoAcceptableMediaError),
        ("none", edit(b"m=audio", b"m=video"), NoAcceptableMediaError),
        ("none", edit(b"RTP/AVP", b"RTP/SAVP"), NoAcceptableMediaError),
        ("none", edit(b"RTP/AVP", b"TCP/MSRP"), NoAcceptableMediaError),
        ("none", edit(b"c=IN IP4 192.0.2.1", b"c=IN IP4 host.example"), NoAcceptableMediaError),
        ("none", edit(b"c=IN", b"i=IN"), NoAcceptableMediaError),
        ("none", edit(b"v=0", b"v=2"), MalformedSdpError),
        ("sdes", edit(b"HMAC_SHA1_80", b"HMAC_MD5"), NoAcceptableMediaError),
        ("sdes", edit(b"A" * 40, b"A" * 36), NoAcceptableMediaError),
        ("sdes", edit(b"A" * 40, b"A" * 40 + b"|1:4"), NoAcceptableMediaError),
        ("sdes", edit(b"A" * 40, b"A" * 40 + b" UNENCRYPTED_SRTP"), NoAcceptableMediaError),
        ("sdes", edit(b"A" * 40, b"A" * 40 + b"|2^20"), None),
        ("sdes", edit(b"SHA1_80", b"SHA1_32"), None),
        ("dtls", edit(b"sha-256 AB", b"sha-1 AB"), NoAcceptableMediaError),
        ("dtls", edit(b"a=ice-pwd", b"a=no-pwd"), NoAcceptableMediaError),
    ],
)
def test_what_an_offer_may_not_lack(security: Security, change: Edit, error: type[SdpError] | None) -> None:
    offer, local = change(build_offer(media(security))), media(security, CALLEE_KEY)
    if error is None:
        assert answer_offer(offer, local)
        return
    with pytest.raises(error):
        answer_offer(offer, local)


@pytest.mark.parametrize(
    ("security", "change", "error"),
    [
        ("none", edit(b"m=audio 20000", b"m=audio 0"), NoAcceptableMediaError),
        ("none", edit(b"RTP/AVP 0 101", b"RTP/AVP 18"), NoCommonCodecError),
        ("none", edit(b"RTP/AVP", b"RTP/SAVP"), AnswerMismatchError),
        ("none", edit(b"m=audio 20000", b"a=audio:20000"), AnswerMismatchError),
        ("sdes", edit(b"crypto:1", b"crypto:2"), AnswerMismatchError),
        ("sdes", edit(b"a=crypto", b"a=crypt"), AnswerMismatchError),
        ("dtls", edit(b"a=fingerprint", b"a=finger"), AnswerMismatchError),
    ],
)
def test_what_an_answer_may_not_lack(security: Security, change: Edit, error: type[SdpError]) -> None:
    caller, callee = media(security), media(security, CALLEE_KEY)
    offer = build_offer(caller)
    answer = change(answer_offer(offer, callee)[0])
    with pytest.raises(error):
        accept_answer(offer, answer, caller)


def test_the_better_suite_is_taken() -> None:
    offer = build_offer(media("sdes")).replace(b"SHA1_80", b"SHA1_32")
    offer += b"a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + b"C" * 40 + b"\r\n"
    answer, seen = answer_offer(offer, media("sdes", CALLEE_KEY))
    assert (seen.srtp_suite, seen.srtp_key) == ("AES_CM_128_HMAC_SHA1_80", "C" * 40)
    assert b"a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + b"B" * 40 in answer


@pytest.mark.parametrize("security", ["sdes", "dtls"])
def test_security_needs_its_keys(security: Security) -> None:
    with pytest.raises(ValueError, match="needs"):
        LocalMedia(host="192.0.2.1", port=1, ssrc=1, security=security)
