"""Phones in memory (`edge.sip.phones_port.Phones`)."""

from __future__ import annotations

import asyncio
from uuid import UUID

from cordboard.edge.sip.phones_port import PhoneBinding, PhoneCredentials
from cordboard.wire.sip.digest import ha1


class InMemoryPhones:
    """Phones by username. `bindings` is what the registrar has told, by account, user and contact; `told` the same in
    order. `fails` makes it break; while `delay` is cleared, it takes its time.
    """

    def __init__(self, realm: str = "cordboard") -> None:
        self._realm = realm
        self._phones: dict[str, PhoneCredentials] = {}
        self.bindings: dict[tuple[UUID, str, str], PhoneBinding] = {}
        self.told: list[str] = []
        self.fails = False
        self.delay = asyncio.Event()
        self.delay.set()

    def add(self, account_id: UUID, username: str, password: str) -> None:
        """A phone that may register; its user is its username."""
        self._phones[username] = PhoneCredentials(
            account_id=account_id,
            user=username,
            ha1_md5=ha1(username, self._realm, password, "MD5"),
            ha1_sha256=ha1(username, self._realm, password, "SHA-256"),
        )

    async def credentials(self, username: str) -> PhoneCredentials | None:
        """Who a username is."""
        if self.fails:
            raise OSError("the platform's phones are away")
        await self.delay.wait()
        return self._phones.get(username)

    async def register(self, binding: PhoneBinding) -> None:
        """Notes it."""
        if self.fails:
            raise OSError("the platform's phones are away")
        self.bindings[binding.account_id, binding.user, binding.contact] = binding
        self.told.append(f"register {binding.contact}")

    async def unregister(self, account_id: UUID, user: str, contact: str) -> None:
        """Forgets it."""
        self.bindings.pop((account_id, user, contact), None)
        self.told.append(f"unregister {contact}")
