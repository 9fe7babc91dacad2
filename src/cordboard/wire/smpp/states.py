"""The states of an ESME's session (2.2) as a table: what is not in it cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from cordboard.wire.smpp.errors import NotBoundError


class State(Enum):
    """Where a session is."""

    OPEN = auto()
    """Nothing is bound yet: this connection's bind is still to be sent."""
    BINDING = auto()
    """The bind was sent."""
    BOUND = auto()
    """Messages may flow."""
    UNBINDING = auto()
    """Our unbind was sent; answers and messages that are under way still count."""
    CLOSED = auto()
    """Ended in good order: unbound by either side, or never bound because the peer refused."""
    LOST = auto()
    """Ended without an unbind."""


class Step(Enum):
    """What moves a session from one state to another."""

    BIND = auto()
    BIND_ACCEPTED = auto()
    BIND_REFUSED = auto()
    UNBIND = auto()
    UNBOUND = auto()
    PEER_UNBIND = auto()
    LOSE = auto()


_NEXT: Mapping[State, Mapping[Step, State]] = {
    State.OPEN: {
        Step.BIND: State.BINDING,
        Step.PEER_UNBIND: State.CLOSED,
        Step.LOSE: State.LOST,
    },
    State.BINDING: {
        Step.BIND_ACCEPTED: State.BOUND,
        Step.BIND_REFUSED: State.CLOSED,
        Step.PEER_UNBIND: State.CLOSED,
        Step.LOSE: State.LOST,
    },
    State.BOUND: {
        Step.UNBIND: State.UNBINDING,
        Step.PEER_UNBIND: State.CLOSED,
        Step.LOSE: State.LOST,
    },
    State.UNBINDING: {
        Step.UNBOUND: State.CLOSED,
        Step.PEER_UNBIND: State.CLOSED,
        Step.LOSE: State.LOST,
    },
    State.CLOSED: {},
    State.LOST: {},
}


def next_state(state: State, step: Step) -> State:
    """Where `step` leads from `state`. Raises NotBoundError when the table does not allow it."""
    try:
        return _NEXT[state][step]
    except KeyError:
        raise NotBoundError(f"{step.name.lower()} is not possible while {state.name.lower()}") from None
