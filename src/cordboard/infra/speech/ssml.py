"""The part of SSML that documents may use, as a row of pieces to speak, play or wait for: `break`, `say-as`, `audio`.

Other tags are left out and what is inside of them is spoken, so that a document written for another engine is heard.
Engines get plain text only.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cordboard.infra.speech.port import SpeechError, Utterance
from cordboard.infra.speech.saying import spoken_as
from cordboard.infra.speech.voices import voice_of

LONGEST_TEXT: Final = 10_000
LONGEST_BREAK_MS: Final = 10_000
_MOST_PIECES: Final = 500
_DEEPEST: Final = 32
_MOST_REPEATS: Final = 10
_OPEN: Final = "<speak>"
_STRENGTHS: Final = {"none": 0, "x-weak": 100, "weak": 250, "medium": 500, "strong": 1000, "x-strong": 1500}
_CENSORED: Final = frozenset({"expletive", "bleep", "beep"})
_BEEP_MS_A_CHARACTER: Final = 80
_SHORTEST_BEEP_MS, _LONGEST_BEEP_MS = 250, 3000
_PARAGRAPHS: Final = {"p": "medium", "s": "weak"}
_NUMBER: Final = r"\d{1,6}(?:\.\d{1,6})?"
_DURATION: Final = re.compile(rf"\+?(?P<amount>{_NUMBER})\s*(?P<unit>ms|s)", re.IGNORECASE | re.ASCII)
_DECIBEL: Final = re.compile(rf"(?P<level>[+-]?{_NUMBER})\s*dB", re.IGNORECASE | re.ASCII)
_PERCENT: Final = re.compile(rf"(?P<amount>{_NUMBER})\s*%", re.ASCII)
_TAG: Final = re.compile(r"<[^<>]*>?")


class SsmlError(SpeechError):
    """The text is no well-formed XML; `line` and `column` count from 1."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        self.line, self.column = line, column
        super().__init__(f"SSML, line {line}, column {column}: {reason}")


class Spoken(msgspec.Struct, frozen=True):
    """Words."""

    text: str


class Silence(msgspec.Struct, frozen=True):
    """A pause."""

    milliseconds: int


class Beep(msgspec.Struct, frozen=True):
    """A tone in place of a word."""

    milliseconds: int


class Edit(msgspec.Struct, frozen=True):
    """How a clip is played: a part of it, faster (1.0 is as it is), louder, again. Times in milliseconds."""

    begin: int = 0
    end: int | None = None
    speed: float = 1.0
    decibel: float = 0.0
    repeats: float = 1.0
    most: int | None = None


class Clip(msgspec.Struct, frozen=True):
    """A sound by URL, and the pieces that stand for it when it cannot be had."""

    url: str
    edit: Edit
    otherwise: tuple[Piece, ...] = ()


Piece: TypeAlias = Spoken | Silence | Beep | Clip


def pieces_of(utterance: Utterance) -> list[Piece]:
    """What an utterance consists of. Raises SsmlError; SpeechError for what is too long."""
    if len(utterance.text) > LONGEST_TEXT:
        raise SpeechError(f"the text has {len(utterance.text)} characters; at most {LONGEST_TEXT} are spoken")
    if not utterance.ssml:
        return [Spoken(utterance.text)] if utterance.text.strip() else []
    language = voice_of(utterance.voice).language
    pieces = _joined(_inside(_parse(utterance.text), language, 1))
    if len(pieces) > _MOST_PIECES:
        raise SpeechError(f"the SSML has {len(pieces)} pieces; at most {_MOST_PIECES} are spoken")
    return pieces


def without_tags(utterance: Utterance) -> Utterance:
    """The same as plain text: what is said when its SSML is broken."""
    text = html.unescape(_TAG.sub(" ", utterance.text))
    return Utterance(text=" ".join(text.split())[:LONGEST_TEXT], voice=utterance.voice)


