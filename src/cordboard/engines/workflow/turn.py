"""One step of a run as its nodes see it: what is known, what is drawn, what is wanted done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from cordboard.engines.freemarker.budget import Budget
from cordboard.engines.rules.statements import Statement, all_hold
from cordboard.engines.templates.variables import render
from cordboard.engines.workflow.effects import Effect
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.state import Loop, RunState
from cordboard.engines.workflow.windows import opens_at
from cordboard.engines.workflow.world import World, known_of

MOST_VARIABLES: Final = 500
LONGEST_VALUE: Final = 64 * 1024
MOST_COMPUTED: Final = 400_000
"""Steps of all computations of a step of a run: what two templates may take that go to their own limit."""


class Trace(msgspec.Struct, frozen=True):
    """A line of the run's history."""

    node: int
    kind: str
    note: str


class Rounds(Protocol):
    """A repeater, as the end of its rounds sees it."""

    @property
    def id(self) -> int:
        """The repeater's node."""
        ...

    @property
    def after(self) -> int | None:
        """What follows the rounds."""
        ...

    def next_round(self, turn: Turn) -> datetime:
        """When the next round may begin."""
        ...


class Turn:
    """Mutable for the length of a step; what comes of it is in the state, the effects and the history."""

    def __init__(self, state: RunState, world: World, repeaters: Mapping[int, Rounds]) -> None:
        self.world = world
        self.state = state
        self._repeaters = repeaters
        self._contact = dict(world.contact.ext_data)
        self.budget = Budget(MOST_COMPUTED)
        self.effects: list[Effect] = []
        self.history: list[Trace] = []
        self.node = state.at or 0
        self._variables = dict(state.variables)
        self._draws: Random | None = None
        self._began = state.moves

    @property
    def token(self) -> int:
        """The token of a wait that begins now."""
        return self.state.moves

    @property
    def key(self) -> str:
        """The key of the next effect."""
        return f"{self.world.run_id}:{self.state.moves}:{len(self.effects)}"

    @property
    def variables(self) -> dict[str, str]:
        """The campaign's variables as they are now."""
        return dict(self._variables)

    def values(self) -> dict[str, str]:
        """All that statements and texts may name: the campaign's before the contact's before what every run has."""
        known = known_of(self.world, self.state.path)
        return known | self._contact | self._variables

    def value(self, name: str) -> str:
        """One of them; empty where there is none."""
        return self.values().get(name.strip().lower(), "")

    def set(self, name: str, value: str) -> None:
        """Sets a variable of the campaign. What passes the limits is left out, and the history says so; half a
        character, which no JSON can hold, becomes a question mark.
        """
        lower = _writable(name.strip().lower())
        if lower not in self._variables and len(self._variables) >= MOST_VARIABLES:
            self.note(f"{lower} is left out: a run keeps {MOST_VARIABLES} variables")
        elif len(value) > LONGEST_VALUE:
            self.note(f"{lower} is left out: a value may have {LONGEST_VALUE} characters")
        else:
            self._variables[lower] = _writable(value)

    def set_all(self, variables: Mapping[str, str]) -> None:
        """Sets several."""
        for name, value in variables.items():
            self.set(name, value)

    def render(self, text: str) -> str:
        """A text with its variables replaced."""
        return render(text, self.values())

    def hold(self, statements: Sequence[Statement]) -> bool:
        """Whether all statements hold."""
        return all_hold(statements, self.values())

    def emit(self, effect: Effect) -> None:
        """Wants something done."""
        self.effects.append(effect)

    def note(self, text: str) -> None:
        """Adds to the history of the node."""
        self.history.append(Trace(self.node, "note", text))

    def draw(self, weights: Sequence[int]) -> int:
        """A place among `weights`, each as likely as it weighs."""
        if self._draws is None:  # its seed takes a tenth of a step, and few steps draw
            self._draws = Random(f"{self.world.run_id}:{self.world.seed}:{self._began}")  # noqa: S311  (no secrets)
        return self._draws.choices(range(len(weights)), weights)[0]

    def closed_for(self) -> timedelta:
        """How long the campaign's protection forbids to write or call, from now; nothing while it does not."""
        protection = self.world.campaign.protection
        if protection is None:
            return timedelta(0)
        return opens_at(protection, self.world.now, self.world.contact.timezone_id) - self.world.now

    @property
    def is_asleep(self) -> bool:
        """Whether the wait that ends was for a time alone."""
        return self.state.wait is not None and self.state.wait.kind == "time"

    @property
    def until(self) -> datetime | None:
        """When the present wait ends at the latest."""
        return self.state.wait.until if self.state.wait else None

    def see_contact(self, changes: Mapping[str, str | None]) -> None:
        """Shows the contact as it will be once changes are made."""
        for name, value in changes.items():
            if value is None:
                self._contact.pop(name, None)
            else:
                self._contact[name] = value

    def loop_of(self, node: int) -> Loop:
        """The rounds of a repeater; new ones where none are under way."""
        return next((loop for loop in self.state.loops if loop.node == node), Loop(node=node))

    def keep_loop(self, loop: Loop) -> None:
        """Writes rounds down; they are the innermost now, for those within them are over."""
        self.leave_loop(loop.node)
        self.state = replace(self.state, loops=(*self.state.loops, loop))

    def leave_loop(self, node: int) -> None:
        """Ends rounds, and those within them."""
        places = [place for place, loop in enumerate(self.state.loops) if loop.node == node]
        if places:
            self.state = replace(self.state, loops=self.state.loops[: places[0]])

    def next_round(self) -> datetime | None:
        """When the innermost rounds may go on; None outside of any."""
        repeater = self._innermost()
        return repeater.next_round(self) if repeater else None

    def end_round(self, *, completed: bool) -> Move:
        """Back to the innermost repeater; or on, when its rounds are `completed` or there is none."""
        repeater = self._innermost()
        if repeater is None:
            return Go(None)
        if not completed:
            return Go(repeater.id)
        self.leave_loop(repeater.id)
        return Go(repeater.after)

    def _innermost(self) -> Rounds | None:
        return self._repeaters.get(self.state.loops[-1].node) if self.state.loops else None


def _writable(text: str) -> str:
    return text.encode(errors="replace").decode()
