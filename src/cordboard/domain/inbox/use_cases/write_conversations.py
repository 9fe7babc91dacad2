"""Adding to conversations: messages, notes and what happened elsewhere (requests 79, 83 and 84)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.inbox.events import PUBLISHED, PublishedEvent
from cordboard.domain.inbox.models import ConversationEvent, EventType, Viewer
from cordboard.domain.inbox.recording import Recorded, Recorder
from cordboard.domain.inbox.repository import entries
from cordboard.domain.inbox.shaping import Happening, attributes_of, event_body, of_message
from cordboard.domain.inbox.use_cases.read_conversations import ReadConversations, numbers_of
from cordboard.domain.messaging.drafts import AcceptedMessage, SendRequest
from cordboard.domain.messaging.service import MessagingService
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids

ORIGIN: Final = "inbox"
_CONTACT: Final = "contactId"


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be noted in a contact's conversation: `members` are those of its type. `to` and `sender` may be
    empty.
    """

    type: EventType
    contact_id: UUID
    to: str = ""
    sender: str = ""
    members: dict[str, str]
    metadata: dict[str, Any] = {}
    publish: bool = False


class WriteConversations:
    """The verbs."""

    def __init__(
        self, clock: Clock, ids: Ids, reading: ReadConversations, recorder: Recorder, messaging: MessagingService
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._reading = reading
        self._recorder = recorder
        self._messaging = messaging

    async def send(
        self, tx: Tx, viewer: Viewer, request: SendRequest, contact_id: UUID | None, *, publish: bool
    ) -> AcceptedMessage:
        """Sends a message, which is in the conversation at once. `contact_id` is whom it is for; its number is used
        where `request` names none. Raises what refuses the message, NotFoundError, InvalidInputError.
        """
        if contact_id is not None:
            await self._check_recipient(tx, viewer, contact_id, request.to)
        metadata = {**(request.metadata or {}), "origin": ORIGIN}
        wanted = msgspec.structs.replace(
            request, metadata=metadata, contact_id=None if request.to else contact_id, client_id=viewer.client_id
        )
        (result,) = await self._messaging.accept(tx, [wanted])
        if isinstance(result, CordboardError):
            raise result
        happening = of_message(
            {
                "accountSid": str(viewer.account_id),
                "messageSid": str(result.id),
                "direction": "outbound",
                "to": result.recipient,
                "from": result.sender,
                "text": result.text,
                "mediaUrls": list(result.media_urls),
                "status": "queued",
                "metadata": {**metadata, "publish": publish},
                "contactId": str(contact_id) if contact_id else None,
            }
        )
        await self._keep(tx, happening)
        return result

    async def remark(self, tx: Tx, viewer: Viewer, remark: Remark) -> ConversationEvent:
        """Notes something in a conversation. Raises NotFoundError."""
        contact = await self._reading.find_contact(tx, viewer, remark.contact_id)
        if contact is None:
            raise NotFoundError(_CONTACT)
        time = self._ids.time_uuid()
        happening = Happening(
            account_id=viewer.account_id,
            source_id=time,
            time=time,
            type=remark.type,
            status="added",
            other=contact.phone or remark.to,
            contact_id=contact.id,
            publish=remark.publish,
            event=event_body(
                remark.type,
                time,
                "out",
                to=remark.to,
                sender=remark.sender,
                time=time,
                attributes=attributes_of(contact.phone or remark.to, remark.metadata),
                **remark.members,
            ),
        )
        return (await self._keep(tx, happening)).event

    async def _check_recipient(self, tx: Tx, viewer: Viewer, contact_id: UUID, to: str | None) -> None:
        contact = await self._reading.find_contact(tx, viewer, contact_id)
        if contact is None:
            raise NotFoundError(_CONTACT)
        if to and to not in numbers_of(contact):
            raise InvalidInputError.of("to", f"is no number of the contact {contact_id}")

    async def _keep(self, tx: Tx, happening: Happening) -> Recorded:
        """Records what happens now, and publishes it if that is asked for; the dispatcher will tell the sockets."""
        (recorded,) = await self._recorder.record(tx, [happening])
        if happening.publish:
            key = (recorded.event.account_id, recorded.event.thread_id)
            publication = recorded.published_in((await self._recorder.last_inboxes(tx, [key]))[key])
            await entries.put(tx, [publication])
            told = PublishedEvent(
                inbox_id=str(publication.inbox_id),
                contact_id=str(publication.contact_id),
                time=str(publication.time),
                type=publication.type,
            )
            subject = str(publication.contact_id)
            await append(tx, [Event(PUBLISHED, key[0], subject, msgspec.to_builtins(told), self._clock.now())])
        return recorded
