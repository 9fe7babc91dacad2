"""What the parts of the sandbox's telephones share, and how they write down what happens to a call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from cordboard.domain.sandbox.models import HandsetCall, HandsetScript
from cordboard.domain.sandbox.service import SandboxService
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.sounds import BEEP, Sounds
from cordboard.edge.media.protocol import Clip
from cordboard.edge.sandbox_calls.conduct import Conduct
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database
from cordboard.infra.speech.port import SpeechError
from cordboard.kit.ids import Ids

_NAME_OCTETS: Final = 24
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """One voice process's. `router` picks the media engine of a call and raises EngineError when there is none;
    `folder` is where recordings are written while they run.
    """

    router: Callable[[], Awaitable[MediaRouter]]
    sounds: Sounds
    blobs: Blobs
    folder: Path

    async def clips_of(self, conduct: Conduct) -> list[Clip]:
        """What a handset says. Speech that fails leaves it without words: a call is still one."""
        clips: list[Clip] = []
        try:
            if conduct.say:
                clips += await self.sounds.say(conduct.say)
        except SpeechError as error:
            _log.warning("sandbox.speechless", error=str(error))
        return [*clips, *BEEP] if conduct.beeps else clips

    async def new_path(self) -> Path:
        """Where to write a recording."""
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
        return self.folder / f"handset-{Ids.token(_NAME_OCTETS)}.wav"

    async def publish(self, wav: Path) -> str:
        """The URL of an ended recording, whose working file is gone then."""
        data = await asyncio.to_thread(wav.read_bytes)
        url = await self.blobs.put(f"{Ids.token(_NAME_OCTETS)}.wav", data)
        await asyncio.to_thread(wav.unlink, missing_ok=True)
        return url

    async def unpublish(self, url: str) -> None:
        """Removes a recording."""
        await self.blobs.delete(url.rpartition("/")[2])


class CallBook:
    """The calls of the handsets of one voice process, each verb in a transaction of its own."""

    def __init__(self, database: Database, sandbox: SandboxService, node: str) -> None:
        self._database = database
        self._sandbox = sandbox
        self._node = node

    async def take(self, number: str, caller: str) -> tuple[HandsetCall, HandsetScript] | None:
        """A call for a number; None when the number is an account's."""
        async with self._database.transaction() as tx:
            return await self._sandbox.take_call(tx, number, caller, self._node)

    async def claim(self, limit: int) -> Sequence[HandsetCall]:
        """Calls to make."""
        async with self._database.transaction() as tx:
            return await self._sandbox.claim_calls(tx, self._node, limit)

    async def hangups(self) -> Sequence[UUID]:
        """Calls to end."""
        async with self._database.connection() as connection:
            return await self._sandbox.hangups_asked(connection, self._node)

    async def answered(self, call_id: UUID) -> None:
        """The call was answered."""
        async with self._database.transaction() as tx:
            await self._sandbox.call_answered(tx, call_id)

    async def heard(self, call_id: UUID, digits: str) -> None:
        """The keys so far."""
        async with self._database.transaction() as tx:
            await self._sandbox.call_heard(tx, call_id, digits)

    async def ended(self, call_id: UUID, reason: str, digits: str = "", recording_url: str | None = None) -> None:
        """The call is over."""
        async with self._database.transaction() as tx:
            await self._sandbox.call_ended(tx, call_id, reason, digits, recording_url)

    async def look_after(self, live: Sequence[UUID]) -> Sequence[str]:
        """Keeps live calls; the URLs of recordings to remove."""
        async with self._database.transaction() as tx:
            return await self._sandbox.look_after_calls(tx, live)
