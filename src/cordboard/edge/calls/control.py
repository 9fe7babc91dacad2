"""Call control of one voice process: it lives, takes calls that wait and commands that are asked, and ends in good
order.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from typing import Final

import structlog

from cordboard.domain.voice.service import VoiceService
from cordboard.edge.calls.inbound import Inbound
from cordboard.edge.calls.ledger import CallLedger
from cordboard.edge.calls.outbound import Outbound
from cordboard.edge.calls.party import End
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.requests import LiveRequests
from cordboard.edge.calls.timing import Timing
from cordboard.edge.calls.waiting import first_of
from cordboard.infra.db import Database
from cordboard.infra.db.patience import patiently
from cordboard.infra.db.pool import wait_for_work
from cordboard.infra.tasks import Tasks

_CLAIMED_AT_ONCE: Final = 50
_COMMANDS_AT_ONCE: Final = 100
_log = structlog.get_logger(__name__)


class CallControl:
    """The loops of the process."""

    def __init__(
        self,
        *,
        database: Database,
        voice: VoiceService,
        node: str,
        sip_address: str,
        registry: Registry,
        inbound: Inbound,
        outbound: Outbound,
        requests: LiveRequests,
        recorder: Recorder,
        ledger: CallLedger,
        tasks: Tasks,
        timing: Timing,
    ) -> None:
        self._database = database
        self._voice = voice
        self._node = node
        self._sip_address = sip_address
        self._registry = registry
        self.inbound = inbound
        self._outbound = outbound
        self._requests = requests
        self._recorder = recorder
        self._ledger = ledger
        self._tasks = tasks
        self._timing = timing
        self._draining = False
        self._has_left = False

    @property
    def registry(self) -> Registry:
        """Who is on the line."""
        return self._registry

    @property
    def busy(self) -> bool:
        """Whether anything is being done for a call, its books included."""
        return bool(self._tasks) or self._ledger.busy

    @property
    def live_parties(self) -> int:
        """How many are on the line."""
        return len(self._registry)

    async def recover(self) -> None:
        """Keeps the recordings that dead processes left; once, at the start."""
        if kept := await self._recorder.recover():
            _log.warning("recording.recovered", recordings=kept)

    async def beat(self) -> None:
        """Says that the process lives, every second. Whoever was taken for dead has lost its calls: they end here
        too.
        """
        known = False
        while True:
            fresh = await patiently(self._say_alive, math.inf)
            if fresh and known:
                _log.warning("voice.taken_for_dead", calls=len(self._registry))
                self._end_all("this process was away too long")
            known = True
            await asyncio.sleep(self._timing.beat)

    async def _say_alive(self) -> bool:
        if self._has_left:
            return False
        async with self._database.transaction() as tx:
            return await self._voice.beat(tx, self._node, self._sip_address)

    async def claim(self, wakeup: asyncio.Event) -> None:
        """Takes calls that wait."""
        while True:
            taken = 0
            if not self._draining:
                async with self._database.transaction() as tx:
                    records = await self._voice.claim(tx, self._node, _CLAIMED_AT_ONCE)
                for record in records:
                    self._outbound.make(record)
                taken = len(records)
            if taken < _CLAIMED_AT_ONCE:
                await wait_for_work(wakeup, self._timing.poll)

    async def take_commands(self, wakeup: asyncio.Event) -> None:
        """Carries out what the API asks."""
        while True:
            async with self._database.transaction() as tx:
                commands = await self._voice.take_commands(tx, self._node, _COMMANDS_AT_ONCE)
            for command in commands:
                self._requests.take(command)
            if len(commands) < _COMMANDS_AT_ONCE:
                await wait_for_work(wakeup, self._timing.poll)

    async def drain(self) -> None:
        """No new calls; those that are live get a moment, then they are ended and written down."""
        self._draining = True
        await first_of(self._registry.empty, seconds=self._timing.drain)
        self._end_all("the platform is stopping")
        await self._tasks.settle(self._timing.settle)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.settle):
                await self._ledger.settle()
        self._has_left = True
        async with self._database.transaction() as tx:
            await self._voice.leave(tx, self._node)

    def _end_all(self, reason: str) -> None:
        for party in self._registry:
            party.end(End(status="completed" if party.is_answered else "failed", reason=reason, by="SYSTEM END"))
