"""What the fake speech servers have in common: listening, failing on purpose, and a tone in place of words."""

from __future__ import annotations

import asyncio
import io
import math
import struct
import wave
from abc import ABC, abstractmethod
from typing import Final, Literal, Self

from aiohttp import web

Mode = Literal["answer", "refuse", "fail", "garble", "hang"]
"""What is done with a request: answered; refused as wrong (400); failed (500); answered with what is no such thing;
left without an answer.
"""

_STATUSES: Final[dict[Mode, int]] = {"refuse": 400, "fail": 500}
_SECONDS_A_CHARACTER: Final = 0.05
_HERTZ: Final = 440
_LEVEL: Final = 12_000


class SpeechServer(ABC):
    """Listens on loopback; `mode` may be changed at any time, `asked` counts the requests.

    async with FakePiper() as piper:
        ... piper_url=piper.url() ...
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.mode: Mode = "answer"
        self.asked = 0
        self._host, self._wanted_port = host, port
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_post("/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._wanted_port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def url(self) -> str:
        """The server's root."""
        assert self._runner is not None, "the server is not started"
        return f"http://{self._host}:{self._runner.addresses[0][1]}"

    @abstractmethod
    async def _answer(self, request: web.Request) -> web.Response:
        """The answer to a request that is to be answered."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.mode == "hang":
            await self._closing.wait()
        if self.mode in _STATUSES:
            return web.json_response({"error": {"message": f"told to {self.mode}"}}, status=_STATUSES[self.mode])
        return await self._answer(request) if self.mode != "garble" else web.Response(text="<html>OK</html>")


def tone(text: str, rate: int) -> bytes:
    """A WAV file of a tone, longer for longer texts: 50 ms a character."""
    count = int(len(text) * _SECONDS_A_CHARACTER * rate)
    samples = (round(math.sin(2 * math.pi * _HERTZ * index / rate) * _LEVEL) for index in range(count))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return buffer.getvalue()