def _parse(text: str) -> Element:
    wrapped = text.lstrip().startswith("<speak")
    document = text.strip() if wrapped else f"{_OPEN}{text}</speak>"
    try:
        root: Element = fromstring(document, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        shift = len(_OPEN) if line == 1 and not wrapped else 0
        reason = str(error).partition(": line")[0]
        raise SsmlError(reason, line, max(1, column + 1 - shift)) from error
    except DefusedXmlException as error:
        raise SsmlError("declares a document type or entities, which is not allowed") from error
    except ValueError as error:  # a character that XML has not
        raise SsmlError(str(error)) from error
    return root


def _inside(element: Element, language: str, depth: int) -> Iterator[Piece]:
    if depth > _DEEPEST:
        raise SpeechError(f"the SSML is nested more than {_DEEPEST} levels deep")
    yield from _words(element.text)
    for child in element:
        yield from _piece(child, language, depth)
        yield from _words(child.tail)


def _piece(element: Element, language: str, depth: int) -> Iterator[Piece]:
    name = _local(element.tag)
    if name == "break":
        yield Silence(_break_ms(element))
    elif name == "say-as":
        yield from _said(element, language)
    elif name == "audio":
        yield from _clip(element, language, depth)
    elif name == "sub":
        yield from _words(element.get("alias") or "".join(element.itertext()))
    elif name in _PARAGRAPHS:
        yield from _inside(element, language, depth + 1)
        yield Silence(_STRENGTHS[_PARAGRAPHS[name]])
    elif name != "desc":
        yield from _inside(element, language, depth + 1)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _words(text: str | None) -> Iterator[Piece]:
    if text and text.strip():
        yield Spoken(text)


def _break_ms(element: Element) -> int:
    given = _milliseconds(element.get("time"))
    if given is None:
        given = _STRENGTHS.get(element.get("strength", "medium").lower(), _STRENGTHS["medium"])
    return min(given, LONGEST_BREAK_MS)


def _said(element: Element, language: str) -> Iterator[Piece]:
    text = "".join(element.itertext())
    kind = element.get("interpret-as", "").strip().lower()
    if kind in _CENSORED:
        length = len(text.strip()) * _BEEP_MS_A_CHARACTER
        yield Beep(min(max(length, _SHORTEST_BEEP_MS), _LONGEST_BEEP_MS))
    else:
        yield from _words(spoken_as(kind, text, language, element.get("format", "")))


def _clip(element: Element, language: str, depth: int) -> Iterator[Piece]:
    otherwise = _joined(_inside(element, language, depth + 1))
    url = element.get("src", "").strip()
    if not url:
        yield from otherwise
        return
    repeats = _number(re.fullmatch(_NUMBER, element.get("repeatCount", "").strip()), 0, 1.0)
    edit = Edit(
        begin=_milliseconds(element.get("clipBegin")) or 0,
        end=_milliseconds(element.get("clipEnd")),
        speed=min(max(_number(_PERCENT.fullmatch(element.get("speed", "").strip()), "amount", 100.0), 50.0), 200.0)
        / 100,
        decibel=min(max(_number(_DECIBEL.fullmatch(element.get("soundLevel", "").strip()), "level", 0.0), -40.0), 40.0),
        repeats=min(repeats, _MOST_REPEATS),
        most=_milliseconds(element.get("repeatDur")),
    )
    yield Clip(url, edit, tuple(otherwise))


def _milliseconds(given: str | None) -> int | None:
    found = _DURATION.fullmatch(given.strip()) if given else None
    if found is None:
        return None
    return round(float(found["amount"]) * (1 if found["unit"].lower() == "ms" else 1000))


def _number(found: re.Match[str] | None, group: str | int, otherwise: float) -> float:
    return float(found[group]) if found else otherwise


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    """Neighbouring words as one piece: an engine speaks a sentence better than its parts."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, Spoken) and isinstance(last, Spoken):
            joined[-1] = Spoken(f"{last.text.rstrip()} {piece.text.lstrip()}")
        elif not (isinstance(piece, Silence) and piece.milliseconds == 0):
            joined.append(piece)
    return joined


def texts_of(pieces: Sequence[Piece]) -> str:
    """The words of pieces, for logs."""
    return " ".join(piece.text.strip() for piece in pieces if isinstance(piece, Spoken))
