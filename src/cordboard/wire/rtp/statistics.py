"""How a source is received: sequence numbers extended, loss counted, jitter measured (RFC 3550, A.1, A.3, A.8).

`Reception` is one source, `ReceptionTable` many in arrays; both do the same. Times are in units of the source's RTP
clock, from any origin, as whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_DROPOUT = 3000
"""A gap up to here is loss; a longer one is a source that began anew (A.1)."""

MOST_MISORDER = 100
"""A packet that is no older than this is late or doubled, an older one is of another beginning (A.1)."""

_CYCLE = 1 << 16
_MOST_CUMULATIVE = (1 << 23) - 1
_NO_SEQUENCE = _CYCLE + 1


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """What a report block and the statistics need. `lost` may be negative when packets came twice; `jitter` is in clock
    units; `fraction_lost` counts in 1/256 since the report before.
    """

    received: int
    lost: int
    fraction_lost: int
    highest_sequence: int
    jitter: float


class Reception:
    """One source."""

    def __init__(self) -> None:
        self._table = ReceptionTable(1)

    def receive(self, sequence: int, timestamp: int, arrival: int) -> int | None:
        """Counts a packet; answers its extended sequence number, None when it belongs to no beginning yet (A.1)."""
        slots = np.zeros(1, np.intp)
        extended = self._table.receive(
            slots,
            np.array([sequence], np.int64),
            np.array([timestamp], np.int64),
            np.array([arrival], np.int64),
        )[0]
        return int(extended) if extended >= 0 else None

    def report(self) -> ReceptionReport:
        """Where it stands; begins the next interval of `fraction_lost`."""
        return self._table.report(0)


class ReceptionTable:
    """Up to `capacity` sources, each in a slot."""

    def __init__(self, capacity: int) -> None:
        self._started = np.zeros(capacity, np.bool_)
        self._base = np.zeros(capacity, np.int64)
        self._highest = np.zeros(capacity, np.int64)  # extended
        self._bad = np.full(capacity, _NO_SEQUENCE, np.int64)
        self._received = np.zeros(capacity, np.int64)
        self._transit = np.zeros(capacity, np.int64)
        self._jitter = np.zeros(capacity, np.float64)
        self._expected_before = np.zeros(capacity, np.int64)
        self._received_before = np.zeros(capacity, np.int64)

    def reset(self, slot: int) -> None:
        """Forgets a source; for a slot that is used anew."""
        for column in (
            self._started,
            self._base,
            self._highest,
            self._received,
            self._transit,
            self._jitter,
            self._expected_before,
            self._received_before,
        ):
            column[slot] = 0
        self._bad[slot] = _NO_SEQUENCE

    def receive(
        self,
        slots: NDArray[np.intp],
        sequences: NDArray[np.int64],
        timestamps: NDArray[np.int64],
        arrivals: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Counts a packet each of some slots, none of them twice in one call.

        Answers the extended sequence numbers; -1 for a packet that neither continues its source nor, with the one
        before, begins it anew, and for one that is older than a beginning at 0: no number is left for it.
        """
        highest = self._highest[slots]
        delta = (sequences - highest) % _CYCLE
        started = self._started[slots]
        ahead = delta < MOST_DROPOUT
        behind = delta >= _CYCLE - MOST_MISORDER
        anew = ~started | (~ahead & ~behind & (sequences == self._bad[slots]))
        lost_track = ~anew & ~ahead & ~behind
        self._bad[slots[lost_track]] = (sequences[lost_track] + 1) % _CYCLE
        self._begin(slots[anew], sequences[anew])
        extended = np.where(anew, sequences, highest + np.where(ahead, delta, delta - _CYCLE))
        counted = ~lost_track
        known = slots[counted]
        self._highest[known] = np.maximum(self._highest[known], extended[counted])
        self._received[known] += 1
        self._measure_jitter(known, (arrivals - timestamps)[counted], anew[counted])
        extended[lost_track] = -1
        return np.maximum(extended, -1)

    def _begin(self, slots: NDArray[np.intp], sequences: NDArray[np.int64]) -> None:
        self._started[slots] = True
        self._base[slots] = self._highest[slots] = sequences
        self._bad[slots] = _NO_SEQUENCE
        self._received[slots] = self._expected_before[slots] = self._received_before[slots] = 0

    def _measure_jitter(self, slots: NDArray[np.intp], transits: NDArray[np.int64], first: NDArray[np.bool_]) -> None:
        """A.8, with the difference of transit times taken in 32 bits, as timestamps wrap."""
        difference = (transits - self._transit[slots] + (1 << 31)) % (1 << 32) - (1 << 31)
        change = (np.abs(difference) - self._jitter[slots]) / 16
        self._jitter[slots] += np.where(first, 0.0, change)
        self._transit[slots] = transits

    def report(self, slot: int) -> ReceptionReport:
        """Where a source stands; begins the next interval of `fraction_lost`."""
        received, highest = int(self._received[slot]), int(self._highest[slot])
        expected = highest - int(self._base[slot]) + 1 if self._started[slot] else 0
        expected_now = expected - int(self._expected_before[slot])
        lost_now = expected_now - (received - int(self._received_before[slot]))
        self._expected_before[slot], self._received_before[slot] = expected, received
        fraction = (lost_now << 8) // expected_now if expected_now > 0 and lost_now > 0 else 0
        return ReceptionReport(
            received=received,
            lost=max(-_MOST_CUMULATIVE - 1, min(expected - received, _MOST_CUMULATIVE)),
            fraction_lost=min(fraction, 255),
            highest_sequence=highest & 0xFFFF_FFFF,
            jitter=float(self._jitter[slot]),
        )
