"""Time zones by name or offset, and what Java calls them in English."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cordboard.engines.freemarker.faults import TemplateError

_GMT: Final = re.compile(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?")
_SHORT: Final = re.compile(r"[A-Z]{2,5}")
_LONGEST_OFFSET: Final = timedelta(hours=23, minutes=59)
_ABBREVIATED: Final = {
    "EST": "-5", "MST": "-7", "HST": "-10",
    "PST": "America/Los_Angeles", "CST": "America/Chicago", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo",
}  # fmt: skip
_LONG: Final = {
    "UTC": "Coordinated Universal Time",
    "GMT": "Greenwich Mean Time",
    "EST": "Eastern Standard Time",
    "EDT": "Eastern Daylight Time",
    "CST": "Central Standard Time",
    "CDT": "Central Daylight Time",
    "MST": "Mountain Standard Time",
    "MDT": "Mountain Daylight Time",
    "PST": "Pacific Standard Time",
    "PDT": "Pacific Daylight Time",
    "AKST": "Alaska Standard Time",
    "AKDT": "Alaska Daylight Time",
    "HST": "Hawaii-Aleutian Standard Time",
    "AST": "Atlantic Standard Time",
    "ADT": "Atlantic Daylight Time",
    "NST": "Newfoundland Standard Time",
    "NDT": "Newfoundland Daylight Time",
    "BST": "British Summer Time",
    "CET": "Central European Standard Time",
    "CEST": "Central European Summer Time",
    "EET": "Eastern European Standard Time",
    "EEST": "Eastern European Summer Time",
    "WET": "Western European Standard Time",
    "WEST": "Western European Summer Time",
    "IST": "India Standard Time",
    "JST": "Japan Standard Time",
    "AEST": "Australian Eastern Standard Time",
    "AEDT": "Australian Eastern Daylight Time",
    "ACST": "Australian Central Standard Time",
    "ACDT": "Australian Central Daylight Time",
    "AWST": "Australian Western Standard Time",
    "NZST": "New Zealand Standard Time",
    "NZDT": "New Zealand Daylight Time",
    "PKT": "Pakistan Standard Time",
    "SAST": "South Africa Standard Time",
}


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo:
    """The zone of a name such as America/New_York or GMT-05:00. Raises TemplateError."""
    match = _GMT.fullmatch(name)
    if match:
        hours = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if hours <= _LONGEST_OFFSET:
            offset = hours if match[1] == "+" else -hours
            return timezone(offset, f"GMT{match[1]}{int(match[2]):02}:{int(match[3] or 0):02}")
    fixed = _ABBREVIATED.get(name, name)
    if fixed != name and not fixed[-1].isalpha():
        return timezone(timedelta(hours=int(fixed)), name)
    try:
        return ZoneInfo(fixed)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TemplateError(f"{name!r} is no time zone: write such as America/New_York, UTC or GMT-05:00") from error


def offset_of(at: datetime) -> int:
    """Minutes that a local time is ahead of UTC."""
    return int((at.utcoffset() or timedelta(0)).total_seconds() // 60)


def zone_short_name(at: datetime) -> str:
    """A zone's abbreviation; one that has none goes by its offset."""
    name = at.tzname() or "UTC"
    if at.tzinfo is UTC or _SHORT.fullmatch(name) or name.startswith("GMT"):
        return name
    sign = "-" if offset_of(at) < 0 else "+"
    return f"GMT{sign}{abs(offset_of(at)) // 60:02}:{abs(offset_of(at)) % 60:02}"


def zone_long_name(at: datetime) -> str:
    """A zone's name in full where it is a known one."""
    short = zone_short_name(at)
    return _LONG.get(short, short)
