"""How mail leaves."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

import msgspec

_SCHEMES: Final = ("smtp", "smtps")


class SmtpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: smtp://user:password@host:587, on which STARTTLS is used where it is offered, or smtps:// for TLS from
    the start; empty: mails are kept in the folder `mail` of the data directory. `sender`: whom they come from.
    """

    url: str = ""
    sender: str = "Cordboard <cordboard@localhost>"

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types."""
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in _SCHEMES or not parts.hostname):
            yield "url: write it as smtp://user:password@host:587 or smtps://..., or leave it empty"
        if "@" not in parseaddr(self.sender)[1]:
            yield "sender: must hold an e-mail address"
