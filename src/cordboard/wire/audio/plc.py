"""Lost packets concealed: the last pitch period goes on and fades (as G.711, appendix I does, in short)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.audio.frames import FRAME_SAMPLES, Samples

HISTORY_SAMPLES = 2 * FRAME_SAMPLES
"""What must be remembered of a leg: its last two frames, heard or concealed."""

MOST_CONCEALED = 3
"""Frames; after 60 ms without a packet there is silence."""

_SHORTEST_PITCH, _LONGEST_PITCH = 20, FRAME_SAMPLES
"""400 Hz down to 50 Hz."""

_COMPARED = FRAME_SAMPLES // 2


def conceal(histories: Samples, lost: NDArray[np.intp]) -> Samples:
    """What to play instead of lost frames: `int16[n, 160]`.

    `histories` is `int16[n, 320]`, `lost` how many frames of the leg have been lost in a row with this one (from 1).
    The first begins to fade after half of it.
    """
    wide = histories.astype(np.float32)
    pitches = _pitches(wide)
    offsets = np.arange(FRAME_SAMPLES) % pitches[:, None] - pitches[:, None] + HISTORY_SAMPLES
    repeated = np.take_along_axis(wide, offsets, axis=1)
    return (repeated * _gains(lost)).astype(np.int16)


def _pitches(histories: NDArray[np.float32]) -> NDArray[np.intp]:
    """The lag at which the last 10 ms of each history resemble what was before, in samples."""
    lags = np.arange(_SHORTEST_PITCH, _LONGEST_PITCH + 1)
    windows = np.lib.stride_tricks.sliding_window_view(histories, _COMPARED, axis=1)
    earlier = windows[:, HISTORY_SAMPLES - _COMPARED - lags]
    products = np.einsum("nls,ns->nl", earlier, histories[:, -_COMPARED:])
    energies = np.einsum("nls,nls->nl", earlier, earlier)
    resemblance = products / np.sqrt(np.maximum(energies, 1.0))
    pitches: NDArray[np.intp] = lags[resemblance.argmax(axis=1)]
    return pitches


def _gains(lost: NDArray[np.intp]) -> NDArray[np.float32]:
    """A line from 1 after half a frame to 0 at the end of the last one that is concealed."""
    position = (lost[:, None] - 1) * FRAME_SAMPLES + np.arange(FRAME_SAMPLES)
    fading = MOST_CONCEALED * FRAME_SAMPLES - FRAME_SAMPLES // 2
    return np.clip((MOST_CONCEALED * FRAME_SAMPLES - position) / fading, 0.0, 1.0).astype(np.float32)
