"""Phone numbers: E.164 inside, whatever people type outside (read as US numbers where no country is given)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

import phonenumbers

from cordboard.kit.areas import region_of
from cordboard.kit.errors import InvalidInputError

_E164_NANP: Final = re.compile(r"\+1[2-9]\d{9}", re.ASCII)
_PLAIN_NANP: Final = re.compile(r"(?:\+?1[ .-]?)?(?:\(([2-9]\d\d)\) ?|([2-9]\d\d)[ .-]?)(\d{3})[ .-]?(\d{4})", re.ASCII)
_SHORT_CODE: Final = re.compile(r"\d{3,6}", re.ASCII)
_TOLL_FREE: Final = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_LONGEST_INPUT: Final = 40
_HOME: Final = "US"


class Country(NamedTuple):
    """Where a number belongs: its calling code and its ISO 3166 code."""

    calling_code: int
    iso: str


def parse_number(text: str) -> str | None:
    """The E.164 form of what somebody typed, a US number where no country is given; None if it cannot be one."""
    if _E164_NANP.fullmatch(text):
        return text
    if plain := _PLAIN_NANP.fullmatch(text):  # as most lists write them: no need to ask the numbering plan of the world
        return f"+1{plain[1] or plain[2]}{plain[3]}{plain[4]}"
    return _parse(text) if len(text) <= _LONGEST_INPUT else None


def require_number(field: str, text: str) -> str:
    """The same for a request's `field`. Raises InvalidInputError."""
    number = parse_number(text)
    if number is None:
        raise InvalidInputError.of(field, f"{text[:_LONGEST_INPUT]!r} is not a phone number; send it as +19495551234")
    return number


def is_short_code(text: str) -> bool:
    """Whether `text` is a short code: 3 to 6 digits and nothing else."""
    return _SHORT_CODE.fullmatch(text) is not None


def parse_sender(text: str) -> str | None:
    """A number or a short code; None if it can be neither."""
    return text if is_short_code(text) else parse_number(text)


def is_toll_free(number: str) -> bool:
    """Whether an E.164 number is a North American toll-free one."""
    return number.startswith("+1") and number[2:5] in _TOLL_FREE


@lru_cache(maxsize=20_000)
def country_of(number: str) -> Country:
    """The country of an E.164 number or short code; the home country where the plan does not say."""
    if not number.startswith("+"):
        return Country(1, _HOME)
    if region := region_of(number):
        return Country(1, region[:2])
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return Country(1, _HOME)
    code = parsed.country_code or 1
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(code)
    return Country(code, region if region and region != "ZZ" else _HOME)


@lru_cache(maxsize=20_000)
def _parse(text: str) -> str | None:
    try:
        parsed = phonenumbers.parse(text, _HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    formatted: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    # A local number without its area code is possible on paper, but nobody can be reached by it.
    if formatted.startswith("+1") and not _E164_NANP.fullmatch(formatted):
        return None
    return formatted
