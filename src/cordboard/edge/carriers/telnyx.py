"""Telnyx: messages by its Messaging API v2, receipts and inbound messages by its webhooks.

`account` in the settings is the messaging profile's id (needed for alphanumeric senders and number pools only),
`api_key` the API key, `public_key` the account's key for webhooks, 32 octets in base64. The messaging profile's webhook
URL has to be ours, so that inbound messages come; webhooks are of API version 2.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cordboard.domain.messaging.models import DeliveryState, InboundPart, ReceiptReport, Submission
from cordboard.edge.carriers.http_api import ApiProblem, ApiRequest, moment, party, without_nul
from cordboard.edge.carriers.port import BadSignatureError, CarrierWebhook
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError

BASE_URL: Final = "https://api.telnyx.com"
SIGNATURE: Final = "telnyx-signature-ed25519"
TIMESTAMP: Final = "telnyx-timestamp"
TOLERANCE: Final = timedelta(minutes=5)

_STATES: Final[dict[str, tuple[DeliveryState, bool]]] = {
    "delivered": ("delivered", True),
    "delivery_failed": ("undelivered", True),
    "sending_failed": ("failed", True),
    "expired": ("expired", True),
    "cancelled": ("failed", True),
    # The network will never say what became of it: the message stays as sent.
    "delivery_unconfirmed": ("enroute", False),
}
"""Status of a recipient: the state, and whether it is the last word."""


class _Address(msgspec.Struct, frozen=True):
    phone_number: str = ""
    status: str = ""


class _Media(msgspec.Struct, frozen=True):
    url: str | None = None


class _Problem(msgspec.Struct, frozen=True):
    code: str | int | None = None
    title: str | None = None
    detail: str | None = None


class _Message(msgspec.Struct, frozen=True):
    id: str
    sender: _Address = msgspec.field(default=_Address(), name="from")
    to: list[_Address] = []
    text: str | None = None
    media: list[_Media] = []
    errors: list[_Problem] = []


class _Event(msgspec.Struct, frozen=True):
    event_type: str
    occurred_at: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class _Webhook(msgspec.Struct, frozen=True):
    data: _Event


class _Sent(msgspec.Struct, frozen=True):
    id: str


class _Accepted(msgspec.Struct, frozen=True):
    data: _Sent


class _Failed(msgspec.Struct, frozen=True):
    errors: list[_Problem] = []


class TelnyxApi:
    """`MessageApi` of Telnyx. `callback_url` is where it tells its news of the messages."""

    def __init__(self, settings: CarrierSettings, callback_url: str) -> None:
        self._url = f"{(settings.base_url or BASE_URL).rstrip('/')}/v2/messages"
        self._headers = {"Authorization": f"Bearer {settings.api_key.strip()}", "Content-Type": "application/json"}
        self._profile = settings.account
        self._callback_url = callback_url

    def request(self, submission: Submission) -> ApiRequest:
        """POST /v2/messages."""
        body: dict[str, Any] = {
            "from": submission.sender,
            "to": submission.recipient,
            "type": "MMS" if submission.media_urls else "SMS",
            "webhook_url": self._callback_url,
            "use_profile_webhooks": False,
        }
        if submission.text:
            body["text"] = submission.text
        if submission.media_urls:
            body["media_urls"] = list(submission.media_urls)
        if self._profile:
            body["messaging_profile_id"] = self._profile
        return ApiRequest(self._url, self._headers, msgspec.json.encode(body))

    def remote_id(self, body: bytes) -> str | None:
        """`data.id`."""
        try:
            return msgspec.json.decode(body, type=_Accepted).data.id
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def problem(self, body: bytes) -> ApiProblem:
        """The first of `errors`."""
        try:
            (first, *_) = msgspec.json.decode(body, type=_Failed).errors
        except (ValueError, msgspec.DecodeError):
            return ApiProblem()
        text = ": ".join(filter(None, (first.title, first.detail)))
        return ApiProblem(_code(first), text or None)


class TelnyxWebhooks:
    """`WebhookReader` of Telnyx. The `clock` is real time, whatever the sandbox does: it dates other people's clocks.

    Raises ValueError when the settings' public key is none.
    """

    def __init__(self, settings: CarrierSettings, clock: Clock) -> None:
        self._name = settings.name
        self._key = public_key(settings.public_key) if settings.public_key else None
        self._clock = clock

    @property
    def name(self) -> str:
        """The carrier's name in the settings."""
        return self._name

    def read(self, webhook: CarrierWebhook) -> Sequence[ReceiptReport | InboundPart]:
        """Receipts in `message.sent` and `message.finalized`, texts in `message.received`. Raises BadSignatureError,
        InvalidInputError.
        """
        self._verify(webhook)
        try:
            event = msgspec.json.decode(webhook.body, type=_Webhook).data
            match event.event_type:
                case "message.sent" | "message.finalized":
                    return self._receipts(event, msgspec.json.decode(event.payload, type=_Message))
                case "message.received":
                    return self._texts(msgspec.json.decode(event.payload, type=_Message))
                case _:
                    return []
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidInputError.of("body", f"is no webhook of Telnyx: {error}") from error

    def _verify(self, webhook: CarrierWebhook) -> None:
        """The signature is over `timestamp|body`."""
        if self._key is None:
            raise BadSignatureError(f"set public_key of the carrier {self._name} to let its webhooks in")
        timestamp = webhook.headers.get(TIMESTAMP, "")
        try:
            signature = base64.b64decode(webhook.headers.get(SIGNATURE, ""), validate=True)
            self._key.verify(signature, f"{timestamp}|".encode() + webhook.body)
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise BadSignatureError("the webhook's signature is not Telnyx's") from error
        age = self._clock.now().timestamp() - float(timestamp)  # it was signed, so that it is Telnyx's number
        if abs(age) > TOLERANCE.total_seconds():
            raise BadSignatureError("the webhook was signed more than 5 minutes ago, or the clocks disagree")

    def _receipts(self, event: _Event, message: _Message) -> list[ReceiptReport]:
        if not message.to:
            return []
        state, final = _STATES.get(message.to[0].status, ("enroute", False))
        return [
            ReceiptReport(
                carrier=self._name,
                remote_id=message.id,
                state=state,
                final=final,
                error_code=_code(message.errors[0]) if message.errors else None,
                done_at=moment(event.occurred_at),
            )
        ]

    def _texts(self, message: _Message) -> list[InboundPart]:
        """One for each recipient: a group message may be for several of our numbers."""
        return [
            InboundPart(
                carrier=self._name,
                sender=party(message.sender.phone_number),
                recipient=party(to.phone_number),
                text=without_nul(message.text or ""),
                media_urls=tuple(media.url for media in message.media if media.url),
                carrier_message_id=f"{message.id}:{to.phone_number}",
            )
            for to in message.to
        ]


def public_key(text: str) -> Ed25519PublicKey:
    """The key as the Telnyx portal shows it. Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def is_public_key(text: str) -> bool:
    """Whether the text is such a key."""
    try:
        public_key(text)
    except ValueError:
        return False
    return True


def _code(problem: _Problem) -> str | None:
    return None if problem.code is None else str(problem.code)
