"""Who speaks: by energy over a noise floor that follows each leg."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.audio.frames import FULL_SCALE, Legs, Samples

QUIETEST_VOICE_DBFS = -48.0
"""What is softer is silence on any line."""

LOUDEST_FLOOR_DBFS = -35.0
"""What is 9 dB louder is voice on any line, also at its very beginning."""

VOICE_OVER_FLOOR_DB = 9.0

_SILENT_DBFS = -96.0
_BUCKET_FRAMES = 50
"""The floor is the softest frame of this second and the last."""

_SINE_DB = 3.01
"""The level of a full-scale sine is 0, though its power is half of full scale's."""


def frame_levels(frames: Samples) -> NDArray[np.float32]:
    """The level of each frame of `int16[n, samples]` in dBFS, at least -96."""
    wide = frames.astype(np.float32)
    power = np.einsum("ns,ns->n", wide, wide) / (wide.shape[1] * float(FULL_SCALE) ** 2)
    levels: NDArray[np.float32] = (10 * np.log10(np.maximum(power, 1e-12)) + _SINE_DB).astype(np.float32)
    return np.maximum(levels, np.float32(_SILENT_DBFS))


class VoiceActivity:
    """Tells voice from silence on up to `capacity` legs."""

    def __init__(self, capacity: int) -> None:
        self._softest = np.zeros(capacity, np.float32)
        self._softest_before = np.zeros(capacity, np.float32)
        self._frames = np.zeros(capacity, np.int16)

    def reset(self, leg: int) -> None:
        """Forgets a leg's noise floor; for a slot that has a new leg."""
        self._softest[leg] = self._softest_before[leg] = 0
        self._frames[leg] = 0

    def feed(self, legs: Legs, frames: Samples) -> NDArray[np.bool_]:
        """Whether there is voice in the next frame, `int16[n, 160]`, of each of n legs."""
        levels = frame_levels(frames)
        self._follow(legs, levels)
        floors = np.minimum(self._softest[legs], self._softest_before[legs])
        floors = np.minimum(floors, np.float32(LOUDEST_FLOOR_DBFS))
        thresholds = np.maximum(floors + np.float32(VOICE_OVER_FLOOR_DB), np.float32(QUIETEST_VOICE_DBFS))
        return levels > thresholds

    def _follow(self, legs: Legs, levels: NDArray[np.float32]) -> None:
        full = self._frames[legs] >= _BUCKET_FRAMES
        turned = legs[full]
        self._softest_before[turned] = self._softest[turned]
        self._softest[turned] = 0
        self._frames[turned] = 0
        self._softest[legs] = np.minimum(self._softest[legs], levels)
        self._frames[legs] += 1
