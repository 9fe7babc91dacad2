"""Which zone a lead lives in, as hours from UTC with summer time counted in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from cordboard.kit.phone import parse_number
from cordboard.kit.timezones import timezone_of_zip, zone_info, zones_of_number

_HOUR: Final = 3600
_CODES: Final = {
    "EST": "America/New_York",
    "CST": "America/Chicago",
    "MST": "America/Denver",
    "PST": "America/Los_Angeles",
    "AKST": "America/Anchorage",
    "HST": "Pacific/Honolulu",
    "AST": "America/Halifax",
    "NST": "America/St_Johns",
}
"""Zone codes that lists carry in the field `owner`."""


def offset_of(
    method: str, phone_code: str, phone_number: str, postal_code: str, owner: str, now: datetime
) -> Decimal | None:
    """The offset at `now`, by the number, or by what `method` (`POSTAL`, `TZCODE`) names, where that is known; None
    where nothing is.
    """
    zone = _zone_by(method, phone_code, postal_code, owner)
    if zone is None:
        number = parse_number(f"+{phone_code}{phone_number}")
        zones = zones_of_number(number) if number else ()
        zone = zones[0] if zones else None
    offset = now.astimezone(zone).utcoffset() if zone else None
    return None if offset is None else Decimal(int(offset.total_seconds())) / _HOUR


def _zone_by(method: str, phone_code: str, postal_code: str, owner: str) -> ZoneInfo | None:
    if method == "POSTAL" and postal_code:
        found = timezone_of_zip("CA" if postal_code[:1].isalpha() else "US", postal_code) if phone_code == "1" else None
        return zone_info(found) if found is not None else None
    if method == "TZCODE" and owner.upper() in _CODES:
        return ZoneInfo(_CODES[owner.upper()])
    return None
