"""One SMPP bind, 20 ms away, window 32: how many submits a second the smpp role makes of a full queue.

With the answer 20 ms after the submit a window of 32 allows 1,600 a second at the very most.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import uvloop
from tests.bench.bench_sms import SHORT_CODES, requests
from tests.bench.load import closed_loop
from tests.installation import serving, smsc_process

from cordboard.kit.clock import monotonic

_MESSAGES = 8_000
_WINDOW = 32
_REFUSE_BINDS = 0x0D


async def main() -> None:
    """Prints the figure."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        async with smsc_process(response_latency=0.02, receipts="none", bind_status=_REFUSE_BINDS) as smsc:
            carrier = {"name": "acme", "host": "127.0.0.1", "port": smsc.port, "system_id": "bench", "window": _WINDOW}
            carriers = [{**carrier, "tps": 100_000, "inventory": list(SHORT_CODES)}]
            async with serving(Path(folder) / "data", carriers) as served:
                await served.call("POST", "/v4/number/purchase", {"phoneNumber": list(SHORT_CODES)})
                figures = await closed_loop(served.port, requests(served, _MESSAGES), 48)
                assert not figures.failed, figures.first_failure
                await smsc.behave(bind_status=0)
                while (begun := (await smsc.stats())["accepted"]) < _MESSAGES // 10:
                    await asyncio.sleep(0.05)
                started = monotonic()
                while (taken := (await smsc.stats())["accepted"]) < _MESSAGES * 9 // 10:
                    await asyncio.sleep(0.05)
                seconds = monotonic() - started
    print(f"one SMPP bind, 20 ms away, window {_WINDOW}: {(taken - begun) / seconds:,.0f} submits/s")


if __name__ == "__main__":
    uvloop.run(main())
