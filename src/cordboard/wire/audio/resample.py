"""Sample rates changed: whole recordings at once, or streams frame by frame."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from cordboard.wire.audio.frames import Samples

_TAPS_PER_PHASE = 24
_CUTOFF = 0.92
"""Of the lower rate's half: where the filter begins to fall."""

_MOST_RATE = 384_000


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """A whole recording at another rate. Raises ValueError for rates outside 1..384,000."""
    if not (0 < from_rate <= _MOST_RATE and 0 < to_rate <= _MOST_RATE):
        raise ValueError(f"rates {from_rate} and {to_rate} are not in 1..{_MOST_RATE}")
    if from_rate == to_rate or not len(samples):
        return samples
    common = math.gcd(from_rate, to_rate)
    changed = signal.resample_poly(samples.astype(np.float64), to_rate // common, from_rate // common)
    return _clipped(changed)


class StreamResampler:
    """One stream, by a whole factor up or down; delays it by 1.5 ms at 8 kHz. Frames of any length that the factor
    divides.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        """Raises ValueError when neither rate is a multiple of the other."""
        self._up, self._down = max(to_rate // from_rate, 1), max(from_rate // to_rate, 1)
        if from_rate * self._up != to_rate * self._down:
            raise ValueError(f"{from_rate} and {to_rate} Hz are no whole factor apart")
        factor = max(self._up, self._down)
        taps = _TAPS_PER_PHASE * factor
        self._filter: NDArray[np.float64] = (
            signal.firwin(taps, _CUTOFF / factor) * self._up if factor > 1 else np.ones(1)
        )
        self._past = np.zeros(_TAPS_PER_PHASE * self._down)

    def feed(self, frame: Samples) -> Samples:
        """The next frame at the other rate. Raises ValueError when the factor does not divide its length."""
        if len(frame) % self._down:
            raise ValueError(f"a frame of {len(frame)} samples cannot be thinned by {self._down}")
        heard = np.concatenate([self._past, frame])
        before = len(self._past) * self._up // self._down
        filtered = signal.upfirdn(self._filter, heard, self._up, self._down)
        self._past = heard[len(heard) - len(self._past) :]
        return _clipped(filtered[before : before + len(frame) * self._up // self._down])


def _clipped(samples: NDArray[np.float64]) -> Samples:
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
