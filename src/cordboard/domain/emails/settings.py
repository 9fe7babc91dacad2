"""Where the providers of mails are reached."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec


class EmailProviderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The origins of the providers' APIs, to be changed for a proxy."""

    hubspot: str = "https://api.hubapi.com"
    mailgun: str = "https://api.mailgun.net"
    mailgun_eu: str = "https://api.eu.mailgun.net"
    sendgrid: str = "https://api.sendgrid.com"

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types, the setting first."""
        for name in self.__struct_fields__:
            if urlsplit(getattr(self, name)).scheme not in ("http", "https"):
                yield f"{name}: must start with http:// or https://"
