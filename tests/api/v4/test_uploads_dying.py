"""Workers that die in the middle of an upload, and others who are at the same contacts: every row counts once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from tests.harness import Api, Tenant
from tests.uploads import contacts_of, loop_of, process_with, send, state_of, work_off

from cordboard.domain.contacts.models import ConflictMode
from cordboard.domain.uploads import repository
from cordboard.domain.uploads.kinds import Kind
from cordboard.domain.uploads.models import Outcome, Upload
from cordboard.infra.db import Tx

ROWS = 60
FILE = "keys,candy\n" + "".join(f"k{n},red hots\n" for n in range(ROWS))


class Death(BaseException):
    """No handler expects it."""


class Mortal:
    """A kind whose worker dies before the commit of its third chunk."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._chunks = 0
        self.flaw_of = kind.flaw_of
        self.check = kind.check

    async def apply(self, tx: Tx, account_id: UUID, rows: Any, mode: ConflictMode) -> Outcome:
        """Writes the rows, and dies."""
        outcome = await self._kind.apply(tx, account_id, rows, mode)
        self._chunks += 1
        if self._chunks == 3:
            raise Death
        return outcome


@pytest.fixture
async def acme(api: Api) -> Tenant:
    return await api.account("acme")


async def begun(api: Api, tenant: Tenant) -> str:
    upload_id: str = (await send(api, "/v4/contact/uploadAsync", tenant, FILE)).only["uploadId"]
    return upload_id


async def lease_ends(api: Api) -> None:
    async with api.platform.database.connection() as connection:
        await connection.execute("update jobs set lease_until = clock_timestamp() - interval '1 second'")


async def dies(api: Api, **changes: Any) -> None:
    """A slice by a worker that does not survive it: its job stays under its lease."""
    async with loop_of(api, process_with(api, chunk_rows=7, **changes)) as loop:
        (claimed,) = await loop._claim(1)
        with pytest.raises(Death):
            await loop._handlers[claimed.kind](claimed)


async def assert_every_row_once(api: Api, tenant: Tenant, upload_id: str) -> None:
    done = await state_of(api, tenant, upload_id, size="1000")
    assert (done["status"], done["successRows"], done["failedRows"]) == ("completed", ROWS, 0)
    assert list(done["contactIds"]) == [str(n) for n in range(1, ROWS + 1)]
    kept = await contacts_of(api, tenant)
    assert {kept[one]["keys"][0]: row for row, one in done["contactIds"].items()} == {
        f"k{n}": str(n + 1) for n in range(ROWS)
    }
    assert len(kept) == ROWS


async def test_death_before_a_commit_loses_nothing(api: Api, acme: Tenant) -> None:
    upload_id = await begun(api, acme)
    mortal: Mapping[str, Any] = {"contacts": Mortal(api.platform.contact_tools.process_upload.kinds["contacts"])}
    await dies(api, kinds=mortal)
    assert (await state_of(api, acme, upload_id))["successRows"] == 14
    assert len(await contacts_of(api, acme)) == 14

    await work_off(api)
    assert (await state_of(api, acme, upload_id))["successRows"] == 14, "the dead worker's lease still holds"
    await lease_ends(api)
    await work_off(api)

    await assert_every_row_once(api, acme, upload_id)


async def test_death_after_a_commit_doubles_nothing(api: Api, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = await begun(api, acme)
    process = process_with(api, chunk_rows=7)
    write = process._write

    async def write_and_die(upload: Upload, *rest: Any, **named: Any) -> Upload | None:
        after = await write(upload, *rest, **named)
        if after is not None and after.success_rows == 21:
            raise Death
        return after

    monkeypatch.setattr(process, "_write", write_and_die)
    async with loop_of(api, process) as loop:
        (job,) = await loop._claim(1)
        with pytest.raises(Death):
            await process(job)
    assert (await state_of(api, acme, upload_id))["successRows"] == 21

    await lease_ends(api)
    await work_off(api)

    await assert_every_row_once(api, acme, upload_id)


async def test_two_workers_at_one_upload_share_it(api: Api, acme: Tenant) -> None:
    """As after a lease that ended while its worker was only slow."""
    upload_id = await begun(api, acme)
    async with loop_of(api, process_with(api, chunk_rows=3)) as loop:
        (job,) = await loop._claim(1)
    await asyncio.gather(*(process_with(api, chunk_rows=3)(job) for _ in range(3)))
    await lease_ends(api)
    await work_off(api)

    await assert_every_row_once(api, acme, upload_id)


async def test_what_fails_again_and_again_is_given_up(api: Api, acme: Tenant) -> None:
    upload_id = await begun(api, acme)

    class Broken(Mortal):
        """A kind that nobody can write."""

        async def apply(self, *_: Any) -> Outcome:
            """Fails."""
            raise ZeroDivisionError

    kinds = {"contacts": Broken(api.platform.contact_tools.process_upload.kinds["contacts"])}
    async with loop_of(api, process_with(api, kinds=kinds)) as loop:
        for _ in range(20):
            await loop.start_due()
            await loop.settle()
            api.clock.advance(200)

    (row,) = await api.fetch("select status, reason from uploads where id = $1", UUID(upload_id))
    assert (row["status"], row["reason"]) == ("failed", "it failed again and again")
    assert await api.fetch("select from jobs where kind = 'uploads.process'") == []
    assert await contacts_of(api, acme) == {}


async def test_edits_and_uploads_of_the_same_contacts_never_block_each_other(api: Api, acme: Tenant) -> None:
    """Many edits and three files at once, over the same keys in any order: all end, and each key has one owner."""
    chance = random.Random(7)
    first = (await send(api, "/v4/contact/upload", acme, FILE)).only["contactIds"]
    ids = list(first.values())

    def shuffled(mode: str, letter: str) -> Any:
        rows = [f"k{n}|{letter}{n},{letter}\n" for n in range(ROWS)]
        chance.shuffle(rows)
        return send(api, "/v4/contact/upload", acme, "keys,candy\n" + "".join(rows), conflictMode=mode)

    def edit(number: int) -> Any:
        keys = [f"k{number}", f"x{chance.randrange(ROWS)}"]
        return api.put(f"/v4/contact/{ids[number]}", acme, {"keys": chance.sample(keys, 2)})

    def gone(number: int) -> Any:
        return api.delete(f"/v4/contact/{ids[number]}", acme)

    work = [shuffled("APPEND", "a"), shuffled("REPLACE", "x"), shuffled("OVERWRITE", "b")]
    work += [edit(chance.randrange(ROWS)) for _ in range(40)] + [gone(number) for number in range(5)]
    chance.shuffle(work)
    answers = await asyncio.gather(*work)

    assert {answer.status for answer in answers} <= {200, 404, 409}
    owned = {row["key"]: row["contact_id"] for row in await api.fetch("select key, contact_id from contact_keys")}
    said = {key: row["id"] for row in (await contacts_of(api, acme)).values() for key in row["keys"]}
    assert owned == said


async def test_results_of_a_chunk_and_its_place_are_one(api: Api, acme: Tenant) -> None:
    upload_id = await begun(api, acme)
    async with loop_of(api, process_with(api, chunk_rows=7)) as loop:
        await work_off(api, loop)
    async with api.platform.database.transaction() as tx:
        upload = await repository.find(tx, acme.id, UUID(upload_id))
    results = await api.fetch("select first_row, rows, succeeded_before from upload_results order by first_row")

    assert upload is not None
    assert upload.position == upload.size
    assert [row["first_row"] for row in results] == list(range(1, ROWS + 1, 7))
    assert sum(row["rows"] for row in results) == upload.processed_rows == ROWS
