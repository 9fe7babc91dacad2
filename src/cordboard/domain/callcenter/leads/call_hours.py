"""Whether it is a time to call a lead: by its own clock and a call time's hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from cordboard.domain.callcenter.objects.call_time import CallTime

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SECONDS: Final = 3600


def is_open(hours: CallTime, gmt_offset: Decimal, now: datetime) -> bool:
    """Whether the hours are open where the clock is `gmt_offset` hours from UTC."""
    local = now + timedelta(seconds=int(gmt_offset * _SECONDS))
    weekday = _WEEKDAYS[local.weekday()]
    start = getattr(hours, f"ct_{weekday}_start") or hours.ct_default_start
    stop = getattr(hours, f"ct_{weekday}_stop") or hours.ct_default_stop
    return bool(start <= local.hour * 100 + local.minute < stop)
