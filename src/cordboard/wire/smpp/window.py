"""The submits that wait for their answers (2.9: asynchronous operation with a window)."""

from __future__ import annotations

from enum import Enum, auto

LATE_LIMIT = 10_000
"""How many timed-out submits are remembered, so that their answers are still recognised."""


class Answer(Enum):
    """What an answer means to the window."""

    IN_TIME = auto()
    LATE = auto()
    UNEXPECTED = auto()


class SubmitWindow:
    """At most `size` submits wait at a time, each for at most `timeout` seconds."""

    def __init__(self, size: int, timeout: float) -> None:
        self._size = size
        self._timeout = timeout
        # Every submit waits equally long, so the oldest entry, the first of the dict, is the next to expire.
        self._sent_at: dict[int, float] = {}
        self._late: dict[int, None] = {}

    @property
    def free(self) -> int:
        """How many more submits may be sent."""
        return self._size - len(self._sent_at)

    @property
    def waiting(self) -> tuple[int, ...]:
        """The sequence numbers without an answer, oldest first."""
        return tuple(self._sent_at)

    def add(self, sequence: int, now: float) -> None:
        """The submit `sequence` was sent."""
        self._sent_at[sequence] = now

    def settle(self, sequence: int) -> Answer:
        """The submit `sequence` was answered."""
        if self._sent_at.pop(sequence, None) is not None:
            return Answer.IN_TIME
        if sequence in self._late:
            del self._late[sequence]
            return Answer.LATE
        return Answer.UNEXPECTED

    def deadline(self) -> float | None:
        """When the oldest submit expires."""
        return next((sent_at + self._timeout for sent_at in self._sent_at.values()), None)

    def expire(self, now: float) -> list[int]:
        """Frees the places of the submits that have waited too long and gives their sequence numbers."""
        expired: list[int] = []
        for sequence, sent_at in self._sent_at.items():
            if sent_at + self._timeout > now:
                break
            expired.append(sequence)
        for sequence in expired:
            del self._sent_at[sequence]
            self._remember(sequence)
        return expired

    def _remember(self, sequence: int) -> None:
        self._late[sequence] = None
        if len(self._late) > LATE_LIMIT:
            del self._late[next(iter(self._late))]
