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
from tests.bench.own_database import measure, print_rate

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import Account
from cordboard.domain.workflows.models import Campaign, StartRequest, WorkflowVersion
from cordboard.domain.workflows.repository import campaigns
from cordboard.domain.workflows.use_cases.publish_workflow import MOVE_JOB
from cordboard.infra.db import Database
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.infra.jobs.queue import JobLoop
from cordboard.kit.clock import SystemClock, monotonic
from cordboard.run.platform import build_platform
from cordboard.run.settings import Settings

SENDER = "72345"
_ROUND = 500
_LATE_SECONDS = 15
_LATE_RATE = 1000


class Bench:
    """The figures, one method each."""

    def __init__(self, database: Database, scale: float, folder: Path) -> None:
        self._database = database
        self._scale = scale
        self._clock = SystemClock()
        self._platform = build_platform(Settings(data_dir=str(folder)), database, self._clock)
        self._account = self._platform.ids.random_uuid()
        self._numbers = self._platform.ids.time_uuid()
        self._template = self._platform.ids.time_uuid()

    async def run(self) -> None:
        """Prints the figures."""
        await self._found()
        await self.steps()
        await self.moves()
        for waiting in (100_000, 1_000_000, 5_000_000):
            await self.due_at_once(max(20_000, int(waiting * self._scale)))
        await self.lateness()

    async def steps(self) -> None:
        """Contacts that start, and each of their steps sends a message."""
        count = max(_ROUND, int(20_000 * self._scale))
        people = await self._people(count)
        texting = await self._campaign([self._sms(1, 2), _wait(2, 3), self._sms(3)])
        started = monotonic()
        for place in range(0, count, _ROUND):
            requests = [
                StartRequest(account_id=self._account, campaign_id=texting, contact_id=one)
                for one in people[place : place + _ROUND]
            ]
            async with self._database.transaction() as tx:
                await self._platform.campaigns.service.start(tx, requests)
        print_rate("starts", count, monotonic() - started)
        await self._timed("steps with an SMS effect", count, self._until_idle())
        sent = await self._value("select count(*) from messages")
        assert sent == count, sent

    async def moves(self) -> None:
        """Runs that wait while a version is published, and are moved to it."""
        count = max(20_000, int(500_000 * self._scale))
        nodes = [_wait(1, 2), {"id": 2, "type": "control", "children": []}]
        campaign = await self._campaign(nodes)
        await self._wait_for(campaign, count, 0)
        await self._timed("runs counted by version and node", count, self._publish(campaign, nodes))
        jobs = JobLoop(self._database, self._clock)
        jobs.handle(MOVE_JOB, self._platform.campaigns.move)
        await self._timed("runs moved to a new version", count, _until_done(jobs))
        moved = await self._value("select count(*) from runs where campaign_id = $1 and version = 2", campaign)
        assert moved == count, moved

    async def due_at_once(self, waiting: int) -> None:
        """So many runs that wait, of which 20,000 are due; each goes on to its next wait."""
        due = min(waiting, 20_000)
        async with self._database.connection() as connection:
            await connection.execute("truncate runs, run_inputs")
        delays = await self._campaign([_wait(1, 2), _wait(2, 3), {"id": 3, "type": "control", "children": []}])
        await self._wait_for(delays, waiting, due)
        weight = await self._value("select pg_total_relation_size('runs')") / waiting
        print(f"a waiting run with its indexes: {weight:.0f} bytes")
        await self._timed(f"waits ended, {waiting:,} waiting, {due:,} due at once", due, self._until_idle())

    async def lateness(self) -> None:
        """1,000 waits that end a second, with the others still there: how late the runs go on."""
        count = int(_LATE_SECONDS * _LATE_RATE)
        fleet = await self._campaign([_wait(1, 2), {"id": 2, "type": "control", "children": []}])
        first = self._clock.now() + timedelta(seconds=20)
        people = await self._people(count)
        await self._insert_runs(fleet, count, "$5::timestamptz + n * interval '1 ms'", first, people)
        loop = asyncio.create_task(self._platform.campaigns.loop.run(asyncio.Event()))
        while await self._value("select count(*) from runs where campaign_id = $1", fleet):
            await asyncio.sleep(1)
        loop.cancel()
        await asyncio.wait([loop])
        async with self._database.connection() as connection:
            rows = await connection.fetch("select state, ended_at from ended_runs where campaign_id = $1", fleet)
        late = sorted(
            (row["ended_at"] - first).total_seconds() - int(msgspec.json.decode(row["state"])["variables"]["n"]) / 1000
            for row in rows
        )
        print(
            f"runs go on late at {_LATE_RATE:,}/s: p50 {late[len(late) // 2] * 1000:.0f} ms,"
            f" p99 {late[len(late) * 99 // 100] * 1000:.0f} ms, worst {late[-1] * 1000:.0f} ms"
        )

    async def _found(self) -> None:
        now = self._clock.now()
        account = Account(
            self._account, self._account, "bench", "b@b.example", "", "", "cordboard", "", "", 1, now, now
        )
        async with self._database.transaction() as tx:
            await maintain_partitions(tx, now)
            await accounts.insert_account(tx, account)
            await tx.execute(
                "insert into number_sets (account_id, id, name, created_at) values ($1, $2, 'bench', $3)",
                self._account,
                self._numbers,
                now,
            )
            await tx.execute(
                "insert into numbers (account_id, phone_number, phone_sid, carrier, number_type, attributes,"
                " number_set_id, timezone, purchase_date, renewal_date) values ($1, $2, $3, 'sandbox', 4,"
                " '{sms-enabled,mms-enabled}', $4, -32, $5, $5)",
                self._account,
                SENDER,
                self._platform.ids.time_uuid(),
                self._numbers,
                now,
            )
            await tx.execute(
                "insert into sms_templates (account_id, id, title, text, created_at) values ($1, $2, 't', $3, $4)",
                self._account,
                self._template,
                "Hello %%FIRSTNAME%%, see you tomorrow at nine.",
                now,
            )

    async def _campaign(self, nodes: list[dict[str, Any]]) -> UUID:
        campaign_id, now = self._platform.ids.time_uuid(), self._clock.now()
        campaign = Campaign(
            account_id=self._account,
            id=campaign_id,
            name="bench",
            number_set_id=self._numbers,
            workflow_version=1,
            created_at=now,
        )
        version = WorkflowVersion(
            account_id=self._account,
            campaign_id=campaign_id,
            version=1,
            definition=_text(nodes),
            client_id=None,
            created_at=now,
        )
        async with self._database.transaction() as tx:
            await campaigns.insert(tx, campaign)
            await campaigns.add_version(tx, version)
        return campaign_id

    def _sms(self, node: int, *children: int) -> dict[str, Any]:
        return {"id": node, "type": "smsSend", "smsTemplateId": str(self._template), "children": list(children)}

    async def _people(self, count: int) -> list[UUID]:
        """Contacts that have not been used yet."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "insert into contacts (account_id, id, created, timezone, ext_data, created_at)"
                " select $1, gen_random_uuid(), gen_random_uuid(), -32, jsonb_build_object('phonenumber1',"
                " '+1949' || (2000000 + n % 8000000)::text, 'firstname', 'Ann', 'lastname', 'Example'), $2"
                " from generate_series(1, $3::int) n returning id",
                self._account,
                self._clock.now(),
                count,
                timeout=600,
            )
        return [row["id"] for row in rows]

    async def _wait_for(self, campaign_id: UUID, waiting: int, due: int) -> None:
        people = await self._people(due)
        when = f"$5::timestamptz + case when n <= {due} then interval '-1 hour' else interval '30 days' end"
        await self._insert_runs(campaign_id, waiting, f"{when} + n * interval '1 ms'", self._clock.now(), people)

    async def _insert_runs(self, campaign_id: UUID, count: int, when: str, moment: Any, people: list[UUID]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "insert into runs (account_id, id, campaign_id, version, contact_id, sender, state, at_node, wake_at,"
                " created_at) select $1, gen_random_uuid(), $2, 1, coalesce(($4::uuid[])[n], gen_random_uuid()), $6,"
                " json_build_object('at', 1, 'variables', json_build_object('n', n::text), 'wait',"
                " json_build_object('kind', 'time', 'token', 1, 'until', to_char(w at time zone 'UTC',"
                " 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')), 'moves', 1, 'path', array[1])::text, 1, w, $7"
                f" from (select n, {when} as w from generate_series(1, $3::int) n) s",
                self._account,
                campaign_id,
                count,
                people,
                moment,
                SENDER,
                self._clock.now(),
                timeout=1200,
            )
            await connection.execute("vacuum analyze runs", timeout=600)

    async def _publish(self, campaign_id: UUID, nodes: list[dict[str, Any]]) -> None:
        async with self._database.transaction() as tx:
            await self._platform.campaigns.service.publish(tx, self._account, campaign_id, _text(nodes), None, "apply")

    async def _until_idle(self) -> None:
        while await self._platform.campaigns.loop.step():
            pass

    async def _timed(self, what: str, count: int, work: Awaitable[None]) -> None:
        started = monotonic()
        await work
        print_rate(what, count, monotonic() - started)

    async def _value(self, sql: str, *values: Any) -> Any:
        async with self._database.connection() as connection:
            return await connection.fetchval(sql, *values)


def _text(nodes: list[dict[str, Any]]) -> str:
    return msgspec.json.encode({"schemaVersion": 1, "startNode": 1, "nodes": nodes}).decode()


async def _until_done(jobs: JobLoop) -> None:
    while await jobs.start_due():
        await jobs.settle()


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
