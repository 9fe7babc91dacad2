"""How much waits in each queue."""

from __future__ import annotations

from uuid import uuid4

from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.run.depths import depths
from cordboard.testing.clock import VirtualClock


async def test_what_waits_and_what_was_given_up_are_told_apart(database: Database, clock: VirtualClock) -> None:
    async with database.transaction() as tx:
        await enqueue(tx, [Job("x", uuid4(), {}, clock.now()) for _ in range(3)])
        await tx.execute("update jobs set parked = true where id = (select min(id) from jobs)")
        found = await depths(tx)

    assert (found["jobs"], found["jobs_parked"]) == (2, 1)
    assert {queue for queue, depth in found.items() if depth == 0} == {
        "outbox",
        "outbox_parked",
        "timers",
        "sms",
        "webhooks",
    }
