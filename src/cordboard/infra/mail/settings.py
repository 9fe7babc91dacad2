"""How mail leaves."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from cordboard.infra.mail.address import parse_address

_SCHEMES: Final = ("smtp", "smtps")
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class SmtpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: smtp://user:password@host:587, or smtps:// for TLS from the start; empty: mails are kept in the folder
    `mail` of the data directory. `sender`: whom they come from.

    `starttls`: on smtp://, whether the connection is encrypted before anything is said: `offered` where the server can,
    `required`, or `never`; `auto` is `required` where there is a password and the server is another machine, else
    `offered`. `tls_verify`: whether the server's certificate must be good; `offered` takes any.
    """

    url: str = ""
    sender: str = "Cordboard <cordboard@localhost>"
    starttls: Literal["auto", "offered", "required", "never"] = "auto"
    tls_verify: bool = True

    @property
    def parts(self) -> SplitResult:
        """The URL."""
        return urlsplit(self.url)

    @property
    def must_encrypt(self) -> bool:
        """Whether nothing is sent over a connection that is not encrypted."""
        if self.parts.scheme == "smtps" or self.starttls == "required":
            return True
        far = (self.parts.hostname or "") not in _THIS_MACHINE
        return self.starttls == "auto" and bool(self.parts.password) and far

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types."""
        if self.url and not _is_url(self.url):
            yield "url: write it as smtp://user:password@host:587 or smtps://..., or leave it empty"
        if "\n" in self.sender or "\r" in self.sender or parse_address(parseaddr(self.sender)[1]) is None:
            yield "sender: must hold an e-mail address"


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False
