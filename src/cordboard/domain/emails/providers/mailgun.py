"""Mailgun: Messages, v3, with a stored template."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import quote, urlencode

import msgspec

from cordboard.domain.emails.errors import UnsendableMailError
from cordboard.domain.emails.models import Email, ProviderRequest
from cordboard.domain.emails.providers.common import Taken, needed, sender_of, setting, written
from cordboard.domain.emails.settings import EmailProviderSettings
from cordboard.infra.mail.address import parse_address


class Mailgun:
    """Settings `api_key`, `domain`, and `region` (us or eu)."""

    repeats_safely: ClassVar[bool] = False

    def request(self, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings) -> ProviderRequest:
        """What to ask. Raises UnsendableMailError."""
        key, domain = needed(config, "mailgun", "api_key"), needed(config, "mailgun", "domain")
        if parse_address(f"postmaster@{domain}") is None:
            raise UnsendableMailError(
                f"the account's domain for mailgun is {domain[:60]!r}: it must be a domain's name"
            )
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
            url=f"{_origin(config, settings)}/v3/{quote(domain, safe='')}/messages",
            authorization="Basic " + b64encode(f"api:{key}".encode()).decode(),
            secret=key,
            content_type="application/x-www-form-urlencoded",
            body=urlencode(fields).encode(),
        )

    def taken(self, headers: Mapping[str, str], answer: object) -> Taken:
        """Its message id is in the answer."""
        del headers
        return Taken(str(answer.get("id", "")) if isinstance(answer, dict) else "")


def _origin(config: Mapping[str, str], settings: EmailProviderSettings) -> str:
    """Domains are kept in one region, and unknown in the other. Raises UnsendableMailError."""
    region = setting(config, "region").lower() or "us"
    if region not in ("us", "eu"):
        raise UnsendableMailError(f"the account's region for mailgun is {region[:20]!r}: it must be us or eu")
    return settings.mailgun_eu if region == "eu" else settings.mailgun
