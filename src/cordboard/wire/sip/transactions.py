"""The four transaction machines as tables (RFC 3261 17, with the corrections of RFC 6026).

A table gives, for a state and what happens in it, the next state and what is to be done; what is not in it changes
nothing. A second table says which timers run in a state: entering it stops the others and starts those that do not run
yet. The letters of timers are those of RFC 3261, table 4, and RFC 6026, L and M.

    INVITE, client      CALLING ─ 1xx ─ PROCEEDING ─ 2xx ─ ACCEPTED ─ M
                           └───────────────┴──── 3xx-6xx ─ COMPLETED ─ D
    others, client      TRYING ─ 1xx ─ PROCEEDING ─ final ─ COMPLETED ─ K
    INVITE, server      PROCEEDING ─ 2xx ─ ACCEPTED ─ L
                             └─ 3xx-6xx ─ COMPLETED ─ ACK ─ CONFIRMED ─ I
    others, server      TRYING ─ 1xx ─ PROCEEDING ─ final ─ COMPLETED ─ J
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, TypeAlias


class Kind(Enum):
    """Which machine it is."""

    INVITE_CLIENT = auto()
    CLIENT = auto()
    INVITE_SERVER = auto()
    SERVER = auto()


class State(Enum):
    """Where a transaction is."""

    CALLING = auto()
    """Our INVITE is out, nothing has come back."""
    TRYING = auto()
    """Another request is out, or in, and unanswered."""
    PROCEEDING = auto()
    """Answered provisionally, or an INVITE that waits for our answer."""
    ACCEPTED = auto()
    """An INVITE got its 2xx; others may follow by forking, and the same one again."""
    COMPLETED = auto()
    """Answered for good; repetitions are answered the same way."""
    CONFIRMED = auto()
    """The ACK came."""
    TERMINATED = auto()


class Event(Enum):
    """What happens to a transaction from outside."""

    PROVISIONAL_CAME = auto()
    SUCCESS_CAME = auto()
    FAILURE_CAME = auto()
    REQUEST_REPEATED = auto()
    ACK_CAME = auto()
    SEND_PROVISIONAL = auto()
    SEND_SUCCESS = auto()
    SEND_FAILURE = auto()
    TRANSPORT_FAILED = auto()


class Timer(Enum):
    """What time does to it."""

    A = auto()
    """INVITE again, unreliable transports."""
    B = auto()
    """No answer to an INVITE."""
    C = auto()
    """An INVITE rings without end: it is cancelled."""
    D = auto()
    """Repeated final answers to an INVITE are acknowledged for so long."""
    E = auto()
    """Request again, unreliable transports."""
    F = auto()
    """No answer to a request."""
    G = auto()
    """Final answer to an INVITE again, unreliable transports."""
    H = auto()
    """No ACK."""
    I = auto()  # noqa: E741  (the letter of RFC 3261)
    """Repeated ACKs are absorbed for so long."""
    J = auto()
    """Repeated requests are answered for so long."""
    K = auto()
    """Repeated answers are absorbed for so long."""
    L = auto()
    """Repeated INVITEs are absorbed for so long after a 2xx."""
    M = auto()
    """2xx from forks are taken for so long."""
    TRYING = auto()
    """100 goes out for an INVITE that nobody has answered within 200 ms (17.2.1)."""
    UNANSWERED = auto()
    """A request that we never answered is forgotten: its sender has given up (RFC 4320)."""
    CANCELLED = auto()
    """No final answer to an INVITE that was cancelled (9.1)."""


class Action(Enum):
    """What a transaction does."""

    SEND = auto()
    """Send the response at hand, and keep it for repetitions."""
    REPEAT = auto()
    """Send again what was sent last, if anything was."""
    PASS_UP = auto()
    """Tell the user of the transaction what came."""
    ACKNOWLEDGE = auto()
    """Send the ACK for a final answer that is no 2xx."""
    EXTEND = auto()
    """Begin timer C anew."""
    CANCEL = auto()
    """Send a CANCEL."""
    SEND_TRYING = auto()
    REPORT_TIMEOUT = auto()
    REPORT_FAILURE = auto()


Trigger: TypeAlias = Event | Timer


class Rule(NamedTuple):
    """Where a trigger leads, and what is done on the way."""

    state: State
    actions: tuple[Action, ...] = ()


_FAILED = Rule(State.TERMINATED, (Action.REPORT_FAILURE,))
_TIMED_OUT = Rule(State.TERMINATED, (Action.REPORT_TIMEOUT,))
_ENDED = Rule(State.TERMINATED)

_INVITE_ANSWERED: Mapping[Trigger, Rule] = {
    Event.PROVISIONAL_CAME: Rule(State.PROCEEDING, (Action.EXTEND, Action.PASS_UP)),
    Event.SUCCESS_CAME: Rule(State.ACCEPTED, (Action.PASS_UP,)),
    Event.FAILURE_CAME: Rule(State.COMPLETED, (Action.ACKNOWLEDGE, Action.PASS_UP)),
    Event.TRANSPORT_FAILED: _FAILED,
}
_ANSWERED: Mapping[Trigger, Rule] = {
    Event.PROVISIONAL_CAME: Rule(State.PROCEEDING, (Action.PASS_UP,)),
    Event.SUCCESS_CAME: Rule(State.COMPLETED, (Action.PASS_UP,)),
    Event.FAILURE_CAME: Rule(State.COMPLETED, (Action.PASS_UP,)),
    Timer.F: _TIMED_OUT,
    Event.TRANSPORT_FAILED: _FAILED,
}
_ANSWERING: Mapping[Trigger, Rule] = {
    Event.SEND_PROVISIONAL: Rule(State.PROCEEDING, (Action.SEND,)),
    Event.SEND_SUCCESS: Rule(State.COMPLETED, (Action.SEND,)),
    Event.SEND_FAILURE: Rule(State.COMPLETED, (Action.SEND,)),
    Timer.UNANSWERED: _TIMED_OUT,
    Event.TRANSPORT_FAILED: _FAILED,
}

RULES: Mapping[Kind, Mapping[State, Mapping[Trigger, Rule]]] = {
    Kind.INVITE_CLIENT: {
        State.CALLING: {
            **_INVITE_ANSWERED,
            Timer.A: Rule(State.CALLING, (Action.REPEAT,)),
            Timer.B: _TIMED_OUT,
        },
        State.PROCEEDING: {
            **_INVITE_ANSWERED,
            Timer.C: Rule(State.PROCEEDING, (Action.CANCEL,)),
            Timer.CANCELLED: _TIMED_OUT,
        },
        State.ACCEPTED: {
            Event.SUCCESS_CAME: Rule(State.ACCEPTED, (Action.PASS_UP,)),
            Timer.M: _ENDED,
        },
        State.COMPLETED: {
            Event.FAILURE_CAME: Rule(State.COMPLETED, (Action.ACKNOWLEDGE,)),
            Timer.D: _ENDED,
            Event.TRANSPORT_FAILED: _ENDED,
        },
    },
    Kind.CLIENT: {
        State.TRYING: {**_ANSWERED, Timer.E: Rule(State.TRYING, (Action.REPEAT,))},
        State.PROCEEDING: {**_ANSWERED, Timer.E: Rule(State.PROCEEDING, (Action.REPEAT,))},
        State.COMPLETED: {Timer.K: _ENDED},
    },
    Kind.INVITE_SERVER: {
        State.PROCEEDING: {
            Event.REQUEST_REPEATED: Rule(State.PROCEEDING, (Action.REPEAT,)),
            Event.SEND_PROVISIONAL: Rule(State.PROCEEDING, (Action.SEND,)),
            Event.SEND_SUCCESS: Rule(State.ACCEPTED, (Action.SEND,)),
            Event.SEND_FAILURE: Rule(State.COMPLETED, (Action.SEND,)),
            Timer.TRYING: Rule(State.PROCEEDING, (Action.SEND_TRYING,)),
            Event.TRANSPORT_FAILED: _FAILED,
        },
        State.ACCEPTED: {
            Event.SEND_SUCCESS: Rule(State.ACCEPTED, (Action.SEND,)),
            Event.ACK_CAME: Rule(State.ACCEPTED, (Action.PASS_UP,)),
            Timer.L: _ENDED,
            Event.TRANSPORT_FAILED: Rule(State.ACCEPTED, (Action.REPORT_FAILURE,)),
        },
        State.COMPLETED: {
            Event.REQUEST_REPEATED: Rule(State.COMPLETED, (Action.REPEAT,)),
            Event.ACK_CAME: Rule(State.CONFIRMED),
            Timer.G: Rule(State.COMPLETED, (Action.REPEAT,)),
            Timer.H: _TIMED_OUT,
            Event.TRANSPORT_FAILED: _FAILED,
        },
        State.CONFIRMED: {Timer.I: _ENDED},
    },
    Kind.SERVER: {
        State.TRYING: _ANSWERING,
        State.PROCEEDING: {**_ANSWERING, Event.REQUEST_REPEATED: Rule(State.PROCEEDING, (Action.REPEAT,))},
        State.COMPLETED: {
            Event.REQUEST_REPEATED: Rule(State.COMPLETED, (Action.REPEAT,)),
            Timer.J: _ENDED,
            Event.TRANSPORT_FAILED: _FAILED,
        },
    },
}
"""What happens in a state, and what comes of it."""

RUNNING: Mapping[Kind, Mapping[State, tuple[Timer, ...]]] = {
    Kind.INVITE_CLIENT: {
        State.CALLING: (Timer.A, Timer.B),
        State.PROCEEDING: (Timer.C,),
        State.ACCEPTED: (Timer.M,),
        State.COMPLETED: (Timer.D,),
    },
    Kind.CLIENT: {
        State.TRYING: (Timer.E, Timer.F),
        State.PROCEEDING: (Timer.E, Timer.F),
        State.COMPLETED: (Timer.K,),
    },
    Kind.INVITE_SERVER: {
        State.PROCEEDING: (Timer.TRYING,),
        State.ACCEPTED: (Timer.L,),
        State.COMPLETED: (Timer.G, Timer.H),
        State.CONFIRMED: (Timer.I,),
    },
    Kind.SERVER: {
        State.TRYING: (Timer.UNANSWERED,),
        State.PROCEEDING: (Timer.UNANSWERED,),
        State.COMPLETED: (Timer.J,),
    },
}
"""The timers of a state."""

FIRST_STATE: Mapping[Kind, State] = {
    Kind.INVITE_CLIENT: State.CALLING,
    Kind.CLIENT: State.TRYING,
    Kind.INVITE_SERVER: State.PROCEEDING,
    Kind.SERVER: State.TRYING,
}
"""Where a transaction begins."""

TRYING_DELAY = 0.2
RINGING_LIMIT = 181.0
"""Seconds of timer C, more than three minutes (16.6)."""
INVITE_LINGER = 32.0
"""Seconds of timer D over unreliable transports, at least 32 (17.1.1.2)."""

_REPEATING = frozenset({Timer.A, Timer.E, Timer.G})
_LONG = frozenset({Timer.B, Timer.F, Timer.H, Timer.L, Timer.M, Timer.UNANSWERED, Timer.CANCELLED})
_T4_LINGERING = frozenset({Timer.I, Timer.K})


@dataclass(frozen=True, slots=True)
class Timings:
    """T1, T2 and T4 in seconds, from which all others follow (17.1.1.1)."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0

    def first(self, timer: Timer, *, reliable: bool) -> float | None:
        """When a timer first fires after its start. 0 is at once; None never: nothing is sent again over a reliable
        transport.
        """
        if timer in _REPEATING:
            return None if reliable else self.t1
        if timer in _LONG:
            return 64 * self.t1
        if timer is Timer.C:
            return RINGING_LIMIT
        if timer is Timer.TRYING:
            return TRYING_DELAY
        if reliable:
            return 0.0
        if timer in _T4_LINGERING:
            return self.t4
        return INVITE_LINGER if timer is Timer.D else 64 * self.t1

    def again(self, timer: Timer, state: State, interval: float) -> float | None:
        """When a timer that has fired after `interval` fires again, if it does: A doubles, E and G double up to T2, E
        keeps to T2 once there was a provisional answer.
        """
        if timer is Timer.A:
            return 2 * interval
        if timer is Timer.E and state is State.PROCEEDING:
            return self.t2
        return min(2 * interval, self.t2) if timer in _REPEATING else None
