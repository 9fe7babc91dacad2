"""Postman collections: read, or made of our own table of requests, and put together for a run by newman."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.openapi import request_example

_HOST = re.compile(r"^(\{\{url\}\}|\w+://[^/]+)")
_VARIABLE = re.compile(r":(\w+)|\{\{?(\w+)\}\}?")


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a collection: `path` has its variables as `:name`, `{name}` or `{{name}}`."""

    method: str
    path: str
    query: str = ""
    body: Any = None
    texts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of the journey: a collection's by its `number`, or our own by `request`.

    `path` and `query` are set, `body` is laid over the collection's own, member by member, or replaces it when it is no
    object. `keep`: variables to set, each to an expression of JavaScript over the answer `b`. `file`: what a form
    sends. `expect`: the status.
    """

    number: int = 0
    request: Request | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] | None = None
    body: Any = field(default_factory=dict)
    file: Path | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    expect: int = 200
    wait: int = 0

    @property
    def name(self) -> str:
        """How reports call it."""
        return f"{self.number}" if self.number else f"{self.request.method} {self.request.path}" if self.request else ""


def read_collection(path: Path) -> dict[int, Request]:
    """The requests of a collection file, numbered from 1 in its order."""
    document = msgspec.json.decode(path.read_bytes())
    return dict(enumerate((_request(item["request"]) for item in _items(document)), 1))


def own_collection(endpoints: Sequence[Endpoint]) -> dict[int, Request]:
    """The requests of our table that have a number in the reference, as their examples show them."""
    return {
        int(number): Request(
            method=endpoint.method,
            path=endpoint.path,
            query=urlencode(endpoint.example.query),
            body=request_example(endpoint) if endpoint.form is None else None,
            texts={k: str(v) for k, v in (request_example(endpoint) or {}).items()} if endpoint.form else None,
        )
        for endpoint in endpoints
        for number in re.findall(r"\d+", endpoint.number)
    }


def journey_of(requests: Mapping[int, Request], steps: Sequence[Step], base: str) -> dict[str, Any]:
    """The collection that newman runs: `steps` in their order against `base`."""
    return {
        "info": {
            "name": "journey",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": [_item(step, step.request or requests[step.number], base) for step in steps],
    }


def _items(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in node["item"]:
        if "item" in item:
            yield from _items(item)
        else:
            yield item


def _request(given: Mapping[str, Any]) -> Request:
    path, _, query = _HOST.sub("", given["url"].strip()).replace("/my-ivr", "/{ivrName}").partition("?")
    body = given.get("body") or {}
    if body.get("mode") == "formdata":
        texts = {part["key"]: part.get("value", "") for part in body["formdata"] if part.get("type") != "file"}
        return Request(given["method"], path, query, None, texts)
    try:
        return Request(given["method"], path, query, msgspec.json.decode(body["raw"]) if body.get("raw") else None)
    except msgspec.DecodeError:  # some are written as prose: such a step brings its own
        return Request(given["method"], path, query)


def _item(step: Step, request: Request, base: str) -> dict[str, Any]:
    return {
        "name": step.name,
        "request": {
            "method": request.method,
            "url": _url(step, request, base),
            "header": [{"key": "Authorization", "value": "Bearer {{access_token}}"}, *_content_type(step, request)],
            **_body(step, request),
        },
        "event": [
            *([{"listen": "prerequest", "script": {"exec": [_pause(step.wait)]}}] if step.wait else []),
            {"listen": "test", "script": {"exec": _script(step)}},
        ],
    }


def _url(step: Step, request: Request, base: str) -> str:
    """A variable of the path is the step's, else the environment's of the same name."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return step.path.get(name, "{{" + name + "}}")

    path = _VARIABLE.sub(value, urlsplit(request.path).path)
    query = request.query if step.query is None else "&".join(f"{k}={v}" for k, v in step.query.items())
    return f"{base}{path}" + (f"?{query}" if query else "")


def _content_type(step: Step, request: Request) -> list[dict[str, str]]:
    if request.texts is not None or (request.body is None and not step.body):
        return []
    return [{"key": "Content-Type", "value": "application/json"}]


def _body(step: Step, request: Request) -> dict[str, Any]:
    if request.texts is not None and step.file is not None:
        texts = [{"key": k, "value": v, "type": "text"} for k, v in {**request.texts, **step.texts}.items()]
        file = [{"key": "file", "type": "file", "src": str(step.file)}]
        return {"body": {"mode": "formdata", "formdata": [*file, *texts]}}
    if request.body is None and not step.body:
        return {}
    body = {**request.body, **step.body} if isinstance(request.body, dict) and isinstance(step.body, dict) else None
    whole = body if body is not None else step.body or request.body
    return {"body": {"mode": "raw", "raw": msgspec.json.encode(whole).decode()}}


def _pause(milliseconds: int) -> str:
    """newman goes on when a script's timers have fired."""
    return f"setTimeout(() => {{}}, {milliseconds});"


def _script(step: Step) -> list[str]:
    """Asserts the status, the envelope where there is one, and keeps what later steps need."""
    good = "true" if step.expect == HTTPStatus.OK else "false"
    lines = [
        f"const said = {msgspec.json.encode(step.name).decode()} + ': ' + pm.response.code + ' ' + pm.response.text();",
        f"pm.test(said.slice(0, 600), () => pm.expect(pm.response.code).to.equal({step.expect}));",
        "const b = pm.response.json();",
        f"pm.test(said.slice(0, 80) + ' envelope', () => pm.expect(b.status).to.equal({good}));",
    ]
    return lines + [f"pm.environment.set({name!r}, {expression});" for name, expression in step.keep.items()]
