"""Call progress tones (E.180), and the tone scripts that documents may play (`tone_stream://`).

Understood of a script, which FreeSWITCH made known, its commands between `;`:
    %(on,off,f1[,f2...])   a tone of some frequencies in Hz, on and off for some milliseconds
    L=n                    all that follows n times; -1 without end
    loops=n                the same, as the last command
    d=ms, w=ms             how long a key of a key sequence sounds, and the pause behind it
    0123456789*#ABCD       a key sequence
    v=db, r=rate, c=n      accepted and without effect: level, rate and channels are ours
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from cordboard.wire.audio.dtmf import HIGH_GROUP, LOW_GROUP
from cordboard.wire.audio.frames import SAMPLE_RATE, SAMPLES_PER_MS, Samples, amplitude

SCHEME = "tone_stream://"
LONGEST_SCRIPT = 2000
MOST_STEPS = 200
MOST_LOOPS = 10_000
MOST_FREQUENCIES = 4
LONGEST_STEP_MS = 60_000
LOWEST_HZ, HIGHEST_HZ = 20.0, 3900.0

_TONE_LEVEL_DBFS = -13.0
_KEY_ORDER = "123A456B789C*0#D"
_TONE = re.compile(r"%\(([^()]*)\)")
_SETTING = re.compile(r"([A-Za-z]+)=(-?\d+(?:\.\d+)?)", re.ASCII)
_KEYS = re.compile(r"[0-9*#A-Da-d]+", re.ASCII)


class MalformedToneError(ValueError):
    """A tone script cannot be played; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Tone:
    """Frequencies in Hz that sound together, then a pause."""

    frequencies: tuple[float, ...]
    on_ms: int
    off_ms: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    ms: int


Step: TypeAlias = Tone | Pause


@dataclass(frozen=True, slots=True)
class ToneScript:
    """Steps, to be played `loops` times; 0: without end."""

    steps: tuple[Step, ...]
    loops: int = 1


def _cadence(*steps: Step) -> ToneScript:
    return ToneScript(steps, loops=0)


PROGRESS_TONES: MappingProxyType[tuple[str, str], ToneScript] = MappingProxyType(
    {
        ("us", "dial"): _cadence(Tone((350.0, 440.0), 1000)),
        ("us", "ringback"): _cadence(Tone((440.0, 480.0), 2000, 4000)),
        ("us", "busy"): _cadence(Tone((480.0, 620.0), 500, 500)),
        ("us", "congestion"): _cadence(Tone((480.0, 620.0), 250, 250)),
        ("uk", "dial"): _cadence(Tone((350.0, 450.0), 1000)),
        ("uk", "ringback"): _cadence(Tone((400.0, 450.0), 400, 200), Tone((400.0, 450.0), 400, 2000)),
        ("uk", "busy"): _cadence(Tone((400.0,), 375, 375)),
        ("uk", "congestion"): _cadence(Tone((400.0,), 400, 350), Tone((400.0,), 225, 525)),
    }
)
"""By country and what they tell (E.180, supplement 2)."""

RECORD_BEEP = ToneScript((Tone((1000.0,), 400),))
"""Told before a recording begins."""


def tone_samples(frequencies: tuple[float, ...], ms: int, level_dbfs: float = _TONE_LEVEL_DBFS) -> Samples:
    """Sines that sound together, at `level_dbfs` each, clipped where they exceed full scale."""
    times = np.arange(ms * SAMPLES_PER_MS) / SAMPLE_RATE
    mixed = np.zeros(len(times))
    for frequency in frequencies:
        mixed += np.sin(2 * np.pi * frequency * times)
    return np.clip(np.rint(amplitude(level_dbfs) * mixed), -32768, 32767).astype(np.int16)


