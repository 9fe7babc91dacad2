"""SSML as pieces, and what `say-as` makes of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.infra.speech.port import SpeechError, Utterance
from cordboard.infra.speech.saying import spoken_as
from cordboard.infra.speech.ssml import (
    Beep,
    Clip,
    Edit,
    Piece,
    Silence,
    Spoken,
    SsmlError,
    pieces_of,
    texts_of,
    without_tags,
)

VOICE = "en-us-standard-female-1"


def pieces(text: str, voice: str = VOICE) -> list[Piece]:
    return pieces_of(Utterance(text=text, voice=voice, ssml=True))


EDITED = (
    '<audio src="https://a.example/b" clipBegin="1s" clipEnd="1500ms" speed="150%" repeatCount="2.5"'
    ' repeatDur="4s" soundLevel="+10dB"><desc>a bell</desc>ding</audio>'
)
GOLDENS: list[tuple[str, list[Piece]]] = [
    ("Hello", [Spoken("Hello")]),
    ("<speak>Hello</speak>", [Spoken("Hello")]),
    ("a &amp; b", [Spoken("a & b")]),
    ('one<break time="3s"/>two', [Spoken("one"), Silence(3000), Spoken("two")]),
    ('<break time="250ms"/>', [Silence(250)]),
    ('<break time="1.5s"/>', [Silence(1500)]),
    ('<break time="3600s"/>', [Silence(10_000)]),
    ('<break time="soon"/>', [Silence(500)]),
    ("<break/>", [Silence(500)]),
    ('<break strength="none"/>', []),
    ('<break strength="x-weak"/><break strength="x-strong"/>', [Silence(100), Silence(1500)]),
    ('a<break strength="none"/>b', [Spoken("a b")]),
    ('say <say-as interpret-as="characters">FBI</say-as> now', [Spoken("say F, B, I now")]),
    ('<say-as interpret-as="expletive">darn</say-as>', [Beep(320)]),
    ('<say-as interpret-as="beep">no</say-as>', [Beep(250)]),
    ('<say-as interpret-as="unheard-of">4th</say-as>', [Spoken("4th")]),
    ('<audio src="https://a.example/b.mp3"/>', [Clip("https://a.example/b.mp3", Edit())]),
    (
        EDITED,
        [Clip("https://a.example/b", Edit(1000, 1500, 1.5, 10.0, 2.5, 4000), (Spoken("ding"),))],
    ),
    (
        '<audio src="x" speed="9000%" repeatCount="1000" soundLevel="-99dB"/>',
        [Clip("x", Edit(speed=2.0, repeats=10, decibel=-40.0))],
    ),
    ('<audio src="x" clipBegin="now" speed="fast" soundLevel="loud"/>', [Clip("x", Edit())]),
    ("<audio>nothing to fetch</audio>", [Spoken("nothing to fetch")]),
    ('<prosody rate="slow"><emphasis>well</emphasis> said</prosody>', [Spoken("well said")]),
    ('<sub alias="World Wide Web">WWW</sub>', [Spoken("World Wide Web")]),
    ("<p>one</p><p>two</p>", [Spoken("one"), Silence(500), Spoken("two"), Silence(500)]),
    ("", []),
    ("  \n ", []),
]


@pytest.mark.parametrize(("text", "wanted"), GOLDENS)
def test_ssml_in_pieces(text: str, wanted: list[Piece]) -> None:
    assert pieces(text) == wanted


SAID: list[tuple[str, str, str, str, str]] = [
    ("cardinal", "1,234", "", "en", "1234"),
    ("cardinal", "about 5", "", "en", "about 5"),
    ("ordinal", "1", "", "en", "1st"),
    ("ordinal", "12", "", "en", "12th"),
    ("ordinal", "23", "", "en", "23rd"),
    ("ordinal", "3", "", "de", "3."),
    ("ordinal", "third", "", "en", "third"),
    ("characters", "ab 1", "", "en", "A, B, 1"),
    ("spell-out", "a-b", "", "en", "A, dash, B"),
    ("verbatim", "a-b", "", "fr", "A, -, B"),
    ("fraction", "3/4", "", "en", "3 quarters"),
    ("fraction", "1/2", "", "en", "1 half"),
    ("fraction", "2 3/8", "", "en", "2 and 3 8ths"),
    ("fraction", "3/4", "", "de", "3/4"),
    ("unit", "10 km", "", "en", "10 kilometers"),
    ("unit", "1 foot", "", "en", "1 foot"),
    ("unit", "6ft", "", "en", "6 feet"),
    ("unit", "60 mph", "", "en", "60 miles per hour"),
    ("unit", "3 stone", "", "en", "3 stone"),
    ("date", "2026-03-05", "", "en", "March 5th 2026"),
    ("date", "3/5/2026", "", "en", "March 5th 2026"),
    ("date", "5.3.2026", "dmy", "de", "5 März 2026"),
    ("date", "20260305", "yyyymmdd", "en", "March 5th 2026"),
    ("date", "12/24", "md", "en", "December 24th"),
    ("date", "2026-3", "ym", "ja", "2026年3月"),
    ("date", "13/45/2026", "mdy", "en", "13/45/2026"),
    ("date", "tomorrow", "mdy", "en", "tomorrow"),
    ("time", "2:05pm", "hms12", "en", "2 oh 5 P M"),
    ("time", "14:30", "hms12", "en", "2 30 P M"),
    ("time", "14:00", "hms24", "en", "14 o'clock"),
    ("time", "0:15", "hms12", "en", "12 15 A M"),
    ("time", "12:30:10", "hms24", "en", "12 30 10"),
    ("time", "25:00", "", "en", "25:00"),
    ("date", "", "", "en", ""),
]


@pytest.mark.parametrize(("kind", "text", "form", "language", "wanted"), SAID)
def test_say_as(kind: str, text: str, form: str, language: str, wanted: str) -> None:
    assert spoken_as(kind, text, language, form) == wanted


def test_the_language_is_the_voices() -> None:
    text = '<say-as interpret-as="ordinal">3</say-as>'

    assert pieces(text, "de-de-standard-male-1") == [Spoken("3.")]
    assert pieces(text, "no such voice") == [Spoken("3rd")]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a < b", 1, 4),
        ("<break>", 1, 10),
        ("one\n two <b></i>", 2, 11),
        ("<speak>a</speak><speak>b</speak>", 1, 17),
        ("&nbsp;", 1, 1),
        ("<x:y/>", 1, 1),
        ("\x00", 1, 1),
    ],
)
def test_broken_ssml_is_told_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(SsmlError) as raised:
        pieces(text)

    assert (raised.value.line, raised.value.column) == (line, column)
    assert str(raised.value).startswith(f"SSML, line {line}, column {column}: ")


def test_document_types_are_refused() -> None:
    bomb = '<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>'

    with pytest.raises(SsmlError):
        pieces(bomb)


def test_broken_ssml_can_be_said_without_its_tags() -> None:
    broken = Utterance(
        text='Dial <say-as interpret-as="characters">1 &amp; 2</b> or wait <break', voice=VOICE, ssml=True
    )

    assert without_tags(broken) == Utterance(text="Dial 1 & 2 or wait", voice=VOICE)


@pytest.mark.parametrize(
    "text", ["x" * 10_001, "<p>" * 40 + "x" + "</p>" * 40, "a<break/>" * 300], ids=["long", "deep", "many"]
)
def test_limits(text: str) -> None:
    with pytest.raises(SpeechError, match=r"at most|levels deep"):
        pieces(text)


def test_plain_text_is_left_alone() -> None:
    assert pieces_of(Utterance(text="1 < 2 &amp;", voice=VOICE)) == [Spoken("1 < 2 &amp;")]


@given(st.text(max_size=200))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        found = pieces(text)
    except SpeechError:
        said = without_tags(Utterance(text=text, voice=VOICE, ssml=True))
        assert not said.ssml
    else:
        assert len(texts_of(found)) <= len(text)


@given(
    st.sampled_from(["cardinal", "ordinal", "characters", "fraction", "unit", "date", "time", "verbatim"]),
    st.text(st.characters(codec="utf-8"), max_size=30) | st.from_regex(r"[0-9:/. apm-]{0,12}", fullmatch=True),
    st.sampled_from(["en", "de", "ja", "xx"]),
    st.sampled_from(["", "mdy", "ymd", "hms12", "zzz"]),
)
def test_say_as_takes_anything(kind: str, text: str, language: str, form: str) -> None:
    spoken_as(kind, text, language, form)
