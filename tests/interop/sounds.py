"""WAV files for phones: tones that they say, and what they have heard."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cordboard.testing.rtp import dominant_frequency
from cordboard.wire.audio.frames import SAMPLE_RATE

_AMPLITUDE = 8_000
_WINDOW_SECONDS = 0.5
_CLOSE_HZ = 15


def write_tone(path: Path, frequency: float, seconds: float) -> None:
    """A mono 16-bit file of a sine at 8 kHz."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    samples = np.rint(_AMPLITUDE * np.sin(2 * np.pi * frequency * times)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def read_wav(path: Path) -> NDArray[np.int16]:
    """The samples of a mono 16-bit file, whatever its header says of its length: it may still be written."""
    data = path.read_bytes()
    start = data.find(b"data")
    samples = data[start + 8 :] if start >= 0 else b""
    return np.frombuffer(samples[: len(samples) // 2 * 2], "<i2").astype(np.int16)


def frequencies(samples: NDArray[np.int16]) -> list[float]:
    """The loudest frequency of each half second; 0 for silence."""
    size = round(_WINDOW_SECONDS * SAMPLE_RATE)
    return [dominant_frequency(samples[at : at + size]) for at in range(0, len(samples) - size + 1, size)]


def hears(samples: NDArray[np.int16], frequency: float) -> float:
    """For how many seconds a frequency was the loudest."""
    return sum(abs(one - frequency) < _CLOSE_HZ for one in frequencies(samples)) * _WINDOW_SECONDS
