"""What call control asks of speech: words made audio, audio made words. Implementations are chosen by settings."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec


class SpeechError(Exception):
    """Nothing could be spoken or transcribed; the message says why, for the debug log."""


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """What to say. `voice` is a key such as `en-us-standard-female-1`; `ssml`: the text holds tags (no `<speak>`
    around).
    """

    text: str
    voice: str
    ssml: bool = False


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What was understood. `weak`: by the offline fallback, which guesses on the telephone band."""

    text: str
    provider: str
    confidence: float | None = None
    weak: bool = False


class Speaker(Protocol):
    """Turns text into audio."""

    async def render(self, utterance: Utterance) -> Path:
        """A mono 8 kHz 16-bit WAV file, kept in a cache; the caller only reads it. Raises SpeechError."""
        ...


class Transcriber(Protocol):
    """Turns audio into text."""

    async def transcribe(self, audio: Path, *, language: str = "en-US", hints: tuple[str, ...] = ()) -> Transcript:
        """What is said in a WAV file. Raises SpeechError."""
        ...
