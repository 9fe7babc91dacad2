"""Campaigns: starts, steps and moves to a new version a second; waits that end out of many, and how late; what a run
that waits weighs.

One process and one PostgreSQL share this machine. Durability is as PostgreSQL ships it. `--scale 0.1` for a quick look.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import uvloop
from tests.bench.own_campaigns import SENDER, OwnCampaigns, until_done, workflow_text
from tests.bench.own_database import measure, print_rate

from cordboard.domain.workflows.loop import ABREAST
from cordboard.domain.workflows.models import StartRequest
from cordboard.domain.workflows.use_cases.publish_workflow import MOVE_JOB
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import JobLoop
from cordboard.kit.clock import monotonic

_ROUND = 500
_LATE_SECONDS = 15
_LATE_RATE = 1000


class Bench:
    """The figures, one method each."""

    def __init__(self, database: Database, scale: float, folder: Path) -> None:
        self._scale = scale
        self._own = OwnCampaigns(database, folder)

    async def run(self) -> None:
        """Prints the figures."""
        await self._own.found()
        await self.steps()
        await self.moves()
        for waiting in (100_000, 1_000_000, 5_000_000):
            await self.due_at_once(max(20_000, int(waiting * self._scale)))
        await self.lateness()

    async def steps(self) -> None:
        """Contacts that start, and each of their steps sends a message."""
        count = max(_ROUND, int(20_000 * self._scale))
        people = await self._own.people(count)
        texting = await self._own.campaign([self._sms(1, 2), _wait(2, 3), self._sms(3)])
        started = monotonic()
        for place in range(0, count, _ROUND):
            requests = [
                StartRequest(account_id=self._own.account, campaign_id=texting, contact_id=one)
                for one in people[place : place + _ROUND]
            ]
            async with self._own.database.transaction() as tx:
                await self._own.platform.campaigns.service.start(tx, requests)
        print_rate("starts", count, monotonic() - started)
        await self._timed("steps with an SMS effect", count, self._until_idle())
        sent = await self._own.value("select count(*) from messages")
        assert sent == count, sent

    async def moves(self) -> None:
        """Runs that wait while a version is published, and are moved to it."""
        count = max(20_000, int(500_000 * self._scale))
        nodes = [_wait(1, 2), {"id": 2, "type": "control", "children": []}]
        campaign = await self._own.campaign(nodes)
        await self._wait_for(campaign, count, 0)
        await self._timed("runs counted by version and node", count, self._publish(campaign, nodes))
        jobs = JobLoop(self._own.database, self._own.clock)
        jobs.handle(MOVE_JOB, self._own.platform.campaigns.move)
        await self._timed("runs moved to a new version", count, until_done(jobs))
        moved = await self._own.value("select count(*) from runs where campaign_id = $1 and version = 2", campaign)
        assert moved == count, moved

    async def due_at_once(self, waiting: int) -> None:
        """So many runs that wait, of which 20,000 are due; each goes on to its next wait."""
        due = min(waiting, 20_000)
        async with self._own.database.connection() as connection:
            await connection.execute("truncate runs, run_inputs")
        delays = await self._own.campaign([_wait(1, 2), _wait(2, 3), {"id": 3, "type": "control", "children": []}])
        await self._wait_for(delays, waiting, due)
        weight = await self._own.value("select pg_total_relation_size('runs')") / waiting
        print(f"a waiting run with its indexes: {weight:.0f} bytes")
        await self._timed(f"waits ended, {waiting:,} waiting, {due:,} due at once", due, self._until_idle())

    async def lateness(self) -> None:
        """1,000 waits that end a second, with the others still there: how late the runs go on."""
        count = int(_LATE_SECONDS * _LATE_RATE)
        fleet = await self._own.campaign([_wait(1, 2), {"id": 2, "type": "control", "children": []}])
        first = self._own.clock.now() + timedelta(seconds=20)
        people = await self._own.people(count)
        await self._insert_runs(fleet, count, "$5::timestamptz + n * interval '1 ms'", first, people)
        loop = asyncio.create_task(self._own.platform.campaigns.loop.run(asyncio.Event()))
        while await self._own.value("select count(*) from runs where campaign_id = $1", fleet):
            await asyncio.sleep(1)
        loop.cancel()
        await asyncio.wait([loop])
        async with self._own.database.connection() as connection:
            rows = await connection.fetch("select state, ended_at from ended_runs where campaign_id = $1", fleet)
        late = sorted(
            (row["ended_at"] - first).total_seconds() - int(msgspec.json.decode(row["state"])["variables"]["n"]) / 1000
            for row in rows
        )
        print(
            f"runs go on late at {_LATE_RATE:,}/s: p50 {late[len(late) // 2] * 1000:.0f} ms,"
            f" p99 {late[len(late) * 99 // 100] * 1000:.0f} ms, worst {late[-1] * 1000:.0f} ms"
        )

    def _sms(self, node: int, *children: int) -> dict[str, Any]:
        return {"id": node, "type": "smsSend", "smsTemplateId": str(self._own.template), "children": list(children)}

    async def _wait_for(self, campaign_id: UUID, waiting: int, due: int) -> None:
        people = await self._own.people(due)
        when = f"$5::timestamptz + case when n <= {due} then interval '-1 hour' else interval '30 days' end"
        await self._insert_runs(campaign_id, waiting, f"{when} + n * interval '1 ms'", self._own.clock.now(), people)

    async def _insert_runs(self, campaign_id: UUID, count: int, when: str, moment: Any, people: list[UUID]) -> None:
        async with self._own.database.connection() as connection:
            await connection.execute(
                "insert into runs (account_id, id, campaign_id, version, contact_id, sender, state, at_node, wake_at,"
                " created_at) select $1, gen_random_uuid(), $2, 1, coalesce(($4::uuid[])[n], gen_random_uuid()), $6,"
                " json_build_object('at', 1, 'variables', json_build_object('n', n::text), 'wait',"
                " json_build_object('kind', 'time', 'token', 1, 'until', to_char(w at time zone 'UTC',"
                " 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')), 'moves', 1, 'path', array[1])::text, 1, w, $7"
                f" from (select n, {when} as w from generate_series(1, $3::int) n) s",
                self._own.account,
                campaign_id,
                count,
                people,
                moment,
                SENDER,
                self._own.clock.now(),
                timeout=1200,
            )
            await connection.execute("vacuum analyze runs", timeout=600)

    async def _publish(self, campaign_id: UUID, nodes: list[dict[str, Any]]) -> None:
        async with self._own.database.transaction() as tx:
            await self._own.platform.campaigns.service.publish(
                tx, self._own.account, campaign_id, workflow_text(nodes), None, "apply"
            )

    async def _until_idle(self) -> None:
        await asyncio.gather(*(self._drain() for _ in range(ABREAST)))

    async def _drain(self) -> None:
        while await self._own.platform.campaigns.loop.step():
            pass

    async def _timed(self, what: str, count: int, work: Awaitable[None]) -> None:
        started = monotonic()
        await work
        print_rate(what, count, monotonic() - started)


def _wait(node: int, *children: int) -> dict[str, Any]:
    return {
        "id": node,
        "type": "timeDelay",
        "children": list(children),
        "timeoutType": "wait",
        "timeoutWaitNumber": 2,
        "timeoutWaitUnits": "days",
    }


async def _run(database: Database, scale: float) -> None:
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        await Bench(database, scale, Path(folder)).run()


if __name__ == "__main__":
    uvloop.run(measure(_run, __doc__, size=10))
