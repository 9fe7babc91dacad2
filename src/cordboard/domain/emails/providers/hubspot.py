"""HubSpot: single send, v4, of a published marketing mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from cordboard.domain.emails.errors import UnsendableMailError
from cordboard.domain.emails.models import Email, ProviderRequest
from cordboard.domain.emails.providers.common import JSON, Taken, needed, written
from cordboard.domain.emails.settings import EmailProviderSettings

_MOST_DIGITS: Final = 18
_SENT: Final = frozenset({"SENT", "QUEUED", "IDEMPOTENT_IGNORE"})
"""Results of a mail that goes out, or that went out when it was asked for before."""


class HubSpot:
    """Setting `access_token`; `templateId` is the mail's number. It sends a `sendId` once."""

    repeats_safely: ClassVar[bool] = True

    def request(self, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings) -> ProviderRequest:
        """What to ask. Raises UnsendableMailError."""
        token = needed(config, "hubspot", "access_token", "api_key")
        if not (mail.template_id.isascii() and mail.template_id.isdecimal() and len(mail.template_id) <= _MOST_DIGITS):
            raise UnsendableMailError(f"templateId {mail.template_id[:40]!r} is no number of a HubSpot mail")
        message: dict[str, Any] = {"to": mail.recipient, "sendId": mail.key}
        if mail.sender is not None:
            message["from"] = written(mail.sender)
        message |= {
            name: [one.email for one in people] for name, people in (("cc", mail.cc), ("bcc", mail.bcc)) if people
        }
        body = {"emailId": int(mail.template_id), "message": message, "customProperties": mail.replacements}
        return ProviderRequest(
            url=f"{settings.hubspot}/marketing/v4/email/single-send",
            authorization=f"Bearer {token}",
            secret=token,
            content_type=JSON,
            body=msgspec.json.encode(body),
        )

    def taken(self, headers: Mapping[str, str], answer: object) -> Taken:
        """The id of the sending. It takes most mails to send them later, and may say at once that it will not."""
        del headers
        told = answer if isinstance(answer, dict) else {}
        result = str(told.get("sendResult") or "")
        is_refused = told.get("status") == "CANCELED" or (result and result not in _SENT)
        reason = " ".join(filter(None, ("hubspot did not send it:", result, str(told.get("message") or ""))))
        return Taken(str(told.get("statusId") or ""), reason if is_refused else "")
