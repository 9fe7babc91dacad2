"""The chat completions of an OpenAI-compatible API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
import structlog

from cordboard.infra.chat.errors import ChatDeclinedError, ChatError
from cordboard.infra.chat.settings import AiSettings
from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.infra.http.errors import HttpTimeoutError
from cordboard.infra.speech.engines import api_root, json_headers

_OK: Final = range(200, 300)
_BAD_REQUEST: Final = 400
_REASONS: Final = {
    401: "the provider refuses the key",
    403: "the provider refuses the key",
    404: "the provider knows no such model or path",
    429: "the provider is busy or its quota is used up",
}
_FILTERED: Final = "content_filter"
_CUT: Final = "length"
_JSON: Final = {"response_format": {"type": "json_object"}}
_MOST_REMEMBERED: Final = 100
_log = structlog.get_logger(__name__)


class ChatMessage(msgspec.Struct, frozen=True):
    """What somebody says: the model itself, the `user` that it answers, or the `system` that tells it what to do."""

    role: Literal["system", "user", "assistant"]
    content: str


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]


class ChatClient:
    """Asks by `POST /v1/chat/completions`. The key and the provider's words stay out of logs and errors."""

    def __init__(self, client: GuardedClient, settings: AiSettings) -> None:
        self._client = client
        self._settings = settings
        self._url = f"{api_root(settings.base_url)}/chat/completions"
        self._without_json: set[str] = set()

    async def complete(self, messages: Sequence[ChatMessage], *, model: str = "", as_json: bool = False) -> str:
        """The text of the first choice; `model` is the settings' where none is given. `as_json` asks the provider for a
        JSON object, as far as it offers to keep to one. Raises ChatError.
        """
        wanted = model or self._settings.model
        question: dict[str, Any] = {"model": wanted, "messages": messages}
        if as_json and wanted not in self._without_json:
            reply = await self._ask(question | _JSON)
            if reply.status == _BAD_REQUEST:
                reply = await self._ask(question)
                self._remember(wanted, reply)
        else:
            reply = await self._ask(question)
        return _text(reply)

    def _remember(self, model: str, reply: HttpReply) -> None:
        """A model that only answers without a format is not asked for one again."""
        if reply.status in _OK and len(self._without_json) < _MOST_REMEMBERED:
            self._without_json.add(model)

    async def _ask(self, question: dict[str, Any]) -> HttpReply:
        headers = json_headers(self._settings.api_key)
        body = msgspec.json.encode(question)
        try:
            return await self._client.request(
                "POST", self._url, headers=headers, body=body, timeout=self._settings.timeout
            )
        except HttpTimeoutError as error:
            raise _failed("the provider took too long", error.reason) from error
        except HttpError as error:
            raise _failed("the provider cannot be reached", error.reason) from error


def _text(reply: HttpReply) -> str:
    if reply.status not in _OK:
        reason = _REASONS.get(reply.status, "the provider answers with an error")
        raise _failed(reason, f"status {reply.status}")
    choice = _first_choice(reply.body)
    if choice.message.refusal or choice.finish_reason == _FILTERED:
        raise ChatDeclinedError("the provider declines to answer")
    if choice.finish_reason == _CUT:
        raise ChatError("the provider's answer is cut off: it is too long")
    if not (choice.message.content or "").strip():
        raise ChatError("the provider's answer is empty")
    return choice.message.content or ""


def _first_choice(body: bytes) -> _Choice:
    try:
        choices = msgspec.json.decode(body, type=_Completion).choices
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _failed("the provider's answer cannot be read", type(error).__name__) from error
    if not choices:
        raise ChatError("the provider's answer is empty")
    return choices[0]


def _failed(told: str, reason: str) -> ChatError:
    _log.warning("chat.failed", told=told, reason=reason)
    return ChatError(told)
