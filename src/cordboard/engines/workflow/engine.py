"""The engine: one step of a run, from an input to the next wait or to the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.effects import Effect
from cordboard.engines.workflow.inputs import Answered, Due, Input, Started, Told
from cordboard.engines.workflow.moves import Expect, Fail, Go, Listen, Move, Sleep, Stop
from cordboard.engines.workflow.nodes.repeater import Repeater
from cordboard.engines.workflow.nodes.section import Section
from cordboard.engines.workflow.state import MOST_REMEMBERED, Ending, RunState, Wait
from cordboard.engines.workflow.turn import Trace, Turn
from cordboard.engines.workflow.world import World

MOST_NODES_A_STEP: Final = 1000
"""So many nodes in a row without a wait are a circle that spins."""
MOST_NODES_A_RUN: Final = 100_000


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an input: the state to keep, what to do, and the lines of history."""

    state: RunState
    effects: tuple[Effect, ...] = ()
    history: tuple[Trace, ...] = ()


def begin(definition: Definition, variables: Mapping[str, str]) -> RunState:
    """A run that has not made its first step; `variables` are those of whoever started it."""
    return RunState(at=definition.start, variables={name.strip().lower(): text for name, text in variables.items()})


def step(definition: Definition, state: RunState, given: Input, world: World) -> Step:
    """Takes a run as far as it goes with an input. What comes too late, twice or for somebody else changes nothing but
    the variables that it tells.
    """
    if state.is_over:
        return Step(state=state)
    turn = Turn(state, world, {node.id: node for node in definition.nodes.values() if isinstance(node, Repeater)})
    if isinstance(given, Told | Answered):
        turn.set_all(given.variables)
    if not _concerns(state, given, world):
        return Step(state=replace(state, variables=turn.variables), history=tuple(turn.history))
    return _gone(definition, turn, given)


def _concerns(state: RunState, given: Input, world: World) -> bool:
    """Whether an input is what the run waits for."""
    wait = state.wait
    match given:
        case Started():
            return wait is None and state.moves == 0
        case Due():
            return wait is not None and wait.token == given.token and wait.until is not None and wait.until <= world.now
        case Told():
            return wait is not None and wait.kind == "event"
        case Answered():
            return wait is not None and wait.kind == "answer" and wait.token == given.token


def _gone(definition: Definition, turn: Turn, given: Input) -> Step:
    entered = 0
    at = turn.state.at
    move: Move = Go(at) if isinstance(given, Started) else definition.nodes[at or 0].resume(turn, given)
    while isinstance(move, Go):
        target = _target(definition, turn, move)
        if target is None:
            return _ended(turn, "completed", "")
        if target not in definition.nodes:
            return _ended(turn, "failed", f"there is no node {target}")
        entered += 1
        if entered > MOST_NODES_A_STEP or turn.state.moves >= MOST_NODES_A_RUN:
            return _ended(turn, "failed", "went through too many nodes; the workflow runs in a circle")
        _enter(definition, turn, target)
        move = definition.nodes[target].enter(turn)
    if isinstance(move, Stop):
        return _ended(turn, "stopped", move.reason)
    if isinstance(move, Fail):
        return _ended(turn, "failed", f"node {turn.node}: {move.reason}")
    return _result(turn, replace(turn.state, wait=_wait(move, turn)))


def _target(definition: Definition, turn: Turn, move: Go) -> int | None:
    """Where to go. A way that ends within rounds ends the round; a section out of which no way leads to the end of the
    rounds leaves them.
    """
    if move.to is None:
        return turn.state.loops[-1].node if turn.state.loops else None
    came_from = definition.nodes.get(turn.node)
    if isinstance(came_from, Section) and turn.state.loops and turn.state.moves:
        loop = turn.state.loops[-1].node
        inside = definition.within_rounds
        if loop in inside and move.to not in inside:
            turn.leave_loop(loop)
    return move.to


def _enter(definition: Definition, turn: Turn, target: int) -> None:
    state = turn.state
    path = (*state.path, target)[-MOST_REMEMBERED:]
    turn.node = target
    turn.state = replace(state, at=target, path=path, moves=state.moves + 1, wait=None)
    turn.history.append(Trace(target, definition.nodes[target].kind, ""))


def _wait(move: Sleep | Listen | Expect, turn: Turn) -> Wait:
    match move:
        case Sleep():
            return Wait(kind="time", token=turn.token, until=move.until)
        case Listen():
            return Wait(kind="event", token=turn.token, until=move.until)
        case Expect():
            return Wait(kind="answer", token=turn.token, until=move.until)


def _ended(turn: Turn, ending: Ending, reason: str) -> Step:
    turn.history.append(Trace(turn.node, ending, reason))
    return _result(turn, replace(turn.state, at=None, wait=None, loops=(), ending=ending, reason=reason))


def _result(turn: Turn, state: RunState) -> Step:
    return Step(
        state=replace(state, variables=turn.variables), effects=tuple(turn.effects), history=tuple(turn.history)
    )
