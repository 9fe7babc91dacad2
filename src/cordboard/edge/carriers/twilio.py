"""Twilio: messages by its REST API (2010-04-01), receipts and inbound messages by its webhooks.

`account` in the settings is the account's sid, `api_key` its auth token, which signs webhooks too. The numbers' webhook
for incoming messages has to be our URL, by POST.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, urlencode

import msgspec

from cordboard.domain.messaging.models import DeliveryState, InboundPart, ReceiptReport, Submission
from cordboard.edge.carriers.http_api import ApiProblem, ApiRequest, party, without_nul
from cordboard.edge.carriers.port import BadSignatureError, CarrierWebhook
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.kit.errors import InvalidInputError

BASE_URL: Final = "https://api.twilio.com"
SIGNATURE: Final = "x-twilio-signature"

_STATES: Final[dict[str, DeliveryState]] = {
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}
"""MessageStatus of messages that nothing more happens to."""

_MOST_MEDIA: Final = 10
_MOST_FIELDS: Final = 200

Form = Mapping[str, Sequence[str]]


class _Accepted(msgspec.Struct, frozen=True):
    sid: str


class _Failed(msgspec.Struct, frozen=True):
    code: int | str | None = None
    message: str | None = None


class TwilioApi:
    """`MessageApi` of Twilio. `callback_url` is where it tells its news of the messages."""

    def __init__(self, settings: CarrierSettings, callback_url: str) -> None:
        base = (settings.base_url or BASE_URL).rstrip("/")
        self._url = f"{base}/2010-04-01/Accounts/{settings.account}/Messages.json"
        credentials = base64.b64encode(f"{settings.account}:{settings.api_key.strip()}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._callback_url = callback_url

    def request(self, submission: Submission) -> ApiRequest:
        """POST .../Messages.json, a form."""
        form = [
            ("From", submission.sender),
            ("To", submission.recipient),
            ("StatusCallback", self._callback_url),
            *(("MediaUrl", url) for url in submission.media_urls),
        ]
        if submission.text:
            form.append(("Body", submission.text))
        return ApiRequest(self._url, self._headers, urlencode(form).encode())

    def remote_id(self, body: bytes) -> str | None:
        """`sid`."""
        try:
            return msgspec.json.decode(body, type=_Accepted).sid
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def problem(self, body: bytes) -> ApiProblem:
        """`code` and `message`."""
        try:
            failed = msgspec.json.decode(body, type=_Failed)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ApiProblem()
        return ApiProblem(None if failed.code is None else str(failed.code), failed.message)


class TwilioWebhooks:
    """`WebhookReader` of Twilio. Its signatures carry no time: a webhook that is played again changes nothing."""

    def __init__(self, settings: CarrierSettings) -> None:
        self._name = settings.name
        self._token = settings.api_key.strip()

    @property
    def name(self) -> str:
        """The carrier's name in the settings."""
        return self._name

    def read(self, webhook: CarrierWebhook) -> Sequence[ReceiptReport | InboundPart]:
        """A receipt where there is a `MessageStatus`, else a text. Raises BadSignatureError, InvalidInputError."""
        try:
            form = parse_qs(webhook.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError as error:
            raise InvalidInputError.of("body", "is no form of Twilio's") from error
        given = webhook.headers.get(SIGNATURE, "").encode()
        if not hmac.compare_digest(given, sign(self._token, webhook.url, form).encode()):
            raise BadSignatureError("the webhook's signature is not Twilio's, or http.public_url is not what it calls")
        sid = _field(form, "MessageSid")
        if not sid:
            raise InvalidInputError.of("MessageSid", "is required")
        if status := _field(form, "MessageStatus"):
            return [self._receipt(sid, status, form)]
        return [self._text(sid, form)] if "Body" in form else []

    def _receipt(self, sid: str, status: str, form: Form) -> ReceiptReport:
        return ReceiptReport(
            carrier=self._name,
            remote_id=sid,
            state=_STATES.get(status, "enroute"),
            final=status in _STATES,
            error_code=_field(form, "ErrorCode") or None,
        )

    def _text(self, sid: str, form: Form) -> InboundPart:
        media = [_field(form, f"MediaUrl{index}") for index in range(_MOST_MEDIA)]
        return InboundPart(
            carrier=self._name,
            sender=party(_field(form, "From")),
            recipient=party(_field(form, "To")),
            text=_field(form, "Body"),
            media_urls=tuple(url for url in media if url),
            carrier_message_id=sid,
        )


def sign(token: str, url: str, form: Form) -> str:
    """What Twilio puts into X-Twilio-Signature: HMAC-SHA1, in base64, over the URL and the form's names and values,
    sorted, without anything between them.
    """
    text = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def _field(form: Form, name: str) -> str:
    """The value of a field, empty when it is not there."""
    return without_nul(form[name][0]) if name in form else ""
