"""What a play consists of, opened: files mapped into memory, tones made once, silence."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cordboard.edge.media.errors import InvalidError
from cordboard.edge.media.protocol import Clip, FileClip, SilenceClip, ToneClip
from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, amplitude
from cordboard.wire.audio.g711 import MU_LAW
from cordboard.wire.audio.wav import MalformedWavError, WavFormat, read_header

MOST_CLIPS = 1000
LONGEST_CLIP_MS = 24 * 3600 * 1000
LONGEST_TONE_CYCLE_MS = 60_000
MOST_FREQUENCIES = 8
LARGEST_FILE = 512 * 1024 * 1024
_LONGEST_HEADER = 64 * 1024
_TONE_LEVEL_DBFS = -13.0
_FADE_SAMPLES = 16
"""A tone swells and fades over 2 ms, so that it does not click."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples, `int16` or mu-law octets, `cycles` times; None is silence of `length` samples."""

    samples: NDArray[np.int16] | NDArray[np.uint8] | None
    length: int
    cycles: int = 1

    @property
    def total(self) -> int:
        """Samples with all cycles."""
        return self.length * self.cycles

    def part(self, at: int, count: int) -> NDArray[np.int16] | int:
        """Up to `count` samples from a place within one cycle; 0 stands for silence."""
        if self.samples is None:
            return 0
        part = self.samples[at : at + count]
        return MU_LAW.expand(part.view(np.uint8)) if part.dtype == np.uint8 else part.astype(np.int16, copy=False)


def open_clip(clip: Clip) -> Sound:
    """Opens a clip. Raises InvalidError with the reason."""
    match clip:
        case FileClip():
            return _open_file(Path(clip.path))
        case ToneClip():
            return _make_tone(clip)
        case SilenceClip():
            if not 0 <= clip.ms <= LONGEST_CLIP_MS:
                raise InvalidError(f"silence of {clip.ms} ms is not in 0..{LONGEST_CLIP_MS}")
            return Sound(None, clip.ms * SAMPLES_PER_MS)


class Track:
    """Sounds one after the other, `loops` times (0: without end), read frame by frame."""

    def __init__(self, sounds: list[Sound], loops: int) -> None:
        self._sounds = [sound for sound in sounds if sound.total]
        self._loops_left = loops or None
        self._sound = 0
        self._at = 0
        self.played = 0

    def fill(self, frame: NDArray[np.float32]) -> bool:
        """The next 160 samples, silence behind the end; False when there was nothing left."""
        filled = 0
        while filled < FRAME_SAMPLES and (sound := self._current()) is not None:
            place = self._at % sound.length
            count = min(FRAME_SAMPLES - filled, sound.length - place)
            frame[filled : filled + count] = sound.part(place, count)
            self._at += count
            filled += count
        frame[filled:] = 0
        self.played += filled
        return filled > 0

    def _current(self) -> Sound | None:
        """The sound to read from, after stepping over one that is used up."""
        if not self._sounds:
            return None
        if self._sound < len(self._sounds) and self._at >= self._sounds[self._sound].total:
            self._sound += 1
            self._at = 0
            if self._sound == len(self._sounds):
                self._rewind()
        return self._sounds[self._sound] if self._sound < len(self._sounds) else None

    def _rewind(self) -> None:
        if self._loops_left is not None:
            self._loops_left -= 1
            if self._loops_left <= 0:
                return
        self._sound = 0


def _open_file(path: Path) -> Sound:
    try:
        status = path.stat()
        return _map_file(path, status.st_mtime_ns, status.st_size)
    except (OSError, MalformedWavError) as error:
        raise InvalidError(f"{path.name} cannot be played: {error}") from error


@lru_cache(maxsize=512)
def _map_file(path: Path, _changed: int, size: int) -> Sound:
    """A file's samples, mapped: a prompt that many hear is in memory once. It must be replaced by renaming, never be
    shortened in place. The time of its last change is part of the key.
    """
    if not 0 < size <= LARGEST_FILE:
        raise MalformedWavError(f"{size} octets are no WAV file that is played")
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    content.madvise(mmap.MADV_WILLNEED)
    header = read_header(content[: min(size, _LONGEST_HEADER)], size)
    if header.channels != 1 or header.sample_rate != SAMPLE_RATE:
        raise MalformedWavError(
            f"{header.channels} channels at {header.sample_rate} Hz; one at {SAMPLE_RATE} is played"
        )
    octets = np.frombuffer(content, np.uint8, count=header.data_size, offset=header.data_at)
    if header.format is WavFormat.MU_LAW:
        return Sound(octets, len(octets))
    if header.format is not WavFormat.PCM16:
        raise MalformedWavError(f"{header.format.name}; 16-bit PCM and mu-law are played")
    samples = octets[: len(octets) // 2 * 2].view(np.int16)
    return Sound(samples, len(samples))


@lru_cache(maxsize=256)
def _make_tone(clip: ToneClip) -> Sound:
    """One cycle of a tone; one without a pause is made in one piece."""
    on_ms, cycles = (clip.on_ms, clip.cycles) if clip.off_ms else (clip.on_ms * clip.cycles, 1)
    if not (clip.off_ms >= 0 and on_ms >= 0 and on_ms + clip.off_ms <= LONGEST_TONE_CYCLE_MS):
        raise InvalidError(f"a cycle of a tone lasts 0..{LONGEST_TONE_CYCLE_MS} ms")
    if not 1 <= clip.cycles <= LONGEST_CLIP_MS:
        raise InvalidError(f"a tone has 1..{LONGEST_CLIP_MS} cycles")
    if len(clip.frequencies) > MOST_FREQUENCIES or any(not 0 < f < SAMPLE_RATE / 2 for f in clip.frequencies):
        raise InvalidError(f"a tone has up to {MOST_FREQUENCIES} frequencies between 0 and {SAMPLE_RATE // 2} Hz")
    samples = np.zeros((on_ms + clip.off_ms) * SAMPLES_PER_MS, np.int16)
    times = np.arange(on_ms * SAMPLES_PER_MS) / SAMPLE_RATE
    waves = np.zeros(len(times))
    for frequency in clip.frequencies:
        waves += np.sin(2 * np.pi * frequency * times)
    samples[: len(times)] = np.rint(amplitude(_TONE_LEVEL_DBFS) * waves * _envelope(len(times)))
    return Sound(samples, len(samples), cycles)


def _envelope(length: int) -> NDArray[np.float64]:
    """1 with soft edges."""
    ramp = (np.arange(length) + 1) / _FADE_SAMPLES
    edges: NDArray[np.float64] = np.minimum(np.minimum(ramp, ramp[::-1]), 1.0)
    return edges
