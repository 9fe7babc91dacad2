"""Dates and times as text: Java's patterns (`yyyy-MM-dd HH:mm`), the styles short to full, and ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from cordboard.engines.freemarker.faults import ExhaustedError, TemplateError
from cordboard.engines.freemarker.iso_dates import IsoFormat, iso_format
from cordboard.engines.freemarker.values import Moment
from cordboard.engines.freemarker.zones import offset_of, zone_long_name, zone_short_name

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONGEST: Final = 200
_WIDEST: Final = 32
_FULL: Final = 4
_NAME: Final = 3

_DATE_STYLES: Final = {"short": "M/d/yy", "medium": "MMM d, y", "long": "MMMM d, y", "full": "EEEE, MMMM d, y"}
_TIME_STYLES: Final = {"short": "h:mm a", "medium": "h:mm:ss a", "long": "h:mm:ss a z", "full": "h:mm:ss a zzzz"}

Run = tuple[str, int]
"""A letter and how often it stands; or a text, and 0."""
_RUN: Final = re.compile(r"'(?P<quoted>(?:[^']|'')*+)'|(?P<letter>[A-Za-z])(?P=letter)*+|(?P<text>[^A-Za-z']++)")


def style_pattern(style: str, kind: str) -> str | None:
    """The pattern of a style such as `short` or `long_short`; None if it is none. An empty one is the default."""
    date, _, time = (style or "medium").partition("_")
    time = time or date
    if date not in _DATE_STYLES or time not in _TIME_STYLES:
        return None
    if kind == "date":
        return _DATE_STYLES[date]
    if kind == "time":
        return _TIME_STYLES[date]
    joint = "' at '" if date in ("long", "full") and time in ("long", "full") else ", "
    return f"{_DATE_STYLES[date]}{joint}{_TIME_STYLES[time]}"


def moment_text(moment: Moment, style: str, zone: tzinfo) -> str:
    """A moment in a style, a pattern or ISO 8601, in a time zone. Raises TemplateError."""
    iso = iso_format(style)
    if iso is not None:
        return iso_text(moment, iso, zone)
    pattern = style_pattern(style, moment.kind) or style
    local = moment.at.astimezone(zone)
    return "".join(
        image if not width else _FIELDS[image](local, width) for image, width in runs_of(pattern) if image or width
    )


@lru_cache(maxsize=256)
def runs_of(pattern: str) -> tuple[Run, ...]:
    """A pattern in its fields and the text between them. Raises TemplateError."""
    if len(pattern) > _LONGEST:
        raise ExhaustedError(f"a date format may have {_LONGEST} characters")
    runs: list[Run] = []
    place = 0
    while place < len(pattern):
        match = _RUN.match(pattern, place)
        if match is None:
            raise TemplateError(f"a quote is not closed in the date format {pattern!r}")
        place = match.end()
        if match["letter"]:
            _check(match["letter"], len(match[0]), pattern)
            runs.append((match["letter"], len(match[0])))
        elif match["text"]:
            runs.append((match["text"], 0))
        else:
            runs.append((match["quoted"].replace("''", "'") or "'", 0))
    return tuple(runs)


def _check(letter: str, width: int, pattern: str) -> None:
    if letter not in _FIELDS:
        raise TemplateError(
            f"{letter} is no field of a date format, in {pattern!r}: text stands in quotes, such as 'at'"
        )
    if letter == "X" and width > _NAME:
        raise TemplateError("X stands once, twice or three times in a date format")
    if width > _WIDEST:
        raise ExhaustedError(f"a field of a date format may be {_WIDEST} wide")


def iso_text(moment: Moment, form: IsoFormat, zone: tzinfo) -> str:
    """A moment in ISO 8601."""
    local = moment.at.astimezone(UTC if form.utc else zone)
    if moment.kind == "date":
        return f"{local.year:04}-{local:%m-%d}{_iso_offset(local) if form.xs and form.zone is not False else ''}"
    time = f"{form.time(local)}{_iso_offset(local) if form.zone is not False else ''}"
    return time if moment.kind == "time" else f"{local.year:04}-{local:%m-%d}T{time}"


def _iso_offset(local: datetime) -> str:
    minutes = offset_of(local)
    return offset_text(minutes, ":") if minutes else "Z"


def offset_text(minutes: int, colon: str) -> str:
    """An offset from UTC, such as -05:00."""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


def _padded(read: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda at, width: str(read(at)).rjust(width, "0")


def _year(at: datetime, width: int) -> str:
    return f"{at.year % 100:02}" if width == 2 else str(at.year).rjust(width, "0")


def _month(at: datetime, width: int) -> str:
    name = MONTHS[at.month - 1]
    if width < _NAME:
        return str(at.month).rjust(width, "0")
    return name if width >= _FULL else name[:3]


def _weekday(at: datetime, width: int) -> str:
    name = DAYS[at.weekday()]
    return name if width >= _FULL else name[:3]


def _week_of_year(at: datetime) -> int:
    """Weeks begin on Sunday, and the first is the one with January 1."""
    saturday = at.date() + timedelta(days=6 - at.isoweekday() % 7)
    if saturday.year > at.year:
        return 1
    first = datetime(at.year, 1, 1, tzinfo=UTC)
    return (at.timetuple().tm_yday - 1 + first.isoweekday() % 7) // 7 + 1


def _week_of_month(at: datetime) -> int:
    return (at.day - 1 + at.replace(day=1).isoweekday() % 7) // 7 + 1


def _offset_x(at: datetime, width: int) -> str:
    minutes = offset_of(at)
    if not minutes:
        return "Z"
    if width == 1:
        return offset_text(minutes, "")[:3]
    return offset_text(minutes, "" if width < _NAME else ":")


_FIELDS: Final[dict[str, Callable[[datetime, int], str]]] = {
    "G": lambda _at, _width: "AD",
    "y": _year,
    "Y": _year,
    "M": _month,
    "L": _month,
    "d": _padded(lambda at: at.day),
    "D": _padded(lambda at: at.timetuple().tm_yday),
    "E": _weekday,
    "u": _padded(lambda at: at.isoweekday()),
    "F": _padded(lambda at: (at.day - 1) // 7 + 1),
    "w": _padded(_week_of_year),
    "W": _padded(_week_of_month),
    "a": lambda at, _width: "AM" if at.hour < 12 else "PM",
    "H": _padded(lambda at: at.hour),
    "k": _padded(lambda at: at.hour or 24),
    "K": _padded(lambda at: at.hour % 12),
    "h": _padded(lambda at: at.hour % 12 or 12),
    "m": _padded(lambda at: at.minute),
    "s": _padded(lambda at: at.second),
    "S": _padded(lambda at: at.microsecond // 1000),
    "z": lambda at, width: zone_long_name(at) if width >= _FULL else zone_short_name(at),
    "Z": lambda at, _width: offset_text(offset_of(at), ""),
    "X": _offset_x,
}
