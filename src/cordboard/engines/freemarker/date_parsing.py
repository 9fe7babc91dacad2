"""Dates and times read by Java's patterns: leniently, so that month 13 is next January, and what follows is left."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Final

from cordboard.engines.freemarker.date_formats import DAYS, MONTHS, runs_of, style_pattern
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.iso_dates import iso_format, read_iso
from cordboard.engines.freemarker.values import Moment, moment
from cordboard.engines.freemarker.zones import zone_named

_NUMERIC: Final = frozenset("yYMLdDuFwWHkKhmsS")
_NAMES: Final = 3
_NUMBER: Final = re.compile(r"\s*(-?\d{1,9})", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d{1,2}):?(\d{2})?|Z", re.ASCII)
_ZONE: Final = re.compile(r"[A-Za-z]+(?:/[A-Za-z_]+)*(?:[+-]\d{1,2}(?::?\d{2})?)?", re.ASCII)
_AMERICAN: Final = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_YOUNGEST: Final = 20
_MONTHS_A_YEAR: Final = 12


class _Reader:
    """A text being read; `fields` collects numbers by letter."""

    def __init__(self, text: str, zone: tzinfo) -> None:
        self.text = text
        self.zone = zone
        self.place = 0
        self.fields: dict[str, int] = {}
        self.short_year = False

    def literal(self, image: str) -> bool:
        found = self.text.startswith(image, self.place)
        self.place += len(image)
        return found

    def field(self, letter: str, width: int, *, abutting: bool) -> bool:
        if letter in "ML" and width >= _NAMES:
            return self._name("M", MONTHS, first=1)
        if letter in _NUMERIC:
            return self._number(letter, width, abutting=abutting)
        if letter == "E":
            return self._name("E", DAYS, first=1)
        if letter == "a":
            return self._name("a", ("AM", "PM"), first=0)
        return self._name("G", ("BC", "AD"), first=0) if letter == "G" else self._offset()

    def _number(self, letter: str, width: int, *, abutting: bool) -> bool:
        match = _NUMBER.match(self.text, self.place)
        if match is None:
            return False
        digits = match[1][:width] if abutting else match[1]
        self.place = match.start(1) + len(digits)
        letter = {"Y": "y", "L": "M"}.get(letter, letter)
        self.fields[letter] = int(digits)
        if letter == "y":
            self.short_year = width <= 2 and len(digits) == 2
        return True

    def _name(self, letter: str, names: tuple[str, ...], *, first: int) -> bool:
        rest = self.text[self.place : self.place + 12].lower()
        for number, name in enumerate(names, first):
            for image in (name, name[:3]):
                if rest.startswith(image.lower()):
                    self.fields[letter] = number
                    self.place += len(image)
                    return True
        return False

    def _offset(self) -> bool:
        match = _OFFSET.match(self.text, self.place)
        if match:
            minutes = int(match[2] or 0) * 60 + int(match[3] or 0)
            if minutes >= 24 * 60:
                return False
            self.zone = timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
        else:
            match = _ZONE.match(self.text, self.place)
            if match is None:
                return False
            hours = _AMERICAN.get(match[0])
            self.zone = timezone(timedelta(hours=hours)) if hours is not None else zone_named(match[0])
        self.place = match.end()
        return True


def read_moment(text: str, kind: str, style: str, zone: tzinfo, now: datetime) -> Moment:
    """The date, time or date-time of a text in a style, a pattern or ISO 8601. Raises TemplateError."""
    iso = iso_format(style)
    if iso is not None:
        found = read_iso(text, kind, iso, zone)
        pattern = style
    else:
        pattern = style_pattern(style, kind) or style
        found = _read(pattern, kind, _Reader(text, zone), now)
    if found is None:
        raise TemplateError(
            f"{text[:40]!r} is not in the format {pattern!r}: give the one that it has, such as ?date('M/d/yyyy')"
        )
    return found


def _read(pattern: str, kind: str, reader: _Reader, now: datetime) -> Moment | None:
    runs = runs_of(pattern)
    for (image, width), (after, next_width) in pairwise((*runs, ("", 0))):
        abutting = next_width > 0 and after in _NUMERIC and not (after in "ML" and next_width >= _NAMES)
        good = reader.field(image, width, abutting=abutting) if width else reader.literal(image)
        if not good:
            return None
    try:
        return _moment(reader, kind, now)
    except (ValueError, OverflowError):
        return None


def _moment(reader: _Reader, kind: str, now: datetime) -> Moment | None:
    fields = reader.fields
    year = fields.get("y", 1970)
    if reader.short_year:
        year = _full_year(year, now)
    months = year * _MONTHS_A_YEAR + fields.get("M", 1) - 1
    start = datetime(months // _MONTHS_A_YEAR, months % _MONTHS_A_YEAR + 1, 1, tzinfo=reader.zone)
    days = fields.get("d", 1) - 1
    if "D" in fields:
        start, days = start.replace(month=1), fields["D"] - 1
    at = start + timedelta(
        days=days,
        hours=_hour(fields),
        minutes=fields.get("m", 0),
        seconds=fields.get("s", 0),
        milliseconds=fields.get("S", 0),
    )
    return moment(at.astimezone(UTC), kind)


def _hour(fields: dict[str, int]) -> int:
    if "h" in fields or "K" in fields:
        half = fields.get("K", fields.get("h", 0) % 12)
        return half + 12 * fields.get("a", 0)
    return fields.get("H", fields.get("k", 0) % 24)


def _full_year(short: int, now: datetime) -> int:
    """The year of two digits from 80 years ago to 20 ahead."""
    latest = now.year + _YOUNGEST
    return latest - (latest - short) % 100
