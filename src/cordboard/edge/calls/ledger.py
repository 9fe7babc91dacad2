"""What calls write down: every verb that many calls need at the same time shares a transaction with its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry
from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import CallKey, CallRecord, CallRequest, Ending, PlacedCall, Progress
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall
from cordboard.infra.batching import Batcher
from cordboard.infra.db import Database
from cordboard.kit.errors import CordboardError


class CallLedger:
    """Group commit over `VoiceService` for the calls of one voice process, `node`."""

    def __init__(self, database: Database, voice: VoiceService, node: str) -> None:
        self._database = database
        self._voice = voice
        self._node = node
        self.place: Batcher[CallRequest, PlacedCall | CordboardError] = Batcher(self._place)
        self.admit: Batcher[InboundCall, CallRecord | CordboardError] = Batcher(self._admit)
        self.progress: Batcher[Progress, None] = Batcher(self._progress)
        self.finish: Batcher[Ending, None] = Batcher(self._finish)
        self.log: Batcher[Entry, None] = Batcher(self._log)
        self.tell: Batcher[Callback, None] = Batcher(self._tell)

    @property
    def node(self) -> str:
        """The process."""
        return self._node

    async def extend(self, key: CallKey, price: int) -> bool:
        """Another minute of a call begins; False when the balance does not cover it."""
        async with self._database.transaction() as tx:
            return await self._voice.extend(tx, key, price)

    async def _place(self, requests: Sequence[CallRequest]) -> list[PlacedCall | CordboardError]:
        async with self._database.transaction() as tx:
            return await self._voice.place(tx, requests)

    async def _admit(self, inbound: Sequence[InboundCall]) -> list[CallRecord | CordboardError]:
        async with self._database.transaction() as tx:
            return await self._voice.admit(tx, inbound)

    async def _progress(self, changes: Sequence[Progress]) -> list[None]:
        async with self._database.transaction() as tx:
            await self._voice.progress(tx, changes, self._node)
        return [None] * len(changes)

    async def _finish(self, endings: Sequence[Ending]) -> list[None]:
        async with self._database.transaction() as tx:
            await self._voice.finish(tx, endings)
        return [None] * len(endings)

    async def _log(self, entries: Sequence[Entry]) -> list[None]:
        async with self._database.transaction() as tx:
            await debuglog.record(tx, entries)
        return [None] * len(entries)

    async def _tell(self, callbacks: Sequence[Callback]) -> list[None]:
        async with self._database.transaction() as tx:
            await self._voice.tell(tx, callbacks)
        return [None] * len(callbacks)
