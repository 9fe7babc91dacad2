"""What a caller hears while others are rung for it: a ring, music, or what the only one that is rung sends early."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from cordboard.edge.calls.hands.port import Flow
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.places import MediaRoom
from cordboard.edge.calls.sounds import RINGBACK, Sounds
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.infra.speech.port import SpeechError


class Meanwhile:
    """Of one Dial. A caller that has not been answered hears the ring of its own side, and nothing of ours."""

    def __init__(self, flow: Flow, sounds: Sounds, url: str) -> None:
        self._flow = flow
        self._sounds = sounds
        self._url = url
        self._music: asyncio.Task[None] | None = None
        self._room = MediaRoom()
        self._early: Party | None = None

    def start(self) -> None:
        """The ring, or the audio that was named."""
        if self._flow.party.is_answered:
            self._music = asyncio.create_task(self._play())

    async def hear(self, callee: Party) -> None:
        """The callee's network has something to say before it answers: that is heard in place of our ring."""
        if self._music is None or self._early is not None:
            return
        self._early = callee
        try:
            for party in (callee, self._flow.party):
                await self._room.enter(party)
        except EngineError:
            return  # one of the two has gone
        await self._stop_music()

    async def stop(self) -> None:
        """Somebody was reached, or nobody: silence."""
        await self._stop_music()
        if self._early is not None:
            for party in (self._early, self._flow.party):
                await self._room.leave(party)

    async def _stop_music(self) -> None:
        if self._music is not None:
            self._music.cancel()
            await asyncio.gather(self._music, return_exceptions=True)

    async def _play(self) -> None:
        clips: Sequence[Clip] = RINGBACK
        if self._url:
            with contextlib.suppress(SpeechError):
                clips = await self._sounds.url(self._url)
        with contextlib.suppress(EngineError):
            await self._flow.party.media.play(clips, loops=0)
