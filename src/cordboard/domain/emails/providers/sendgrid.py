"""SendGrid: Mail Send, v3, with a dynamic template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from cordboard.domain.emails.models import Email, ProviderRequest
from cordboard.domain.emails.providers.common import JSON, Taken, listed, needed, sender_of
from cordboard.domain.emails.settings import EmailProviderSettings


class SendGrid:
    """Setting `api_key`. It takes a mail with 202, and names it in a header."""

    repeats_safely: ClassVar[bool] = False

    def request(self, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings) -> ProviderRequest:
        """What to ask. Raises UnsendableMailError."""
        key = needed(config, "sendgrid", "api_key")
        person: dict[str, Any] = {
            "to": [{"email": mail.recipient}],
            "dynamic_template_data": mail.replacements,
            "custom_args": {"cordboard_key": mail.key},
        }
        person |= {name: listed(people) for name, people in (("cc", mail.cc), ("bcc", mail.bcc)) if people}
        body: dict[str, Any] = {
            "personalizations": [person],
            "from": listed((sender_of(mail),))[0],
            "template_id": mail.template_id,
        }
        if mail.subject:
            body["subject"] = mail.subject
        return ProviderRequest(
            url=f"{settings.sendgrid}/v3/mail/send",
            authorization=f"Bearer {key}",
            secret=key,
            content_type=JSON,
            body=msgspec.json.encode(body),
        )

    def taken(self, headers: Mapping[str, str], answer: object) -> Taken:
        """Its message id is in a header."""
        del answer
        return Taken(next((value for name, value in headers.items() if name.lower() == "x-message-id"), ""))
