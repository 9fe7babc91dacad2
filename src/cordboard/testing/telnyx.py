"""A fake of Telnyx's Messaging API v2, with its errors and its signed webhooks."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cordboard.testing.message_api import (
    ApiBehaviour,
    MessageApiServer,
    Receipts,
    SignedWebhook,
    TakenMessage,
    json_answer,
)

_MESSAGE_ID: Final = "40385f64-5717-4562-b3fc-{:012x}"
_FAILURES: Final = {
    400: ("40310", "Invalid 'to' address", "The 'to' address is not one that can be messaged."),
    401: ("10009", "Authentication failed", "No such API key."),
    422: ("10004", "Missing required parameter", "A required parameter is missing."),
    429: ("10011", "Too many requests", "Slow down."),
    500: ("10007", "Unexpected error", "Try again."),
}
_STATUSES: Final[Mapping[Receipts, str]] = {"delivered": "delivered", "undelivered": "delivery_failed"}


class FakeTelnyx(MessageApiServer):
    """`POST /v2/messages` for one `api_key`; signs with a key pair of its own, whose public half `public_key` shows as
    the portal does. `age` dates signatures back, in seconds.
    """

    route = "/v2/messages"

    def __init__(self, behaviour: ApiBehaviour | None = None, *, api_key: str = "KEY-telnyx", **where: Any) -> None:
        super().__init__(behaviour, **where)
        self.api_key = api_key
        self.age = 0.0
        self._key = Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> str:
        """For the carrier's settings."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def receipt(self, message: TakenMessage, status: str, error_code: str | None = None) -> SignedWebhook:
        """`message.sent` for "sent", `message.finalized` for every other status."""
        payload = self._payload(message, "outbound", status)
        if error_code:
            payload["errors"] = [{"code": error_code, "title": "Undeliverable", "detail": "Not delivered."}]
        event = "message.sent" if status == "sent" else "message.finalized"
        return self.webhook(message.callback_url, event, payload)

    def inbound(
        self, url: str, sender: str, recipient: str, text: str, media_urls: Sequence[str] = ()
    ) -> SignedWebhook:
        """`message.received`."""
        message = TakenMessage(self._next_id(), sender, recipient, text, list(media_urls), url)
        return self.webhook(url, "message.received", self._payload(message, "inbound", "webhook_delivered"))

    def webhook(self, url: str, event_type: str, payload: Mapping[str, Any]) -> SignedWebhook:
        """An event of any kind, signed now (less `age`)."""
        data = {
            "record_type": "event",
            "id": self._next_id(),
            "event_type": event_type,
            "occurred_at": "2026-01-05T12:00:00.000Z",
            "payload": payload,
        }
        body = msgspec.json.encode({"data": data, "meta": {"attempt": 1, "delivered_to": url}})
        return SignedWebhook(url, self.sign(body), body)

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers of a body."""
        timestamp = str(int(time.time() - self.age))
        signature = self._key.sign(f"{timestamp}|".encode() + body)
        return {
            "Content-Type": "application/json",
            "telnyx-timestamp": timestamp,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }

    def _read(self, request: web.Request, body: bytes) -> TakenMessage | web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return self._failed(401)
        try:
            members: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError:
            return self._failed(400)
        if not members.get("to") or not (members.get("text") or members.get("media_urls")):
            return self._failed(422)
        return TakenMessage(
            id=self._next_id(),
            sender=members.get("from", ""),
            recipient=members["to"],
            text=members.get("text", ""),
            media_urls=members.get("media_urls", []),
            callback_url=members.get("webhook_url", ""),
        )

    def _accepted(self, message: TakenMessage) -> web.Response:
        return json_answer({"data": self._payload(message, "outbound", "queued")})

    def _failed(self, status: int) -> web.Response:
        code, title, detail = _FAILURES[status]
        return json_answer({"errors": [{"code": code, "title": title, "detail": detail}]}, status)

    def _receipt_of(self, message: TakenMessage) -> SignedWebhook | None:
        status = _STATUSES.get(self.behaviour.receipts)
        return self.receipt(message, status) if status and message.callback_url else None

    def _payload(self, message: TakenMessage, direction: str, status: str) -> dict[str, Any]:
        return {
            "record_type": "message",
            "direction": direction,
            "id": message.id,
            "type": "MMS" if message.media_urls else "SMS",
            "from": {"phone_number": message.sender, "carrier": "", "line_type": ""},
            "to": [{"phone_number": message.recipient, "status": status, "carrier": "", "line_type": ""}],
            "cc": [],
            "text": message.text,
            "media": [{"url": url, "content_type": None, "sha256": None, "size": None} for url in message.media_urls],
            "webhook_url": message.callback_url,
            "encoding": "GSM-7",
            "parts": 1,
            "errors": [],
        }

    def _next_id(self) -> str:
        return _MESSAGE_ID.format(next(self._serials))
