"""What tests of uploads share: sending files, and working them off as the worker does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.harness import Answer, Api, Tenant

from cordboard.domain.uploads.tasks import LEASE_SECONDS, UPLOAD_JOB, ProcessUpload
from cordboard.infra.jobs.queue import JobLoop

_MOST_ROUNDS = 1000


async def send(api: Api, path: str, tenant: Tenant, content: bytes | str, field: str = "parts", **query: str) -> Answer:
    """POST of a form with a file."""
    data = content.encode() if isinstance(content, str) else content
    return await api.call("POST", path, tenant, params=query, file=(field, "list.csv", data))


async def upload(api: Api, tenant: Tenant, content: bytes | str, **query: str) -> dict[str, Any]:
    """What an upload of contacts at once answers."""
    only: dict[str, Any] = (await send(api, "/v4/contact/upload", tenant, content, **query)).only
    return only


async def work_off(api: Api, loop: JobLoop | None = None) -> None:
    """Runs uploads until none waits, and then everything else."""
    jobs = loop or api.worker.uploads
    for _ in range(_MOST_ROUNDS):
        if not await jobs.start_due():
            await api.settle()
            return
        await jobs.settle()
    raise AssertionError("the uploads do not come to an end")


@asynccontextmanager
async def loop_of(api: Api, handler: ProcessUpload | Any, *, lease: float = LEASE_SECONDS) -> AsyncIterator[JobLoop]:
    """A loop with another handler of uploads than the platform's."""
    loop = JobLoop(api.platform.database, api.clock, concurrency=1, most_attempts=10, lease=lease)
    loop.handle(UPLOAD_JOB, handler)
    yield loop
    await loop.settle()


def process_with(api: Api, **changes: Any) -> ProcessUpload:
    """The platform's handler with other sizes."""
    platform = api.platform
    own: ProcessUpload = platform.contact_tools.process_upload
    usual: dict[str, Any] = {"kinds": own.kinds}
    return ProcessUpload(
        clock=api.clock,
        database=platform.database,
        blobs=platform.blobs,
        accounts=platform.accounts,
        **{**usual, **changes},
    )


async def state_of(api: Api, tenant: Tenant, upload_id: str, **query: str) -> dict[str, Any]:
    """An upload as its owner sees it."""
    only: dict[str, Any] = (await api.get(f"/v4/upload/{upload_id}", tenant, **query)).only
    return only


async def contacts_of(api: Api, tenant: Tenant) -> dict[str, dict[str, Any]]:
    """The contacts that are there, by id, as the table holds them."""
    rows = await api.fetch("select * from contacts where account_id = $1 and not archived", tenant.id)
    return {str(row["id"]): row for row in rows}
