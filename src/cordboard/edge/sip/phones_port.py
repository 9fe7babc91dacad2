"""What the registrar asks of the platform's phones: who somebody is, and where to write down that they are there."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import msgspec


class PhoneCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that may register, and the hashes that prove it: H(username:realm:password) in hex (RFC 7616 3.4.2)."""

    account_id: UUID
    user: str
    ha1_md5: str
    ha1_sha256: str


class PhoneBinding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a phone can be reached at this process for `expires` seconds from now. `remote` is address and port;
    `browser`: it speaks WebRTC over its API process.
    """

    account_id: UUID
    user: str
    contact: str
    remote: str
    user_agent: str
    browser: bool
    expires: int


class Phones(Protocol):
    """The platform's phones. Its failures are the registrar's: the phone is answered with 500 and tries again."""

    async def credentials(self, username: str) -> PhoneCredentials | None:
        """Who a SIP username is; None when there is no such phone or it is switched off."""
        ...

    async def register(self, binding: PhoneBinding) -> None:
        """A phone is there, or still there."""
        ...

    async def unregister(self, account_id: UUID, user: str, contact: str) -> None:
        """A binding is over: taken back, expired, or its connection lost."""
        ...
