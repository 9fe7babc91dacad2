"""Ours: the sandbox's handsets, what they got and sent, and how they behave."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.sandbox.models import HandsetMessage, HandsetScript, Text
from cordboard.domain.sandbox.service import SandboxService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.carriers.sandbox import Handsets
from cordboard.infra.http import check_url
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError
from cordboard.kit.paging import Page
from cordboard.kit.phone import parse_sender, require_number

_PATH: Final = "/sandbox/handsets/{number}"
_TAG: Final = "Sandbox"
_NUMBER: Final = {"number": "+19492221234"}
_MESSAGE: Final[dict[str, Any]] = {
    "direction": "outbound",
    "from": "+19492221234",
    "to": "+19495550100",
    "text": "Hi yourself",
    "mediaUrl": None,
    "mediaUrls": [],
    "at": 1767614400000,
}
_SCRIPT: Final = {
    "receipt": "delivered",
    "reply": "Hi yourself",
    "answer": "human",
    "answerAfterMs": 1500,
    "say": "Hello?",
    "dtmf": "1",
    "hangupAfterMs": 20000,
}


class TextBody(msgspec.Struct, rename="camel"):
    """A text to one of our numbers; `text`, `mediaUrl` or both."""

    to: str
    text: Text = ""
    media_url: str = ""


class PageQuery(msgspec.Struct):
    """How many, and how many newer ones to pass."""

    size: int | None = None
    offset: int | None = None


class HandsetsResource:
    """`/sandbox/handsets`. Any number that nobody owns is a handset, without being made."""

    def __init__(self, sandbox: SandboxService, handsets: Handsets, *, allow_private_urls: bool) -> None:
        self._sandbox = sandbox
        self._handsets = handsets
        self._allow_private = allow_private_urls

    async def get_messages(self, call: Call) -> Reply:
        """The newest messages of a handset, in the order of time; `direction` is as the handset sees it: `inbound` is
        what it got.
        """
        page = Page.of(call.query.size, call.query.offset)
        messages = await self._sandbox.messages(call.tx, _handset(call), page)
        return Reply([render_message(message) for message in messages])

    async def send_message(self, call: Call) -> Reply:
        """The handset texts one of our numbers. Raises NotFoundError when it is nobody's."""
        handset, body = _handset(call), call.body
        to = parse_sender(body.to)
        errors = list(self._problems(body, to))
        if errors or to is None:
            raise InvalidInputError(errors)
        media = [body.media_url] if body.media_url else []
        message, taken = await self._handsets.text(call.tx, handset, to, body.text, media)
        if not taken:
            raise NotFoundError("to")
        return Reply([render_message(message)])

    async def put_script(self, call: Call) -> Reply:
        """Sets how the handset behaves; what is not given is as usual."""
        await self._sandbox.put_script(call.tx, _handset(call), call.body)
        return Reply([call.body])

    def _problems(self, body: TextBody, to: str | None) -> list[FieldError]:
        errors = []
        if to is None:
            errors.append(FieldError("to", "is not a phone number; send it as +19495551234"))
        if not body.text and not body.media_url:
            errors.append(FieldError("text", "is required, unless there is a mediaUrl"))
        if body.media_url and (problem := check_url(body.media_url, self._allow_private)):
            errors.append(FieldError("mediaUrl", problem))
        return errors

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=f"{_PATH}/messages",
                handler=self.get_messages,
                summary="Get a handset's messages",
                privilege=Privilege.PLATFORM_ADMIN,
                query=PageQuery,
                tag=_TAG,
                example=Example(path=_NUMBER, response=_MESSAGE),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=f"{_PATH}/messages",
                handler=self.send_message,
                summary="Text one of our numbers from a handset",
                privilege=Privilege.PLATFORM_ADMIN,
                body=TextBody,
                tag=_TAG,
                example=Example(path=_NUMBER, body={"to": "+19495550100", "text": "Hi yourself"}, response=_MESSAGE),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path=_PATH,
                handler=self.put_script,
                summary="Set how a handset behaves",
                privilege=Privilege.PLATFORM_ADMIN,
                body=HandsetScript,
                tag=_TAG,
                example=Example(path=_NUMBER, body=_SCRIPT, response=_SCRIPT),
            ),
        )


def render_message(message: HandsetMessage) -> dict[str, Any]:
    """A message with the first of its media by itself."""
    return {
        "direction": message.direction,
        "from": message.sender,
        "to": message.recipient,
        "text": message.text,
        "mediaUrl": message.media_urls[0] if message.media_urls else None,
        "mediaUrls": message.media_urls,
        "at": epoch_ms(message.at),
    }


def _handset(call: Call) -> str:
    return require_number("number", call.path["number"])
