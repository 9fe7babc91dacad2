"""Speak, PlayAudio: what the caller hears."""

from __future__ import annotations

from collections.abc import Awaitable

from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.edge.calls.hands.steps import Steps
from cordboard.edge.calls.sounds import Sounds
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip, FileClip
from cordboard.engines.callflow.commands import PlayAudio, Speak, StopPlaying
from cordboard.engines.callflow.events import Played
from cordboard.infra.speech.port import SpeechError


class Hearing:
    """Renders, plays, stops. `last_recording` is what an empty URL plays: a WAV file, or none."""

    def __init__(self, flow: Flow, sounds: Sounds) -> None:
        self._flow = flow
        self._sounds = sounds
        self._plays: Steps[Played] = Steps()
        self.last_recording: str | None = None

    def background(self) -> Handlers:
        """Those that take time."""
        return {Speak: self.speak, PlayAudio: self.play}

    def immediate(self) -> Handlers:
        """Those that do not."""
        return {StopPlaying: self.stop}

    async def speak(self, command: Speak) -> Played:
        """Says a text."""
        clips = self._sounds.say(command.text, command.voice, ssml=command.ssml)
        heard = await self._plays.run(command.step, self._hear(command, clips, command.voice))
        return heard or Played(step=command.step, voice=command.voice)

    async def play(self, command: PlayAudio) -> Played:
        """Plays a URL, an audio asset by name, or the last recording."""
        clips = self._named(command.url) if command.url else self._recorded()
        heard = await self._plays.run(command.step, self._hear(command, clips))
        return heard or Played(step=command.step)

    async def stop(self, command: StopPlaying) -> None:
        """Ends a play, or the making of it; its `Played` comes from the handler that waits for it."""
        self._plays.give_up(command.step)

    async def _named(self, name: str) -> list[Clip]:
        if "://" in name:
            return await self._sounds.url(name)
        url = await self._flow.services.assets.url(self._flow.party.record.account_id, "audio", name)
        if url is None:
            raise SpeechError(f"there is no audio asset {name!r}")
        return await self._sounds.url(url)

    async def _recorded(self) -> list[Clip]:
        if self.last_recording is None:
            raise SpeechError("nothing was recorded in this call")
        return [FileClip(self.last_recording)]

    async def _hear(
        self, command: Speak | PlayAudio, making: Awaitable[list[Clip]], voice: str | None = None
    ) -> Played:
        step = command.step
        try:
            clips = await making
            ended = await self._flow.party.media.play(clips, loops=command.loops, stop_keys=command.stop_keys)
        except (SpeechError, EngineError) as error:
            return Played(step=step, error=str(error), voice=voice)
        return Played(step=step, elapsed_ms=ended.played_ms, key=ended.key, error=ended.error, voice=voice)
