"""The order of strings, near to that of Java's English collator."""

from __future__ import annotations

import unicodedata
from typing import Final

SortingKey = tuple[tuple[tuple[int, str], ...], tuple[str, ...], tuple[bool, ...], str]

_SIGNS: Final = "_,;:!?/.`^'\"()[]{}@$*\\&#%+<=>|~"
_PLACES: Final = {sign: f"{place:02}" for place, sign in enumerate(_SIGNS)}
_AFTER_SIGNS: Final = "99"


def sorting_key(text: str) -> SortingKey:
    """What to sort a string by: first its letters, then their accents, then their case (small ones first).

    Signs come before digits, digits before letters; blanks and hyphens count only where nothing else differs.
    """
    decomposed = unicodedata.normalize("NFD", text.replace("\u00df", "ss"))
    letters = [sign for sign in decomposed if not unicodedata.combining(sign)]
    marks = tuple(sign for sign in decomposed if unicodedata.combining(sign) or _ignored(sign))
    counted = [sign for sign in letters if not _ignored(sign)]
    return tuple(map(_primary, counted)), marks, tuple(sign.isupper() for sign in counted), text


def _ignored(sign: str) -> bool:
    return sign.isspace() or sign == "-"


def _primary(sign: str) -> tuple[int, str]:
    if sign.isalpha():
        return 2, sign.lower()
    if sign.isdigit():
        return 1, sign
    return 0, _PLACES.get(sign, _AFTER_SIGNS + sign)
