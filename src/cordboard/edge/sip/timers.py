"""Timers on a clock that is handed in: one heap, woken from outside, so that tests can move time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

_SMALLEST_SWEEP = 1000
"""Entries of the heap below which looking for cancelled ones is not worth it."""


class Timer:
    """One call that is due at a time of the clock, until it is cancelled."""

    __slots__ = ("_call", "due")

    def __init__(self, due: float, call: Callable[[], None]) -> None:
        self.due = due
        self._call: Callable[[], None] | None = call

    @property
    def is_over(self) -> bool:
        """Whether it was cancelled or has run."""
        return self._call is None

    def cancel(self) -> None:
        """Calls it off; harmless when it has run."""
        self._call = None

    def fire(self) -> None:
        """Runs it, once."""
        call, self._call = self._call, None
        if call is not None:
            call()


class Timers:
    """What is due when. `now` answers monotonic seconds; `changed` is told of a new earliest time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.changed: Callable[[], None] = lambda: None
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._sweep_at = _SMALLEST_SWEEP

    def __len__(self) -> int:
        """Entries, cancelled ones that were not swept yet included."""
        return len(self._heap)

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Runs `call` in so many seconds."""
        timer = Timer(self.now() + seconds, call)
        self._sweep()
        heapq.heappush(self._heap, (timer.due, next(self._order), timer))
        if self._heap[0][2] is timer:
            self.changed()
        return timer

    def wake(self) -> None:
        """Runs what is due. What `call`s add is run when it is due by the time at the beginning."""
        now = self.now()
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2].fire()

    def next_wake(self) -> float | None:
        """When something is due next; None when nothing waits."""
        while self._heap and self._heap[0][2].is_over:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def clear(self) -> None:
        """Calls everything off."""
        self._heap.clear()

    def _sweep(self) -> None:
        """Timers are mostly cancelled long before they are due (half an hour for a call of one minute): the dead are
        taken out each time that the heap has doubled.
        """
        if len(self._heap) < self._sweep_at:
            return
        self._heap = [entry for entry in self._heap if not entry[2].is_over]
        heapq.heapify(self._heap)
        self._sweep_at = max(_SMALLEST_SWEEP, 2 * len(self._heap))
