"""The five ways to say how long to wait, of time delays and of events that do not come."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from cordboard.engines.workflow.reading import Members, wall_time, whole
from cordboard.engines.workflow.turn import Turn
from cordboard.engines.workflow.windows import EVERY_DAY, Window, at_wall, is_allowed, opens_at, zone_of

TYPES: Final = ("wait", "schedule", "scheduleTz", "waitTime", "timezoneProtect")
ZONE_TYPES: Final = ("recipient", "fixed")
LONGEST: Final = timedelta(days=3 * 366)
_SECONDS_OF_MS: Final = 1000
_A_WEEK: Final = 8


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait. `variable`: names where the number, the date or the time of day stands instead."""

    type: str
    seconds: int = 0
    unit_seconds: int = 0
    date: str = ""
    wall: time | None = None
    variable: str = ""
    start: time = time(0)
    end: time = time(0)
    days: int = EVERY_DAY
    timezone_type: str = "recipient"
    fixed_id: int | None = None


def read_delay(members: Members) -> Delay:
    """The delay of a node's members."""
    kind = members.one_of(TYPES, "timeoutType", "type")
    delay = Delay(
        type=kind,
        timezone_type=members.one_of(ZONE_TYPES, "timezoneType", "timeoutTimezoneType", default="recipient"),
        fixed_id=members.integer("fixedTimezoneId", "timeoutTimezone", default=0, smallest=-200, largest=200),
    )
    match kind:
        case "wait":
            return _wait(delay, members)
        case "schedule" | "scheduleTz":
            return _schedule(delay, members)
        case "waitTime":
            variable = members.text("timeoutWaitUntilVariable", required=False)
            wall = None if variable else members.wall_time("timeoutWaitUntilTime")
            return replace(delay, wall=wall, variable=variable, days=_days(members))
        case _:
            start, end = members.wall_time("timeRangeStart"), members.wall_time("timeRangeEnd")
            return replace(delay, start=start, end=end, days=_days(members))


def ends_at(delay: Delay, turn: Turn) -> datetime:
    """The moment to go on, which is not before now, in UTC. A variable that holds nothing usable does not delay, and
    the history says so.
    """
    now = turn.world.now
    zone = zone_of(delay.timezone_type, delay.fixed_id, turn.world.contact.timezone_id)
    match delay.type:
        case "wait":
            seconds = _amount(delay, turn) * delay.unit_seconds if delay.variable else delay.seconds
            return now + timedelta(seconds=min(seconds, LONGEST.total_seconds()))
        case "schedule" | "scheduleTz":
            clock = zone if delay.type == "scheduleTz" else ZoneInfo("UTC")
            return min(max(_moment(delay, turn, clock), now), now + LONGEST)
        case "waitTime":
            wall = wall_time(turn.value(delay.variable)) if delay.variable else delay.wall
            if wall is None:
                turn.note(f"{delay.variable} holds no time of day")
                return now
            return _next_wall(now, wall, delay.days, zone)
        case _:
            return opens_at(_window(delay), now, turn.world.contact.timezone_id)


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """An ISO 8601 time or epoch milliseconds, in UTC; where it names no zone, it is on the clocks of `zone`."""
    number = whole(text)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / _SECONDS_OF_MS, UTC)
        shown = datetime.fromisoformat(text.strip())
        return (shown if shown.tzinfo else shown.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _window(delay: Delay) -> Window:
    return Window(
        start=delay.start,
        end=delay.end,
        days=delay.days,
        timezone_type="recipient" if delay.timezone_type == "recipient" else "fixed",
        fixed_id=delay.fixed_id,
    )


def _schedule(delay: Delay, members: Members) -> Delay:
    variable = members.text("timeoutScheduleVariable", required=False)
    date = members.text("timeoutScheduleDate", required=not variable)
    if date and not variable and parse_moment(date, ZoneInfo("UTC")) is None:
        members.fault("timeoutScheduleDate", "must be a time such as 2026-03-10T16:58:15Z")
    return replace(delay, date=date, variable=variable)


def _wait(delay: Delay, members: Members) -> Delay:
    variable = members.text("timeoutWaitVariable", required=False)
    number = members.integer("timeoutWaitNumber", default=0 if variable else None, largest=10**9)
    unit = members.seconds(1, "timeoutWaitUnits") or 60
    if not members.has("timeoutWaitUnits"):
        members.fault("timeoutWaitUnits", "is required: seconds, minutes, hours, days or weeks")
    return replace(delay, seconds=number * unit, unit_seconds=unit, variable=variable)


def _days(members: Members) -> int:
    return members.integer("timeoutAllowedDays", "allowedDaysOfWeek", default=EVERY_DAY, smallest=1, largest=EVERY_DAY)


def _amount(delay: Delay, turn: Turn) -> int:
    number = whole(turn.value(delay.variable))
    if number is None or number < 0:
        turn.note(f"{delay.variable} holds no number to wait")
        return 0
    return min(number, int(LONGEST.total_seconds()))


def _moment(delay: Delay, turn: Turn, zone: ZoneInfo) -> datetime:
    text = turn.value(delay.variable) if delay.variable else delay.date
    if delay.type == "scheduleTz":
        text = text.strip().removesuffix("Z")  # the date is meant on the wall of the zone
    moment = parse_moment(text, zone)
    if moment is None:
        turn.note(f"{delay.variable or 'timeoutScheduleDate'} holds no time")
        return turn.world.now
    return moment


def _next_wall(now: datetime, wall: time, days: int, zone: ZoneInfo) -> datetime:
    """The next moment at which the clocks show `wall` on an allowed day."""
    today = now.astimezone(zone)
    for after in range(_A_WEEK):
        day = today + timedelta(days=after)
        moment = at_wall(day, wall, zone)
        if moment >= now and is_allowed(days, day):
            return moment
    return now
