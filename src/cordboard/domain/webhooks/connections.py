"""Common configurations: headers that webhooks share (requests 168 to 172)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.webhooks.checking import check_connection
from cordboard.domain.webhooks.errors import ConnectionInUseError, TooManyError
from cordboard.domain.webhooks.models import Connection
from cordboard.domain.webhooks.repository import configurations
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import NotFoundError
from cordboard.kit.ids import Ids
from cordboard.kit.secrets import KeyRing

_MOST: Final = 200


class ConnectionService:
    """The verbs of common configurations. Authorising headers are sealed here and opened only to be sent."""

    def __init__(self, clock: Clock, ids: Ids, keys: KeyRing) -> None:
        self._clock = clock
        self._ids = ids
        self._keys = keys

    async def all_of(self, tx: Tx, account_id: UUID) -> list[Connection]:
        """The account's common configurations."""
        return await configurations.connections_of(tx, account_id)

    async def get(self, tx: Tx, account_id: UUID, connection_id: UUID) -> Connection:
        """One of them. Raises NotFoundError."""
        connection = await configurations.find_connection(tx, account_id, connection_id)
        if connection is None:
            raise NotFoundError("callbackAuthId")
        return connection

    async def add(
        self,
        tx: Tx,
        account_id: UUID,
        *,
        name: str,
        description: str,
        headers: Mapping[str, str],
        auth_headers: Mapping[str, str],
    ) -> Connection:
        """A new one. Raises InvalidInputError, TooManyError."""
        check_connection(name, description, headers, auth_headers)
        present, _ = await configurations.count_of(tx, account_id)
        if present >= _MOST:
            raise TooManyError(f"an account may have {_MOST} common configurations")
        connection = Connection(
            account_id=account_id,
            id=self._ids.time_uuid(),
            name=name,
            description=description,
            headers=dict(headers),
            auth_headers_sealed=self._sealed(account_id, auth_headers, {}),
            created_at=self._clock.now(),
        )
        await configurations.insert_connection(tx, connection)
        return connection

    async def edit(
        self,
        tx: Tx,
        account_id: UUID,
        connection_id: UUID,
        *,
        name: str | None,
        description: str | None,
        headers: Mapping[str, str] | None,
        auth_headers: Mapping[str, str] | None,
    ) -> Connection:
        """Changes what is given; an authorising header that is sent back as it was shown, sealed, stays what it is.
        Raises NotFoundError, InvalidInputError.
        """
        present = await self.get(tx, account_id, connection_id)
        changed = replace(
            present,
            name=present.name if name is None else name,
            description=present.description if description is None else description,
            headers=present.headers if headers is None else dict(headers),
        )
        check_connection(changed.name, changed.description, changed.headers, auth_headers or {})
        if auth_headers is not None:
            sealed = self._sealed(account_id, auth_headers, present.auth_headers_sealed)
            changed = replace(changed, auth_headers_sealed=sealed)
        await configurations.update_connection(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, connection_id: UUID) -> Connection:
        """Removes one that no configuration uses. Raises NotFoundError, ConnectionInUseError."""
        connection = await self.get(tx, account_id, connection_id)
        users = await configurations.users_of_connection(tx, account_id, connection_id)
        if users:
            raise ConnectionInUseError(f"it is used by {', '.join(users[:5])}; change or delete those first")
        await configurations.delete_connection(tx, account_id, connection_id)
        return connection

    def opened(self, connection: Connection) -> dict[str, str]:
        """The authorising headers in plain text, for sending. Raises UnsealError."""
        purpose = _purpose(connection.account_id)
        return {name: self._keys.open(sealed, purpose) for name, sealed in connection.auth_headers_sealed.items()}

    def _sealed(self, account_id: UUID, given: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value if value == present.get(name) else self._keys.seal(value, _purpose(account_id))
            for name, value in given.items()
        }


def _purpose(account_id: UUID) -> str:
    return f"webhook-auth:{account_id}"
