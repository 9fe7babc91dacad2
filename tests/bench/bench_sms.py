"""SMS end to end per second: POST /v4/sms, over SMPP, receipt, log; and the latency of the POST at a steady 500/s.

Everything runs on this machine: load generator, platform, PostgreSQL and SMSC share its cores.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from tests.bench import processes
from tests.bench.load import closed_loop, open_loop, post
from tests.installation import Served, SmscProcess, connected, serving, smsc_process

from cordboard.kit.clock import monotonic

SHORT_CODES = tuple(f"{code}" for code in range(20001, 20041))
_MESSAGES = 15_000
_RATE = 500
_SECONDS = 10


async def main(messages: int = _MESSAGES) -> None:
    """Prints the figures."""
    gc.disable()  # the load generator's own pauses are nobody's latency
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        async with smsc_process() as smsc:
            carrier = {"name": "acme", "host": "127.0.0.1", "port": smsc.port, "system_id": "bench", "window": 50}
            carriers = [{**carrier, "tps": 100_000, "inventory": list(SHORT_CODES)}]
            async with serving(Path(folder) / "data", carriers) as served:
                await served.call("POST", "/v4/number/purchase", {"phoneNumber": list(SHORT_CODES)})
                await _warm_up(served, smsc)
                await latency(served, smsc)
                await end_to_end(served, smsc, messages)
                await memory(served)


async def end_to_end(served: Served, smsc: SmscProcess, messages: int) -> None:
    """From the first POST to the last receipt in the log."""
    before = await _delivered(served)
    costs = _Costs(served, smsc)
    started = monotonic()
    figures = await closed_loop(served.port, requests(served, messages), 48)
    accepted = monotonic() - started
    await _until_delivered(served, before + messages)
    total = monotonic() - started
    counts = await smsc.stats()
    assert not figures.failed, figures.first_failure
    print(
        f"sms end to end, window 50: {messages / total:,.0f}/s ({messages:,} messages in {total:.1f} s;"
        f" accepted at {messages / accepted:,.0f}/s; {counts['duplicates']} twice at the SMSC)"
    )
    print(f"CPU a message: {costs.since(messages)}")


async def latency(served: Served, smsc: SmscProcess) -> None:
    """The POST alone, at a steady rate."""
    before = await _delivered(served)
    figures = await open_loop(served.port, requests(served, _RATE * _SECONDS + 1), _RATE, _SECONDS)
    assert not figures.failed, figures.first_failure
    print(
        f"POST /v4/sms at {_RATE}/s: p50 {figures.percentile(50):.1f} ms, p99 {figures.percentile(99):.1f} ms,"
        f" p99.9 {figures.percentile(99.9):.1f} ms"
    )
    await _until_delivered(served, before + len(figures.seconds))


async def memory(served: Served) -> None:
    """Resident memory of each role."""
    for role in ("api", "worker", "smpp"):
        print(f"memory {role}: {processes.resident_mib(served.pids(role)[-1]):.0f} MiB")


def requests(served: Served, count: int) -> Iterator[bytes]:
    """So many messages, each to its own handset, from the short codes in turn."""
    senders = itertools.cycle(SHORT_CODES)
    for index in range(count):
        body: dict[str, Any] = {
            "from": next(senders),
            "to": f"+1949{2_000_000 + next(_handsets) % 7_000_000}",
            "text": f"Your appointment number {index} is tomorrow at nine. Reply STOP to end.",
        }
        yield post("/v4/sms", served.token, msgspec.json.encode(body))


_handsets = itertools.count()


class _Costs:
    """CPU time of everything that takes part."""

    def __init__(self, served: Served, smsc: SmscProcess) -> None:
        self._pids = {role: [served.pids(role)[-1]] for role in ("api", "worker", "smpp")}
        self._pids["postgres"] = processes.postgres_of(served.data_dir)
        self._pids["smsc"] = [smsc.process.pid]
        self._pids["load"] = [os.getpid()]
        self._before = {name: processes.cpu_seconds(pids) for name, pids in self._pids.items()}

    def since(self, messages: int) -> str:
        """Microseconds a message of each, and their sum."""
        spent = {name: processes.cpu_seconds(pids) - self._before[name] for name, pids in self._pids.items()}
        each = {name: seconds / messages * 1e6 for name, seconds in spent.items()}
        return ", ".join(f"{name} {us:.0f} us" for name, us in each.items()) + f"; in all {sum(each.values()):.0f} us"


async def _warm_up(served: Served, smsc: SmscProcess) -> None:
    before = await _delivered(served)
    await closed_loop(served.port, requests(served, 300), 8)
    await _until_delivered(served, before + 300)


async def _delivered(served: Served) -> int:
    async with connected(served) as connection:
        count: int = await connection.fetchval("select count(*) from messages where state = 'delivered'")
        return count


async def _until_delivered(served: Served, wanted: int) -> None:
    async with asyncio.timeout(300):
        while await _delivered(served) < wanted:
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
