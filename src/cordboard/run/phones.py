"""The registrar of a voice process meets the platform's phones."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from cordboard.domain.phones.models import Binding
from cordboard.domain.phones.registrations import RegistrationService
from cordboard.domain.phones.service import PhoneService
from cordboard.edge.sip.phones_port import PhoneBinding, PhoneCredentials
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock


class RegisteredPhones:
    """`edge.sip.phones_port.Phones` by phones, for the voice process `node`."""

    def __init__(
        self, *, database: Database, clock: Clock, phones: PhoneService, registrations: RegistrationService, node: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._phones = phones
        self._registrations = registrations
        self._node = node

    async def credentials(self, username: str) -> PhoneCredentials | None:
        """Who a SIP username is; None when there is no such phone or it is switched off."""
        async with self._database.connection() as connection:
            found = await self._phones.credentials(connection, username)
        if found is None:
            return None
        return PhoneCredentials(
            account_id=found.account_id, user=found.user, ha1_md5=found.ha1_md5, ha1_sha256=found.ha1_sha256
        )

    async def register(self, binding: PhoneBinding) -> None:
        """A phone is there, or still there. Raises TooManyPhonesError."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await self._registrations.register(
                tx,
                Binding(
                    account_id=binding.account_id,
                    user_name=binding.user,
                    contact=binding.contact,
                    node=self._node,
                    user_agent=binding.user_agent,
                    remote=binding.remote,
                    browser=binding.browser,
                    registered_at=now,
                    expires_at=now + timedelta(seconds=binding.expires),
                ),
            )

    async def unregister(self, account_id: UUID, user: str, contact: str) -> None:
        """A binding is over: taken back, expired, or its connection lost."""
        async with self._database.transaction() as tx:
            await self._registrations.unregister(tx, account_id, user, contact)
