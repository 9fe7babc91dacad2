"""Form callbacks of calls: a URL is told something, its answer does not matter. Rows of the same transaction, sent by
the worker, tried again, with a fallback URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

import msgspec

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, http_request, http_response
from cordboard.infra.db import Database, Tx
from cordboard.infra.http import GuardedClient, HttpError
from cordboard.infra.jobs.queue import Job, RetryJob, enqueue
from cordboard.kit.clock import Clock

CALLBACK_JOB: Final = "voice.callback"
_PAUSES: Final = (5.0, 60.0, 300.0)
_SECONDS: Final = 10.0
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to tell what about a call. `insist`: try again when it fails; a heartbeat is not worth it."""

    account_id: UUID
    call_id: UUID
    url: str
    method: str = "POST"
    parameters: list[tuple[str, str]]
    fallback_url: str = ""
    insist: bool = True


async def enqueue_callbacks(tx: Tx, callbacks: Sequence[Callback], clock: Clock) -> None:
    """Puts callbacks into the queue of jobs; those without a URL are left out."""
    now = clock.now()
    jobs = [
        Job(CALLBACK_JOB, one.account_id, payload, now)
        for one in callbacks
        if one.url
        for payload in (_payload_of(one),)
    ]
    await enqueue(tx, jobs)


class SendCallback:
    """Handler of `CALLBACK_JOB`."""

    def __init__(self, *, clock: Clock, database: Database, client: GuardedClient) -> None:
        self._clock = clock
        self._database = database
        self._client = client

    async def __call__(self, job: Job) -> None:
        """Requests the URL; after its last try the fallback URL, once."""
        callback = msgspec.convert({**job.payload, "account_id": job.account_id}, Callback)
        if await self._tell(callback, callback.url):
            return
        if callback.insist and job.attempts <= len(_PAUSES):
            raise RetryJob(_PAUSES[job.attempts - 1], f"{callback.url} did not take it")
        if callback.fallback_url:
            await self._tell(callback, callback.fallback_url)

    async def _tell(self, callback: Callback, url: str) -> bool:
        """Whether the receiver took it (2xx)."""
        sent_at = self._clock.now()
        method = callback.method.upper()
        form = urlencode(callback.parameters)
        entries = [http_request(callback.account_id, callback.call_id, sent_at, url, method, form)]
        taken = False
        try:
            if method == "GET":
                reply = await self._client.request("GET", _with_query(url, form), timeout=_SECONDS)
            else:
                reply = await self._client.request(method, url, headers=_FORM, body=form.encode(), timeout=_SECONDS)
        except HttpError as error:
            entries.append(_failure(callback, str(error), self._clock))
        else:
            taken = 200 <= reply.status < 300
            headers = dict(reply.headers)
            entries.append(
                http_response(
                    callback.account_id, callback.call_id, self._clock.now(), reply.status, headers, reply.body[:4096]
                )
            )
        async with self._database.transaction() as tx:
            await debuglog.record(tx, entries)
        return taken


def _payload_of(callback: Callback) -> dict[str, Any]:
    payload: dict[str, Any] = msgspec.to_builtins(callback)
    payload.pop("account_id")
    return payload


def _failure(callback: Callback, problem: str, clock: Clock) -> Entry:
    data = {"headers": "", "body": problem, "code": "0"}
    return Entry(callback.account_id, callback.call_id, "httpresp", data, clock.now())


def _with_query(url: str, query: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
