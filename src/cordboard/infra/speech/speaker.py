"""Words made audio: the pieces of an utterance spoken, played and put together, and kept for the next time."""

from __future__ import annotations

import asyncio
import hashlib
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np
import structlog

from cordboard.infra.speech.audio import (
    MOST_SPOKEN,
    RATE,
    ClipError,
    Samples,
    beep,
    decode,
    edited,
    read_wav,
    silence,
    to_wav,
)
from cordboard.infra.speech.cache import FileCache, SingleFlight
from cordboard.infra.speech.chain import Chain
from cordboard.infra.speech.clips import ClipStore
from cordboard.infra.speech.engines import Engine
from cordboard.infra.speech.port import SpeechError, Utterance
from cordboard.infra.speech.ssml import Beep, Clip, Edit, Piece, Silence, Spoken, pieces_of
from cordboard.infra.speech.voices import Voice, voice_of

_log = structlog.get_logger(__name__)


class _Sound(msgspec.Struct, frozen=True):
    """A clip that was fetched. Its file's name changes with its content."""

    file: str
    edit: Edit


_Part: TypeAlias = Spoken | Silence | Beep | _Sound


class CachedSpeaker:
    """`port.Speaker` over a chain of engines."""

    def __init__(self, engines: Chain[Engine], clips: ClipStore, cache: FileCache) -> None:
        self._engines = engines
        self._clips = clips
        self._cache = cache
        self._once = SingleFlight()

    async def render(self, utterance: Utterance) -> Path:
        """A mono 8 kHz 16-bit WAV file for reading only. Raises SsmlError for broken SSML (`ssml.without_tags` gives
        what can be said of it), SpeechError when nothing speaks.
        """
        voice = voice_of(utterance.voice)
        parts = await self._resolved(pieces_of(utterance))
        reason = "nothing speaks"
        for engine in self._engines.candidates():
            try:
                return await self._rendered(engine, voice, parts)
            except SpeechError as error:
                self._engines.failed(engine, error)
                reason = str(error)
        raise SpeechError(reason)

    async def _rendered(self, engine: Engine, voice: Voice, parts: Sequence[_Part]) -> Path:
        name = f"{_digest(engine.name, voice.key, parts)}.wav"
        return self._cache.find(name) or await self._once(name, lambda: self._make(name, engine, voice, parts))

    async def _make(self, name: str, engine: Engine, voice: Voice, parts: Sequence[_Part]) -> Path:
        sounds, length = [silence(0)], 0
        for part in parts:
            sounds.append(await self._sound(engine, voice, part))
            length += len(sounds[-1])
            if length > MOST_SPOKEN:
                raise SpeechError(f"would take longer than {MOST_SPOKEN // RATE // 60} minutes to say")
        return await self._cache.put(name, to_wav(np.concatenate(sounds)))

    async def _sound(self, engine: Engine, voice: Voice, part: _Part) -> Samples:
        match part:
            case Spoken(text):
                return await asyncio.to_thread(decode, await engine.speak(text, voice))
            case Silence(milliseconds):
                return silence(milliseconds)
            case Beep(milliseconds):
                return beep(milliseconds)
            case _Sound(file, edit):
                return edited(await asyncio.to_thread(_read, Path(file)), edit)

    async def _resolved(self, pieces: Sequence[Piece]) -> list[_Part]:
        """Clips by their files, or what stands for those that cannot be had."""
        parts: list[_Part] = []
        for piece in pieces:
            if isinstance(piece, Clip):
                parts += await self._fetched(piece)
            else:
                parts.append(piece)
        return parts

    async def _fetched(self, clip: Clip) -> list[_Part]:
        try:
            return [_Sound(str(await self._clips.fetch(clip.url)), clip.edit)]
        except ClipError as error:
            _log.info("speech.clip_failed", url=clip.url[:200], reason=str(error))
            return await self._resolved(clip.otherwise)


def _read(file: Path) -> Samples:
    try:
        return read_wav(file)
    except (OSError, EOFError, wave.Error) as error:  # it was just there: another process made room
        raise SpeechError("a clip is gone from the cache") from error


def _digest(engine: str, voice: str, parts: Sequence[_Part]) -> str:
    shown = [[type(part).__name__, msgspec.to_builtins(part)] for part in parts]
    return hashlib.sha256(msgspec.json.encode([engine, voice, shown])).hexdigest()
