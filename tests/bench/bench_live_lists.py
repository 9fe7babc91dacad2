"""Live lists: contacts put in line and taken out a second, by many agents at once, and what a full list costs.

One process and one PostgreSQL share this machine. Durability is as PostgreSQL ships it. `--scale 0.1` for a quick look.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from uuid import UUID

import uvloop
from tests.bench.own_database import measure, print_rate

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import Account
from cordboard.domain.live_lists.models import NewEntry, Viewer
from cordboard.domain.live_lists.service import MOST_ENTRIES
from cordboard.infra.db import Database
from cordboard.kit.clock import SystemClock, monotonic
from cordboard.run.platform import build_platform
from cordboard.run.settings import Settings

_BATCH = 400
_AGENTS = 16
_NAME = "bench"


class Bench:
    """The figures, one method each."""

    def __init__(self, database: Database, scale: float, folder: Path) -> None:
        self._database = database
        self._count = int(MOST_ENTRIES * scale)
        self._clock = SystemClock()
        platform = build_platform(Settings(data_dir=str(folder)), database, self._clock)
        self._ids, self._contacts, self._lists = platform.ids, platform.contacts, platform.live_lists.service
        self._viewer = Viewer(self._ids.random_uuid(), self._ids.random_uuid(), sees_all=True)
        self._person = self._viewer.account_id

    async def run(self) -> None:
        """Prints the figures."""
        await self._found()
        await self.adding()
        await self.showing()
        await self.taking()
        await self.passing_by()

    async def adding(self) -> None:
        """A list is filled, as steps of runs do it."""
        started = monotonic()
        await self._add(self._count)
        print_rate("put in line, until the list was full", self._count, monotonic() - started)

    async def showing(self) -> None:
        """The lists with their lengths, while one is full."""
        started = monotonic()
        async with self._database.connection() as connection:
            (shown,) = await self._lists.summaries(connection, self._viewer)
        print(f"shown with a length of {shown.length:,}: {(monotonic() - started) * 1000:.0f} ms")

    async def taking(self) -> None:
        """Agents ask for the next, as fast as they are answered."""
        count, taken = self._count // 10, 0

        async def agent() -> None:
            nonlocal taken
            while taken < count:
                taken += 1
                async with self._database.transaction() as tx:
                    assert await self._lists.take(tx, self._viewer, _NAME)

        started = monotonic()
        await asyncio.gather(*(agent() for _ in range(_AGENTS)))
        print_rate(f"taken out by {_AGENTS} agents at once", count, monotonic() - started)

    async def passing_by(self) -> None:
        """The next, with many before it whose time is over."""
        async with self._database.connection() as connection:
            await connection.execute("update live_list_entries set expires_at = $1", self._clock.now())
        await self._add(1)
        started = monotonic()
        async with self._database.transaction() as tx:
            assert await self._lists.take(tx, self._viewer, _NAME)
        print(f"the next after {self._count * 9 // 10:,} expired ones: {(monotonic() - started) * 1000:.0f} ms")

    async def _add(self, count: int) -> None:
        for place in range(0, count, _BATCH):
            entries = [self._entry() for _ in range(min(_BATCH, count - place))]
            async with self._database.transaction() as tx:
                answers = await self._lists.add(tx, entries)
            assert answers == [None] * len(entries), answers[0]

    def _entry(self) -> NewEntry:
        return NewEntry(
            account_id=self._viewer.account_id,
            list_name=_NAME,
            key=str(self._ids.random_uuid()),
            contact_id=self._person,
            campaign_id=self._person,
            run_id=self._person,
            variables={"source": "web form", "product": "solar"},
            expires_at=None,
        )

    async def _found(self) -> None:
        now, account_id = self._clock.now(), self._viewer.account_id
        account = Account(account_id, account_id, "bench", "b@b.example", "", "", "cordboard", "", "", 1, now, now)
        async with self._database.transaction() as tx:
            await accounts.insert_account(tx, account)
            person = await self._contacts.add(tx, account_id, {"phonenumber1": "+19492221234"}, [])
            await self._lists.create(tx, account_id, name=_NAME, client_ids=[], made_by=UUID(int=0))
        self._person = person.id


async def _run(database: Database, scale: float) -> None:
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        await Bench(database, scale, Path(folder)).run()


if __name__ == "__main__":
    uvloop.run(measure(_run, __doc__, size=20))
