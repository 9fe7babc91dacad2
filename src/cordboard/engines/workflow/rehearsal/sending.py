"""Texts between being accepted and leaving. The run does not wait for them, as it does not in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from cordboard.engines.workflow.rehearsal.behaviour import Reply
from cordboard.engines.workflow.rehearsal.part import Part
from cordboard.engines.workflow.rehearsal.staging import Crew, Written
from cordboard.engines.workflow.rehearsal.tally import Tally

MOST_TEXTS: Final = 10


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A text that has not left yet; `reply` comes `reply_after` it has."""

    template_id: str
    recipient: str
    written: Written
    reply: Reply | None = None
    reply_after: timedelta = timedelta(0)
    was_held: bool = False
    is_placed: bool = False
    """Whether it got in line for the campaign's numbers; when it is looked at again, its turn has come."""


class Line:
    """The numbers of a campaign as one that sends `rate` segments a second, with nothing else to send."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at: datetime | None = None

    def place(self, segments: int, now: datetime) -> datetime:
        """When a text leaves that gets in line now: once those before it have been sent."""
        leaves = max(self._free_at or now, now)
        self._free_at = leaves + timedelta(seconds=segments / self._rate)
        return leaves


class Sending:
    """Lets texts leave when they may: out of quiet hours, and no faster than the campaign's numbers send."""

    def __init__(self, crew: Crew, tally: Tally, rate: float) -> None:
        self._crew = crew
        self._tally = tally
        self._line = Line(rate)

    def accept(self, part: Part, text: Text, now: datetime) -> Iterator[tuple[datetime, Text | Reply]]:
        """Takes a text; answers what happens because of it, and when."""
        self._tally.waiting += 1
        yield from self.go_on(part, text, now)

    def go_on(self, part: Part, text: Text, now: datetime) -> Iterator[tuple[datetime, Text | Reply]]:
        """The same for a text that was taken earlier. The gate is asked again whenever one has waited."""
        if "sms" in part.listed:
            self._tally.waiting -= 1
            self._tally.refused(opted_out=True)
        elif (until := self._crew.held_until(text.recipient, now)) is not None:
            self._tally.held_by_quiet_hours += not text.was_held
            yield until, replace(text, was_held=True, is_placed=False)
        elif not text.is_placed and (leaves := self._place(text, now)) > now:
            yield leaves, replace(text, is_placed=True)
        else:
            yield from self._leave(part, text, now)

    def _place(self, text: Text, now: datetime) -> datetime:
        leaves = self._line.place(text.written.segments, now)
        self._tally.lined_up(leaves - now)
        return leaves

    def _leave(self, part: Part, text: Text, now: datetime) -> Iterator[tuple[datetime, Reply]]:
        self._tally.waiting -= 1
        self._tally.sent(text.template_id, text.written, now)
        if part.is_shown and len(part.texts) < MOST_TEXTS:
            part.texts.append(text.written.text)
        if text.reply is not None:
            yield now + text.reply_after, text.reply
