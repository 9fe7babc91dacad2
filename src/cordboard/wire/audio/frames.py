"""The measure of all telephone audio here: 20 ms of 8 kHz mono, 160 samples of 16 bits."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 8000
FRAME_MS = 20
FRAME_SAMPLES = 160
SAMPLES_PER_MS = SAMPLE_RATE // 1000

FULL_SCALE = 32767
"""The loudest sample; levels in dBFS are relative to a sine that reaches it."""

Samples: TypeAlias = NDArray[np.int16]
"""`int16[samples]`, or a frame a row."""

Legs: TypeAlias = NDArray[np.intp]
"""Slots of legs, each at most once, in a table of fixed capacity."""


def amplitude(dbfs: float) -> float:
    """The peak of a sine of a level."""
    return FULL_SCALE * float(10.0 ** (dbfs / 20))
