"""Webhooks a second to a fast receiver, alone and beside a dead one with 100,000 lanes: `python -m
tests.bench.bench_webhooks`. The receiver is a process of its own; the database is a fresh embedded one, durable as
shipped.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import uvloop
from tests.harness import settings_for_tests

from cordboard.domain.messaging.events import RECEIVED, MessageEvent
from cordboard.domain.webhooks.models import Delivery, WebhookChanges
from cordboard.domain.webhooks.repository import queue
from cordboard.infra.db import Database
from cordboard.infra.db.embedded import EmbeddedPostgres
from cordboard.infra.db.migrate import migrate
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.infra.events import Event, append
from cordboard.kit.clock import SystemClock, epoch_ms, monotonic
from cordboard.run.platform import Platform, build_platform
from cordboard.run.worker import build_worker

EVENTS = 10_000
DEAD_LANES = 100_000
_CHUNK = 1_000


async def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        async with _platform(Path(folder)) as platform, _receiver() as receiver:
            account_id = await _account(platform)
            await _hook(platform, account_id, str(receiver.base_url.join("/fast")))
            await _measure(platform, account_id, receiver, "alone")
            dead = await _hook(platform, account_id, str(receiver.base_url.join("/dead")), event_type="voicemail")
            await receiver.put("/__answers", json={"path": "/dead", "answers": [{"hang": True}]})
            await _fill(platform, account_id, dead)
            await _claims(platform)
            await _measure(platform, account_id, receiver, f"beside a hanging receiver with {DEAD_LANES} lanes")
            print(f"dead receiver was asked {await _asked(receiver, '/dead')} times")


async def _measure(platform: Platform, account_id: UUID, receiver: httpx.AsyncClient, name: str) -> None:
    """Tells EVENTS events, then delivers them."""
    await _tell(platform, account_id)
    worker = build_worker(platform)
    started = monotonic()
    while await worker.dispatcher.drain():
        pass
    enqueued = monotonic() - started
    before = await _asked(receiver, "/fast")
    running = asyncio.create_task(worker.webhooks.run(asyncio.Event()))
    started = monotonic()
    while await _asked(receiver, "/fast") - before < EVENTS:
        await asyncio.sleep(0.1)
    sent = monotonic() - started
    while await _waiting(platform, "sms_inbound"):
        await asyncio.sleep(0.05)
    done = monotonic() - started
    print(f"{name}: enqueued {EVENTS / enqueued:,.0f}/s, sent {EVENTS / sent:,.0f}/s, recorded {EVENTS / done:,.0f}/s")
    running.cancel()
    await asyncio.wait([running], timeout=20)


async def _claims(platform: Platform) -> None:
    """What a claim costs beside the dead receiver's lanes."""
    times = []
    for _ in range(20):
        started = monotonic()
        async with platform.database.transaction() as tx:
            await queue.endpoints_waiting(tx, UUID(int=0), 1000, platform.clock.now())
        times.append((monotonic() - started) * 1000)
    print(f"walk over endpoints: median {sorted(times)[len(times) // 2]:.1f} ms")


async def _tell(platform: Platform, account_id: UUID) -> None:
    for first in range(0, EVENTS, _CHUNK):
        async with platform.database.transaction() as tx:
            await append(tx, [_event(platform, account_id, number) for number in range(first, first + _CHUNK)])


def _event(platform: Platform, account_id: UUID, number: int) -> Event:
    now = platform.clock.now()
    sender = f"+1949{number:07d}"
    message = MessageEvent(
        account_sid=str(account_id),
        message_sid=str(platform.ids.time_uuid()),
        direction="inbound",
        to="+19495550100",
        sender=sender,
        text="A text of a usual length, that somebody sent to one of our numbers.",
        status="success",
        created_at=epoch_ms(now),
    )
    return Event(RECEIVED, account_id, sender, msgspec.to_builtins(message), now)


async def _fill(platform: Platform, account_id: UUID, endpoint_id: UUID) -> None:
    """Lanes of a receiver that never answers."""
    now = platform.clock.now()
    for first in range(0, DEAD_LANES, 10 * _CHUNK):
        deliveries = [
            Delivery(
                account_id=account_id,
                endpoint_id=endpoint_id,
                subject=f"+1714{number:07d}",
                message_id=platform.ids.time_uuid(),
                event_type="voicemail",
                payload='{"recordingId": "1"}',
                occurred_at=now,
                created_at=now,
            )
            for number in range(first, first + 10 * _CHUNK)
        ]
        async with platform.database.transaction() as tx:
            await queue.enqueue(tx, deliveries, now)


async def _waiting(platform: Platform, event_type: str) -> int:
    async with platform.database.connection() as connection:
        count: int = await connection.fetchval(
            "select count(*) from webhook_queue q join webhooks w on w.id = q.endpoint_id where w.event_type = $1",
            event_type,
        )
    return count


async def _account(platform: Platform) -> UUID:
    async with platform.database.transaction() as tx:
        account, _ = await platform.accounts.create(
            tx, name="bench", email="bench@bench.example", password="correct horse battery"
        )
    return account.id


async def _hook(platform: Platform, account_id: UUID, url: str, event_type: str = "sms_inbound") -> UUID:
    async with platform.database.transaction() as tx:
        changes = WebhookChanges(event_type=event_type, name=url, url=url)
        return (await platform.webhooks.add(tx, account_id, changes)).id


async def _asked(receiver: httpx.AsyncClient, path: str) -> int:
    """How many requests the receiver got at a path."""
    count: int = (await receiver.get("/__stats")).json()["by_path"].get(path, 0)
    return count


@asynccontextmanager
async def _platform(folder: Path) -> AsyncIterator[Platform]:
    server = EmbeddedPostgres(folder / "postgres")
    url = await server.start()
    await migrate(url)
    database = await Database.connect(url)
    clock = SystemClock()
    async with database.transaction() as tx:
        await maintain_partitions(tx, clock.now())
    platform = build_platform(settings_for_tests(folder / "data"), database, clock)
    try:
        yield platform
    finally:
        await platform.close()
        server.stop()


@asynccontextmanager
async def _receiver() -> AsyncIterator[httpx.AsyncClient]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cordboard.testing.webhook_receiver", "--json", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ready['port']}") as client:
        try:
            yield client
        finally:
            process.terminate()
            await process.wait()


if __name__ == "__main__":
    uvloop.run(main())
