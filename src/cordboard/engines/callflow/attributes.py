"""Attributes of verbs and nouns: one declaration gives the parsing, the fault's text and the reference page's row."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, Literal, NamedTuple, NoReturn, TypeVar, get_type_hints

from cordboard.engines.callflow.commands import Method
from cordboard.engines.callflow.urls import resolve
from cordboard.kit.phone import parse_sender

T = TypeVar("T")
W = TypeVar("W", bound=str)

KEYPAD: Final = "0123456789*#"
LONGEST_VALUE: Final = 1024
_TRUE: Final = frozenset({"true", "1", "yes"})
_FALSE: Final = frozenset({"false", "0", "no"})
_MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What an attribute may hold. `values` completes «must be»; `parse` takes the text and the document's URL, and
    raises ValueError.
    """

    values: str
    parse: Callable[[str, str], T]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute, as the annotation of the field that it is read into: its `name` as documented, `doc` for the
    reference page, and `shown`, the default in words where it is not the field's own.
    """

    name: str
    kind: Kind[Any]
    doc: str
    shown: str = ""


class Known(NamedTuple):
    """An attribute with the name of its field, and its default in words."""

    field: str
    attribute: Attribute
    default: str


def attributes_of(tag: type) -> tuple[Known, ...]:
    """The attributes of a verb or noun, in the order of their declaration."""
    return _declared(tag)


@cache
def _declared(tag: type) -> tuple[Known, ...]:
    hints = get_type_hints(tag, include_extras=True)
    return tuple(
        Known(field.name, noted, noted.shown or _words(field.default))
        for field in dataclasses.fields(tag)
        for noted in getattr(hints[field.name], "__metadata__", ())
        if isinstance(noted, Attribute)
    )


def whole(low: int, high: int) -> Kind[int]:
    """A whole number within bounds."""

    def parse(text: str, _: str) -> int:
        return int(_within(float(int(text)), low, high)) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else _refuse()

    return Kind(f"a whole number from {low} to {high}", parse)


def decimal(low: float, high: float) -> Kind[float]:
    """A number within bounds."""

    def parse(text: str, _: str) -> float:
        matched = re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII)
        return _within(float(text), low, high) if matched else _refuse()

    return Kind(f"a number from {low} to {high}", parse)


def choice(words: Sequence[W]) -> Kind[W]:
    """One of some words, in any case."""
    table = {word.lower(): word for word in words}

    def parse(text: str, _: str) -> W:
        return table[text.lower()] if text.lower() in table else _refuse()

    return Kind(" or ".join(words) if len(words) < 3 else "one of " + ", ".join(words), parse)


def text(longest: int = LONGEST_VALUE) -> Kind[str]:
    """Any text up to a length."""
    return Kind(f"at most {longest} characters", lambda value, _: value if len(value) <= longest else _refuse())


def _flag(value: str, _: str) -> bool:
    return value.lower() in _TRUE if value.lower() in _TRUE | _FALSE else _refuse()


def _keys(value: str, _: str) -> str:
    return value if len(value) <= len(KEYPAD) and set(value) <= set(KEYPAD) else _refuse()


def _key(value: str, _: str) -> str:
    return value if len(value) == 1 and value in KEYPAD else _refuse()


def _digits(value: str, _: str) -> str:
    return value if re.fullmatch(r"[0-9*#A-DwW]{1,64}", value) else _refuse()


def _number(value: str, _: str) -> str:
    return parse_sender(value) or _refuse()


def _phrases(value: str, _: str) -> tuple[str, ...]:
    phrases = tuple(phrase.strip() for phrase in value.split(",") if phrase.strip())
    return phrases if len(phrases) <= _MOST_LISTED and len(value) <= LONGEST_VALUE else _refuse()


def _url(value: str, base: str) -> str:
    return resolve(base, value)


def _flag_or_url(value: str, base: str) -> bool | str:
    return _flag(value, base) if value.lower() in _TRUE | _FALSE else resolve(base, value)


_METHODS: Final[tuple[Method, ...]] = ("GET", "POST")
METHOD: Final = choice(_METHODS)
FLAG: Final = Kind("true or false", _flag)
TRUE_ONLY: Final = Kind("true (anything else is false)", lambda value, _: value.lower() == "true")
KEY: Final = Kind("one of 0-9, * and #", _key)
KEYS: Final = Kind("keys out of 0-9, * and #, or nothing for none", _keys)
DIGITS: Final = Kind("up to 64 of 0-9 * # A-D, w (half a second) and W (a second)", _digits)
NUMBER: Final = Kind("a telephone number such as +19495551234", _number)
PHRASES: Final = Kind(f"at most {_MOST_LISTED} phrases with commas between them", _phrases)
URL: Final = Kind("an http or https URL, or one relative to the document's", _url)
LANGUAGE: Final = Kind("a language such as en-US", text(20).parse)
FLAG_OR_URL: Final = Kind("true, false or an http or https URL", _flag_or_url)
Direction = Literal["in", "out", "both"]
FileFormat = Literal["mp3", "wav"]
_DIRECTIONS: Final[tuple[Direction, ...]] = ("in", "out", "both")
_FORMATS: Final[tuple[FileFormat, ...]] = ("mp3", "wav")
DIRECTION: Final = choice(_DIRECTIONS)
FILE_FORMAT: Final = choice(_FORMATS)


def _words(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "none" if default in (None, "", ()) else str(default)


def _within(value: float, low: float, high: float) -> float:
    return value if low <= value <= high else _refuse()


def _refuse() -> NoReturn:
    raise ValueError
