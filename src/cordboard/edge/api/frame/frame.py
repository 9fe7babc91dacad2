"""The frame: takes a request through all that is common to every endpoint and answers in the envelope."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from litestar import MediaType, Request
from litestar.response.base import ASGIResponse

from cordboard.domain.accounts.models import Principal
from cordboard.edge.api.frame import envelope, idempotency
from cordboard.edge.api.frame.decode import build, parse_body, parse_query
from cordboard.edge.api.frame.endpoint import Call, Endpoint
from cordboard.edge.api.frame.forms import Form, FormReader, FormRules
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.frame.refusals import refusal_of
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
from cordboard.kit.secrets import KeyRing

REQUEST_ID_HEADER = "X-Request-Id"
_OK = 200
_SERVER_FAILURE = 500
_ANSWER_PURPOSE = "answer"


class Authenticator(Protocol):
    """Tells who a bearer token belongs to."""

    async def authenticate(self, token: str) -> Principal:
        """Raises UnauthenticatedError."""
        ...

    async def act_for(self, principal: Principal, account_id: UUID) -> Principal | None:
        """The principal acting for a subaccount of its account; None when it is none."""
        ...


class Frame:
    """Serves endpoints. One an API process. `spool` is the folder for files that come with forms; `keys`
    seal answers that must not be read where they are kept.
    """

    def __init__(
        self,
        *,
        database: Database,
        authenticator: Authenticator,
        limiter: RateLimiter,
        clock: Clock,
        errors_as_200: bool,
        spool: Path,
        keys: KeyRing,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._limiter = limiter
        self._clock = clock
        self._errors_as_200 = errors_as_200
        self._spool = spool
        self._keys = keys

    async def serve(self, endpoint: Endpoint, request: Request[Any, Any, Any]) -> ASGIResponse:
        """Answers `request` by `endpoint`."""
        started = monotonic()
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        request_id = request_ids.adopt(given.get("x-request-id"))
        headers = {REQUEST_ID_HEADER: request_id}
        route = f"{endpoint.method} {endpoint.path}"
        with TRACER.start_as_current_span(route, attributes={"request_id": request_id}) as span:
            try:
                status, body = await self._answer(endpoint, request, given, request_id, headers)
            except Exception as error:  # noqa: BLE001  (what nobody foresaw is logged and answered without internals)
                status, body = self.render(refusal_of(error, route), headers)
            span.set_attribute("http.status_code", status)
        HTTP_REQUESTS.labels(route, status).inc()
        HTTP_SECONDS.labels(route).observe(monotonic() - started)
        is_document = bool(endpoint.document) and status == _OK
        media_type = endpoint.document if is_document else MediaType.JSON
        return ASGIResponse(body=body, status_code=status, headers=headers, media_type=media_type)

    def render(self, error: CordboardError, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and envelope of a failure."""
        if isinstance(error, TooManyRequestsError):
            headers["Retry-After"] = str(max(1, round(error.retry_after)))
        as_200 = self._errors_as_200 and error.status != UnauthenticatedError.status
        return 200 if as_200 else error.status, envelope.failure(error)

    async def _answer(
        self,
        endpoint: Endpoint,
        request: Request[Any, Any, Any],
        given: Mapping[str, str],
        request_id: str,
        headers: dict[str, str],
    ) -> tuple[int, bytes]:
        """Status and body; `given` are the request's headers, `headers` the response's, to be added to."""
        if "\0" in request.scope["path"]:
            raise NotFoundError("no such path")
        principal = await self._admit(endpoint, request, given, headers)
        async with AsyncExitStack() as stack:
            form = await self._form(endpoint.form, request, given, stack) if endpoint.form else None
            return await self._answer_admitted(endpoint, request, given, request_id, principal, form)

    async def _form(
        self, rules: FormRules, request: Request[Any, Any, Any], given: Mapping[str, str], stack: AsyncExitStack
    ) -> Form:
        """The request's form; its file goes when `stack` closes."""
        reader = stack.enter_context(FormReader(rules, self._spool))
        return await reader.read(request.stream(), given.get("content-type", ""))

    async def _answer_admitted(
        self,
        endpoint: Endpoint,
        request: Request[Any, Any, Any],
        given: Mapping[str, str],
        request_id: str,
        principal: Principal | None,
        form: Form | None,
    ) -> tuple[int, bytes]:
        """Status and body for whoever may ask."""
        raw, members = await self._members(endpoint, request, given, form)
        parameters = parse_query(request.scope["query_string"])
        if principal is not None:
            principal = await self._on_behalf(principal, parameters.get("accountSid") or members.get("accountSid"))
        call = Call(
            request_id=request_id,
            path=request.path_params,
            query=build(endpoint.query, parameters) if endpoint.query else None,
            body=build(endpoint.body, members) if endpoint.body else None,
            headers=given,
            raw_body=raw,
            caller=principal,
            file=form.file if form else None,
        )
        key = given.get(idempotency.HEADER) if endpoint.method == "POST" and principal else None
        async with AsyncExitStack() as stack:
            if key is not None or not endpoint.own_transactions:
                call.transaction = await stack.enter_async_context(self._database.transaction())
            if key is not None and principal is not None:
                return await self._answer_once(call, endpoint, idempotency.fingerprint(request.scope, raw), key)
            reply = await endpoint.handler(call)
            answer = str(reply.payload[0]).encode() if endpoint.document else envelope.success(reply)
        if reply.failure is not None:
            raise reply.failure
        return _OK, answer

    @staticmethod
    async def _members(
        endpoint: Endpoint, request: Request[Any, Any, Any], given: Mapping[str, str], form: Form | None
    ) -> tuple[bytes, Mapping[str, Any]]:
        """What tells one body from another, and the body's members; a form is told by its digest."""
        if form is not None:
            return form.digest, form.texts
        raw = await request.body() if endpoint.method != "GET" else b""
        return raw, parse_body(raw, given.get("content-type", ""), endpoint.bare_list) if endpoint.body else {}

    async def _admit(
        self, endpoint: Endpoint, request: Request[Any, Any, Any], given: Mapping[str, str], headers: dict[str, str]
    ) -> Principal | None:
        """Authentication, rate limit, privilege, in that order; None for a public endpoint."""
        if endpoint.public:
            client = request.scope["client"]
            self._throttle(("address", client[0] if client else ""), None, headers)
            return None
        principal = await self._authenticator.authenticate(_bearer(given))
        self._throttle((principal.account_id, principal.token_id), principal.requests_per_second, headers)
        if endpoint.session_only and principal.kind == "key":
            raise UnauthenticatedError("Long lived token not accepted")
        accepted = [one for one in (endpoint.privilege, endpoint.alternative) if one is not None]
        if accepted and not any(map(principal.may, accepted)):
            raise PermissionDeniedError(f"needs the privilege {accepted[0].label}")
        return principal

    def _throttle(self, key: tuple[object, str], per_second: int | None, headers: dict[str, str]) -> None:
        allowance = self._limiter.take(key, per_second)
        headers.update(allowance.headers())
        allowance.require()

    async def _on_behalf(self, principal: Principal, named: Any) -> Principal:
        """A parent's token may name a subaccount's accountSid; any other account does not exist."""
        if not named:
            return principal
        account_id = parse_uuid(named) if isinstance(named, str) else None
        if account_id == principal.account_id:
            return principal
        acting = await self._authenticator.act_for(principal, account_id) if account_id else None
        if acting is None:
            raise NotFoundError("accountSid")
        return acting

    async def _answer_once(self, call: Call, endpoint: Endpoint, request: bytes, key: str) -> tuple[int, bytes]:
        """The stored answer for `key`, or the handler's, stored. What may go better the next time is not kept."""
        account_id, now = call.principal.account_id, self._clock.now()
        if stored := await idempotency.begin(call.tx, account_id, key, request, now):
            return stored.status, self._opened(stored.response) if endpoint.secret_answer else stored.response
        try:
            async with call.tx.transaction():
                reply = await endpoint.handler(call)
                answer = idempotency.Stored(_OK, envelope.success(reply))
            if reply.failure is not None:
                raise reply.failure
        except CordboardError as error:
            if error.status >= _SERVER_FAILURE or isinstance(error, TooManyRequestsError):
                raise
            answer = idempotency.Stored(*self.render(error, {}))
        kept = idempotency.Stored(answer.status, self._sealed(answer.response)) if endpoint.secret_answer else answer
        await idempotency.store(call.tx, account_id, key, request, kept, now)
        return answer.status, answer.response

    def _sealed(self, answer: bytes) -> bytes:
        return self._keys.seal(answer.decode(), _ANSWER_PURPOSE).encode()

    def _opened(self, answer: bytes) -> bytes:
        return self._keys.open(answer.decode(), _ANSWER_PURPOSE).encode()


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("send the header Authorization: Bearer <accessToken>")
    return token.strip()
