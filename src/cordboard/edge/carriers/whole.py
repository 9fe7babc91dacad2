"""The link of a carrier that takes whole messages: claims, asks the carrier once for each, records the answers."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import asyncpg
import structlog

from cordboard.domain.messaging.models import PartResult, Submission
from cordboard.domain.messaging.service import MessagingService
from cordboard.edge.carriers.port import MessageCarrier
from cordboard.edge.carriers.recorder import Recorder
from cordboard.edge.carriers.throttle import Throttle
from cordboard.infra.db import Database
from cordboard.kit.clock import monotonic

_POLL_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 15.0
_BIND: Final = 0
_log = structlog.get_logger(__name__)


class WholeMessageLink:
    """Runs while its carrier is owned here. `tps` is messages a second; `wakeup` is set when messages arrive."""

    def __init__(
        self,
        *,
        carrier: MessageCarrier,
        tps: float,
        database: Database,
        messaging: MessagingService,
        wakeup: asyncio.Event,
    ) -> None:
        self._carrier = carrier
        self._database = database
        self._messaging = messaging
        self._wakeup = wakeup
        self._throttle = Throttle(tps)
        self._recorder = Recorder(database, messaging, carrier.name)
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def name(self) -> str:
        """What it is owned under."""
        return f"{self._carrier.name}/{_BIND}"

    def stop(self) -> None:
        """Asks for the end in good order: nothing new, sends under way awaited."""
        self._stopping = True
        self._wakeup.set()

    async def run(self) -> None:
        """Sends until it is stopped or cancelled."""
        async with self._database.transaction() as tx:
            await self._messaging.recover(tx, self._carrier.name, _BIND)
        recording = asyncio.create_task(self._recorder.run())
        try:
            while not self._stopping:
                self._wakeup.clear()
                wait = await self._feed()
                if wait > 0:
                    await self._wait(wait)
            if self._sending:
                await asyncio.wait(self._sending, timeout=_STOP_SECONDS)
            await self._recorder.settled()
        finally:
            for task in (recording, *self._sending):
                task.cancel()
            await asyncio.gather(recording, *self._sending, return_exceptions=True)

    async def feed_once(self) -> int:
        """For tests that step: claims what fits, sends it, records the answers; answers how many messages went."""
        claimed = await self._claim(self._carrier.concurrency)
        results = [await self._carrier.send(submission) for submission in claimed]
        if results:
            async with self._database.transaction() as tx:
                await self._messaging.record(tx, self._carrier.name, results)
        return len(claimed)

    async def _feed(self) -> float:
        """Starts what fits; answers how many seconds to wait for the next try at the latest."""
        free = min(self._carrier.concurrency - len(self._sending), self._throttle.allowed(monotonic()))
        if free < 1:
            return max(self._throttle.wait(monotonic()), 0.01) if self._sending else self._throttle.wait(monotonic())
        try:
            claimed = await self._claim(free)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("link.claim_failed", carrier=self._carrier.name, error=repr(error))
            return _POLL_SECONDS
        self._throttle.spend(len(claimed))
        for submission in claimed:
            task = asyncio.create_task(self._send(submission))
            self._sending.add(task)
            task.add_done_callback(self._sent)
        return 0.0 if claimed else await self._next_due()

    async def _claim(self, limit: int) -> list[Submission]:
        async with self._database.transaction() as tx:
            return await self._messaging.claim(tx, self._carrier.name, _BIND, limit, whole=True)

    async def _next_due(self) -> float:
        async with self._database.connection() as connection:
            due = await self._messaging.seconds_to_next(connection, self._carrier.name)
        return _POLL_SECONDS if due is None else min(_POLL_SECONDS, due)

    async def _send(self, submission: Submission) -> None:
        result = await self._carrier.send(submission)
        self._note(result)
        self._recorder.add(result)

    def _note(self, result: PartResult) -> None:
        if result.outcome == "throttled":
            self._throttle.throttled(monotonic())

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._wakeup.set()
        if not task.cancelled() and (error := task.exception()):
            _log.error("link.send_failed", carrier=self._carrier.name, exc_info=error)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wakeup.wait()
