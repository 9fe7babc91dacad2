"""ISO 8601 formats: their names (`iso_ms_nz`, `xs`), and dates read from ISO texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.values import Moment, moment

_NAME: Final = re.compile(r"(?P<base>iso|xs)(?P<parts>(?:[_ ](?:h|m|s|ms|nz|fz|u|fu))*)")
_ACCURACIES: Final = ("h", "m", "s", "ms")


@dataclass(frozen=True, slots=True)
class IsoFormat:
    """`accuracy` empty: milliseconds as far as there are some; `ms`: always three digits of them. `zone` None: as the
    kind of moment needs it.
    """

    xs: bool = False
    accuracy: str = ""
    zone: bool | None = None
    utc: bool = False

    def time(self, at: datetime) -> str:
        """The time of day."""
        if self.accuracy == "h":
            return f"{at:%H}"
        if self.accuracy == "m":
            return f"{at:%H:%M}"
        if self.accuracy == "ms":
            return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
        if self.accuracy == "s" or at.microsecond < 1000:
            return f"{at:%H:%M:%S}"
        return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}".rstrip("0")


@lru_cache(maxsize=64)
def iso_format(name: str) -> IsoFormat | None:
    """The format of a name such as `iso_m_nz`, None for anything that does not begin so. Raises TemplateError."""
    if not re.match(r"(?:iso|xs)(?:[_ ]|\Z)", name):
        return None
    match = _NAME.fullmatch(name)
    if match is None:
        raise TemplateError(f"{name!r} is no ISO format: after iso may follow _h, _m, _s or _ms, _nz or _fz, and _u")
    parts = re.split("[_ ]", match["parts"])[1:]
    accuracy = next((part for part in parts if part in _ACCURACIES), "")
    zone = False if "nz" in parts else True if "fz" in parts else None
    return IsoFormat(match["base"] == "xs", accuracy, zone, "u" in parts or "fu" in parts)


_ZONE: Final = r"(?P<zone>Z|[+-]\d{2}(?::\d{2})?)?"
_BASIC_ZONE: Final = r"(?P<zone>Z|[+-]\d{2}(?:\d{2})?)?"
_DATE: Final = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
_BASIC_DATE: Final = r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
_XS_ZONE: Final = r"(?P<zone>Z|[+-]\d{2}:\d{2})?"
_FULL_TIME: Final = r"(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:\.(?P<part>\d{1,9}))?"
_TIME: Final = r"(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?"
_BASIC_TIME: Final = r"(?P<hour>\d{2})(?:(?P<minute>\d{2})(?:(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?"


def _patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text, re.ASCII) for text in texts)


_READ: Final = {
    ("iso", "date"): _patterns(_DATE, _BASIC_DATE),
    ("iso", "time"): _patterns(_TIME + _ZONE, _BASIC_TIME + _BASIC_ZONE),
    ("iso", "datetime"): _patterns(f"{_DATE}T{_TIME}{_ZONE}", f"{_BASIC_DATE}T{_BASIC_TIME}{_BASIC_ZONE}"),
    ("xs", "date"): _patterns(_DATE + _XS_ZONE),
    ("xs", "time"): _patterns(_FULL_TIME + _XS_ZONE),
    ("xs", "datetime"): _patterns(f"{_DATE}T{_FULL_TIME}{_XS_ZONE}"),
}


def read_iso(text: str, kind: str, form: IsoFormat, zone: tzinfo) -> Moment | None:
    """The moment of an ISO text, None if it is none; a zone that the text does not name is `zone`."""
    tried = (pattern.fullmatch(text) for pattern in _READ["xs" if form.xs else "iso", kind])
    found = next((match.groupdict() for match in tried if match), None)
    if found is None:
        return None
    try:
        on = date(int(found.get("year", 1970)), int(found.get("month", 1)), int(found.get("day", 1)))
        local = datetime.combine(on, time(0), _offset(found.get("zone"), zone)) + _clock(found)
        return moment(local.astimezone(UTC), kind)
    except (ValueError, OverflowError):
        return None


def _clock(found: Mapping[str, str | None]) -> timedelta:
    hour, minute, second = (int(found.get(name) or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise ValueError("no time of day")
    milliseconds = int((found.get("part") or "0")[:3].ljust(3, "0"))
    return timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=milliseconds)


def _offset(text: str | None, zone: tzinfo) -> tzinfo:
    if text is None:
        return zone
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
