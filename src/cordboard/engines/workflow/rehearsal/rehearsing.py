"""The rehearsal itself: what happens to everybody, in the order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from msgspec.structs import replace

from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.engine import Step, begin, step
from cordboard.engines.workflow.inputs import Due, Input, Started
from cordboard.engines.workflow.rehearsal.acting import Acting, Happening, Later
from cordboard.engines.workflow.rehearsal.behaviour import Behaviour, Reply
from cordboard.engines.workflow.rehearsal.part import Part, part_of
from cordboard.engines.workflow.rehearsal.report import Example, NodeFigures, Report
from cordboard.engines.workflow.rehearsal.sending import Text
from cordboard.engines.workflow.rehearsal.staging import Actor, Crew, Production
from cordboard.engines.workflow.rehearsal.tally import Tally
from cordboard.engines.workflow.windows import opens_at
from cordboard.engines.workflow.world import World

ENDINGS: Final = ("completed", "stopped", "failed")
MOST_EXAMPLES: Final = 5
_MOST_SHOWN: Final = 500
"""Examples are chosen among so many people, the first ones."""
_WITHIN_HOURS: Final = frozenset({"smsSend", "call", "aiAssist"})
"""Types of nodes that wait for the campaign's hours, and for no other time."""
_NOT_NODES: Final = frozenset({"note", *ENDINGS})


def rehearse(
    definition: Definition, cast: Sequence[Actor], behaviour: Behaviour, production: Production, crew: Crew
) -> Report:
    """Everybody's way through a definition that `validation` has no fault with, to its end or to a limit."""
    rehearsal = Rehearsal(definition, cast, behaviour, production, crew)
    while rehearsal.go_on(1000):
        pass
    return rehearsal.report()


