"""What is read of a description, what is refused, and that nothing is lost."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.sdp.description import audio_streams
from cordboard.wire.sdp.errors import MalformedSdpError, SdpError
from cordboard.wire.sdp.media import LocalMedia
from cordboard.wire.sdp.negotiation import accept_answer, answer_offer, build_offer
from cordboard.wire.sdp.session import LARGEST_SESSION, MOST_LINES, MOST_MEDIA, Line, Media, Origin, Section, Session

words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x17F, exclude_characters="\x7f\x85\xa0"), min_size=1)
values = st.lists(words, min_size=1, max_size=4).map(" ".join)
tokens = st.from_regex(r"[a-zA-Z0-9/+-]{1,12}", fullmatch=True)
lines = st.lists(st.builds(Line, st.sampled_from("abcikorstuz"), values), max_size=6).map(tuple)
medias = st.builds(
    Media,
    kind=tokens,
    port=st.integers(0, 65535),
    protocol=tokens,
    formats=st.lists(tokens, max_size=5).map(tuple),
    section=st.builds(Section, lines),
    port_count=st.integers(1, 9),
)
sessions = st.builds(
    Session,
    section=lines.map(lambda drawn: Section((Line("v", "0"), *drawn))),
    media=st.lists(medias, max_size=4).map(tuple),
)


@given(sessions)
def test_a_description_survives_the_wire(session: Session) -> None:
    assert Session.parse(session.serialise()) == session


@given(st.lists(st.sampled_from([b"v=0", b"m=audio 1 RTP/AVP 0", b"c=IN IP4 1.2.3.4", b"a=", b"=", b"\r", b"\xff"])))
def test_whatever_comes_is_read_or_refused(parts: list[bytes]) -> None:
    with contextlib.suppress(MalformedSdpError):
        audio_streams(Session.parse(b"v=0\n" + b"\n".join(parts)))


@given(st.data())
def test_a_damaged_offer_raises_nothing_but_sdp_errors(data: st.DataObject) -> None:
    local = LocalMedia(host="192.0.2.1", port=20000, ssrc=7)
    offer = bytearray(build_offer(local))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(offer) - 1))
        offer[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(SdpError):
        answer_offer(bytes(offer), local)
    with contextlib.suppress(SdpError):
        accept_answer(build_offer(local), bytes(offer), local)


def test_line_ends_may_be_bare_and_lines_missing() -> None:
    session = Session.parse(b"v=0\nm=audio 5004/2 RTP/AVP 0 8\n\na=sendonly\n")
    assert session.origin is None
    assert session.media == (
        Media("audio", 5004, "RTP/AVP", ("0", "8"), Section((Line("a", "sendonly"),)), port_count=2),
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"o=- 1 1 IN IP4 192.0.2.1\n",
        b"v=1\n",
        b"v=0\nnonsense\n",
        b"v=0\n9=x\n",
        b"v=0\nm=audio\n",
        b"v=0\nm=audio 65536 RTP/AVP 0\n",
        b"v=0\nm=audio -1 RTP/AVP 0\n",
        b"v=0\ns=\0\n",
        b"v=0\nm=audio 1 RTP/AVP" + b" 0" * 129,
        b"v=0\n" + b"m=audio 1 RTP/AVP 0\n" * (MOST_MEDIA + 1),
        b"v=0\n" + b"a=x\n" * MOST_LINES,
        b"v=0\ns=" + b"x" * LARGEST_SESSION,
    ],
)
def test_what_breaks_the_grammar_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedSdpError):
        Session.parse(data)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("- 12 3 IN IP4 192.0.2.1", Origin(12, 3, "192.0.2.1")),
        ("user 12 3 IN IP6 2001:db8::1", Origin(12, 3, "2001:db8::1", "user")),
        ("- x 3 IN IP4 192.0.2.1", None),
        (f"- {'9' * 21} 3 IN IP4 192.0.2.1", None),
        ("", None),
    ],
)
def test_origins(text: str, origin: Origin | None) -> None:
    assert Origin.parse(text) == origin
    assert origin is None or str(origin) == text
