"""Ours: how far uploads are, what became of their rows, and when they are forgotten."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.harness import Api, Tenant
from tests.uploads import contacts_of, loop_of, process_with, send, state_of, work_off

from cordboard.run.upkeep import upkeep_of

FILE = "phonenumber1,firstname\n+17148675309,Jenny\n"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    return await api.account("acme")


async def started(api: Api, tenant: Tenant, content: str) -> dict[str, Any]:
    """What an upload in the background answers."""
    only: dict[str, Any] = (await send(api, "/v4/contact/uploadAsync", tenant, content)).only
    return only


async def test_results_are_paged(api: Api, acme: Tenant) -> None:
    rows = "".join("911,bad\n" if n % 3 == 0 else f"+1949555{n:04},good\n" for n in range(1, 31))
    begun = await started(api, acme, "phonenumber1,candy\n" + rows)
    async with loop_of(api, process_with(api, chunk_rows=7)) as loop:
        await work_off(api, loop)

    pages = [await state_of(api, acme, begun["uploadId"], size="4", offset=str(at)) for at in range(0, 24, 4)]
    made = [int(row) for page in pages for row in page["contactIds"] or ()]
    wrong = [int(row) for page in pages for row in page["errors"] or ()]
    assert made == [n for n in range(1, 31) if n % 3]
    assert wrong == [n for n in range(1, 31) if n % 3 == 0]
    assert [page["next"] is None for page in pages] == [False] * 4 + [True, True]
    assert pages[1]["next"] == f"/v4/upload/{begun['uploadId']}?size=4&offset=8"
    following = await api.get(pages[0]["next"], acme)
    assert following.only["contactIds"] == pages[1]["contactIds"]


async def test_uploads_are_forgotten_after_thirty_days(api: Api, acme: Tenant) -> None:
    begun = await started(api, acme, FILE)
    files = api.platform.settings.data_path / "media"
    upkeep = upkeep_of(api.platform)
    api.clock.advance(29 * 86_400)
    await upkeep.once()
    assert len(await api.fetch("select from uploads")) == len(list(files.glob("*/*"))) == 1
    api.clock.advance(2 * 86_400)
    await upkeep.once()

    assert await api.fetch("select from uploads where id = $1", UUID(begun["uploadId"])) == []
    assert not any(files.glob("*/*"))
    await work_off(api)
    assert await contacts_of(api, acme) == {}


async def test_strangers_and_other_kinds_see_nothing(api: Api, acme: Tenant) -> None:
    begun = await started(api, acme, FILE)
    dnc = (await send(api, "/v4/dnc/bulkAsync", acme, "endpoint\n+15558675309\n", "file")).only
    other = await api.account("other")
    agent = await api.account("agent", role="webrtc-agent")
    async with api.platform.database.transaction() as tx:
        await tx.execute("update uploads set account_id = $1", agent.id)

    assert (await api.get(f"/v4/upload/{begun['uploadId']}", other)).status == 404
    assert [one["kind"] for one in (await api.get("/v4/upload", agent)).payload] == ["contacts"]
    assert (await api.get(f"/v4/upload/{dnc['uploadId']}", agent)).status == 404
    assert (await api.get(f"/v4/upload/{begun['uploadId']}", agent)).status == 200
