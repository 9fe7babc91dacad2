"""Benchmarks that need a database and no processes: an embedded PostgreSQL of their own."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from cordboard.infra import memory
from cordboard.infra.db import Database
from cordboard.infra.db.embedded import EmbeddedPostgres
from cordboard.infra.db.migrate import migrate


async def measure(run: Callable[[Database, float], Awaitable[None]], description: str | None, *, size: int) -> None:
    """Calls `run` with a migrated database, of `size` connections, and the scale that the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--scale", type=float, default=1.0)
    scale: float = parser.parse_args().scale
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        url = await server.start()
        try:
            await migrate(url)
            database = await Database.connect(url, size=size)
            memory.settle()  # as the processes of an installation do
            await run(database, scale)
            await database.close()
        finally:
            server.stop()


def print_rate(what: str, count: int, seconds: float) -> None:
    """A line of figures."""
    print(f"{what}: {count / seconds:,.0f}/s ({count:,} in {seconds:.1f} s)")
