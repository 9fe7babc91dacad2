"""Configuration of accounts (requests 3, 12 to 16): values under declared keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from cordboard.domain.accounts import config_repository, repository
from cordboard.domain.accounts.config_keys import FUNDED, BadValueError, ConfigKey, config_keys
from cordboard.domain.accounts.models import ConfigEntry
from cordboard.domain.accounts.ports import Funding
from cordboard.domain.accounts.service import AccountService
from cordboard.infra.db import Tx
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError, PermissionDeniedError


class AccountConfigService:
    """The verbs of configuration. `as_operator` writes what limits an account or grants it something; without it such
    keys can be read only.
    """

    def __init__(self, accounts: AccountService, funding: Funding, *, allow_private_urls: bool) -> None:
        self._accounts = accounts
        self._funding = funding
        self._keys = config_keys(allow_private_urls=allow_private_urls)

    async def entries(self, tx: Tx, account_id: UUID, keys: Collection[str] | None = None) -> list[ConfigEntry]:
        """What is set, and what is computed; of `keys` only, if there are any. Unknown ones are left out."""
        stored = await repository.settings(tx, account_id)
        stored[FUNDED] = str(await self._funding.is_funded(tx, account_id)).lower()
        wanted = [name for name in self._keys if keys is None or name in keys]
        return [ConfigEntry(name, stored[name]) for name in wanted if stored.get(name)]

    async def get(self, tx: Tx, account_id: UUID, key: str) -> ConfigEntry:
        """One of them. Raises NotFoundError when it is not set."""
        for entry in await self.entries(tx, account_id, {key}):
            return entry
        raise NotFoundError("key")

    async def save(
        self, tx: Tx, account_id: UUID, given: Sequence[ConfigEntry], *, as_operator: bool = False
    ) -> list[ConfigEntry]:
        """Sets all that is given, or nothing; of one key the last value counts, and an empty value unsets it. Answers
        what was given as it is kept. Raises PermissionDeniedError, InvalidInputError naming each bad key.
        """
        wanted = {entry.key: (self._writable(entry.key, as_operator), entry.value) for entry in given}
        values, errors = {}, []
        for name, (key, value) in wanted.items():
            try:
                values[name] = key.value_of(value)
            except BadValueError as error:
                errors.append(FieldError(name, str(error)))
        if errors:
            raise InvalidInputError(errors)
        await config_repository.put_settings(tx, account_id, {name: value for name, value in values.items() if value})
        await config_repository.delete_settings(tx, account_id, [name for name, value in values.items() if not value])
        self._accounts.forget_settings(account_id)
        return [ConfigEntry(name, value) for name, value in values.items()]

    async def delete(self, tx: Tx, account_id: UUID, key: str, *, as_operator: bool = False) -> ConfigEntry:
        """Unsets a key. Raises PermissionDeniedError, NotFoundError when it is not set."""
        self._writable(key, as_operator)
        present = await self.get(tx, account_id, key)
        await config_repository.delete_settings(tx, account_id, [key])
        self._accounts.forget_settings(account_id)
        return present

    def _writable(self, name: str, as_operator: bool) -> ConfigKey:
        key = self._keys.get(name)
        if key is None:
            raise PermissionDeniedError(f"{name[:80]!r} is not a configuration key")
        if key.written_by != "tenant" and not (as_operator and key.written_by == "operator"):
            raise PermissionDeniedError(f"{name} can only be read")
        return key
