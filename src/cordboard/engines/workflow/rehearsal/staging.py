"""What a rehearsal is given: the cast, the circumstances, and the crew that writes and edits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from cordboard.engines.workflow.effects import SendSms
from cordboard.engines.workflow.world import Campaign, Person


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who takes part. `listed`: the do-not-call lists that the number is on: `sms`, `call`, `federal`."""

    person: Person
    listed: frozenset[str] = frozenset()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rehearsal is cut off. `nodes` counts the nodes that are entered by everybody together."""

    people: int = 10_000
    steps: int = 200_000
    nodes: int = 1_000_000
    horizon: timedelta = timedelta(days=400)


class Production(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances. The campaign's numbers send `rate` segments a second together. People start at `start`,
    `period` apart; those who come outside of the campaign's hours wait for them and start one after the other, `rate` a
    second.
    """

    campaign: Campaign
    start: datetime
    variables: dict[str, str] = {}
    period: timedelta = timedelta(0)
    rate: float = 10.0
    seed: int = 1
    limits: Limits = Limits()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it would go out: what it costs, in micro-units, and which of its variables were empty."""

    text: str
    segments: int = 1
    cost: int = 0
    surcharge: int = 0
    tax: int = 0
    empty: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no message or call: in words that are the same for everybody, and as the run is told."""

    problem: str
    told: str
    empty: tuple[str, ...] = ()


class Crew(Protocol):
    """Does what a rehearsal cannot know."""

    @property
    def sender(self) -> str:
        """The number that writes; empty where there is none."""
        ...

    @property
    def caller(self) -> str:
        """The number that calls; empty where there is none."""
        ...

    def write(self, person: Person, effect: SendSms) -> Written | Refused:
        """The message of an effect."""
        ...

    def held_until(self, recipient: str, now: datetime) -> datetime | None:
        """When quiet hours end that hold a text to a number now; None where none do."""
        ...

    def edit(self, person: Person, changes: Mapping[str, str | None]) -> Person | str:
        """Somebody with fields set and taken away; or why that is refused."""
        ...
