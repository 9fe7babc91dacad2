"""Somebody's part in a rehearsal: the run, and what is known of its person meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from cordboard.engines.workflow.rehearsal.staging import Actor
from cordboard.engines.workflow.state import RunState
from cordboard.engines.workflow.world import Person


@dataclass(slots=True)
class Part:
    """A run under way in a rehearsal. `reply_to` is the variable that a reply goes to; `texts` are the first ones that
    its person got, kept where `is_shown`.
    """

    place: int
    person: Person
    listed: set[str]
    state: RunState
    random: Random
    is_shown: bool
    sender: str = ""
    reply_to: str = ""
    started_at: datetime | None = None
    texts: list[str] = field(default_factory=list)

    @property
    def phone(self) -> str:
        """The number that is written to and called; empty where there is none."""
        return self.person.phone


def part_of(place: int, actor: Actor, state: RunState, seed: int, *, is_shown: bool) -> Part:
    """The part of an actor. Draws are its own, so that what somebody does depends on nobody else."""
    random = Random(f"{seed}:{place}")  # noqa: S311  (draws, no secrets)
    return Part(place, actor.person, set(actor.listed), state, random, is_shown)
