"""The table that everything about an HTTP request comes from: one `Endpoint` a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.forms import FormRules, UploadedFile
from cordboard.infra.db import Tx
from cordboard.kit.errors import CordboardError, FieldError

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A success: what the envelope carries. `count` None: the number in the payload; `extra` stands beside it at the
    top. With `failure` that is answered instead, and what the handler did is kept: raising it would undo that.
    """

    payload: Sequence[Any]
    count: int | None = None
    errors: Sequence[FieldError] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    failure: CordboardError | None = None


@dataclass(slots=True)
class Call:
    """One request as a handler sees it: authenticated, decoded, inside its transaction. `file` came with a form."""

    request_id: str
    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    raw_body: bytes
    caller: Principal | None = None
    transaction: Tx | None = None
    file: UploadedFile | None = None

    @property
    def principal(self) -> Principal:
        """Who calls. Only endpoints without a privilege (`public`) may be called by nobody."""
        if self.caller is None:
            raise RuntimeError("a public endpoint has no principal")
        return self.caller

    @property
    def tx(self) -> Tx:
        """The request's transaction; the frame commits it when the handler returns."""
        if self.transaction is None:
            raise RuntimeError("this endpoint opens its own transactions")
        return self.transaction


Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Example:
    """A request as documentation shows it and as the route walk sends it; `response` is one payload member. `file`, of
    a form, is a name and what is in it.
    """

    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    response: Any = None
    file: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`number` is the request's in the API reference, or "ours". `privilege` None means public: no token is asked for,
    and requests are counted by the caller's address; with `any_user` a token is asked for, and no privilege of it.
    `alternative` lets those in as well who have that one instead. A GET takes no `body`.

    `form`: the request is a multipart form with a file; `body` are its texts. `bare_list`: the member of the body that
    a list stands for which is sent without an object around it.
    `session_only`: a long-lived key is refused. `own_transactions`: the handler opens its own (it batches, or it works
    slowly). `document`: the media type of a success that goes out as it is, without the envelope: the text that is the
    payload's only member. `secret_answer`: what is answered is shown once, and kept for an idempotency key sealed only.
    """

    number: str
    method: Method
    path: str
    handler: Handler
    summary: str
    privilege: Privilege | None
    example: Example
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    any_user: bool = False
    alternative: Privilege | None = None
    bare_list: str = ""
    session_only: bool = False
    secret_answer: bool = False
    own_transactions: bool = False
    form: FormRules | None = None
    document: str = ""
    tag: str = ""

    @property
    def public(self) -> bool:
        """Whether it takes no token."""
        return self.privilege is None and not self.any_user
