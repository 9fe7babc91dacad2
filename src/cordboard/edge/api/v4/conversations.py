"""Requests 78, 79, 83 and 84: conversations with contacts, and what is added to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.inbox.models import EventType
from cordboard.domain.inbox.use_cases.read_conversations import ReadConversations
from cordboard.domain.inbox.use_cases.write_conversations import ORIGIN, Remark, WriteConversations
from cordboard.domain.messaging.drafts import AcceptedMessage, SendRequest
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.inbox_fields import render_event, viewer_of
from cordboard.infra.http import check_url
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid, time_of
from cordboard.kit.phone import parse_number, parse_sender

_TAG: Final = "Inbox"
_MOST: Final = 1000
_MOST_MEDIA: Final = 10
_LARGEST_METADATA: Final = 4096
_LONGEST_NOTES: Final = 10_000
_LONGEST_DESCRIPTION: Final = 1000
_ACCOUNT: Final = "173c6f7f-c911-4823-bb2d-a13e4780c300"
_CONTACT: Final = "da54d682-4d48-4f13-a4ee-07c850c05bb8"
_TIME: Final = "3c044860-59ad-11eb-ba6f-89648e7154ae"
_METADATA: Final = {
    "repliedToMessageTime": "8f8dad90-2dcb-11eb-8aec-370be68b78ad",
    "contactId": _CONTACT,
    "publish": True,
}
_NUMBERS: Final = {"from": "+19513561234", "to": "+19492221234"}
_EVENT: Final = {
    "messageId": _TIME,
    **_NUMBERS,
    "direction": "out",
    "tags": [],
    "attributes": {"phonenumber1": "+19492221234"},
    "version": "",
    "time": 1610989620838,
}


class ConversationQuery(msgspec.Struct, rename="camel", kw_only=True):
    """`lastId` is the `time` of the event that all returned ones are older than; at most 1000 at once."""

    contact_id: UUID
    last_id: UUID | None = None
    size: int | None = None


class MessageBody(msgspec.Struct, rename="camel", kw_only=True):
    """Either `from` or `numberSetId`; `to`, or the contact of `metadata.contactId`; `text`, `mediaUrl` or both.
    `metadata.publish` shows the message in the inbox.
    """

    sender: str | None = msgspec.field(default=None, name="from")
    number_set_id: UUID | None = None
    to: str | None = None
    contact_id: UUID | None = None
    text: str | None = None
    media_url: str | list[str] = ""
    source: dict[str, Any] = {}
    metadata: dict[str, Any] = {}


class RemarkBody(msgspec.Struct, rename="camel", kw_only=True):
    """What remarks have in common. `contactId` may stand in `metadata` instead; `metadata.publish` shows the remark in
    the inbox.
    """

    contact_id: UUID | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    metadata: dict[str, Any] = {}


class NotesBody(RemarkBody, rename="camel", kw_only=True):
    """Notes of up to 10,000 characters, for colleagues: nothing is sent."""

    notes: str


class ExternalEventBody(RemarkBody, rename="camel", kw_only=True):
    """What happened elsewhere, and where more can be read of it."""

    description: str
    url: str | None = None


class ConversationsResource:
    """`/v4/conversation`."""

    def __init__(self, reading: ReadConversations, writing: WriteConversations, *, allow_private_urls: bool) -> None:
        self._reading = reading
        self._writing = writing
        self._allow_private = allow_private_urls

    async def get_conversation(self, call: Call) -> Reply:
        """What happened with a contact, the newest first."""
        query: ConversationQuery = call.query
        errors, before = [], None
        if query.size is not None and not 1 <= query.size <= _MOST:
            errors.append(FieldError("size", f"must be from 1 to {_MOST}"))
        if query.last_id is not None:
            moment = time_of(query.last_id)
            if moment is None:
                errors.append(FieldError("lastId", "must be a time UUID, as conversations show it"))
            before = (moment, query.last_id) if moment else None
        if errors:
            raise InvalidInputError(errors)
        found = await self._reading.conversation(
            call.tx, viewer_of(call.principal), query.contact_id, before, query.size or _MOST
        )
        return Reply([render_event(query.contact_id, event) for event in found])

    async def send_message(self, call: Call) -> Reply:
        """Sends a message to a contact; it is in the conversation at once."""
        body: MessageBody = call.body
        errors: list[FieldError] = []
        contact_id = _contact_of(body.contact_id, body.metadata, errors)
        request = self._request(call, body, contact_id, errors)
        publish = _publish_of(body.metadata, errors)
        if errors:
            raise InvalidInputError(errors)
        accepted = await self._writing.send(call.tx, viewer_of(call.principal), request, contact_id, publish=publish)
        return Reply([_render_sent(call, body, accepted)])

    async def add_notes(self, call: Call) -> Reply:
        """Adds notes, which are not sent to anybody."""
        body: NotesBody = call.body
        errors: list[FieldError] = []
        _check_text(body.notes, "notes", _LONGEST_NOTES, errors)
        return await self._remark(call, body, "notes", {"notes": body.notes}, errors)

    async def add_external_event(self, call: Call) -> Reply:
        """Adds what happened elsewhere, with a link."""
        body: ExternalEventBody = call.body
        errors: list[FieldError] = []
        _check_text(body.description, "description", _LONGEST_DESCRIPTION, errors)
        # The link is for people to follow: nothing here requests it, so that it may lead to a house's own network.
        if body.url and (problem := check_url(body.url, True)):
            errors.append(FieldError("url", problem))
        members = {"description": body.description, "url": body.url or ""}
        return await self._remark(call, body, "externalEvent", members, errors)

    async def _remark(
        self, call: Call, body: RemarkBody, kind: EventType, members: dict[str, str], errors: list[FieldError]
    ) -> Reply:
        contact_id = _contact_of(body.contact_id, body.metadata, errors)
        if contact_id is None and not errors:
            errors.append(FieldError("contactId", "is required"))
        publish = _publish_of(body.metadata, errors)
        numbers = [_number(body.to, "to", errors), _number(body.sender, "from", errors)]
        if errors or contact_id is None:
            raise InvalidInputError(errors)
        remark = Remark(
            type=kind,
            contact_id=contact_id,
            to=numbers[0] or "",
            sender=numbers[1] or "",
            members=members,
            metadata=body.metadata,
            publish=publish,
        )
        event = await self._writing.remark(call.tx, viewer_of(call.principal), remark)
        return Reply([render_event(contact_id, event)])

    def _request(self, call: Call, body: MessageBody, contact_id: UUID | None, errors: list[FieldError]) -> SendRequest:
        """What is to be sent; what is wrong with it is added to `errors`."""
        media = tuple(url for url in ([body.media_url] if isinstance(body.media_url, str) else body.media_url) if url)
        if bool(body.sender) == bool(body.number_set_id):
            errors.append(FieldError("from", "give either from or numberSetId"))
        if not body.to and contact_id is None and not errors:
            errors.append(FieldError("to", "give to or metadata.contactId"))
        if not body.text and not media:
            errors.append(FieldError("text", "give text or mediaUrl"))
        if len(media) > _MOST_MEDIA:
            errors.append(FieldError("mediaUrl", f"holds {len(media)} URLs; at most {_MOST_MEDIA} can be sent"))
        problems = (check_url(url, self._allow_private) for url in media)
        errors += [FieldError("mediaUrl", problem) for problem in problems if problem]
        return SendRequest(
            account_id=call.principal.account_id,
            parent_account_id=call.principal.parent_id,
            to=_number(body.to, "to", errors, sender=False),
            sender=_number(body.sender, "from", errors),
            number_set_id=body.number_set_id,
            text=body.text,
            media_urls=media,
            metadata=body.metadata,
            request_id=call.request_id,
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/v4/conversation"
        sms = {**_EVENT, "body": "Hello from inbox.", "mediaUrl": "", "type": "sms"}
        notes = {"contactId": _CONTACT, **_NUMBERS, "notes": "Irate customer.", "metadata": _METADATA}
        link = {"description": "Form filled in", "url": "https://example.com/forms?id=1"}
        message = {
            **_NUMBERS,
            "text": "Hello from inbox.",
            "source": {"sourceId": "fsi"},
            "metadata": _METADATA,
        }
        return (
            Endpoint(
                number="78",
                method="GET",
                path=base,
                handler=self.get_conversation,
                summary="Get conversation",
                privilege=Privilege.INBOX_READ,
                query=ConversationQuery,
                tag=_TAG,
                example=Example(query={"contactId": _CONTACT}, response=_shown(sms, "sent")),
            ),
            Endpoint(
                number="79",
                method="POST",
                path=base,
                handler=self.send_message,
                summary="Send message",
                privilege=Privilege.SMS_SEND,
                body=MessageBody,
                tag=_TAG,
                example=Example(body=message, response=_SENT),
            ),
            Endpoint(
                number="83",
                method="POST",
                path=base + "/notes",
                handler=self.add_notes,
                summary="Add conversation notes",
                privilege=Privilege.INBOX_READ,
                body=NotesBody,
                tag=_TAG,
                example=Example(
                    body=notes, response=_shown({**_EVENT, "notes": notes["notes"], "type": "notes"}, "added")
                ),
            ),
            Endpoint(
                number="84",
                method="POST",
                path=base + "/event",
                handler=self.add_external_event,
                summary="Add conversation external event",
                privilege=Privilege.INBOX_READ,
                body=ExternalEventBody,
                tag=_TAG,
                example=Example(
                    body={"contactId": _CONTACT, **_NUMBERS, **link, "metadata": _METADATA},
                    response=_shown({**_EVENT, **link, "type": "externalEvent"}, "added"),
                ),
            ),
        )


def _render_sent(call: Call, body: MessageBody, message: AcceptedMessage) -> dict[str, Any]:
    """An accepted message with the request as it was understood; `scheduledTime` in seconds."""
    media = message.media_urls[0] if message.media_urls else None
    return {
        "request": {
            "callbackUrl": None,
            "detaillogResponseFormat": "response_format",
            "dlrEnabled": True,
            "accountSid": call.principal.account_id,
            "messageSid": message.id,
            "source": {**body.source, "clientId": call.principal.client_id},
            "from": message.sender,
            "numberSetId": body.number_set_id,
            "to": message.recipient,
            "contactId": body.contact_id,
            "text": message.text,
            "metadata": {
                "repliedToMessageTime": None,
                "currentMessageTime": None,
                "contactId": None,
                "publish": False,
                **body.metadata,
                "origin": ORIGIN,
            },
            "mediaUrl": media,
            "sms": media is None,
            "mms": media is not None,
        },
        "messageSid": message.id,
        "scheduledTime": int(message.scheduled_at.timestamp()),
        "messageCount": message.segments,
        "responseStatus": True,
    }


def _contact_of(given: UUID | None, metadata: Mapping[str, Any], errors: list[FieldError]) -> UUID | None:
    """The contact that a request names: at the top, or in its metadata."""
    if len(msgspec.json.encode(metadata)) > _LARGEST_METADATA:
        errors.append(FieldError("metadata", f"must be at most {_LARGEST_METADATA} bytes of JSON"))
    named = metadata.get("contactId")
    if given is not None or named is None or named == "":
        return given
    found = parse_uuid(named) if isinstance(named, str) else None
    if found is None:
        errors.append(FieldError("metadata.contactId", "must be a UUID"))
    return found


def _publish_of(metadata: Mapping[str, Any], errors: list[FieldError]) -> bool:
    publish = metadata.get("publish")
    if isinstance(publish, str):
        publish = {"true": True, "false": False, "": False}.get(publish.lower(), publish)
    if publish not in (None, True, False):
        errors.append(FieldError("metadata.publish", "must be true or false"))
    return publish is True


def _number(given: str | None, field: str, errors: list[FieldError], *, sender: bool = True) -> str | None:
    """A number, or a short code where it `sender` may be."""
    if not given:
        return None
    number = parse_sender(given) if sender else parse_number(given)
    if number is None:
        errors.append(FieldError(field, f"{given[:40]!r} is not a phone number; send it as +19495551234"))
    return number


def _check_text(text: str, field: str, longest: int, errors: list[FieldError]) -> None:
    if not text.strip():
        errors.append(FieldError(field, "must not be empty"))
    if len(text) > longest:
        errors.append(FieldError(field, f"may have {longest} characters"))


def _shown(event: Mapping[str, Any], status: str) -> dict[str, Any]:
    """An example of an event of a conversation."""
    return {
        "accountSid": _ACCOUNT,
        "contactId": _CONTACT,
        "time": _TIME,
        "event": event,
        "status": status,
        "type": event["type"],
    }


_SENT: Final = {
    "request": {
        "callbackUrl": None,
        "detaillogResponseFormat": "response_format",
        "dlrEnabled": True,
        "accountSid": _ACCOUNT,
        "messageSid": _TIME,
        "source": {"sourceId": "fsi", "clientId": "24554439-118f-4265-bde9-0789702990ae"},
        **_NUMBERS,
        "numberSetId": None,
        "contactId": None,
        "text": "Hello from inbox.",
        "metadata": {**_METADATA, "currentMessageTime": None, "origin": ORIGIN},
        "mediaUrl": None,
        "sms": True,
        "mms": False,
    },
    "messageSid": _TIME,
    "scheduledTime": 1611088206,
    "messageCount": 1,
    "responseStatus": True,
}
