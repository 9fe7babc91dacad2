"""What the fake servers of carriers' HTTP APIs have in common: listening, failing on purpose, telling of receipts."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Self

import aiohttp
import msgspec
from aiohttp import web
from msgspec.structs import replace

from cordboard.testing.watching import Watch

_WAIT: Final = 10.0

Mode = Literal["accept", "refuse", "throttle", "fail", "garble", "hang", "hang_up"]
"""What is done with a message: taken; refused for good; refused for now (429); failed (500); taken with an answer that
nobody can read; taken without an answer; taken and the connection closed."""

Receipts = Literal["delivered", "undelivered", "none"]


class ApiBehaviour(msgspec.Struct, frozen=True):
    """How the server behaves. Receipts are told to the URL that came with the message."""

    mode: Mode = "accept"
    receipts: Receipts = "none"


class TakenMessage(msgspec.Struct, frozen=True):
    """A message that the server was given. `callback_url` is where its news go."""

    id: str
    sender: str
    recipient: str
    text: str
    media_urls: list[str]
    callback_url: str


class SignedWebhook(msgspec.Struct, frozen=True):
    """A request of the carrier to us, signed."""

    url: str
    headers: dict[str, str]
    body: bytes


class MessageApiServer(ABC):
    """Listens on loopback. `messages` are those that it took, in whatever mode.

    async with FakeTelnyx() as telnyx:
        ... base_url=telnyx.url() ...
        (message,) = await telnyx.wait_for(1)
        await telnyx.tell(telnyx.receipt(message, "delivered"))
    """

    route: str
    """The path of messages, as aiohttp writes routes."""

    def __init__(self, behaviour: ApiBehaviour | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.behaviour = behaviour or ApiBehaviour()
        self.messages: list[TakenMessage] = []
        self.told: list[int] = []
        """The statuses that webhooks were answered with."""
        self.refused = 0
        """How many requests were answered with a failure."""
        self._host, self._wanted_port = host, port
        self._serials = itertools.count(1)
        self._watch = Watch()
        self._closing = asyncio.Event()
        self._telling: set[asyncio.Task[int]] = set()
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Listens. Raises OSError when the port is taken."""
        application = web.Application()
        application.router.add_post(self.route, self._handle)
        self._client = aiohttp.ClientSession()
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._wanted_port).start()

    async def close(self) -> None:
        """Lets hanging requests go and stops. Safe to repeat."""
        self._closing.set()
        await asyncio.gather(*self._telling, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def url(self) -> str:
        """The base URL, for a carrier's settings."""
        assert self._runner is not None, "the server is not started"
        return f"http://{self._host}:{self._runner.addresses[0][1]}"

    def change(self, **changes: Any) -> None:
        """Changes the behaviour, by the names of `ApiBehaviour`."""
        self.behaviour = replace(self.behaviour, **changes)

    async def wait_for(self, wanted: int | Callable[[], object], timeout: float = _WAIT) -> list[TakenMessage]:
        """The messages once there are so many, or once the condition holds. Raises TimeoutError."""
        condition = wanted if callable(wanted) else lambda: len(self.messages) >= wanted
        await self._watch.until(condition, timeout)
        return list(self.messages)

    async def tell(self, webhook: SignedWebhook) -> int:
        """Makes a webhook's request; the status of the answer."""
        assert self._client is not None, "the server is not started"
        async with self._client.post(webhook.url, data=webhook.body, headers=webhook.headers) as answer:
            self.told.append(answer.status)
        self._watch.changed()
        return answer.status

    @abstractmethod
    def receipt(self, message: TakenMessage, status: str, error_code: str | None = None) -> SignedWebhook:
        """The webhook that tells that a message came to `status`, in the carrier's words."""

    @abstractmethod
    def inbound(
        self, url: str, sender: str, recipient: str, text: str, media_urls: Sequence[str] = ()
    ) -> SignedWebhook:
        """The webhook to `url` that tells of a message from a handset."""

    @abstractmethod
    def _read(self, request: web.Request, body: bytes) -> TakenMessage | web.Response:
        """The message in a request, or the answer that refuses it."""

    @abstractmethod
    def _accepted(self, message: TakenMessage) -> web.Response:
        """The answer to a message that was taken."""

    @abstractmethod
    def _failed(self, status: int) -> web.Response:
        """The answer with one of the carrier's failures: 400, 429 or 500."""

    @abstractmethod
    def _receipt_of(self, message: TakenMessage) -> SignedWebhook | None:
        """The receipt that the behaviour wants told by itself."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        mode = self.behaviour.mode
        message = self._failed(_FAILURES[mode]) if mode in _FAILURES else self._read(request, body)
        if isinstance(message, web.Response):
            self.refused += 1
            self._watch.changed()
            return message
        self.messages.append(message)
        self._watch.changed()
        if mode == "hang":
            await self._closing.wait()
        if mode in ("hang", "hang_up") and request.transport is not None:
            request.transport.abort()
        if receipt := self._receipt_of(message):
            self._tell_later(receipt)
        return self._accepted(message) if mode != "garble" else web.Response(text="<html>OK</html>")

    def _tell_later(self, webhook: SignedWebhook) -> None:
        task = asyncio.create_task(self.tell(webhook))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


_FAILURES: Final[dict[str, int]] = {"refuse": 400, "throttle": 429, "fail": 500}


def json_answer(value: object, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
