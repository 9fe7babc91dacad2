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


class Sending:
    """Lets texts leave when they may."""

    def __init__(self, crew: Crew, tally: Tally) -> None:
        self._crew = crew
        self._tally = tally

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
            yield until, replace(text, was_held=True)
        else:
            yield from self._leave(part, text, now)

    def _leave(self, part: Part, text: Text, now: datetime) -> Iterator[tuple[datetime, Reply]]:
        self._tally.waiting -= 1
        self._tally.sent(text.template_id, text.written, now)
        if part.is_shown and len(part.texts) < MOST_TEXTS:
            part.texts.append(text.written.text)
        if text.reply is not None:
            yield now + text.reply_after, text.reply
