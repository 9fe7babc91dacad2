"""From the octets in the jitter buffers to what each party says, gaps concealed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.audio.frames import FRAME_SAMPLES, Legs, Samples
from cordboard.wire.audio.g711 import A_LAW, MU_LAW
from cordboard.wire.audio.plc import MOST_CONCEALED, conceal

MOST_CONCEALED_LEGS = 64
"""A tick. When more are without a packet the network is down, or we were; the others are silent for that frame."""


class Decoding:
    """`heard`, `float32[capacity, 160]`, is this tick's audio of each leg."""

    def __init__(self, capacity: int) -> None:
        self._latest = np.zeros((capacity, FRAME_SAMPLES), np.int16)
        self._before = np.zeros((capacity, FRAME_SAMPLES), np.int16)
        self._earlier = np.zeros((capacity, FRAME_SAMPLES), np.int16)
        self._missing = np.full(capacity, MOST_CONCEALED, np.intp)
        self._a_law = np.zeros(capacity, np.bool_)
        self._a_legs = np.zeros(0, np.intp)
        self.heard = np.zeros((capacity, FRAME_SAMPLES), np.float32)

    def reset(self, leg: int) -> None:
        """For a slot that has a new leg, or none."""
        self._latest[leg] = self._before[leg] = self._earlier[leg] = 0
        self.heard[leg] = 0
        self._missing[leg] = MOST_CONCEALED
        self.set_law(leg, a_law=False)

    def set_law(self, leg: int, *, a_law: bool) -> None:
        """Which law the leg's octets are in."""
        self._a_law[leg] = a_law
        self._a_legs = np.flatnonzero(self._a_law)

    def samples(self, legs: Legs) -> Samples:
        """This tick's audio of some legs, `int16[n, 160]`."""
        return self._latest[legs]

    def put(self, leg: int, samples: Samples) -> None:
        """A frame that was decoded elsewhere, after `decode`."""
        self._latest[leg] = samples
        self.heard[leg] = samples
        self._missing[leg] = 0

    def decode(self, octets: NDArray[np.uint8], there: NDArray[np.bool_]) -> None:
        """Decodes a frame of each of the first legs, `uint8[n, 160]`; those not `there` go on as they were, fading."""
        count = len(octets)
        self._latest, self._before, self._earlier = self._earlier, self._latest, self._before
        latest = self._latest[:count]
        MU_LAW.decode_table.take(octets, out=latest, mode="clip")
        if len(self._a_legs):
            legs = self._a_legs[self._a_legs < count]
            latest[legs] = A_LAW.decode_table.take(octets[legs])
        missing = self._missing[:count]
        missing += 1
        missing[there] = 0
        if not there.all():
            self._conceal(np.flatnonzero(~there))
        self.heard[:count] = latest

    def _conceal(self, gone: Legs) -> None:
        self._latest[gone] = 0
        fading = gone[self._missing[gone] <= MOST_CONCEALED][:MOST_CONCEALED_LEGS]
        if len(fading):
            history = np.hstack([self._earlier[fading], self._before[fading]])
            self._latest[fading] = conceal(history, self._missing[fading])
