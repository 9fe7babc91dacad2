"""Request 137: sending a message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.messaging.drafts import AcceptedMessage, SendRequest
from cordboard.domain.messaging.models import MessageClass
from cordboard.domain.messaging.service import MessagingService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.infra.batching import Batcher
from cordboard.infra.db import Database
from cordboard.infra.http import check_url
from cordboard.kit.clock import Clock, from_epoch_ms
from cordboard.kit.errors import CordboardError, FieldError, InvalidInputError
from cordboard.kit.phone import country_of, parse_number, parse_sender

_LONGEST_SCHEDULE: Final = timedelta(days=366)
_LONGEST_VALIDITY: Final = 7 * 24 * 60
_MOST_MEDIA: Final = 10
_LARGEST_METADATA: Final = 4096
_LATEST_MS: Final = 10**14
_EXCLUSIVE: Final = (
    (("to", "contactId"), "to", "contact_id"),
    (("from", "numberSetId"), "sender", "number_set_id"),
)


class SmsRequest(msgspec.Struct, rename="camel", kw_only=True):
    """Exactly one of `to` and `contactId`, one of `from` and `numberSetId`, and one of `text` and `smsTemplateId`, the
    last of which neither is needed beside `mediaUrl` (one URL or a list).

    Ours: `scheduledTime` in epoch milliseconds or ISO 8601, `validityMinutes` from then on, `messageClass`.
    """

    to: str | None = None
    contact_id: UUID | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    number_set_id: UUID | None = None
    text: str | None = None
    sms_template_id: UUID | None = None
    ext_data: dict[str, Any] = {}
    media_url: str | list[str] = ""
    delivery_status_enabled: bool | None = None
    message_status_callback: str | None = None
    metadata: dict[str, Any] | None = None
    scheduled_time: int | str | None = None
    validity_minutes: int | None = None
    message_class: MessageClass = "transactional"


class SmsResource:
    """`POST /v4/sms`. Messages that come at the same time are accepted in one transaction."""

    def __init__(
        self, *, messaging: MessagingService, database: Database, clock: Clock, allow_private_callbacks: bool
    ) -> None:
        self._messaging = messaging
        self._database = database
        self._clock = clock
        self._allow_private = allow_private_callbacks
        self._accept: Batcher[SendRequest, AcceptedMessage | CordboardError] = Batcher(self._accept_batch, at_once=1)

    async def send_sms(self, call: Call) -> Reply:
        """Accepts one message. Under an idempotency key it shares the key's transaction, so that both are there or
        neither.
        """
        request = self._request(call.body, call.principal, call.request_id)
        if call.transaction is not None:
            (result,) = await self._messaging.accept(call.transaction, [request])
        else:
            result = await self._accept(request)
        if isinstance(result, CordboardError):
            raise result
        return Reply([render_accepted(result)])

    async def _accept_batch(self, requests: Sequence[SendRequest]) -> list[AcceptedMessage | CordboardError]:
        async with self._database.transaction() as tx:
            return await self._messaging.accept(tx, requests)

    def _request(self, body: SmsRequest, caller: Principal, request_id: str) -> SendRequest:
        """The request with every field checked. Raises InvalidInputError naming each bad one."""
        errors = _exclusive(body)
        media = tuple([body.media_url] if isinstance(body.media_url, str) else body.media_url)
        media = tuple(url for url in media if url)
        recipient = _number(body.to, parse_number, "to", errors)
        sender = _number(body.sender, parse_sender, "from", errors)
        self._check_urls(body, media, errors)
        scheduled_at = self._schedule(body.scheduled_time, errors)
        _check_rest(body, media, errors)
        if errors:
            raise InvalidInputError(errors)
        return SendRequest(
            account_id=caller.account_id,
            parent_account_id=caller.parent_id,
            client_id=caller.client_id,
            to=recipient,
            contact_id=body.contact_id,
            sender=sender,
            number_set_id=body.number_set_id,
            text=body.text,
            template_id=body.sms_template_id,
            ext_data={key.lower(): _as_text(value) for key, value in body.ext_data.items() if value is not None},
            media_urls=media,
            delivery_status_enabled=body.delivery_status_enabled,
            status_callback=body.message_status_callback or None,
            metadata=body.metadata,
            scheduled_at=scheduled_at,
            validity_minutes=body.validity_minutes,
            message_class=body.message_class,
            request_id=request_id,
        )

    def _check_urls(self, body: SmsRequest, media: Sequence[str], errors: list[FieldError]) -> None:
        if body.message_status_callback and (problem := check_url(body.message_status_callback, self._allow_private)):
            errors.append(FieldError("messageStatusCallback", problem))
        problems = (check_url(url, self._allow_private) for url in media)
        errors += [FieldError("mediaUrl", problem) for problem in problems if problem]

    def _schedule(self, given: int | str | None, errors: list[FieldError]) -> datetime | None:
        """The moment meant by `scheduledTime`; one that has passed means now."""
        if given is None or given == "":
            return None
        moment = _moment(given)
        if moment is None:
            errors.append(FieldError("scheduledTime", "must be epoch milliseconds or ISO 8601 with a time zone"))
        elif moment > self._clock.now() + _LONGEST_SCHEDULE:
            errors.append(FieldError("scheduledTime", f"must be within {_LONGEST_SCHEDULE.days} days"))
        return moment

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="137",
                method="POST",
                path="/v4/sms",
                handler=self.send_sms,
                summary="Send SMS",
                privilege=Privilege.SMS_SEND,
                body=SmsRequest,
                own_transactions=True,
                tag="SMS",
                example=Example(
                    body={
                        "from": "+19513561234",
                        "to": "+19492221234",
                        "text": "Hello World!",
                        "deliveryStatusEnabled": "true",
                        "messageStatusCallback": "https://example.com/status",
                        "metadata": {"leadId": "myLeadId"},
                    },
                    response={
                        "messageSid": "0ed34990-5ceb-11eb-b685-d322c09b20ac",
                        "to": "+19492221234",
                        "from": "+19513561234",
                        "text": "Hello World!",
                        "messageCount": 1,
                        "messageStatusMethod": "POST",
                        "messageStatusCallback": "https://example.com/status",
                        "deliveryStatusEnabled": True,
                        "mediaUrl": "",
                        "toCC": 1,
                        "toCountry": "US",
                        "fromCC": 1,
                        "fromCountry": "US",
                        "scheduledTm": 1611345020,
                    },
                ),
            ),
        )


def render_accepted(message: AcceptedMessage) -> dict[str, Any]:
    """An accepted message as the reference shows it; `scheduledTm` in seconds."""
    to, sender = country_of(message.recipient), country_of(message.sender)
    return {
        "messageSid": message.id,
        "to": message.recipient,
        "from": message.sender,
        "text": message.text,
        "messageCount": message.segments,
        "messageStatusMethod": "POST",
        "messageStatusCallback": message.status_callback,
        "deliveryStatusEnabled": message.delivery_status_enabled,
        "mediaUrl": message.media_urls[0] if message.media_urls else "",
        "toCC": to.calling_code,
        "toCountry": to.iso,
        "fromCC": sender.calling_code,
        "fromCountry": sender.iso,
        "scheduledTm": int(message.scheduled_at.timestamp()),
    }


def _exclusive(body: SmsRequest) -> list[FieldError]:
    errors = []
    for names, first, second in _EXCLUSIVE:
        given = [bool(getattr(body, first)), bool(getattr(body, second))]
        if sum(given) != 1:
            problem = f"give either {names[0]} or {names[1]}" + (", not both" if all(given) else "")
            errors.append(FieldError(names[0], problem))
    if body.text and body.sms_template_id:
        errors.append(FieldError("text", "give either text or smsTemplateId, not both"))
    if not body.text and not body.sms_template_id and not body.media_url:
        errors.append(FieldError("text", "give text, smsTemplateId or mediaUrl"))
    return errors


def _number(given: str | None, parse: Any, field: str, errors: list[FieldError]) -> str | None:
    if not given:
        return None
    number: str | None = parse(given)
    if number is None:
        errors.append(FieldError(field, f"{given[:40]!r} is not a phone number; send it as +19495551234"))
    return number


def _check_rest(body: SmsRequest, media: Sequence[str], errors: list[FieldError]) -> None:
    if len(media) > _MOST_MEDIA:
        errors.append(FieldError("mediaUrl", f"holds {len(media)} URLs; at most {_MOST_MEDIA} can be sent"))
    if body.metadata is not None and len(msgspec.json.encode(body.metadata)) > _LARGEST_METADATA:
        errors.append(FieldError("metadata", f"must be at most {_LARGEST_METADATA} bytes of JSON"))
    if body.validity_minutes is not None and not 1 <= body.validity_minutes <= _LONGEST_VALIDITY:
        errors.append(FieldError("validityMinutes", f"must be from 1 to {_LONGEST_VALIDITY}"))


def _moment(given: int | str) -> datetime | None:
    if isinstance(given, str) and not given.lstrip("-").isdigit():
        try:
            parsed = datetime.fromisoformat(given)
        except ValueError:
            return None
        return parsed if parsed.tzinfo is not None else None
    milliseconds = int(given)
    return from_epoch_ms(milliseconds) if 0 <= milliseconds < _LATEST_MS else None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
