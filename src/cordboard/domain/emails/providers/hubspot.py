"""HubSpot: single send, v4, of a published marketing mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from cordboard.domain.emails.errors import UnsendableMailError
from cordboard.domain.emails.models import Email, ProviderRequest
from cordboard.domain.emails.providers.common import JSON, needed, written
from cordboard.domain.emails.settings import EmailProviderSettings


class HubSpot:
    """Setting `access_token`; `templateId` is the mail's number. It sends a `sendId` once."""

    repeats_safely: ClassVar[bool] = True

    def request(self, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings) -> ProviderRequest:
        """What to ask. Raises UnsendableMailError."""
        token = needed(config, "hubspot", "access_token", "api_key")
        if not mail.template_id.isdecimal():
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
            content_type=JSON,
            body=msgspec.json.encode(body),
        )

    def id_of(self, headers: Mapping[str, str], answer: object) -> str:
        """The id of the sending."""
        del headers
        return str(answer.get("statusId", "")) if isinstance(answer, dict) else ""
