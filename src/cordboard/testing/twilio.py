"""A fake of Twilio's message API (2010-04-01), with its errors and its signed webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from aiohttp import web

from cordboard.testing.message_api import (
    ApiBehaviour,
    MessageApiServer,
    Receipts,
    SignedWebhook,
    TakenMessage,
    json_answer,
)

_API_VERSION: Final = "2010-04-01"
_FAILURES: Final = {
    400: (21211, "Invalid 'To' Phone Number"),
    401: (20003, "Authenticate"),
    429: (20429, "Too Many Requests"),
    500: (20500, "Internal Server Error"),
}
_MISSING: Final = {"To": (21604, "A 'To' phone number is required."), "Body": (21602, "Message body is required.")}
_STATUSES: Final[Mapping[Receipts, str]] = {"delivered": "delivered", "undelivered": "undelivered"}


class FakeTwilio(MessageApiServer):
    """`POST /2010-04-01/Accounts/{sid}/Messages.json` for one account; signs webhooks with its `auth_token`."""

    route = f"/{_API_VERSION}/Accounts/{{account}}/Messages.json"

    def __init__(
        self,
        behaviour: ApiBehaviour | None = None,
        *,
        account: str = "AC0123456789abcdef0123456789abcdef",
        auth_token: str = "twilio-token",  # noqa: S107  (the fake's own)
        **where: Any,
    ) -> None:
        super().__init__(behaviour, **where)
        self.account = account
        self.auth_token = auth_token

    def receipt(self, message: TakenMessage, status: str, error_code: str | None = None) -> SignedWebhook:
        """The status callback."""
        form = {
            **self._parties(message),
            "MessageStatus": status,
            "SmsStatus": status,
            **({"ErrorCode": error_code} if error_code else {}),
        }
        return self.webhook(message.callback_url, form)

    def inbound(
        self, url: str, sender: str, recipient: str, text: str, media_urls: Sequence[str] = ()
    ) -> SignedWebhook:
        """The request for an incoming message."""
        message = TakenMessage(self._next_id(), sender, recipient, text, list(media_urls), url)
        form = {
            **self._parties(message),
            "SmsMessageSid": message.id,
            "SmsStatus": "received",
            "Body": text,
            "NumSegments": "1",
            "NumMedia": str(len(media_urls)),
        }
        for index, media_url in enumerate(media_urls):
            form |= {f"MediaUrl{index}": media_url, f"MediaContentType{index}": "image/png"}
        return self.webhook(url, form)

    def webhook(self, url: str, form: Mapping[str, str]) -> SignedWebhook:
        """A form to `url`, signed."""
        text = url + "".join(name + form[name] for name in sorted(form))
        signature = base64.b64encode(hmac.digest(self.auth_token.encode(), text.encode(), hashlib.sha1)).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return SignedWebhook(url, headers, urlencode(form).encode())

    def _read(self, request: web.Request, body: bytes) -> TakenMessage | web.Response:
        credentials = base64.b64encode(f"{self.account}:{self.auth_token}".encode()).decode()
        if (
            request.headers.get("Authorization") != f"Basic {credentials}"
            or request.match_info["account"] != self.account
        ):
            return self._failed(401)
        form = parse_qs(body.decode())
        for missing in [name for name in _MISSING if name not in form]:
            if missing == "To" or "MediaUrl" not in form:
                return self._problem(400, *_MISSING[missing])
        return TakenMessage(
            id=self._next_id(),
            sender=form.get("From", [""])[0],
            recipient=form["To"][0],
            text=form.get("Body", [""])[0],
            media_urls=form.get("MediaUrl", []),
            callback_url=form.get("StatusCallback", [""])[0],
        )

    def _accepted(self, message: TakenMessage) -> web.Response:
        answer = {
            "sid": message.id,
            "account_sid": self.account,
            "api_version": _API_VERSION,
            "body": message.text,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": message.sender,
            "num_media": str(len(message.media_urls)),
            "num_segments": "1",
            "status": "queued",
            "to": message.recipient,
        }
        return json_answer(answer, 201)

    def _failed(self, status: int) -> web.Response:
        return self._problem(status, *_FAILURES[status])

    def _problem(self, status: int, code: int, message: str) -> web.Response:
        more = f"https://www.twilio.com/docs/errors/{code}"
        return json_answer({"code": code, "message": message, "more_info": more, "status": status}, status)

    def _receipt_of(self, message: TakenMessage) -> SignedWebhook | None:
        status = _STATUSES.get(self.behaviour.receipts)
        return self.receipt(message, status) if status and message.callback_url else None

    def _parties(self, message: TakenMessage) -> dict[str, str]:
        return {
            "MessageSid": message.id,
            "SmsSid": message.id,
            "AccountSid": self.account,
            "From": message.sender,
            "To": message.recipient,
            "ApiVersion": _API_VERSION,
        }

    def _next_id(self) -> str:
        return f"SM{next(self._serials):032x}"
