"""The platform's fixed table of time zones (requests 147, 148), and which of them a number or a postal code lies in."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as number_zones
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

UNKNOWN: Final = -128


class Zone(NamedTuple):
    """A row of the table. `dst` 1: observes daylight saving time; `offset` is hours from UTC without it."""

    timezone_id: int
    name: str
    system_name: str | None
    dst: int
    offset: int


ZONES: Final = (
    Zone(-20, "EST/EDT", "EST5EDT", 1, -5),
    Zone(-28, "MST/MDT", "MST7MDT", 1, -7),
    Zone(-32, "PST/PDT", "PST8PDT", 1, -8),
    Zone(0, "UTC", "UTC", 0, 0),
    Zone(-33, "PST", "Etc/GMT-8", 0, -8),
    Zone(-29, "MST", "US/Arizona", 0, -7),
    Zone(UNKNOWN, "Unknown", None, 0, 0),
    Zone(-24, "CST/CDT", "CST6CDT", 1, -6),
    Zone(-25, "CST", "Etc/GMT-6", 0, -6),
    Zone(-130, "ANY", None, 0, 0),
    Zone(-21, "EST", "Jamaica", 0, -5),
)

# What the table's names mean as places whose clocks are known; its own `Etc/GMT-8` has the sign turned around.
_CLOCKS: Final = {
    -20: "America/New_York",
    -21: "America/Jamaica",
    -24: "America/Chicago",
    -25: "America/Costa_Rica",
    -28: "America/Denver",
    -29: "America/Phoenix",
    -32: "America/Los_Angeles",
    -33: "Pacific/Pitcairn",
    0: "UTC",
}
_WINTER, _SUMMER = 1_705_320_000, 1_720_958_400  # mid January and mid July 2024
_BY_CLOCK: Final[dict[tuple[float, float], int]] = {
    (-5, -4): -20,
    (-5, -5): -21,
    (-6, -5): -24,
    (-6, -6): -25,
    (-7, -6): -28,
    (-7, -7): -29,
    (-8, -7): -32,
    (-8, -8): -33,
    (0, 0): 0,
}

# First three digits of US ZIP codes, as inclusive ranges, each with the zone of most who live there. Where the table
# has no row (Puerto Rico, Hawaii, Guam, Alaska) it says so; military post (APO, FPO) is no place and is left out.
_ZIP3: Final = (
    (5, 5, -20), (6, 9, UNKNOWN), (10, 89, -20), (100, 323, -20), (324, 325, -24), (326, 339, -20), (341, 349, -20),
    (350, 369, -24), (370, 372, -24), (373, 374, -20), (375, 375, -24), (376, 379, -20),
    (380, 397, -24), (398, 399, -20), (400, 418, -20), (420, 424, -24), (425, 427, -20), (430, 462, -20),
    (463, 464, -24), (465, 475, -20), (476, 477, -24), (478, 499, -20), (500, 576, -24), (577, 577, -28),
    (580, 585, -24), (586, 586, -28), (587, 588, -24), (590, 599, -28), (600, 692, -24), (693, 693, -28),
    (700, 797, -24), (798, 799, -28), (800, 834, -28), (835, 835, -32), (836, 837, -28), (838, 838, -32),
    (840, 847, -28), (850, 864, -29), (865, 865, -28), (870, 885, -28), (889, 961, -32), (967, 969, UNKNOWN),
    (970, 978, -32), (979, 979, -28), (980, 994, -32), (995, 999, UNKNOWN),
)  # fmt: skip
_CANADA: Final = {
    "A": UNKNOWN, "B": UNKNOWN, "C": UNKNOWN, "E": UNKNOWN,
    "G": -20, "H": -20, "J": -20, "K": -20, "L": -20, "M": -20, "N": -20, "P": -20,
    "R": -24, "S": -25, "T": -28, "V": -32, "Y": -29,
}  # fmt: skip
_SHORTEST_ZIP: Final = 5
_E164_NANP: Final = re.compile(r"\+1[2-9]\d{9}", re.ASCII)
_BY_PREFIX: Final[dict[str, tuple[str, ...]]] = TIMEZONE_DATA


def zone_info(timezone_id: int) -> ZoneInfo | None:
    """The clock of a row; None where the row is no place."""
    name = _CLOCKS.get(timezone_id)
    return ZoneInfo(name) if name else None


def zones_of_number(number: str) -> tuple[ZoneInfo, ...]:
    """Every zone that an E.164 number may be in, going by its prefix; empty when the prefix does not tell."""
    return tuple(ZoneInfo(name) for name in _names_of(number))


def timezone_of_number(number: str) -> int:
    """The table's id for an E.164 number; UNKNOWN where the table has no row, or the prefix spans several."""
    return _id_of_names(_names_of(number))


def timezone_of_zip(country: str, code: str) -> int | None:
    """The table's id for a postal code of the US or Canada, UNKNOWN where the table has no row for the place; None
    where the code does not tell a place.
    """
    if country.upper() == "CA":
        return _CANADA.get(code.strip()[:1].upper())
    digits = code.strip()[:_SHORTEST_ZIP]
    if country.upper() != "US" or len(digits) < _SHORTEST_ZIP or not digits.isdecimal():
        return None
    prefix = int(digits[:3])
    return next((zone_id for first, last, zone_id in _ZIP3 if first <= prefix <= last), None)


def _names_of(number: str) -> tuple[str, ...]:
    return _names_of_plain(number) if _E164_NANP.fullmatch(number) else _names_of_parsed(number)


def _names_of_plain(number: str) -> tuple[str, ...]:
    """Those of a North American number, by its longest known prefix: lists of a million numbers pass here."""
    prefixes = (number[1:end] for end in range(1 + TIMEZONE_LONGEST_PREFIX, 1, -1))
    names: tuple[str, ...] = next((_BY_PREFIX[prefix] for prefix in prefixes if prefix in _BY_PREFIX), ())
    return names


@lru_cache(maxsize=20_000)
def _names_of_parsed(number: str) -> tuple[str, ...]:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    names: tuple[str, ...] = tuple(number_zones.time_zones_for_geographical_number(parsed))
    return () if names == (number_zones.UNKNOWN_TIMEZONE,) else names


@lru_cache(maxsize=10_000)
def _id_of_names(names: tuple[str, ...]) -> int:
    found = {_id_of(ZoneInfo(name)) for name in names}
    return found.pop() if len(found) == 1 else UNKNOWN


@lru_cache(maxsize=1_000)
def _id_of(info: ZoneInfo) -> int:
    return _BY_CLOCK.get((_hours(info, _WINTER), _hours(info, _SUMMER)), UNKNOWN)


def _hours(info: ZoneInfo, at: int) -> float:
    offset = datetime.fromtimestamp(at, info).utcoffset() or timedelta(0)
    return offset / timedelta(hours=1)
