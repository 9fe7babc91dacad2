"""A worker is killed with SIGKILL in the middle of an upload: every row becomes one contact all the same."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.installation import Served, connected, serving

pytestmark = pytest.mark.system

ROWS = 60_000
_PATIENCE = 60.0


async def test_a_killed_worker_neither_loses_nor_doubles_a_row(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", []) as served:
        upload_id = await started(served)
        await progressed(served, upload_id)
        await kill(served)
        assert (await state(served, upload_id))["status"] == "processing", "it was killed too late"
        done = await completed(served, upload_id)
        kept, told = await contacts(served), await results(served)

    assert (done["status"], done["processedRows"], done["successRows"]) == ("completed", ROWS, ROWS)
    assert set(kept.values()) == {1}
    assert len(kept) == ROWS
    assert told == {f"k{row}": row for row in range(1, ROWS + 1)}


async def started(served: Served) -> str:
    """A file of contacts with a key each."""
    rows = "".join(f"k{row},Jenny,Doe,red hots,{row}\n" for row in range(1, ROWS + 1))
    answer = await served.http.post(
        "/v4/contact/uploadAsync",
        files={"parts": ("contacts.csv", "keys,firstname,lastname,candy,row\n" + rows)},
        headers={"Authorization": f"Bearer {served.token}"},
    )
    assert answer.status_code == 200, answer.text
    upload_id: str = answer.json()["payload"][0]["uploadId"]
    return upload_id


async def progressed(served: Served, upload_id: str) -> None:
    """Waits for rows that were not there before."""
    before = (await state(served, upload_id))["processedRows"]
    async with asyncio.timeout(_PATIENCE):
        while (await state(served, upload_id))["processedRows"] == before:
            await asyncio.sleep(0.02)


async def kill(served: Served) -> None:
    """Kills the worker, and waits until the supervisor has started another."""
    before = served.pids("worker")
    os.kill(before[-1], signal.SIGKILL)
    async with asyncio.timeout(_PATIENCE):
        while len(served.pids("worker")) == len(before):
            await asyncio.sleep(0.05)


async def completed(served: Served, upload_id: str) -> dict[str, Any]:
    async with asyncio.timeout(_PATIENCE):
        while (upload := await state(served, upload_id))["status"] == "processing":
            await asyncio.sleep(0.1)
    return upload


async def state(served: Served, upload_id: str) -> dict[str, Any]:
    """How far it is."""
    (upload,) = await served.call("GET", f"/v4/upload/{upload_id}?size=1")
    found: dict[str, Any] = upload
    return found


async def contacts(served: Served) -> Counter[str]:
    """How many contacts each row became."""
    async with connected(served) as connection:
        return Counter(
            {
                row["row"]: row["count"]
                for row in await connection.fetch("select ext_data ->> 'row' as row, count(*) from contacts group by 1")
            }
        )


async def results(served: Served) -> dict[str, int]:
    """The row that the platform says each key came from."""
    async with connected(served) as connection:
        rows = await connection.fetch(
            "select k.key, r.first_row + c.place - 1 as row from upload_results r,"
            " unnest(r.contact_ids) with ordinality as c (id, place) join contact_keys k on k.contact_id = c.id"
        )
    return {row["key"]: row["row"] for row in rows}
