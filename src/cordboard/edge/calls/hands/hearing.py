"""Speak, PlayAudio: what the caller hears."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cordboard.edge.calls.hands.flow import Flow, Handlers
from cordboard.edge.calls.sounds import Sounds
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip, FileClip, PlayEnded
from cordboard.engines.callflow.commands import PlayAudio, Speak, StopPlaying
from cordboard.engines.callflow.events import Played
from cordboard.infra.speech.port import SpeechError


class Hearing:
    """Renders, plays, stops. `last_recording` is what an empty URL plays: a WAV file, or none."""

    def __init__(self, flow: Flow, sounds: Sounds) -> None:
        self._flow = flow
        self._sounds = sounds
        self._plays: dict[int, asyncio.Task[PlayEnded]] = {}
        self.last_recording: str | None = None

    def background(self) -> Handlers:
        """Those that take time."""
        return {Speak: self.speak, PlayAudio: self.play}

    def immediate(self) -> Handlers:
        """Those that do not."""
        return {StopPlaying: self.stop}

    async def speak(self, command: Speak) -> Played:
        """Says a text."""
        try:
            clips = await self._sounds.say(command.text, command.voice, ssml=command.ssml)
        except SpeechError as error:
            return Played(step=command.step, error=str(error), voice=command.voice)
        return await self._hear(command.step, clips, command.loops, command.stop_keys, command.voice)

    async def play(self, command: PlayAudio) -> Played:
        """Plays a URL, or the last recording."""
        try:
            clips = await self._sounds.url(command.url) if command.url else self._recorded()
        except SpeechError as error:
            return Played(step=command.step, error=str(error))
        return await self._hear(command.step, clips, command.loops, command.stop_keys)

    async def stop(self, command: StopPlaying) -> None:
        """Ends a play; its `Played` comes from the handler that waits for it."""
        if task := self._plays.get(command.step):
            task.cancel()

    def _recorded(self) -> list[Clip]:
        if self.last_recording is None:
            raise SpeechError("nothing was recorded in this call")
        return [FileClip(self.last_recording)]

    async def _hear(
        self, step: int, clips: Sequence[Clip], loops: int, stop_keys: str, voice: str | None = None
    ) -> Played:
        task = asyncio.create_task(self._play(clips, loops, stop_keys))
        self._plays[step] = task
        try:
            ended = await task
        except EngineError as error:
            return Played(step=step, error=str(error), voice=voice)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            return Played(step=step, voice=voice)
        finally:
            task.cancel()
            self._plays.pop(step, None)
        return Played(step=step, elapsed_ms=ended.played_ms, key=ended.key, error=ended.error, voice=voice)

    async def _play(self, clips: Sequence[Clip], loops: int, stop_keys: str) -> PlayEnded:
        return await self._flow.party.media.play(clips, loops=loops, stop_keys=stop_keys)
