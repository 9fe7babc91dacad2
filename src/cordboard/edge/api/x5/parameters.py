"""The parameters of a text request, read as its programs expect: what a field cannot hold is stripped, not refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from cordboard.kit.errors import InvalidInputError

BLANK: Final = "--BLANK--"
_MOST_PARAMETERS: Final = 1000
_NOT_DIGITS: Final = re.compile(r"[^0-9]")
_NOT_WORD: Final = re.compile(r"[^-_0-9a-zA-Z]")
_NOT_TEXT: Final = re.compile(r"[\x00-\x1f\x7f'\"&;<>\\|`]")
_YES: Final = frozenset({"Y", "YES"})


def parse(query: bytes, form: bytes) -> Parameters:
    """The parameters of a query and of a form; of a name in both the query's counts. Raises InvalidInputError."""
    try:
        return Parameters(dict((*_pairs(form), *_pairs(query))))
    except ValueError as error:
        raise InvalidInputError.of("query", f"may have {_MOST_PARAMETERS} parameters") from error


class Parameters:
    """Values by name. Readers take every spelling of a name that there is; the first that was sent counts."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def has(self, *names: str) -> bool:
        """Whether something was sent under one of the names, be it nothing."""
        return any(name in self._given for name in names)

    def raw(self, *names: str) -> str:
        """What was sent; empty where nothing was."""
        return next((self._given[name] for name in names if name in self._given), "")

    def digits(self, *names: str, most: int = 18) -> str:
        """The digits of it."""
        return digits_of(self.raw(*names))[:most]

    def word(self, *names: str, most: int = 20) -> str:
        """Letters, digits, hyphens and underscores of it."""
        return _NOT_WORD.sub("", self.raw(*names))[:most]

    def text(self, *names: str, most: int = 255) -> str:
        """It without quotes, ampersands, semicolons, markup, pipes and control characters."""
        return plain(self.raw(*names))[:most]

    def whole(self, *names: str) -> int | None:
        """A whole number; None where it is none."""
        value = self.raw(*names).strip()
        sign, digits = (-1, value[1:]) if value.startswith("-") else (1, value)
        return sign * int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER else None

    def yes(self, *names: str) -> bool:
        """Whether it says Y or YES."""
        return self.raw(*names).strip().upper() in _YES

    def choice(self, *names: str, most: int = 40) -> str:
        """A word in capitals."""
        return self.word(*names, most=most).upper()


_LONGEST_NUMBER: Final = 9


def digits_of(text: str) -> str:
    """The digits of a text."""
    return _NOT_DIGITS.sub("", text)


def plain(text: str) -> str:
    """A text as lines may carry it: without quotes, markup, pipes and control characters."""
    return _NOT_TEXT.sub("", text).strip()


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS) if raw else []