def script_samples(script: ToneScript, ms: int) -> Samples:
    """The first `ms` of a script."""
    needed = ms * SAMPLES_PER_MS
    cycle = np.concatenate([_step_samples(step) for step in script.steps])
    loops = -(-needed // len(cycle)) if len(cycle) else 0
    played = np.tile(cycle, min(loops, script.loops or loops))[:needed]
    return np.concatenate([played, np.zeros(needed - len(played), np.int16)])


def _step_samples(step: Step) -> Samples:
    if isinstance(step, Pause):
        return np.zeros(step.ms * SAMPLES_PER_MS, np.int16)
    pause = np.zeros(step.off_ms * SAMPLES_PER_MS, np.int16)
    return np.concatenate([tone_samples(step.frequencies, step.on_ms), pause])


@dataclass(slots=True)
class _Reader:
    """A script while it is read."""

    steps: list[Step] = field(default_factory=list)
    loops: int = 1
    key_ms: int = 250
    pause_ms: int = 50

    def read(self, command: str) -> None:
        if match := _TONE.fullmatch(command):
            self.steps.append(_read_tone(match[1]))
        elif match := _SETTING.fullmatch(command):
            self._set(match[1], float(match[2]))
        elif _KEYS.fullmatch(command):
            self.steps += [Tone(_key_tones(key), self.key_ms, self.pause_ms) for key in command.upper()]
        else:
            raise MalformedToneError(f"{command[:40]!r} is no tone command: write %(on,off,frequency)")
        if len(self.steps) > MOST_STEPS:
            raise MalformedToneError(f"more than {MOST_STEPS} tones")

    def _set(self, name: str, value: float) -> None:
        if name == "L" or name.lower() == "loops":
            self.loops = _read_loops(int(value))
        elif name == "d":
            self.key_ms = _read_ms(str(int(value)), "d", least=1)
        elif name == "w":
            self.pause_ms = _read_ms(str(int(value)), "w")
        elif name not in {"v", "r", "c"}:
            raise MalformedToneError(f"{name}= is not understood")


def parse_tone_script(text: str) -> ToneScript:
    """A script with or without its scheme. Raises MalformedToneError."""
    script = text.strip().removeprefix(SCHEME)
    if len(script) > LONGEST_SCRIPT:
        raise MalformedToneError(f"{len(script)} characters, at most {LONGEST_SCRIPT} are read")
    reader = _Reader()
    for command in _split(script):
        reader.read(command)
    if not reader.steps:
        raise MalformedToneError("a tone script needs a tone: %(on,off,frequency)")
    return ToneScript(tuple(reader.steps), reader.loops)


def _split(script: str) -> list[str]:
    """The commands; a tone needs no `;` before or behind it."""
    parts = re.split(r";|(%\([^()]*\))", script)
    return [part.strip() for part in parts if part and part.strip()]


def _read_tone(text: str) -> Tone:
    parts = [part.strip() for part in text.split(",")]
    if not 3 <= len(parts) <= 2 + MOST_FREQUENCIES:
        raise MalformedToneError(f"%({text[:40]}): a tone has on, off and 1 to {MOST_FREQUENCIES} frequencies")
    on_ms, off_ms = _read_ms(parts[0], "on", least=1), _read_ms(parts[1], "off")
    return Tone(tuple(_read_frequency(part) for part in parts[2:]), on_ms, off_ms)


def _read_ms(text: str, name: str, least: int = 0) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= LONGEST_STEP_MS and len(text) < 9):
        raise MalformedToneError(f"{name} of {text[:20]!r} is not in {least}..{LONGEST_STEP_MS} ms")
    return int(text)


def _read_frequency(text: str) -> float:
    if re.fullmatch(r"\d{1,5}(\.\d{1,6})?", text, re.ASCII) and LOWEST_HZ <= float(text) <= HIGHEST_HZ:
        return float(text)
    raise MalformedToneError(f"frequency {text[:20]!r} is not in {LOWEST_HZ:g}..{HIGHEST_HZ:g} Hz")


def _read_loops(loops: int) -> int:
    if loops == -1:
        return 0
    if not 1 <= loops <= MOST_LOOPS:
        raise MalformedToneError(f"{loops} loops; 1..{MOST_LOOPS} or -1 (without end) are possible")
    return loops


def _key_tones(key: str) -> tuple[float, float]:
    position = _KEY_ORDER.index(key)
    return LOW_GROUP[position // 4], HIGH_GROUP[position % 4]
