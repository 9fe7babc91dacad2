"""The chat completions of an OpenAI-compatible API, as a writer."""

from __future__ import annotations

from typing import Final

import msgspec
import structlog

from cordboard.domain.rewording.errors import RewordingFailedError
from cordboard.domain.rewording.settings import AiSettings
from cordboard.infra.http import GuardedClient, HttpError
from cordboard.infra.http.errors import HttpTimeoutError
from cordboard.infra.speech.engines import api_root, json_headers

_OK: Final = range(200, 300)
_REASONS: Final = {
    401: "the provider refuses the key",
    403: "the provider refuses the key",
    404: "the provider knows no such model or path",
    429: "the provider is busy or its quota is used up",
}
_FILTERED: Final = "content_filter"
_CUT: Final = "length"
_log = structlog.get_logger(__name__)


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]


class ChatWriter:
    """`ports.Writer` by `POST /v1/chat/completions`. The key and the provider's words stay out of logs and errors."""

    def __init__(self, client: GuardedClient, settings: AiSettings) -> None:
        self._client = client
        self._settings = settings
        self._url = f"{api_root(settings.base_url)}/chat/completions"

    async def write(self, instructions: str, text: str) -> str:
        """The text of the first choice. Raises RewordingFailedError."""
        question = {
            "model": self._settings.model,
            "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": text}],
        }
        choice = _first_choice(await self._ask(msgspec.json.encode(question)))
        if choice.message.refusal or choice.finish_reason == _FILTERED:
            raise RewordingFailedError("the provider declines to reword this text")
        if choice.finish_reason == _CUT:
            raise RewordingFailedError("the provider's answer is cut off: it is too long")
        if not (choice.message.content or "").strip():
            raise RewordingFailedError("the provider's answer is empty")
        return choice.message.content or ""

    async def _ask(self, body: bytes) -> bytes:
        headers = json_headers(self._settings.api_key)
        try:
            reply = await self._client.request(
                "POST", self._url, headers=headers, body=body, timeout=self._settings.timeout
            )
        except HttpTimeoutError as error:
            raise _failed("the provider took too long", error.reason) from error
        except HttpError as error:
            raise _failed("the provider cannot be reached", error.reason) from error
        if reply.status not in _OK:
            reason = _REASONS.get(reply.status, "the provider answers with an error")
            raise _failed(reason, f"status {reply.status}")
        return reply.body


def _first_choice(body: bytes) -> _Choice:
    try:
        choices = msgspec.json.decode(body, type=_Completion).choices
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _failed("the provider's answer cannot be read", type(error).__name__) from error
    if not choices:
        raise RewordingFailedError("the provider's answer is empty")
    return choices[0]


def _failed(told: str, reason: str) -> RewordingFailedError:
    _log.warning("rewording.failed", told=told, reason=reason)
    return RewordingFailedError(told)
