"""What comes in, counted by slot: loss, jitter, doubles, sources that change (RFC 3550, section 6.4 and appendix A)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.audio.frames import SAMPLE_RATE, Legs
from cordboard.wire.rtp.statistics import ReceptionReport, ReceptionTable

_REMEMBERED = 64
"""Sequence numbers by which a double is known."""
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a leg since it was opened, over all its sources. `jitter` of the present one, in samples."""

    received: int
    lost: int
    duplicated: int
    jitter: float

    @property
    def expected(self) -> int:
        """Packets that were sent to us, as far as we can know."""
        return self.received + self.lost


class Arrivals:
    """The receiving statistics of `capacity` legs. `restarted` is told of a leg whose source is another one."""

    def __init__(self, capacity: int, restarted: Callable[[int], None]) -> None:
        self._restarted = restarted
        self._table = ReceptionTable(capacity)
        self._ssrc = np.full(capacity, _NEVER, np.int64)
        self._recent = np.full((capacity, _REMEMBERED), _NEVER, np.int64)
        self._transit = np.zeros(capacity, np.int64)
        self._doubled = np.zeros(capacity, np.int64)
        self._of_earlier = [Totals(0, 0, 0, 0.0)] * capacity
        self.last_heard = np.zeros(capacity, np.float64)

    def reset(self, leg: int, now: float) -> None:
        """For a slot that has a new leg."""
        self._forget_source(leg)
        self._of_earlier[leg] = Totals(0, 0, 0, 0.0)
        self.last_heard[leg] = now

    def source(self, leg: int) -> int | None:
        """The synchronisation source that a leg hears; None before its first packet."""
        ssrc = int(self._ssrc[leg])
        return None if ssrc == _NEVER else ssrc

    def take(
        self,
        legs: Legs,
        sequences: NDArray[np.int64],
        timestamps: NDArray[np.int64],
        ssrcs: NDArray[np.int64],
        now: float,
    ) -> NDArray[np.bool_]:
        """Counts a packet each of some legs; which of them are new and belong to a known beginning."""
        for at in np.flatnonzero(self._ssrc[legs] != ssrcs):
            self._change_source(int(legs[at]), int(ssrcs[at]))
        arrivals = np.full(len(legs), int(now * SAMPLE_RATE), np.int64)
        self._transit[legs] = arrivals - timestamps
        extended = self._table.receive(legs, sequences, timestamps, arrivals)
        place = extended % _REMEMBERED
        doubled = (self._recent[legs, place] == extended) & (extended >= 0)
        self._recent[legs, place] = extended
        self._doubled[legs] += doubled
        self.last_heard[legs] = now
        fresh: NDArray[np.bool_] = (extended >= 0) & ~doubled
        return fresh

    def take_one(self, leg: int, sequence: int, timestamp: int | None, ssrc: int, now: float) -> bool:
        """The same for a single packet. Without a timestamp it says nothing about jitter: events keep theirs."""
        if timestamp is None:
            timestamp = int(now * SAMPLE_RATE) - int(self._transit[leg])
        numbers = [np.array([number], np.int64) for number in (sequence, timestamp, ssrc)]
        return bool(self.take(np.array([leg], np.intp), numbers[0], numbers[1], numbers[2], now)[0])

    def report(self, leg: int) -> ReceptionReport:
        """The present source, for a report block."""
        return self._table.report(leg)

    def totals(self, leg: int) -> Totals:
        """How the leg was received until now."""
        report, doubled = self._table.report(leg), int(self._doubled[leg])
        earlier = self._of_earlier[leg]
        return Totals(
            received=earlier.received + report.received - doubled,
            lost=earlier.lost + max(0, report.lost + doubled),
            duplicated=earlier.duplicated + doubled,
            jitter=report.jitter,
        )

    def _change_source(self, leg: int, ssrc: int) -> None:
        if self._ssrc[leg] != _NEVER:
            self._of_earlier[leg] = self.totals(leg)
            self._restarted(leg)
        self._forget_source(leg)
        self._ssrc[leg] = ssrc

    def _forget_source(self, leg: int) -> None:
        self._table.reset(leg)
        self._ssrc[leg] = _NEVER
        self._recent[leg] = _NEVER
        self._doubled[leg] = 0
