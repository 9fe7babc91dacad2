"""schedule_delivery_time and validity_period (7.1.1): 16 characters, `YYMMDDhhmmsstnnp`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cordboard.wire.smpp.errors import InvalidFieldError

MAX_RELATIVE = timedelta(days=31)
"""The longest relative time: beyond a month the format counts in months, whose length is anybody's guess."""


def relative_time(delay: timedelta) -> str:
    """`delay` from when the SMSC takes the message (7.1.1.2), in whole seconds, rounded down.

    Raises InvalidFieldError outside of 0..MAX_RELATIVE; `absolute_time` has no such limit.
    """
    if not timedelta(0) <= delay <= MAX_RELATIVE:
        raise InvalidFieldError("relative time", f"{delay} is not between 0 and {MAX_RELATIVE.days} days")
    minutes, seconds = divmod(delay.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"0000{delay.days:02d}{hours:02d}{minutes:02d}{seconds:02d}000R"


def absolute_time(moment: datetime) -> str:
    """`moment` in UTC, to a tenth of a second, rounded down (7.1.1.1).

    Raises InvalidFieldError for a naive datetime and outside of the years that two digits tell, 2000 to 2099.
    """
    if moment.tzinfo is None:
        raise InvalidFieldError("absolute time", f"{moment} has no time zone")
    utc = moment.astimezone(UTC)
    if not 2000 <= utc.year <= 2099:
        raise InvalidFieldError("absolute time", f"{moment} is outside of the years 2000 to 2099")
    return f"{utc:%y%m%d%H%M%S}{utc.microsecond // 100_000}00+"
