"""Endpoints that show what the frame does, served by the real frame on the real platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from tests.harness import Api

from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.app import build_app
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Handler, Method, Reply
from cordboard.edge.api.frame.frame import Frame
from cordboard.edge.api.frame.plain import PlainRoutes
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.kit.errors import ConflictError, FieldError, NotConfiguredError, TooManyRequestsError
from cordboard.run.platform import SPOOL_FOLDER


class Item(msgspec.Struct):
    """A member of a list."""

    size: int


class Probe(msgspec.Struct, rename="camel"):
    """A field of each kind."""

    name: str
    retry_count: int | None = None
    is_active: bool | None = None
    items: list[Item] = []
    data: dict[str, Any] = {}


class ProbeQuery(msgspec.Struct, rename="camel"):
    """The same in a query."""

    only_open: bool | None = None
    size: int | None = None


class Probes:
    """Handlers, and what they saw."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()

    async def echo(self, call: Call) -> Reply:
        """Answers what was decoded."""
        self.calls.append(call)
        return Reply([{"body": call.body, "query": call.query, "account": call.caller and call.caller.account_id}])

    async def write(self, call: Call) -> Reply:
        """Leaves a row and counts."""
        self.calls.append(call)
        await _leave_row(call)
        return Reply([len(self.calls)])

    async def write_and_refuse(self, call: Call) -> Reply:
        """Leaves a row and fails as callers cause it."""
        await self.write(call)
        raise ConflictError(f"refusal {len(self.calls)}")

    async def write_and_answer_failure(self, call: Call) -> Reply:
        """Leaves a row for good and fails."""
        await self.write(call)
        return Reply([], failure=ConflictError(f"refusal {len(self.calls)}"))

    async def write_and_break(self, call: Call) -> Reply:
        """Leaves a row and fails as nobody foresaw."""
        await self.write(call)
        raise ZeroDivisionError("a secret of ours")

    async def not_yet(self, call: Call) -> Reply:
        """Fails the first time in a way that passes."""
        await self.write(call)
        if len(self.calls) == 1:
            raise TooManyRequestsError("not yet", retry_after=7)
        if len(self.calls) == 2:
            raise NotConfiguredError("nor yet")
        return Reply(["done"])

    async def wait(self, call: Call) -> Reply:
        """Runs until the test lets it go."""
        self.calls.append(call)
        self.entered.set()
        await self.go_on.wait()
        return Reply([])

    async def raw(self, _call: Call) -> Reply:
        """A stored document, a total, errors of a bulk request, and a member at the top."""
        return Reply(
            [msgspec.Raw(b'{"stored":[1,2]}')], count=40, errors=[FieldError("items[3]", "is odd")], extra={"next": 5}
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            _endpoint("POST", "/probe/echo", self.echo, body=Probe),
            _endpoint("GET", "/probe/echo", self.echo, query=ProbeQuery),
            _endpoint("DELETE", "/probe/echo", self.echo, body=Probe),
            _endpoint("PUT", "/probe/bodiless", self.echo),
            _endpoint("GET", "/probe/one/{name}", self.echo),
            _endpoint("POST", "/probe/write", self.write),
            _endpoint("POST", "/probe/write/{name}", self.write),
            _endpoint("POST", "/probe/refuse", self.write_and_refuse),
            _endpoint("POST", "/probe/keep", self.write_and_answer_failure),
            _endpoint("POST", "/probe/break", self.write_and_break),
            _endpoint("POST", "/probe/not-yet", self.not_yet),
            _endpoint("POST", "/probe/wait", self.wait),
            _endpoint("GET", "/probe/raw", self.raw),
            _endpoint("POST", "/probe/own", self.echo, own_transactions=True),
            _endpoint("POST", "/probe/secret", self.write, secret_answer=True),
            _endpoint("GET", "/probe/session", self.echo, session_only=True),
            _endpoint("POST", "/probe/public", self.echo, public=True, body=Probe, own_transactions=True),
        )


@asynccontextmanager
async def serve(
    api: Api, endpoints: Sequence[Endpoint], *, per_second: int = 1000, errors_as_200: bool = False
) -> AsyncIterator[Api]:
    """`api` with other endpoints in front of the same platform."""
    platform = api.platform
    frame = Frame(
        database=platform.database,
        authenticator=platform.accounts,
        limiter=RateLimiter(per_second),
        clock=platform.clock,
        errors_as_200=errors_as_200,
        spool=platform.settings.data_path / SPOOL_FOLDER,
        keys=platform.keys,
    )
    plain = PlainRoutes(database=platform.database, blobs=platform.blobs, endpoints=endpoints)
    application: Any = build_app(frame, endpoints, plain.handlers())
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://cordboard.test") as client:
        yield Api(platform, client, api.clock)


async def rows_left(api: Api) -> int:
    """How many rows handlers left that were committed."""
    return len(await api.fetch("select from jobs where kind = 'probe'"))


async def _leave_row(call: Call) -> None:
    await call.tx.execute(
        "insert into jobs (kind, account_id, payload, run_at) values ('probe', $1, '{}', '2026-01-01')",
        call.principal.account_id,
    )


def _endpoint(method: Method, path: str, handler: Handler, *, public: bool = False, **more: Any) -> Endpoint:
    return Endpoint(
        number="ours",
        method=method,
        path=path,
        handler=handler,
        summary="Probe",
        privilege=None if public else Privilege.SMS_SEND,
        example=Example(),
        tag="Probes",
        **more,
    )
