"""What calls write down: every verb that many calls need at the same time shares a transaction with its neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

import structlog

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry
from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import CallKey, CallRecord, CallRequest, Ending, PlacedCall, Progress
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall
from cordboard.infra.batching import Batcher
from cordboard.infra.db import Database, Tx
from cordboard.infra.db.patience import patiently
from cordboard.kit.errors import CordboardError

_PATIENCE_SECONDS: Final = 120.0
"""How long what has happened waits for a database that is away. New calls do not wait: they are refused."""
_MOST_UNWRITTEN: Final = 10_000
_log = structlog.get_logger(__name__)

Item = TypeVar("Item")
Write: TypeAlias = Callable[[Tx, Sequence[Item]], Awaitable[Any]]


class CallLedger:
    """Group commit over `VoiceService` for the calls of one voice process, `node`. One batch of a kind is at work at a
    time: batches of an account would only wait for each other.

    Steps, log entries and callbacks are handed over: the call goes on before they are written. The end of a call is
    written after its steps.
    """

    def __init__(self, database: Database, voice: VoiceService, node: str) -> None:
        self._database = database
        self._voice = voice
        self._node = node
        self.place: Batcher[CallRequest, PlacedCall | CordboardError] = Batcher(self._place, at_once=1)
        self.admit: Batcher[InboundCall, CallRecord | CordboardError] = Batcher(self._admit, at_once=1)
        self._steps: Batcher[Progress, None] = Batcher(self._patient(self._write_steps), at_once=1)
        self._endings: Batcher[Ending, None] = Batcher(self._patient(voice.finish), at_once=1)
        self._entries: Batcher[Entry, None] = Batcher(self._patient(_write_entries), at_once=1)
        self._callbacks: Batcher[Callback, None] = Batcher(self._patient(voice.tell), at_once=1)
        self._unwritten: set[asyncio.Future[None]] = set()
        self._last_steps: dict[UUID, asyncio.Future[None]] = {}
        self._room = asyncio.Event()
        self._room.set()

    @property
    def node(self) -> str:
        """The process."""
        return self._node

    @property
    def busy(self) -> bool:
        """Whether anything that was handed over is not written yet."""
        return bool(self._unwritten)

    async def progress(self, step: Progress) -> None:
        """A call goes on."""
        await self._have_room()
        self._last_steps[step.key[1]] = self._hand_over(self._steps, step)

    async def finish(self, ending: Ending) -> None:
        """A call is over; returns when that is written."""
        if (step := self._last_steps.pop(ending.key[1], None)) is not None:
            await asyncio.wait({step})
        await self._endings(ending)

    async def log(self, entry: Entry) -> None:
        """Another line of a call's debug log."""
        await self._have_room()
        self._hand_over(self._entries, entry)

    async def tell(self, callback: Callback) -> None:
        """A URL is to be told something."""
        await self._have_room()
        self._hand_over(self._callbacks, callback)

    async def extend(self, key: CallKey) -> bool:
        """Another minute of a call begins; False when the balance does not cover it."""

        async def extend() -> bool:
            async with self._database.transaction() as tx:
                return await self._voice.extend(tx, key)

        return await patiently(extend, _PATIENCE_SECONDS)

    async def settle(self) -> None:
        """Waits for what was handed over."""
        while self._unwritten:
            await asyncio.wait(set(self._unwritten))

    async def _have_room(self) -> None:
        """Waits while very much is unwritten: the database is away, or behind."""
        while not self._room.is_set():
            await self._room.wait()

    def _hand_over(self, batcher: Batcher[Item, None], item: Item) -> asyncio.Future[None]:
        future = batcher.submit(item)
        self._unwritten.add(future)
        if len(self._unwritten) >= _MOST_UNWRITTEN:
            self._room.clear()
        future.add_done_callback(self._written)
        return future

    def _written(self, future: asyncio.Future[None]) -> None:
        self._unwritten.discard(future)
        if len(self._unwritten) < _MOST_UNWRITTEN:
            self._room.set()
        if not future.cancelled() and (error := future.exception()) is not None:
            _log.error("call.not_written", exc_info=error)

    def _patient(self, write: Write[Item]) -> Callable[[Sequence[Item]], Awaitable[list[None]]]:
        """A batch's work, in a transaction that waits for the database."""

        async def work(items: Sequence[Item]) -> list[None]:
            async def once() -> None:
                async with self._database.transaction() as tx:
                    await write(tx, items)

            await patiently(once, _PATIENCE_SECONDS)
            return [None] * len(items)

        return work

    async def _place(self, requests: Sequence[CallRequest]) -> list[PlacedCall | CordboardError]:
        async with self._database.transaction() as tx:
            return await self._voice.place(tx, requests)

    async def _admit(self, inbound: Sequence[InboundCall]) -> list[CallRecord | CordboardError]:
        async with self._database.transaction() as tx:
            return await self._voice.admit(tx, inbound)

    async def _write_steps(self, tx: Tx, steps: Sequence[Progress]) -> None:
        await self._voice.progress(tx, steps, self._node)


async def _write_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Lines of the debug log need not outlive a crash of the database's machine: nobody waits for its disk."""
    await tx.execute("set local synchronous_commit = off")
    await debuglog.record(tx, entries)
