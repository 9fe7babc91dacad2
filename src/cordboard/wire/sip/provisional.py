"""Reliable provisional answers (RFC 3262): numbered by RSeq, acknowledged by PRACK with RAck.

A caller takes them from each fork of its INVITE by a `ProvisionalReceiver`; a callee whose peer requires 100rel sends
them by a `ProvisionalSender`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from cordboard.wire.sip.errors import SipSyntaxError, SipUsageError
from cordboard.wire.sip.grammar import is_token, parse_number
from cordboard.wire.sip.message import LARGEST_CSEQ, CSeq, Request, Response
from cordboard.wire.sip.reliability import Repetition

LARGEST_RSEQ = 2**32 - 1
OPTION = "100rel"


class RAck(NamedTuple):
    """Which provisional answer a PRACK is for: its RSeq, and the CSeq of the request that it answers (7.2)."""

    rseq: int
    cseq: CSeq

    @classmethod
    def parse(cls, text: str) -> RAck:
        """Raises SipSyntaxError."""
        parts = text.split()
        if len(parts) != 3 or not is_token(parts[2]):
            raise SipSyntaxError("RAck is not two numbers and a method")
        rseq = parse_number(parts[0], "RAck", LARGEST_RSEQ)
        return cls(rseq, CSeq(parse_number(parts[1], "RAck", LARGEST_CSEQ), parts[2]))

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq}"


def wants_prack(response: Response) -> bool:
    """Whether a provisional answer is a reliable one."""
    return 100 < response.status < 200 and response.headers.has_word("Require", OPTION) and "RSeq" in response.headers


class ProvisionalReceiver:
    """The reliable provisional answers of one early dialog, in their order (4)."""

    def __init__(self) -> None:
        self._last: int | None = None

    def take(self, response: Response) -> Literal["unreliable", "acknowledge", "ignore"]:
        """What to do with a provisional answer: use it; use it and send a PRACK with `rack_for`; or drop it, because it
        came before or an earlier one is still missing. Raises SipSyntaxError for an RSeq that is no number.
        """
        if not wants_prack(response):
            return "unreliable"
        number = parse_number(response.headers.get("RSeq"), "RSeq", LARGEST_RSEQ)
        if self._last is not None and number != self._last + 1:
            return "ignore"
        self._last = number
        return "acknowledge"


def rack_for(response: Response) -> str:
    """The RAck of the PRACK for a reliable provisional answer."""
    return str(RAck(parse_number(response.headers.get("RSeq"), "RSeq", LARGEST_RSEQ), response.cseq))


class ProvisionalSender:
    """Sends provisional answers to one INVITE reliably, one at a time (3). `first` is the first RSeq, to be random."""

    def __init__(self, first: int, t1: float = 0.5) -> None:
        self._next = first % (LARGEST_CSEQ - 1) + 1
        self._t1 = t1
        self._waiting: RAck | None = None
        self._repetition: Repetition | None = None

    @property
    def pending(self) -> bool:
        """Whether a PRACK is waited for: no other reliable answer may be sent, nor a 2xx if this one had SDP."""
        return self._waiting is not None

    @property
    def next_wake(self) -> float | None:
        """When `wake` is to be called."""
        return self._repetition.next_wake if self._repetition else None

    def send(self, response: Response, now: float) -> Response:
        """The provisional answer with its number, to be sent now. Raises SipUsageError while one is pending."""
        if self._waiting is not None:
            raise SipUsageError("a reliable provisional answer still waits for its PRACK")
        numbered = response.copy()
        numbered.headers.add("Require", OPTION)
        numbered.headers.set("RSeq", str(self._next))
        self._waiting = RAck(self._next, response.cseq)
        self._repetition = Repetition(now, self._t1, t2=64 * self._t1)  # pauses double without a longest one (3)
        self._next += 1
        return numbered

    def acknowledge(self, prack: Request) -> bool:
        """A PRACK came. True: it is answered with 200; false: it fits nothing, 481. Raises SipSyntaxError."""
        if self._waiting is None or RAck.parse(prack.headers.get("RAck")) != self._waiting:
            return False
        self._waiting = self._repetition = None
        return True

    def wake(self, now: float) -> Literal["repeat", "expired"] | None:
        """`repeat`: send it again; `expired`: no PRACK came, the INVITE is to be refused with a 5xx."""
        due = self._repetition.wake(now) if self._repetition else None
        if due == "expired":
            self._waiting = self._repetition = None
        return due
