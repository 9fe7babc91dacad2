"""A web server for tests that remembers what it was sent and answers as it is told.

`python -m cordboard.testing.webhook_receiver --port N` runs it as a process that counts: `GET /__stats`
answers the counts, `PUT /__answers {"path", "answers": [{"status", ...}]}` tells it how to answer.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
import hashlib
import hmac
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self, overload
from urllib.parse import parse_qs

import msgspec
import uvloop
from aiohttp import web

from cordboard.kit.clock import monotonic
from cordboard.testing.certificates import Certificate, self_signed
from cordboard.testing.watching import Watch

_WAIT: Final = 10.0
_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix of every secret, not one
_SIGNATURE_VERSION: Final = "v1"
_ID_HEADER: Final = "webhook-id"


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to answer a request: with `data`, or `body` in UTF-8, after `delay` seconds; or never (`hang`), or
    by closing the connection (`close`)."""

    status: int = 200
    body: str = ""
    data: bytes = b""
    headers: dict[str, str] = {}
    delay: float = 0.0
    hang: bool = False
    close: bool = False


class ReceivedRequest(msgspec.Struct, frozen=True):
    """A request as it came: path and query still percent-encoded, header names in lower case, `at` in
    monotonic seconds."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def json(self) -> Any:
        """The body parsed as JSON. Raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        """The body parsed as application/x-www-form-urlencoded."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    @property
    def params(self) -> dict[str, list[str]]:
        """The query parsed."""
        return parse_qs(self.query, keep_blank_values=True)


class WebhookReceiver:
    """Listens on loopback; by default answers 200 to everything.

        async with WebhookReceiver() as receiver:
            receiver.answer("/hook", Answer(status=500), Answer(status=204))
            ... something posts to receiver.url("/hook") ...
            first, second = await receiver.wait_for(2)

    With a `certificate` it speaks HTTPS. With `keep=False` requests are counted only, for long loads.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
        keep: bool = True,
    ) -> None:
        self.default = Answer()
        self.requests: list[ReceivedRequest] = []
        self._answers: dict[str, list[Answer]] = {}
        self._count = 0
        self._by_path: Counter[str] = Counter()
        self._by_id: Counter[str] = Counter()
        self._watch = Watch()
        self._closing = asyncio.Event()
        self._host, self._wanted_port = host, port
        self._certificate = certificate
        self._keep = keep
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._closing.clear()
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=1.0)
        await self._runner.setup()
        context = self._certificate.server_context() if self._certificate else None
        await web.TCPSite(self._runner, self._host, self._wanted_port, ssl_context=context).start()

    async def close(self) -> None:
        """Let hanging requests go and stop listening. Safe to repeat."""
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._runner is not None, "the receiver is not started"
        port: int = self._runner.addresses[0][1]
        return port

    def url(self, path: str = "/") -> str:
        """The address of a path on this receiver."""
        return f"{'https' if self._certificate else 'http'}://{self._host}:{self.port}{path}"

    def answer(self, path: str, *answers: Answer) -> None:
        """From now on answer requests to `path` with these in turn; the last stays. None: as by default."""
        self._answers[path] = list(answers)

    @overload
    async def wait_for(self, wanted: int, timeout: float = ...) -> list[ReceivedRequest]: ...

    @overload
    async def wait_for(self, wanted: Callable[[ReceivedRequest], object], timeout: float = ...) -> ReceivedRequest: ...

    async def wait_for(
        self, wanted: int | Callable[[ReceivedRequest], object], timeout: float = _WAIT
    ) -> list[ReceivedRequest] | ReceivedRequest:
        """All requests once there are so many, or the first that fits. Raises TimeoutError."""
        if isinstance(wanted, int):
            await self._watch.until(lambda: self._count >= wanted, timeout)
            return list(self.requests)
        await self._watch.until(lambda: any(map(wanted, self.requests)), timeout)
        return next(filter(wanted, self.requests))

    def stats(self) -> dict[str, Any]:
        """Counts: requests, by path, and of webhook ids how many differ and how many requests repeat one."""
        return {
            "requests": self._count,
            "by_path": dict(self._by_path),
            "distinct_ids": len(self._by_id),
            "repeated_ids": self._by_id.total() - len(self._by_id),
        }

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        path, _, query = request.raw_path.partition("?")
        if path.startswith("/__"):
            return self._control(request, body)
        self._record(request, path, query, body)
        return await self._give(request, self._next_answer(path))

    def _record(self, request: web.BaseRequest, path: str, query: str, body: bytes) -> None:
        self._count += 1
        self._by_path[path] += 1
        webhook_id = request.headers.get(_ID_HEADER)
        if webhook_id is not None:
            self._by_id[webhook_id] += 1
        if self._keep:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.requests.append(ReceivedRequest(request.method, path, query, headers, body, monotonic()))
        self._watch.changed()

    def _next_answer(self, path: str) -> Answer:
        answers = self._answers.get(path)
        if not answers:
            return self.default
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def _give(self, request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
        if answer.hang:
            await self._closing.wait()
        if answer.delay > 0:
            await asyncio.sleep(answer.delay)
        if (answer.close or answer.hang) and request.transport is not None:
            request.transport.abort()
        body = answer.data or answer.body.encode()
        return web.Response(status=answer.status, body=body, headers=answer.headers)

    def _control(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.path == "/__stats":
            return _json(self.stats())
        if request.path == "/__answers" and request.method == "PUT":
            try:
                wanted = msgspec.json.decode(body, type=_Answers)
            except msgspec.MsgspecError as error:
                return _json({"error": str(error)}, status=400)
            self.answer(wanted.path, *wanted.answers)
            return _json({})
        return _json({"error": "GET /__stats or PUT /__answers"}, status=404)


class _Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    answers: list[Answer]


def sign(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """The `webhook-signature` of a body: HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks)."""
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    digest = hmac.digest(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"{_SIGNATURE_VERSION},{base64.b64encode(digest).decode()}"


def verify_signature(request: ReceivedRequest, secret: str) -> bool:
    """Whether one of the request's signatures was made with `secret` (`whsec_` and base64). The timestamp's
    age is not looked at."""
    return verify_headers(request.headers, request.body, secret)


def verify_headers(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """The same for any lower-case headers and body."""
    try:
        expected = sign(secret, headers["webhook-id"], headers["webhook-timestamp"], body)
        signatures = headers["webhook-signature"].split(" ")
    except (KeyError, binascii.Error):
        return False
    return any(hmac.compare_digest(expected.encode(), given.encode()) for given in signatures)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a process until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m cordboard.testing.webhook_receiver", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--tls", action="store_true", help="speak HTTPS with a self-signed certificate")
    parser.add_argument("--json", action="store_true", help="print the ready line as JSON")
    uvloop.run(_serve(parser.parse_args(arguments)))


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    certificate = self_signed() if options.tls else None
    async with WebhookReceiver(host=options.host, port=options.port, certificate=certificate, keep=False) as receiver:
        ready = msgspec.json.encode({"ready": True, "port": receiver.port}).decode()
        sys.stdout.write((ready if options.json else f"ready: {receiver.url()}") + "\n")
        sys.stdout.flush()
        await stop.wait()


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


if __name__ == "__main__":
    main()
