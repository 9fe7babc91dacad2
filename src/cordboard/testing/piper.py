"""A fake of Piper's HTTP server: a text in, a WAV file out."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from cordboard.testing.speech_api import SpeechServer, tone

_RATE: Final = 22_050


class FakePiper(SpeechServer):
    """`POST /synthesize` with `{"text", "voice"}`; `spoken` are the bodies that it was given."""

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.spoken: list[dict[str, Any]] = []

    async def _answer(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = msgspec.json.decode(await request.read())
        if request.path != "/synthesize" or not body.get("text"):
            return web.Response(status=400, text="No text provided")
        self.spoken.append(body)
        return web.Response(body=tone(body["text"], _RATE), content_type="audio/wav")
