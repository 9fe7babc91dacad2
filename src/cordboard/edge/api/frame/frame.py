"""The frame: takes a request through all that is common to every endpoint and answers in the envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response

from cordboard.domain.accounts.models import Principal
from cordboard.edge.api.frame import envelope, idempotency
from cordboard.edge.api.frame.decode import decode_body, decode_query
from cordboard.edge.api.frame.endpoint import Call, Endpoint
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.infra.db import Database
from cordboard.infra.telemetry import request_id as request_ids
from cordboard.infra.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS
from cordboard.infra.telemetry.traces import TRACER
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import (
    CordboardError,
    NotFoundError,
    PermissionDeniedError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from cordboard.kit.ids import parse_uuid

LARGEST_BODY = 1024 * 1024
_SERVER_FAILURE = 500
_log = structlog.get_logger(__name__)


class Authenticator(Protocol):
    """Tells who a bearer token belongs to."""

    async def authenticate(self, token: str) -> Principal:
        """Raises UnauthenticatedError."""
        ...

    async def act_for(self, principal: Principal, account_id: UUID) -> Principal | None:
        """The principal acting for a subaccount of its account; None when it is none."""
        ...


class Frame:
    """Serves endpoints. One an API process."""

    def __init__(
        self,
        *,
        database: Database,
        authenticator: Authenticator,
        limiter: RateLimiter,
        clock: Clock,
        errors_as_200: bool,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._limiter = limiter
        self._clock = clock
        self._errors_as_200 = errors_as_200

    async def serve(self, endpoint: Endpoint, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Answers `request` by `endpoint`."""
        started = monotonic()
        request_id = request_ids.adopt(request.headers.get("x-request-id"))
        headers = {"X-Request-Id": request_id}
        with TRACER.start_as_current_span(
            f"{endpoint.method} {endpoint.path}", attributes={"request_id": request_id}
        ) as span:
            try:
                status, body = await self._answer(endpoint, request, request_id, headers)
            except CordboardError as error:
                status, body = self.render(error, headers)
            except Exception:  # noqa: BLE001  (logged, and answered as 500 without internals)
                _log.exception("http.failed", route=endpoint.path, method=endpoint.method)
                status, body = self.render(CordboardError(f"request {request_id}"), headers)
            span.set_attribute("http.status_code", status)
        HTTP_REQUESTS.labels(endpoint.path, status).inc()
        HTTP_SECONDS.labels(endpoint.path).observe(monotonic() - started)
        return Response(body, status_code=status, headers=headers, media_type="application/json")

    def render(self, error: CordboardError, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and envelope of a failure."""
        if isinstance(error, TooManyRequestsError):
            headers["Retry-After"] = str(max(1, round(error.retry_after)))
        as_200 = self._errors_as_200 and error.status != UnauthenticatedError.status
        return 200 if as_200 else error.status, envelope.failure(error)

    async def _answer(
        self, endpoint: Endpoint, request: Request[Any, Any, Any], request_id: str, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        principal = await self._admit(endpoint, request, headers)
        raw = await request.body() if endpoint.method != "GET" else b""
        if principal is not None:
            principal = await self._on_behalf(principal, request, raw)
        call = Call(
            request_id=request_id,
            path=request.path_params,
            query=decode_query(endpoint.query, request.query_params.multi_items()) if endpoint.query else None,
            body=decode_body(endpoint.body, raw, request.headers.get("content-type", "")) if endpoint.body else None,
            headers=request.headers,
            raw_body=raw,
            caller=principal,
        )
        key = request.headers.get(idempotency.HEADER) if endpoint.method == "POST" and principal else None
        async with AsyncExitStack() as stack:
            if key is not None or not endpoint.own_transactions:
                call.transaction = await stack.enter_async_context(self._database.transaction())
            if key is not None and principal is not None:
                return await self._answer_once(endpoint, call, principal.account_id, key)
            return 200, envelope.success(await endpoint.handler(call))

    async def _admit(
        self, endpoint: Endpoint, request: Request[Any, Any, Any], headers: dict[str, str]
    ) -> Principal | None:
        """Authentication, rate limit, privilege, in that order; None for a public endpoint."""
        if endpoint.privilege is None:
            return None
        principal = await self._authenticator.authenticate(_bearer(request.headers))
        headers.update(self._limiter.take((principal.account_id, principal.token_id), principal.requests_per_second))
        if endpoint.session_only and principal.kind == "key":
            raise UnauthenticatedError("Long lived token not accepted")
        if not principal.may(endpoint.privilege):
            raise PermissionDeniedError(f"needs the privilege {endpoint.privilege.label}")
        return principal

    async def _on_behalf(self, principal: Principal, request: Request[Any, Any, Any], raw: bytes) -> Principal:
        """A parent's token may name a subaccount's accountSid (ruling 12); any other account does not exist."""
        named = request.query_params.get("accountSid") or _account_in(raw)
        if not named or named == str(principal.account_id):
            return principal
        account_id = parse_uuid(named)
        acting = await self._authenticator.act_for(principal, account_id) if account_id else None
        if acting is None:
            raise NotFoundError("accountSid")
        return acting

    async def _answer_once(self, endpoint: Endpoint, call: Call, account_id: UUID, key: str) -> tuple[int, bytes]:
        now = self._clock.now()
        request = idempotency.fingerprint(endpoint.method, endpoint.path, call.raw_body)
        if stored := await idempotency.begin(call.tx, account_id, key, request, now):
            return stored.status, stored.response
        try:
            async with call.tx.transaction():
                answer = idempotency.Stored(200, envelope.success(await endpoint.handler(call)))
        except CordboardError as error:
            if error.status >= _SERVER_FAILURE:
                raise
            answer = idempotency.Stored(*self.render(error, {}))
        await idempotency.store(call.tx, account_id, key, request, answer, now)
        return answer.status, answer.response


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("send the header Authorization: Bearer <accessToken>")
    return token.strip()


class _AccountMember(msgspec.Struct):
    account_sid: str | None = msgspec.field(default=None, name="accountSid")


_account_member = msgspec.json.Decoder(_AccountMember)


def _account_in(raw: bytes) -> str | None:
    """The accountSid inside a JSON body, if it has one; a broken body is told of when it is decoded."""
    if b'"accountSid"' not in raw:
        return None
    try:
        return _account_member.decode(raw).account_sid
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def duplicate_routes(endpoints: Sequence[Endpoint]) -> list[str]:
    """Routes that stand in the table twice."""
    seen: set[tuple[str, str]] = set()
    return [
        f"{e.method} {e.path}"
        for e in endpoints
        if (e.method, e.path) in seen or seen.add((e.method, e.path))  # type: ignore[func-returns-value]
    ]
