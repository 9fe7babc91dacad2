"""What dialogs repeat for themselves, outside of transactions: 2xx until the ACK comes, and the ACK for each 2xx that
comes again (RFC 3261 13.2.2.4, 13.3.1.4).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from cordboard.wire.sip.message import Request, Response


class Repetition:
    """Something that is sent again until it is acknowledged: after T1, then after twice as long, up to T2, for 64 T1.

    It was sent when this begins. Reliable transports make no difference: proxies on the way may use others.
    """

    def __init__(self, now: float, t1: float = 0.5, t2: float = 4.0) -> None:
        self._interval = t1
        self._longest = t2
        self._again: float | None = now + t1
        self._end = now + 64 * t1

    @property
    def pending(self) -> bool:
        """Whether the acknowledgement is still waited for."""
        return self._again is not None

    @property
    def next_wake(self) -> float | None:
        """When `wake` is to be called."""
        return None if self._again is None else min(self._again, self._end)

    def acknowledge(self) -> None:
        """The other side has it."""
        self._again = None

    def wake(self, now: float) -> Literal["repeat", "expired"] | None:
        """`repeat`: send it again; `expired`: it never came, the dialog is to be ended. None when nothing is due."""
        if self._again is None or (now < self._again and now < self._end):
            return None
        if now >= self._end:
            self._again = None
            return "expired"
        self._interval = min(2 * self._interval, self._longest)
        self._again = now + self._interval
        return "repeat"


class _Answered(NamedTuple):
    """Which 2xx an ACK is for: a fork and the number of its INVITE."""

    call_id: str
    to_tag: str
    cseq: int


class AckMemory:
    """The ACKs that we have sent: a 2xx that comes again gets the same one. Each is kept for 64 T1 after it was sent,
    as long as the other side repeats its 2xx.
    """

    def __init__(self, t1: float = 0.5) -> None:
        self._seconds = 64 * t1
        # Every ACK is kept equally long, so the first of the dict is the first to go.
        self._acks: dict[_Answered, tuple[Request, float]] = {}

    def __len__(self) -> int:
        return len(self._acks)

    def remember(self, ack: Request, now: float) -> None:
        """Keeps an ACK, Via and branch included, that goes out now. One for the same 2xx is kept in its place."""
        key = _Answered(ack.call_id, ack.to.tag, ack.cseq.number)
        self._acks.pop(key, None)
        self._acks[key] = (ack, now + self._seconds)

    def find(self, response: Response) -> Request | None:
        """The ACK for a 2xx to an INVITE, if it has come before."""
        found = self._acks.get(_Answered(response.call_id, response.to.tag, response.cseq.number))
        return found[0] if found else None

    @property
    def next_wake(self) -> float | None:
        """When `wake` is to be called."""
        return next((until for _, until in self._acks.values()), None)

    def wake(self, now: float) -> None:
        """Forgets what is not asked for any more."""
        while (until := self.next_wake) is not None and until <= now:
            del self._acks[next(iter(self._acks))]
