"""Mailgun: Messages, v3, with a stored template."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import quote, urlencode

import msgspec

from cordboard.domain.emails.models import Email, ProviderRequest
from cordboard.domain.emails.providers.common import needed, sender_of, written
from cordboard.domain.emails.settings import EmailProviderSettings


class Mailgun:
    """Settings `api_key`, `domain`, and `region` (us or eu)."""

    repeats_safely: ClassVar[bool] = False

    def request(self, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings) -> ProviderRequest:
        """What to ask. Raises UnsendableMailError."""
        key, domain = needed(config, "mailgun", "api_key"), needed(config, "mailgun", "domain")
        origin = settings.mailgun_eu if config.get("region", "").lower() == "eu" else settings.mailgun
        fields = [
            ("from", written(sender_of(mail))),
            ("to", mail.recipient),
            *(("cc", written(one)) for one in mail.cc),
            *(("bcc", written(one)) for one in mail.bcc),
            *([("subject", mail.subject)] if mail.subject else []),
            ("template", mail.template_id),
            ("t:variables", msgspec.json.encode(mail.replacements).decode()),
            ("v:cordboard_key", mail.key),
        ]
        return ProviderRequest(
            url=f"{origin}/v3/{quote(domain, safe='')}/messages",
            authorization="Basic " + b64encode(f"api:{key}".encode()).decode(),
            content_type="application/x-www-form-urlencoded",
            body=urlencode(fields).encode(),
        )

    def id_of(self, headers: Mapping[str, str], answer: object) -> str:
        """The message id."""
        del headers
        return str(answer.get("id", "")) if isinstance(answer, dict) else ""
