"""Writes what a link hears into the database, in order and in batches, and says so to the carrier only then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from cordboard.domain.messaging.models import InboundPart, PartResult, ReceiptReport
from cordboard.domain.messaging.service import MessagingService
from cordboard.infra.db import Database
from cordboard.kit.backoff import exponential

_BATCH: Final = 500
_WORTH_IT: Final = 32
_GATHER_SECONDS: Final = 0.003
_log = structlog.get_logger(__name__)

Heard = PartResult | ReceiptReport | InboundPart
Answer = Callable[[bool], None]
"""Called once what was heard is committed (True), or cannot be taken (False)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    heard: Heard
    answer: Answer | None


class Recorder:
    """One a link. While a batch is being written, the next one gathers: a busy link writes large ones.

    A database that is away is waited for; an entry that cannot be written fails alone.
    """

    def __init__(self, database: Database, messaging: MessagingService, carrier: str) -> None:
        self._database = database
        self._messaging = messaging
        self._carrier = carrier
        self._waiting: list[_Entry] = []
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, heard: Heard, answer: Answer | None = None) -> None:
        """Takes what the link heard."""
        self._waiting.append(_Entry(heard, answer))
        self._arrived.set()
        self._idle.clear()

    async def settled(self) -> None:
        """Returns when everything that was added is written."""
        await self._idle.wait()

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                if len(self._waiting) < _WORTH_IT:
                    await asyncio.sleep(_GATHER_SECONDS)
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._write_surely(batch)
            self._idle.set()

    async def _write_surely(self, batch: Sequence[_Entry]) -> None:
        attempt = 0
        while True:
            try:
                await self._write(batch)
            except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, TimeoutError) as error:
                _log.warning("recorder.database_away", carrier=self._carrier, error=repr(error))
                await asyncio.sleep(exponential(attempt, base=0.2, ceiling=5.0))
                attempt += 1
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                attempt += 1
            except Exception:  # noqa: BLE001  (logged; then each entry stands for itself)
                _log.exception("recorder.batch_failed", carrier=self._carrier, size=len(batch))
                if len(batch) == 1:
                    _answer(batch, taken=False)
                    return
                for entry in batch:
                    await self._write_surely([entry])
                return
            else:
                return

    async def _write(self, batch: Sequence[_Entry]) -> None:
        results = [entry.heard for entry in batch if isinstance(entry.heard, PartResult)]
        receipts = [entry.heard for entry in batch if isinstance(entry.heard, ReceiptReport)]
        inbound = [entry for entry in batch if isinstance(entry.heard, InboundPart)]
        parts = [entry.heard for entry in inbound if isinstance(entry.heard, InboundPart)]
        async with self._database.transaction() as tx:
            if results or receipts:
                await self._messaging.record(tx, self._carrier, results, receipts)
            taken = await self._messaging.receive(tx, parts) if parts else []
        _answer([entry for entry in batch if not isinstance(entry.heard, InboundPart)], taken=True)
        for entry, ours in zip(inbound, taken, strict=True):
            _answer([entry], taken=ours)


def _answer(entries: Sequence[_Entry], *, taken: bool) -> None:
    for entry in entries:
        if entry.answer is not None:
            entry.answer(taken)
