"""Contacts of an account with a million: how fast rows go in and are indexed, the three kinds of search over HTTP, and
what twenty accounts that search at once do to each other.

Everything runs on this machine: load generator, platform and PostgreSQL share its cores. The rows go in as uploads
write them, without what reading and checking a file costs.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from tests.bench import processes
from tests.bench.load import Figures, closed_loop, post
from tests.installation import Served, connected, serving

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import mask_of_roles
from cordboard.domain.accounts.tokens import ACCESS_LIFETIME, TokenSigner
from cordboard.infra.db.pool import prepare_connection
from cordboard.kit.clock import SystemClock, monotonic
from cordboard.kit.ids import Ids
from cordboard.run.platform import SIGNING_FILE

_CONTACTS = 1_000_000
_ACCOUNTS = 20
_EACH = 20_000
_BATCH = 5_000
_SEARCHES = 100
_PATH = "/v4/contact/search"
_FIRST = [
    begun + ended
    for begun in ("mar", "jo", "an", "el", "pat", "rob", "ste", "dan", "lu", "ka")
    for ended in ("ia", "hn", "na", "en", "rick", "ert", "ven", "iel", "cas", "leen")
]
_LAST = [
    begun + ended
    for begun in ("smi", "wil", "bro", "gar", "mil", "dav", "rod", "hern", "lop", "tay", "moo")
    for ended in ("th", "son", "liams", "wn", "cia", "ler")
]
_Row = tuple[UUID, UUID, UUID, int, dict[str, str], list[str], Any]


async def main(contacts: int = _CONTACTS) -> None:
    """Prints the figures."""
    gc.disable()  # the load generator's own pauses are nobody's latency
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        async with serving(Path(folder) / "data", []) as served, connected(served) as connection:
            await prepare_connection(connection)
            large = await _account(connection, served)
            await _insert(connection, served, large[0], contacts)
            await _searches(served, large[1], contacts)
            others = [await _account(connection, served) for _ in range(_ACCOUNTS)]
            for account_id, _ in others:
                await _fill(connection, account_id, _EACH)
            await _until_indexed(connection)
            await _fairness(served, [token for _, token in others])


async def _insert(
    connection: asyncpg.Connection[asyncpg.Record], served: Served, account_id: UUID, contacts: int
) -> None:
    """Rows and their keys, committed in batches, while the worker indexes."""
    started = monotonic()
    worker = served.pids("worker")
    before = processes.cpu_seconds(worker)
    spent = await _fill(connection, account_id, contacts)
    inserted = monotonic() - started
    await _until_indexed(connection)
    indexed = monotonic() - started
    sizes = await connection.fetchrow(
        "select pg_total_relation_size('contacts') as contacts, pg_total_relation_size('contact_keys') as keys,"
        " pg_total_relation_size('contact_segments') + pg_total_relation_size('contact_segment_texts') as index"
    )
    shown = ", ".join(f"{what} {size / 2**20:.0f} MiB" for what, size in sizes.items()) if sizes else ""
    print(
        f"insert: {contacts:,} contacts of 5 columns with their keys in {inserted:.1f} s, of which"
        f" {spent:.1f} s in the database ({contacts / spent:,.0f}/s); all indexed after {indexed:.1f} s,"
        f" for which the worker took {processes.cpu_seconds(worker) - before:.1f} s of CPU; {shown}"
    )


async def _searches(served: Served, token: str, contacts: int) -> None:
    """Each kind by itself, one request after the other; then four at once."""
    rnd = random.Random(2)

    def people() -> Iterator[dict[str, str]]:
        while True:
            yield _person(rnd.randrange(contacts))

    who = people()
    kinds: dict[str, Any] = {
        "key": lambda: {"keys": [next(who)["phonenumber1"]]},
        "equals, one meets it": lambda: _statement("email1", "equals", next(who)["email1"].upper()),
        "equals, of two fields": lambda: (
            _statement("firstname", "equals", next(who)["firstname"])
            | {"statements": [_says(name, "equals", next(who)[name]) for name in ("firstname", "lastname", "city1")]}
        ),
        "equals, 1 % meet it, 100 wanted": lambda: _statement("firstname", "equals", next(who)["firstname"], 100),
        "contains, few meet it": lambda: _statement(
            "email1", "contains", next(who)["email1"].partition("@")[0][-6:] + "@"
        ),
        "contains, 1 in 1,000 meets it": lambda: _statement(
            "phonenumber1", "contains", str(rnd.randrange(100, 1000)) + "7"
        ),
        "contains, 1 in 10 meets it, 100 wanted": lambda: _statement("lastname", "contains", "son", 100),
        "contains, nobody meets it": lambda: _statement("email1", "contains", f"zq{rnd.randrange(1000)}"),
        "ends with": lambda: _statement("phonenumber1", "ends_with", next(who)["phonenumber1"][-6:]),
        "10,000 contacts": lambda: _statement("lastname", "contains", "son", 10_000),
        "negated, 100 wanted": lambda: _statement("firstname", "contains", "john", 100, negated=True),
    }
    for name, body in kinds.items():
        for at_once in (1, 4) if "wanted" not in name and "10,000" not in name else (1,):
            many = 20 if "10,000" in name else _SEARCHES
            requests = iter([post(_PATH, token, msgspec.json.encode(body())) for _ in range(many)])
            figures = await closed_loop(served.port, requests, at_once)
            print(f"search, {name}, {at_once} at once: {_shown(figures)}")


async def _fairness(served: Served, tokens: Sequence[str]) -> None:
    """What one account that searches without end does to another one, and what twenty do to each other."""
    alone = await closed_loop(served.port, _load(tokens[0], _SEARCHES), 1)
    print(f"fairness: alone: {_shown(alone)}")
    over = asyncio.Event()
    flood = asyncio.create_task(closed_loop(served.port, _load(tokens[1], 1_000_000, over), 40))
    await asyncio.sleep(0.2)
    beside = await closed_loop(served.port, _load(tokens[0], _SEARCHES), 1)
    over.set()
    print(f"fairness: beside an account with 40 searches at once: {_shown(beside)}; the other: {_shown(await flood)}")
    started = monotonic()
    figures = await asyncio.gather(*(closed_loop(served.port, _load(token, 30), 2) for token in tokens))
    seconds = monotonic() - started
    medians = sorted(one.percentile(50) for one in figures)
    print(
        f"fairness: {len(tokens)} accounts with 2 searches at once each: {30 * len(tokens) / seconds:,.0f}/s together,"
        f" p50 of the luckiest {medians[0]:.1f} ms, of the unluckiest {medians[-1]:.1f} ms,"
        f" worst p95 {max(one.percentile(95) for one in figures):.1f} ms"
    )


def _load(token: str, many: int, over: asyncio.Event | None = None) -> Iterator[bytes]:
    for number in range(many):
        if over is not None and over.is_set():
            return
        body = _statement("email1", "contains", f"{number % 97}7@example1")
        yield post(_PATH, token, msgspec.json.encode(body))


def _says(variable: str, operation: str, value: str, *, negated: bool = False) -> dict[str, Any]:
    return {"variable": variable, "operation": operation, "value": value, "negated": negated}


def _statement(variable: str, operation: str, value: str, size: int = 1000, *, negated: bool = False) -> dict[str, Any]:
    return {"size": size, "statements": [_says(variable, operation, value, negated=negated)]}


def _shown(figures: Figures) -> str:
    assert not figures.failed, figures.first_failure
    return f"p50 {figures.percentile(50):.1f} ms, p95 {figures.percentile(95):.1f} ms"


def _person(number: int) -> dict[str, str]:
    rnd = random.Random(number)
    first, last = rnd.choice(_FIRST), rnd.choice(_LAST)
    return {
        "phonenumber1": f"+1949{2_000_000 + number}",
        "firstname": first.capitalize(),
        "lastname": last.capitalize(),
        "email1": f"{first}.{last}{number}@example{number % 50}.com",
        "city1": rnd.choice(_LAST).capitalize(),
    }


async def _fill(connection: asyncpg.Connection[asyncpg.Record], account_id: UUID, contacts: int) -> float:
    """Contacts and keys; answers the seconds that the database took."""
    spent = 0.0
    start = SystemClock().now()
    for at in range(0, contacts, _BATCH):
        rows: list[_Row] = []
        for number in range(at, min(at + _BATCH, contacts)):
            person = _person(number)
            made = start + timedelta(microseconds=number)
            rows.append((account_id, Ids.random_uuid(), Ids.random_uuid(), -32, person, [person["phonenumber1"]], made))
        began = monotonic()
        async with connection.transaction():
            columns = ("account_id", "id", "created", "timezone", "ext_data", "keys", "created_at")
            await connection.copy_records_to_table("contacts", columns=columns, records=rows)
            keys = [(account_id, row[5][0], row[1]) for row in rows]
            await connection.copy_records_to_table(
                "contact_keys", columns=("account_id", "key", "contact_id"), records=keys
            )
        spent += monotonic() - began
    return spent


async def _until_indexed(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    async with asyncio.timeout(300):
        while await connection.fetchval(
            "select exists (select from contact_changes group by account_id having count(*) >= 128)"
        ):
            await asyncio.sleep(0.2)


async def _account(connection: asyncpg.Connection[asyncpg.Record], served: Served) -> tuple[UUID, str]:
    """An account and a token of it."""
    clock = SystemClock()
    ids = Ids(clock)
    account_id = ids.random_uuid()
    new = {"id": account_id, "parent_id": account_id, "email": f"{account_id.hex}@bench.example"}
    await _copy_of_any(connection, "accounts", new)
    user_id = ids.random_uuid()
    await _copy_of_any(connection, "users", {"id": user_id, "account_id": account_id, "username": new["email"]})
    signer = TokenSigner.load_or_create(served.data_dir / SIGNING_FILE, clock)
    principal = Principal(
        account_id, account_id, user_id, mask_of_roles(["account-owner"]), "session", str(ids.random_uuid())
    )
    return account_id, signer.sign(principal, clock.now() + ACCESS_LIFETIME)


async def _copy_of_any(connection: asyncpg.Connection[asyncpg.Record], table: str, changes: dict[str, Any]) -> None:
    """Another row as the first start made one, with changes."""
    row = await connection.fetchrow(f"select * from {table} limit 1")
    assert row is not None
    new = {**row, **changes}
    await connection.copy_records_to_table(table, columns=list(new), records=[tuple(new.values())])


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
