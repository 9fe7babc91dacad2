"""Windows of time on somebody's wall clock: on which days, between which hours, in whose time zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from cordboard.kit.timezones import zone_info

EVERY_DAY: Final = 127
_LONGEST_SEARCH: Final = 16
_UTC: Final = ZoneInfo("UTC")


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """`days` is a mask, 1 Sunday to 64 Saturday. An `end` before the `start` is on the next morning. `timezone_type`
    `recipient`: the contact's zone, `fixed_id`'s where that is not known; `fixed`: `fixed_id`'s.
    """

    start: time
    end: time
    days: int = EVERY_DAY
    timezone_type: Literal["recipient", "fixed"] = "recipient"
    fixed_id: int | None = None


def zone_of(timezone_type: str, fixed_id: int | None, recipient_id: int) -> ZoneInfo:
    """The zone that counts; UTC where nothing tells one."""
    recipient = zone_info(recipient_id) if timezone_type == "recipient" else None
    return recipient or (zone_info(fixed_id) if fixed_id is not None else None) or _UTC


def opens_at(window: Window, now: datetime, recipient_id: int) -> datetime:
    """`now` while the window is open, else when it opens next, in UTC. A window whose start the clocks jump over opens
    with the jump; one of no days opens never and counts as open.
    """
    zone = zone_of(window.timezone_type, window.fixed_id, recipient_id)
    if not window.days & EVERY_DAY:
        return now
    wall = now.astimezone(zone)
    for days in range(-1, _LONGEST_SEARCH):
        start, end = _opening(window, wall, days, zone)
        if start is not None and start < end and now < end:
            return max(start, now)
    return now


def closes_at(window: Window, now: datetime, recipient_id: int) -> datetime:
    """When the window that is open, or opens next, closes, in UTC."""
    opened = opens_at(window, now, recipient_id)
    zone = zone_of(window.timezone_type, window.fixed_id, recipient_id)
    wall = opened.astimezone(zone)
    for days in (-1, 0):
        start, end = _opening(window, wall, days, zone)
        if start is not None and start <= opened < end:
            return end
    return opened


def at_wall(day: datetime, wall: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the clocks of `zone` show `wall` on `day`; the first of two, and the jump where
    they skip it.
    """
    shown = datetime.combine(day.date(), wall, zone)
    moment = shown.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return moment
    before = shown.replace(fold=0).utcoffset() or timedelta(0)
    after = shown.replace(fold=1).utcoffset() or timedelta(0)
    return _jump(moment, abs(before - after), zone)


def is_allowed(days: int, day: datetime) -> bool:
    """Whether a mask of days has the day of a wall clock."""
    return bool(days & 1 << (day.isoweekday() % 7))


def _opening(window: Window, wall: datetime, days: int, zone: ZoneInfo) -> tuple[datetime | None, datetime]:
    """When the window of the day `days` from now opens and closes; None where it stays shut that day."""
    day = wall + timedelta(days=days)
    overnight = window.end <= window.start
    start = at_wall(day, window.start, zone)
    end = at_wall(day + timedelta(days=1) if overnight else day, window.end, zone)
    return (start if is_allowed(window.days, day) else None), end


def _jump(near: datetime, gap: timedelta, zone: ZoneInfo) -> datetime:
    """The minute near a moment at which the clocks were set forward."""
    minute = near.replace(second=0, microsecond=0) - gap
    while minute.astimezone(zone).utcoffset() == (minute + timedelta(minutes=1)).astimezone(zone).utcoffset():
        minute += timedelta(minutes=1)
        if minute > near + gap:
            return near
    return minute + timedelta(minutes=1)
