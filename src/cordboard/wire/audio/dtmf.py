"""Keys as tones in the audio (Q.23, Q.24): made, and heard on many legs at once.

A frame is projected on eight narrow bands, one a DTMF frequency, each wide enough for the 1.5 % that a telephone may be
off. Two windows of 20 ms a frame, half overlapping, each vote for a key or for none; three votes in a row, 40 ms, are a
press, and four votes against end it. A vote takes: both tones loud enough, within twist of each other, well over the
other tones of their group, together nearly all the energy there is, the high one without a second harmonic (that of a
low one may lie beside a high tone). Speech fails one of these sooner or later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, Legs, Samples, amplitude

LOW_GROUP = (697.0, 770.0, 852.0, 941.0)
HIGH_GROUP = (1209.0, 1336.0, 1477.0, 1633.0)
"""Hz; a key is one of each group (Q.23)."""

_ROWS = ("123A", "456B", "789C", "*0#D")
_KEYS = "".join(_ROWS)

_TOLERANCE = 0.015
_BASIS_SIZE = 4
"""Dimensions that hold nearly all of a band of +-1.5 % over 20 ms."""

_VOTES_TO_PRESS = 3
_VOTES_TO_RELEASE = 4
"""One lost packet makes three."""
_LEAST_LEVEL_DBFS = -39.0
_MOST_TWIST_DB = 8.0
_MOST_REVERSE_TWIST_DB = 6.0
_LEAST_PEAK_DB = 7.0
_LEAST_SHARE = 0.85
"""Of the window's energy that both tones make up: a signal-to-noise ratio of 7.5 dB."""
_MOST_HARMONIC_DB = -16.0
_NO_KEY = -1