class Rehearsal:
    """A rehearsal under way, for who wants to look up in between."""

    def __init__(
        self, definition: Definition, cast: Sequence[Actor], behaviour: Behaviour, production: Production, crew: Crew
    ) -> None:
        self._definition = definition
        self._production = production
        self._tally = Tally()
        self._acting = Acting(behaviour, crew, self._tally, production.rate)
        self._agenda: list[tuple[datetime, int, int, Happening]] = []
        self._planned = 0
        self._steps = 0
        self._nodes = 0
        self._ends_at = production.start + production.limits.horizon
        self._cut_off = ""
        taken = cast[: production.limits.people]
        if len(taken) < len(cast):
            self._cut_off = f"only the first {len(taken)} of {len(cast)} people took part"
        state = begin(definition, production.variables)
        self._parts = [
            part_of(place, actor, state, production.seed, is_shown=place < _MOST_SHOWN)
            for place, actor in enumerate(taken)
        ]
        self._plan_starts()

    def go_on(self, most: int) -> bool:
        """Lets up to `most` things happen; False when nothing is left to happen."""
        limits = self._production.limits
        for _ in range(most):
            if not self._agenda or self._agenda[0][0] > self._ends_at:
                return False
            if self._steps >= limits.steps or self._nodes >= limits.nodes:
                what = f"{limits.steps} steps" if self._steps >= limits.steps else f"{limits.nodes} nodes"
                self.cut_off(f"after {what}, on {self._agenda[0][0]:%Y-%m-%d %H:%M} UTC")
                return False
            now, _, place, given = heappop(self._agenda)
            self._happen(self._parts[place], given, now)
        return True

    def cut_off(self, reason: str) -> None:
        """Ends the rehearsal here; the report says why."""
        self._agenda.clear()
        self._cut_off = f"{self._cut_off}; {reason}" if self._cut_off else reason

    def report(self) -> Report:
        """What it has come to so far."""
        ended = Counter(part.state.ending for part in self._parts)
        at = Counter(part.state.at for part in self._parts if part.started_at is not None and not part.state.is_over)
        tally = self._tally
        return Report(
            people=len(self._parts),
            ended={ending: ended[ending] for ending in ENDINGS},
            waiting=ended[None],
            not_started=sum(part.started_at is None for part in self._parts),
            nodes=tuple(NodeFigures(node, tally.entered[node], at[node]) for node in self._definition.nodes),
            edges=tally.edge_figures(),
            sends=tally.send_figures(),
            calls=dict(tally.calls),
            emails=tally.emails,
            replies=tally.replies,
            opt_outs=tally.opt_outs,
            live_lists=dict(tally.live_lists),
            campaigns=dict(tally.campaigns),
            timeline=tally.timeline(),
            windows=tally.window_figures(),
            faults=tally.fault_figures(),
            longest_seconds=tally.longest.total_seconds(),
            examples=self._examples(),
            steps=self._steps,
            cut_off=self._cut_off,
        )

    def _plan_starts(self) -> None:
        """Everybody's beginning: in turn, and within the campaign's hours."""
        production, hours = self._production, self._production.campaign.protection
        waiting: Counter[datetime] = Counter()
        for part in self._parts:
            asked = production.start + production.period * part.place
            opening = asked if hours is None else opens_at(hours, asked, part.person.timezone_id)
            if opening > asked:
                opening, queue = opening + timedelta(seconds=waiting[opening] / production.rate), opening
                waiting[queue] += 1
                self._tally.waited(None, opening - asked)
            self._plan(opening, part, Started())

    def _plan_all(self, part: Part, following: Iterable[Later]) -> None:
        for moment, happening in following:
            self._plan(moment, part, happening)

    def _plan(self, moment: datetime, part: Part, given: Happening) -> None:
        self._planned += 1
        heappush(self._agenda, (moment, self._planned, part.place, given))

    def _happen(self, part: Part, given: Happening, now: datetime) -> None:
        if isinstance(given, Text):
            self._plan_all(part, self._acting.go_on(part, given, now))
            return
        if isinstance(given, Reply):
            given = self._acting.heard(part, given)
        if part.state.is_over or (isinstance(given, Due) and not _is_awaited(part, given, now)):
            return
        if isinstance(given, Started):
            part.started_at = now
        self._steps += 1
        before = part.state
        taken = step(self._definition, before, given, self._world(part, now))
        part.state = taken.state
        self._count(part, before.at if before.moves else None, taken, given, now)
        for effect in taken.effects:
            self._plan_all(part, self._acting.act(part, effect, now))
        wait = taken.state.wait
        if wait is not None and wait != before.wait and wait.until is not None:
            self._plan(wait.until, part, Due(wait.token))
            if wait.kind == "time" and self._kind_at(taken.state.at) in _WITHIN_HOURS:
                self._tally.waited(taken.state.at, wait.until - now)

    def _world(self, part: Part, now: datetime) -> World:
        campaign = replace(self._production.campaign, phone=part.sender)
        run_id = f"rehearsal-{self._production.seed}-{part.place}"
        return World(now=now, run_id=run_id, contact=part.person, campaign=campaign, seed=self._production.seed)

    def _kind_at(self, node: int | None) -> str:
        return self._definition.nodes[node].kind if node in self._definition.nodes else ""

    def _examples(self) -> tuple[Example, ...]:
        """Some people's ways, each another one as far as there are others."""
        shown: dict[tuple[int, ...], Part] = {}
        for part in self._parts[:_MOST_SHOWN]:
            shown.setdefault(part.state.path, part)
        return tuple(
            Example(
                person=part.person.id,
                path=part.state.path,
                ending=part.state.ending or "waiting",
                reason=part.state.reason,
                texts=tuple(part.texts),
            )
            for part in list(shown.values())[:MOST_EXAMPLES]
        )

    def _count(self, part: Part, came_from: int | None, taken: Step, given: Input, now: datetime) -> None:
        for trace in taken.history:
            if trace.kind in _NOT_NODES:
                continue
            self._nodes += 1
            self._tally.entered[trace.node] += 1
            if came_from is not None:
                self._tally.edges[came_from, trace.node] += 1
            came_from = trace.node
        if taken.state.is_over:
            self._tally.longest = max(self._tally.longest, now - (part.started_at or now))
            if taken.state.ending == "failed":
                self._tally.fault(came_from or 0, f"the run fails: {taken.state.reason}", part.place)


def _is_awaited(part: Part, given: Due, now: datetime) -> bool:
    """Whether the run still waits for this moment: whoever was answered meanwhile does not."""
    wait = part.state.wait
    return wait is not None and wait.token == given.token and wait.until is not None and wait.until <= now
