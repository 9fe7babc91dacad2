"""Uploads: a million contacts of five columns, a hundred thousand in each conflict mode, and a hundred thousand numbers
that are not to be contacted.

Everything runs on this machine: the sender, the API, the worker (which brings the search index up to date meanwhile)
and PostgreSQL share its cores. `--rows 100000` for a quick look.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from tests.bench import processes
from tests.installation import Served, connected, serving

from cordboard.kit.clock import monotonic

_ROWS = 1_000_000
_SHARE = 10  # the modes are measured with a tenth of the rows
_AREAS = (212, 310, 415, 512, 617, 713, 808, 907, 949, 305)
_PATIENCE = 1800.0


class Peaks:
    """The highest resident memory of roles and of PostgreSQL's largest backend, in MiB."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._highest: dict[str, float] = {}

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Looks twice a second."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()

    def __str__(self) -> str:
        return ", ".join(f"{name} {mib:.0f} MiB" for name, mib in self._highest.items())

    async def _watch(self) -> None:
        while True:
            for role in ("api", "worker"):
                now = processes.resident_mib(self._served.pids(role)[-1])
                self._highest[role] = max(now, self._highest.get(role, 0))
            await asyncio.sleep(0.5)


async def main(rows: int) -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        async with serving(Path(folder) / "data", []) as served:
            peaks = Peaks(served)
            file = contacts_file(Path(folder), rows, changed="")
            async with peaks.watched():
                await timed(served, f"contacts, {rows:,} new", "/v4/contact/uploadAsync", file, rows)
            print(f"peak memory: {peaks}")
            print(f"the search index is up to date {await indexed(served):.1f} s after that")
            for mode in ("REJECT", "APPEND", "OVERWRITE", "REPLACE"):
                file = contacts_file(Path(folder), rows // _SHARE, changed=mode)
                path = f"/v4/contact/uploadAsync?conflictMode={mode}"
                await timed(served, f"contacts, {rows // _SHARE:,} that are there, {mode}", path, file, rows // _SHARE)
            file = dnc_file(Path(folder), rows // _SHARE)
            await timed(served, f"DNC entries, {rows // _SHARE:,} new", "/v4/dnc/bulkAsync", file, rows // _SHARE)


async def timed(served: Served, what: str, path: str, file: Path, rows: int) -> None:
    """From the first byte that is sent until the upload is completed."""
    before = costs(served)
    started = monotonic()
    headers = {"Authorization": f"Bearer {served.token}"}
    with file.open("rb") as opened:
        answer = await served.http.post(path, files={"file": (file.name, opened)}, headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    taken = monotonic() - started
    upload: dict[str, Any] = answer.json()["payload"][0]
    async with asyncio.timeout(_PATIENCE):
        while upload["status"] == "processing":
            await asyncio.sleep(0.2)
            (upload,) = await served.call("GET", f"/v4/upload/{upload['uploadId']}?size=1")
    seconds = monotonic() - started
    assert (upload["status"], upload["processedRows"]) == ("completed", rows), upload
    spent = {name: after - before[name] for name, after in costs(served).items()}
    print(
        f"{what}: {seconds:.1f} s, {rows / seconds:,.0f} rows/s (taken after {taken:.1f} s; {upload['failedRows']:,}"
        f" refused; CPU {', '.join(f'{name} {cpu:.1f} s' for name, cpu in spent.items())})",
        flush=True,
    )


def costs(served: Served) -> dict[str, float]:
    """CPU seconds so far."""
    return {
        "api": processes.cpu_seconds(served.pids("api")),
        "worker": processes.cpu_seconds(served.pids("worker")),
        "PostgreSQL": processes.cpu_seconds(processes.postgres_of(served.data_dir)),
    }


async def indexed(served: Served) -> float:
    """How long it takes until few contacts wait for the search index."""
    started = monotonic()
    async with connected(served) as connection, asyncio.timeout(_PATIENCE):
        while await connection.fetchval("select count(*) from contact_changes") > _SHARE * 100:
            await asyncio.sleep(0.2)
    return monotonic() - started


def contacts_file(folder: Path, rows: int, *, changed: str) -> Path:
    """Contacts of five columns, in the three ways in which lists write numbers."""
    path = folder / f"contacts-{changed or 'new'}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("phonenumber1,firstname,lastname,email1,candy\r\n")
        for n in range(rows):
            area, line = _AREAS[n % len(_AREAS)], 2_000_000 + n // len(_AREAS) * 7
            number = (f"+1{area}{line}", f"({area}) {line // 10_000}-{line % 10_000:04}", f"{area}{line}")[n % 3]
            file.write(
                f'{number},First{n % 5000},"Last, {n % 9973}",person{n}@example.com,{changed}sweet {n % 100}\r\n'
            )
    return path


def dnc_file(folder: Path, rows: int) -> Path:
    """Numbers of the contacts."""
    path = folder / "dnc.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("endpoint,subtype,selector\n")
        for n in range(rows):
            file.write(f"+1{_AREAS[n % len(_AREAS)]}{2_000_000 + n // len(_AREAS) * 7},{'call' if n % 2 else 'sms'},\n")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=_ROWS)
    uvloop.run(main(parser.parse_args().rows))
