"""How telephones are answered: a corpus made by a synthesiser, for measuring and for tests.

Every sample is an answer as it comes down a line: some silence, what is said, a beep behind a machine's greeting, line
noise under it all, through mu-law. What it is drawn from comes in two halves, one to set thresholds by and one to
measure them by, that share neither voices nor texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from cordboard.infra.speech.espeak_process import Espeak
from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples, amplitude
from cordboard.wire.audio.g711 import MU_LAW
from cordboard.wire.audio.machine import MachineDetector, MachineSettings, MachineVerdict
from cordboard.wire.audio.resample import resample
from cordboard.wire.audio.tones import tone_samples
from cordboard.wire.audio.wav import read_samples

Half: TypeAlias = Literal["tuning", "measuring"]
Kind: TypeAlias = Literal[
    "person, a word",
    "person, a name or two",
    "person at a company",
    "machine, a long greeting",
    "machine, a short greeting and a beep",
    "machine, a pause in the greeting",
    "nobody speaks",
]

VOICES: dict[Half, tuple[str, ...]] = {
    "tuning": ("en-us", "en-us+f2", "en+m3", "en-us+klatt4"),
    "measuring": ("en", "en-gb-x-rp+f4", "en-us+m7", "en-gb-scotland", "en-us-nyc+f5"),
}

TEXTS: dict[Half, dict[Kind, tuple[str, ...]]] = {
    "tuning": {
        "person, a word": ("Hello?", "Yes?", "Yeah.", "Hi."),
        "person, a name or two": ("Hello, this is Mary.", "Peter Miller speaking.", "Hello, who is this?"),
        "person at a company": ("Good morning, Acme plumbing.", "Acme dental, how can I help you?"),
        "machine, a long greeting": (
            "Hi, you have reached the Smith family. We cannot come to the phone right now. Please leave a message.",
            "The person you are calling is not available. At the tone, please record your message.",
            "Your call has been forwarded to an automatic voice message system.",
        ),
        "machine, a short greeting and a beep": ("Leave a message.", "This is Bob, you know what to do."),
        "machine, a pause in the greeting": ("Hi, this is John.|I am not here right now, please leave a message.",),
        "nobody speaks": ("",),
    },
    "measuring": {
        "person, a word": ("Hello.", "Yep?", "Speaking.", "Hello, hello?", "Good evening."),
        "person, a name or two": (
            "Hi, it's Susan.",
            "Tom Jackson here.",
            "Hello, can I help you?",
            "Yes, who's calling?",
        ),
        "person at a company": (
            "Good afternoon, city hospital.",
            "Northern Electric, Karen speaking.",
            "Thank you for calling Riverside motors, this is Dave.",
        ),
        "machine, a long greeting": (
            "Hello. You've reached Jane Cooper. I'm away from my desk. Leave your name and number after the beep.",
            "The number you have dialled is not in service. Please check the number and dial again.",
            "Welcome to Northern Electric. Our office is closed. Our hours are nine to five, Monday to Friday.",
            "Sorry, the subscriber you have called is unavailable at the moment. Please try again later.",
        ),
        "machine, a short greeting and a beep": ("Please leave a message.", "Jack here, talk after the beep."),
        "machine, a pause in the greeting": (
            "Hello, this is Mike Brown.|I can't take your call just now, so leave me a message.",
        ),
        "nobody speaks": ("",),
    },
}

NOISES_DBFS = (-70.0, -55.0, -45.0, -38.0)
LEVELS_DBFS = (-24.0, -15.0)
_SECONDS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """One sample, and what it is."""

    kind: Kind
    text: str
    voice: str
    noise_dbfs: float
    samples: Samples

    @property
    def answered_by(self) -> str:
        """The right verdict."""
        if self.kind == "nobody speaks":
            return "unknown"
        return self.kind.partition(",")[0].partition(" ")[0].replace("person", "human")


def answers(half: Half, seed: int = 1) -> Iterator[Answer]:
    """The corpus."""
    draw = np.random.default_rng(seed)
    for kind, texts in TEXTS[half].items():
        for text in texts:
            for voice in VOICES[half]:
                for noise in NOISES_DBFS:
                    for level in LEVELS_DBFS:
                        yield Answer(kind, text, voice, noise, _line(kind, text, voice, noise, level, draw))


def verdict_of(samples: Samples, settings: MachineSettings | None = None) -> MachineVerdict:
    """What the detector makes of a sample, which is longer than it listens."""
    detector = MachineDetector(settings)
    for frame in samples.reshape(-1, FRAME_SAMPLES):
        verdict = detector.feed(frame)
        if verdict is not None:
            return verdict
    raise AssertionError("the detector came to no verdict")


def _line(kind: Kind, text: str, voice: str, noise: float, level: float, draw: np.random.Generator) -> Samples:
    parts = [_silence(draw.uniform(0.1, 1.2))]
    for at, sentence in enumerate(filter(None, text.split("|"))):
        parts += [_silence(draw.uniform(0.4, 1.4))] if at else []
        parts.append(_levelled(say(sentence, voice), level))
    if kind in {"machine, a long greeting", "machine, a short greeting and a beep"}:
        parts += [_silence(draw.uniform(0.2, 0.7)), tone_samples((draw.uniform(440, 1400),), 400, -18.0)]
    line = np.concatenate(parts)[: _SECONDS * SAMPLE_RATE].astype(np.float64)
    line = np.concatenate([line, np.zeros(_SECONDS * SAMPLE_RATE - len(line))])
    line += draw.normal(0, amplitude(noise) / np.sqrt(2), len(line))
    clipped: Samples = np.clip(line, -32768, 32767).astype(np.int16)
    return MU_LAW.expand(MU_LAW.compress(clipped))


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE), np.int16)


def _levelled(samples: Samples, dbfs: float) -> Samples:
    """Speech at a level, its pauses not counted."""
    wide = samples.astype(np.float64)
    loud = wide[np.abs(wide) > 0.05 * np.abs(wide).max()]
    scaled = wide * amplitude(dbfs) / np.sqrt(2) / np.sqrt(np.mean(loud**2))
    levelled: Samples = np.clip(scaled, -32768, 32767).astype(np.int16)
    return levelled


@cache
def _espeak() -> Espeak:
    return Espeak()


@cache
def say(text: str, voice: str = "en-us") -> Samples:
    """Speech at 8 kHz, the silence around it cut off."""
    samples, rate = read_samples(_espeak().speak({"text": text, "voice": voice}))
    spoken = resample(samples, rate, SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(spoken) > 300)
    return spoken[loud[0] : loud[-1] + 1]
