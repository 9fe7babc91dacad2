"""Repeater: rounds over the nodes that follow, spaced out in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Self

from msgspec.structs import replace

from cordboard.engines.workflow.delays import ZONE_TYPES
from cordboard.engines.workflow.inputs import Input
from cordboard.engines.workflow.moves import Go, Move, Sleep
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn
from cordboard.engines.workflow.windows import EVERY_DAY, Window, opens_at, zone_of


class Repeater(Node, frozen=True, kw_only=True):
    """Goes round up to `num_attempts` times, at most `max_daily` times on a day of its clock, `min_gap` apart, within
    its window; then on with the section. Its children are the round.
    """

    kind: ClassVar[str] = "repeater"
    waits: ClassVar[bool] = True
    section: str
    after: int | None = None
    num_attempts: int
    max_daily: int
    min_gap: timedelta
    window: Window

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The rounds and their times."""
        begin, end = ("beginTime", "timeRangeStart"), ("endTime", "timeRangeEnd")
        zone = members.one_of(ZONE_TYPES, "timezoneType", default="recipient")
        return {
            "section": members.text("section", required=False),
            "num_attempts": members.integer("numAttempts", smallest=1, largest=1000),
            "max_daily": members.integer("maxDaily", default=1000, smallest=1, largest=1000),
            "min_gap": timedelta(minutes=members.integer("minMinutesBetweenEvents", default=0, largest=1_000_000)),
            "window": Window(
                start=members.wall_time(*begin) if members.has(*begin) else time(0),
                end=members.wall_time(*end) if members.has(*end) else time(0),
                days=members.integer(
                    "allowedDaysOfWeek", "timeoutAllowedDays", default=EVERY_DAY, smallest=1, largest=EVERY_DAY
                ),
                timezone_type="recipient" if zone == "recipient" else "fixed",
                fixed_id=members.integer("fixedTimezoneId", default=0, smallest=-200, largest=200),
            ),
        }

    def placed(self, sections: Mapping[str, int], members: Members) -> Self:
        """With the node that follows the rounds."""
        if not self.section:
            return self
        if self.section not in sections:
            members.fault("section", f"{self.section!r} is none of the workflow's sections")
        return replace(self, after=sections.get(self.section))

    @property
    def ways(self) -> tuple[int, ...]:
        """The round, and what comes after it."""
        return self.children if self.after is None else (*self.children, self.after)

    def enter(self, turn: Turn) -> Move:
        """Another round when it is time for it, else a wait; after the last one, on."""
        loop = turn.loop_of(self.id)
        if loop.attempts >= self.num_attempts or self.first is None:
            turn.leave_loop(self.id)
            return Go(self.after)
        due = self.next_round(turn)
        if due > turn.world.now:
            turn.keep_loop(loop)
            return Sleep(due)
        day = self._day(turn, turn.world.now)
        on_day = loop.on_day + 1 if day == loop.day else 1
        turn.keep_loop(replace(loop, attempts=loop.attempts + 1, last=turn.world.now, day=day, on_day=on_day))
        return Go(self.first)

    def resume(self, turn: Turn, given: Input) -> Move:
        """It is time for a round."""
        del given
        return self.enter(turn)

    def next_round(self, turn: Turn) -> datetime:
        """When the next round may begin; not before now."""
        loop = turn.loop_of(self.id)
        now = turn.world.now
        moment = max(now, loop.last + self.min_gap) if loop.last else now
        moment = opens_at(self.window, moment, turn.world.contact.timezone_id)
        if loop.on_day >= self.max_daily and self._day(turn, moment) == loop.day:
            zone = zone_of(self.window.timezone_type, self.window.fixed_id, turn.world.contact.timezone_id)
            tomorrow = (moment.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            moment = opens_at(self.window, tomorrow.astimezone(moment.tzinfo), turn.world.contact.timezone_id)
        return moment

    def _day(self, turn: Turn, moment: datetime) -> str:
        zone = zone_of(self.window.timezone_type, self.window.fixed_id, turn.world.contact.timezone_id)
        return f"{moment.astimezone(zone):%Y-%m-%d}"