def key_samples(key: str, ms: int, level_dbfs: float = -9.0) -> Samples:
    """A key's tones, `level_dbfs` each. Raises ValueError for what is no key."""
    position = _KEYS.find(key.upper()) if len(key) == 1 else -1
    if position < 0:
        raise ValueError(f"{key!r} is not one of {_KEYS}")
    times = np.arange(ms * SAMPLES_PER_MS) / SAMPLE_RATE
    low, high = LOW_GROUP[position // 4], HIGH_GROUP[position % 4]
    mixed = np.sin(2 * np.pi * low * times) + np.sin(2 * np.pi * high * times)
    return np.clip(np.rint(amplitude(level_dbfs) * mixed), -32768, 32767).astype(np.int16)


@dataclass(frozen=True, slots=True)
class KeyHeard:
    """A key went down on a leg."""

    leg: int
    key: str


class DtmfDetector:
    """Listens for keys on up to `capacity` legs."""

    def __init__(self, capacity: int) -> None:
        self._previous = np.zeros((capacity, FRAME_SAMPLES // 2), np.float32)
        self._candidate = np.full(capacity, _NO_KEY, np.int8)
        self._votes = np.zeros(capacity, np.int8)
        self._pressed = np.full(capacity, _NO_KEY, np.int8)
        self._against = np.zeros(capacity, np.int8)

    def reset(self, leg: int) -> None:
        """Forgets what was heard; for a slot that has a new leg."""
        self._previous[leg] = 0
        self._candidate[leg] = self._pressed[leg] = _NO_KEY
        self._votes[leg] = self._against[leg] = 0

    def feed(self, legs: Legs, frames: Samples) -> list[KeyHeard]:
        """The next frame, `int16[n, 160]`, of each of n legs; what keys went down in them."""
        windows = np.empty((2, len(legs), FRAME_SAMPLES), np.float32)
        half = FRAME_SAMPLES // 2
        windows[1] = frames
        windows[0, :, :half] = self._previous[legs]
        windows[0, :, half:] = windows[1, :, :half]
        self._previous[legs] = windows[1, :, half:]
        heard: list[KeyHeard] = []
        for window in windows:
            heard += self._count(legs, _vote(window))
        return heard

    def _count(self, legs: Legs, keys: NDArray[np.int8]) -> list[KeyHeard]:
        same = keys == self._candidate[legs]
        votes = np.where(same, np.minimum(self._votes[legs] + 1, _VOTES_TO_PRESS), 1).astype(np.int8)
        self._candidate[legs], self._votes[legs] = keys, votes
        pressed = self._pressed[legs]
        against = np.where(keys == pressed, 0, np.minimum(self._against[legs] + 1, _VOTES_TO_RELEASE))
        pressed = np.where(against >= _VOTES_TO_RELEASE, _NO_KEY, pressed)
        down = (keys != _NO_KEY) & (votes >= _VOTES_TO_PRESS) & (pressed != keys)
        self._pressed[legs] = np.where(down, keys, pressed)
        self._against[legs] = np.where(down, 0, against)
        return [KeyHeard(int(legs[at]), _KEYS[keys[at]]) for at in np.flatnonzero(down)]


def _band(frequency: float) -> NDArray[np.float64]:
    """An orthonormal basis `[160, 4]` of sines within the tolerance of a frequency."""
    times = np.arange(FRAME_SAMPLES) / SAMPLE_RATE
    angles = 2 * np.pi * np.outer(times, frequency * np.linspace(1 - _TOLERANCE, 1 + _TOLERANCE, 9))
    return np.linalg.svd(np.hstack([np.cos(angles), np.sin(angles)]), full_matrices=False)[0][:, :_BASIS_SIZE]


def _bases(frequencies: tuple[float, ...]) -> NDArray[np.float32]:
    return np.hstack([_band(frequency) for frequency in frequencies]).astype(np.float32)


_TONES = _bases(LOW_GROUP + HIGH_GROUP)
_HARMONICS = _bases(tuple(2 * frequency for frequency in HIGH_GROUP))
_LEAST_ENERGY = amplitude(_LEAST_LEVEL_DBFS) ** 2 * FRAME_SAMPLES / 2


def _energies(windows: NDArray[np.float32], bases: NDArray[np.float32]) -> NDArray[np.float32]:
    """The energy in each band, `float32[n, bands]`."""
    projected = (windows @ bases).reshape(len(windows), -1, _BASIS_SIZE)
    energies: NDArray[np.float32] = np.einsum("ntb,ntb->nt", projected, projected)
    return energies


def _ratio(db: float) -> float:
    return float(10.0 ** (db / 10))


def _vote(windows: NDArray[np.float32]) -> NDArray[np.int8]:
    """The key of each window, -1 for none."""
    energies = _energies(windows, _TONES)
    rows, columns = energies[:, :4].argmax(axis=1), energies[:, 4:].argmax(axis=1)
    keys = np.full(len(windows), _NO_KEY, np.int8)
    low, high = energies[:, :4].max(axis=1), energies[:, 4:].max(axis=1)
    loud = (np.minimum(low, high) >= _LEAST_ENERGY) & (high <= low * _ratio(_MOST_TWIST_DB))
    loud &= low <= high * _ratio(_MOST_REVERSE_TWIST_DB)
    for at in np.flatnonzero(loud):
        if _is_pure(windows[at], energies[at], int(rows[at]), int(columns[at])):
            keys[at] = rows[at] * 4 + columns[at]
    return keys


def _is_pure(window: NDArray[np.float32], energies: NDArray[np.float32], row: int, column: int) -> bool:
    """Whether a window holds these two tones and little else."""
    low, high = energies[row], energies[4 + column]
    if low + high < _LEAST_SHARE * (window @ window):
        return False
    others = np.delete(energies, [row, 4 + column])
    if others[:3].max() * _ratio(_LEAST_PEAK_DB) > low or others[3:].max() * _ratio(_LEAST_PEAK_DB) > high:
        return False
    harmonics = _energies(window[None, :], _HARMONICS)[0]
    return bool(harmonics[column] <= high * _ratio(_MOST_HARMONIC_DB))
