"""The loop that delivers.

An event becomes a row of `webhook_queue` in the outbox's transaction, one for each endpoint that listens, and a lane:
the row of `webhook_lanes` that stands for its key (endpoint and subject). The loop claims lanes, not deliveries, so
what belongs to one key is sent in order, one at a time, while keys do not wait for each other.

A claim walks over the endpoints that have lanes, one look into an index for each, going on where the last claim ended.
Of each it takes as many due lanes as the endpoint has room for: a slow or dead receiver holds its own share of the
slots and no more, and a hundred thousand lanes behind it cost a claim nothing. A claim is a lease on the database's
clock; if the process dies, the lanes are claimed again when it runs out, and receivers know a repeated delivery by its
`webhook-id`.

Deliveries are sent without a transaction; results are written in batches (`recording`). A delivery that fails waits
5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h, each give or take a fifth, holding up its key; then it is failed and the key
goes on. Whatever the reason, nothing waits longer than five days. After ten failures in a row an endpoint's circuit
opens: one lane at a time is tried, every 30 s, until one succeeds. A configuration that fails for five days is
disabled.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from cordboard.domain.webhooks.attempting import TakeTurn, Turn
from cordboard.domain.webhooks.models import EndpointKey
from cordboard.domain.webhooks.recording import LaneResult, RecordResults
from cordboard.domain.webhooks.repository import queue
from cordboard.domain.webhooks.repository.queue import Lane, Waiting
from cordboard.domain.webhooks.targets import Targets
from cordboard.infra.batching import Batcher
from cordboard.infra.db import Database, Tx
from cordboard.infra.db.pool import wait_for_work
from cordboard.infra.http import GuardedClient
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.ids import NIL

LEASE_SECONDS: Final = 60
_HEADS: Final = 8
_ENDPOINTS_A_CLAIM: Final = 1000
_LANES_A_CLAIM: Final = 200
_PROBE_HELD: Final = timedelta(seconds=LEASE_SECONDS)
_LANE_AGAIN_SECONDS: Final = 0.01
_DATABASE_AGAIN_SECONDS: Final = 1.0
_START: Final = NIL
_log = structlog.get_logger(__name__)


class Deliverer:
    """Delivers with at most `at_once` requests under way, at most `per_endpoint` of them to one endpoint."""

    def __init__(
        self,
        *,
        database: Database,
        client: GuardedClient,
        clock: Clock,
        targets: Targets,
        at_once: int = 512,
        per_endpoint: int = 50,
    ) -> None:
        self._database = database
        self._clock = clock
        self._targets = targets
        self._take_turn = TakeTurn(client, clock)
        self._record: Batcher[LaneResult, bool] = Batcher(RecordResults(database, clock), largest=500, at_once=1)
        self._free = at_once
        self._per_endpoint = per_endpoint
        self._busy: Counter[EndpointKey] = Counter()
        self._cursor = _START
        self._running: set[asyncio.Task[None]] = set()
        self._wakeup = asyncio.Event()

    async def run(self, wakeup: asyncio.Event, *, poll: float = 1.0) -> None:
        """Delivers until cancelled, then waits for what is under way."""
        self._wakeup = wakeup
        try:
            while True:
                if not await self.deliver_due():
                    await wait_for_work(wakeup, poll)
        finally:
            await self.settle()

    async def deliver_due(self) -> int:
        """Claims and starts what is due and fits; answers how many lanes it started."""
        if self._free <= 0:
            return 0
        came_round = self._cursor == _START
        while True:
            turns = await self._claim()
            for turn in turns:
                self._start(turn)
            if turns or (came_round and self._cursor == _START):
                return len(turns)
            came_round = came_round or self._cursor == _START

    async def settle(self) -> None:
        """Waits for the deliveries under way and their results."""
        while self._running:
            await asyncio.wait(self._running)

    async def _claim(self) -> list[Turn]:
        """Claims from the endpoints behind the cursor and moves it on; back to the start after the last one."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            waiting = await queue.endpoints_waiting(tx, self._cursor, _ENDPOINTS_A_CLAIM, now)
            rooms = self._rooms(waiting)
            limit = min(_LANES_A_CLAIM, self._free)
            lanes = (
                await queue.claim_lanes(tx, rooms, limit=limit, lease_seconds=LEASE_SECONDS, now=now) if rooms else []
            )
            self._move_cursor(waiting, lanes, full=len(lanes) == limit)
            probing = {one.endpoint for one in waiting if one.probing}
            return await self._turns(tx, lanes, probing) if lanes else []

    async def _turns(self, tx: Tx, lanes: Sequence[Lane], probing: set[EndpointKey]) -> list[Turn]:
        probed = sorted({lane.endpoint for lane in lanes} & probing)
        if probed:
            await queue.hold_probes(tx, probed, self._clock.now() + _PROBE_HELD)
        heads = await queue.heads_of(tx, lanes, _HEADS)
        targets = await self._targets.of(tx, [(lane.endpoint, heads[lane]) for lane in lanes])
        return [
            Turn(lane=lane, deliveries=heads[lane], target=target, probing=lane.endpoint in probing)
            for lane, target in zip(lanes, targets, strict=True)
        ]

    def _rooms(self, waiting: Sequence[Waiting]) -> list[tuple[UUID, int]]:
        """How many lanes of each endpoint may be under way in addition; endpoints without room are left out."""
        rooms = []
        for one in waiting:
            room = (1 if one.probing else self._per_endpoint) - self._busy[one.endpoint]
            if room > 0 and not one.shut:
                rooms.append((one.endpoint[1], room))
        return rooms

    def _move_cursor(self, waiting: Sequence[Waiting], lanes: Sequence[Lane], *, full: bool) -> None:
        if full:
            self._cursor = max(lane.endpoint_id for lane in lanes)
        else:
            self._cursor = waiting[-1].endpoint[1] if len(waiting) == _ENDPOINTS_A_CLAIM else _START

    def _start(self, turn: Turn) -> None:
        self._free -= 1
        self._busy[turn.lane.endpoint] += 1
        task = asyncio.create_task(self._run(turn))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, turn: Turn) -> None:
        """Takes the turn, makes room for the next one, then writes the result. A claim whose result is lost runs out
        and is repeated.
        """
        ends = monotonic() + LEASE_SECONDS
        try:
            result = await self._take_turn(turn)
        finally:
            self._free += 1
            self._busy[turn.lane.endpoint] -= 1
            if self._busy[turn.lane.endpoint] <= 0:
                del self._busy[turn.lane.endpoint]
            self._wakeup.set()
        while not await self._recorded(result):
            if monotonic() > ends:
                _log.warning("webhooks.claim_lost", endpoint=turn.lane.endpoint_id)
                return
        self._wakeup.set()

    async def _recorded(self, result: LaneResult) -> bool:
        """Whether the result is written; False after a pause when it is to be tried again."""
        try:
            if await self._record(result):
                return True
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            _log.exception("webhooks.not_recorded", endpoint=result.lane.endpoint_id)
            await asyncio.sleep(_DATABASE_AGAIN_SECONDS)
            return False
        await asyncio.sleep(_LANE_AGAIN_SECONDS)
        return False
