"""Did a person or a machine answer? Judged by how the answer is spoken, as a listener would in the first seconds.

People answer a telephone with a word or a short sentence, and wait. Machines speak on, and beep. `MachineDetector`
hears one leg frame by frame until it can tell; how often it errs is in `docs/reference/answering-machines.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from cordboard.wire.audio.frames import FRAME_MS, FRAME_SAMPLES, FULL_SCALE, SAMPLE_RATE, Samples
from cordboard.wire.audio.silence import VoiceActivity

AnsweredBy: TypeAlias = Literal["human", "machine", "unknown"]
Reason: TypeAlias = Literal["beep", "long_greeting", "many_words", "short_greeting", "silence", "time"]


LEAST_BEEP_MS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSettings:
    """What is held for human. All in milliseconds, or a count."""

    most_ms: int = 5000
    """Then the verdict is `unknown`."""
    initial_silence_ms: int = 3500
    """Without a word until here the verdict is `unknown`."""
    longest_greeting_ms: int = 2200
    """From the first word to the last; a longer one is a machine's."""
    after_greeting_ms: int = 900
    """Silence behind a short greeting: a person waits for an answer."""
    most_words: int = 8
    """Stretches of voice; more are a machine's."""
    least_word_ms: int = 100
    """What is shorter is a click or a breath."""
    between_words_ms: int = 60
    """Silence that parts words."""
    least_beep_ms: int = LEAST_BEEP_MS


@dataclass(frozen=True, slots=True)
class MachineVerdict:
    """Who answered, why, and after how many milliseconds it was clear."""

    answered_by: AnsweredBy
    reason: Reason
    after_ms: int


class BeepDetector:
    """Hears a steady single tone between 350 and 2500 Hz, which no voice holds, nor a pair of tones as exchanges have
    them: nearly all the energy of the last 60 ms is at one frequency, and stays there.
    """

    _WINDOW_FRAMES = 3
    _LOWEST_HZ, _HIGHEST_HZ = 350.0, 2500.0
    _LEAST_SHARE = 0.85
    _SPREAD = 2
    """Bins to each side of its peak that the window spreads a tone over."""
    _MOST_DRIFT_HZ = 40.0
    _LEAST_RMS = 0.01 * FULL_SCALE

    def __init__(self, least_ms: int = LEAST_BEEP_MS) -> None:
        samples = self._WINDOW_FRAMES * FRAME_SAMPLES
        self._least_windows = -(-least_ms // FRAME_MS)
        self._heard = np.zeros(samples)
        self._taper = np.hanning(samples)
        self._bin_hz = SAMPLE_RATE / samples
        self._windows = 0
        self._frequency = 0.0

    def feed(self, frame: Samples) -> bool:
        """Whether a beep has been sounding for long enough by the end of this frame, `int16[160]`."""
        self._heard = np.concatenate([self._heard[FRAME_SAMPLES:], frame])
        frequency = self._single_frequency()
        if frequency is None:
            self._windows = 0
        elif self._windows and abs(frequency - self._frequency) <= self._MOST_DRIFT_HZ:
            self._windows += 1
        else:
            self._windows, self._frequency = 1, frequency
        return self._windows >= self._least_windows

    def _single_frequency(self) -> float | None:
        """Where nearly all the energy of the window is, to a bin; None when it is spread, soft, or out of range."""
        if float(self._heard @ self._heard) < len(self._heard) * self._LEAST_RMS**2:
            return None
        spectrum = np.abs(np.fft.rfft(self._heard * self._taper)) ** 2
        peak = int(spectrum.argmax())
        around = spectrum[max(peak - self._SPREAD, 0) : peak + self._SPREAD + 1]
        if float(around.sum()) < self._LEAST_SHARE * float(spectrum.sum()):
            return None
        frequency = peak * self._bin_hz
        return frequency if self._LOWEST_HZ <= frequency <= self._HIGHEST_HZ else None


class MachineDetector:
    """Listens to one leg from its answer on."""

    def __init__(self, settings: MachineSettings | None = None) -> None:
        self._settings = settings or MachineSettings()
        self._activity = VoiceActivity(1)
        self._beep = BeepDetector(self._settings.least_beep_ms)
        self._slot = np.zeros(1, np.intp)
        self._elapsed_ms = 0
        self._voice_ms = 0  # of the word that is being spoken
        self._silence_ms = 0
        self._words = 0
        self._word_counted = False
        self._greeting_began: int | None = None
        self._greeting_ended = 0
        self._verdict: MachineVerdict | None = None

    def feed(self, frame: Samples) -> MachineVerdict | None:
        """The verdict, once there is one, with the next frame `int16[160]`; from then on it stays."""
        if self._verdict is not None:
            return self._verdict
        self._elapsed_ms += FRAME_MS
        if self._beep.feed(frame):
            return self._decide("machine", "beep")
        if self._activity.feed(self._slot, frame[None, :])[0]:
            self._hear_voice()
        else:
            self._hear_silence()
        return self._judge()

    def _hear_voice(self) -> None:
        self._voice_ms += FRAME_MS
        self._silence_ms = 0
        if self._voice_ms >= self._settings.least_word_ms:
            if not self._word_counted:
                self._word_counted = True
                self._words += 1
            if self._greeting_began is None:
                self._greeting_began = self._elapsed_ms - self._voice_ms
            self._greeting_ended = self._elapsed_ms

    def _hear_silence(self) -> None:
        self._silence_ms += FRAME_MS
        if self._silence_ms >= self._settings.between_words_ms:
            self._voice_ms = 0
            self._word_counted = False

    def _judge(self) -> MachineVerdict | None:
        settings = self._settings
        if self._greeting_began is None:
            if self._elapsed_ms >= min(settings.initial_silence_ms, settings.most_ms):
                return self._decide("unknown", "silence")
            return None
        if self._greeting_ended - self._greeting_began > settings.longest_greeting_ms:
            return self._decide("machine", "long_greeting")
        if self._words > settings.most_words:
            return self._decide("machine", "many_words")
        if self._elapsed_ms - self._greeting_ended >= settings.after_greeting_ms:
            return self._decide("human", "short_greeting")
        if self._elapsed_ms >= settings.most_ms:
            return self._decide("unknown", "time")
        return None

    def _decide(self, answered_by: AnsweredBy, reason: Reason) -> MachineVerdict:
        self._verdict = MachineVerdict(answered_by, reason, self._elapsed_ms)
        return self._verdict
