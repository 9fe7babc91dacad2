"""A fake of an OpenAI-compatible API: speech, transcriptions and chat completions."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from cordboard.testing.speech_api import SpeechServer, tone

_RATE: Final = 24_000


class SpeechRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `POST /v1/audio/speech`."""

    model: str
    input: str
    voice: str
    response_format: str


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What `POST /v1/audio/transcriptions` was given: its fields, and the file."""

    fields: dict[str, str]
    file_name: str
    content_type: str
    data: bytes


class ChatMessage(msgspec.Struct, frozen=True):
    """What somebody says in a chat."""

    role: str
    content: str


class ChatRequest(msgspec.Struct, frozen=True):
    """The body of `POST /v1/chat/completions`."""

    model: str
    messages: list[ChatMessage]
    response_format: dict[str, str] | None = None


class ChatAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the model says."""

    content: str | None = None
    refusal: str | None = None
    finish_reason: str = "stop"


class FakeOpenAi(SpeechServer):
    """`spoken`, `uploads` and `chats` are what it was asked; `text` is what it understands in any recording, `answers`
    what it says in a chat, in this order; the last again and again. `offers_json` False: it refuses to be asked for a
    format.
    """

    def __init__(self, *, api_key: str = "sk-test", text: str = "call me back", **where: Any) -> None:
        super().__init__(**where)
        self.api_key = api_key
        self.text = text
        self.spoken: list[SpeechRequest] = []
        self.uploads: list[Upload] = []
        self.chats: list[ChatRequest] = []
        self.answers = [ChatAnswer(content="In other words.")]
        self.offers_json = True

    async def _answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _problem(401, "Incorrect API key provided")
        if request.path == "/v1/audio/speech":
            return await self._speak(request)
        if request.path == "/v1/audio/transcriptions":
            return await self._transcribe(request)
        if request.path == "/v1/chat/completions":
            return await self._chat(request)
        return _problem(404, f"Invalid URL (POST {request.path})")

    async def _speak(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=SpeechRequest)
        except msgspec.ValidationError as error:
            return _problem(400, str(error))
        self.spoken.append(wanted)
        return web.Response(body=tone(wanted.input, _RATE), content_type="audio/wav")

    async def _chat(self, request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read(), type=ChatRequest)
        except msgspec.ValidationError as error:
            return _problem(400, str(error))
        if asked.response_format and not self.offers_json:
            return _problem(400, "response_format is not supported")
        answer = self.answers[min(len(self.chats), len(self.answers) - 1)]
        self.chats.append(asked)
        message = {"role": "assistant", "content": answer.content, "refusal": answer.refusal}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        return web.json_response({"object": "chat.completion", "model": asked.model, "choices": [choice]})

    async def _transcribe(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form.get("file")
        if not isinstance(file, web.FileField) or "model" not in form:
            return _problem(400, "file and model are required")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        self.uploads.append(
            Upload(fields=fields, file_name=file.filename, content_type=file.content_type, data=file.file.read())
        )
        return web.json_response({"text": self.text})


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status=status)
