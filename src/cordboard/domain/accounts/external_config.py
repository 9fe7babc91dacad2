"""What accounts keep for services outside (requests 17 to 21): plain values, and sealed ones that are opened only to
speak to the provider.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.accounts import config_repository, subaccounts_repository
from cordboard.domain.accounts.models import ExternalEntry
from cordboard.infra.db import Tx
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError
from cordboard.kit.secrets import KeyRing

MASK: Final = "********"
MOST_ENTRIES: Final = 200
LONGEST_VALUE: Final = 4096
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_BAD_NAME: Final = "must have 1 to 100 letters, digits, dots, dashes or underscores, the first a letter or a digit"


class ExternalValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a request sets. `secret` in place of `value`: it is sealed and never shown again; the mask that is
    shown for it leaves it as it is.
    """

    provider: str
    key: str
    value: str | None = None
    secret: str | None = None


class ExternalConfigService:
    """The verbs of settings for services outside."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def entries(self, tx: Tx, account_id: UUID) -> list[ExternalEntry]:
        """All that the account keeps, by provider and key; what is sealed stays so."""
        return await config_repository.external_settings(tx, account_id)

    async def opened(self, tx: Tx, account_id: UUID, provider: str) -> dict[str, str]:
        """The values for a provider by key, sealed ones opened: for whoever speaks to it, never for an answer."""
        found = await config_repository.external_settings(tx, account_id, provider)
        return {entry.key: self._open(account_id, entry) for entry in found}

    async def save(self, tx: Tx, account_id: UUID, given: Sequence[ExternalValue]) -> list[ExternalEntry]:
        """Sets all that is given, or nothing; of one provider and key the last counts. Raises InvalidInputError naming
        each bad field.
        """
        _check(given)
        await subaccounts_repository.lock(tx, account_id)  # the limit holds when several write at once
        present = {_place(entry): entry for entry in await self.entries(tx, account_id)}
        values = {_place(value): value for value in given}
        if len(present.keys() | values.keys()) > MOST_ENTRIES:
            raise InvalidInputError.of("provider", f"an account keeps at most {MOST_ENTRIES} values; delete some first")
        kept = {place: present[place] for place, value in values.items() if _is_masked(value) and place in present}
        if unknown := [v for place, v in values.items() if _is_masked(v) and place not in kept]:
            raise InvalidInputError(
                [FieldError("encryptedValue", f"of {v.provider} {v.key} is the mask; send the value") for v in unknown]
            )
        saved = [kept.get(place) or self._entry(account_id, value) for place, value in values.items()]
        await config_repository.put_external(tx, account_id, saved)
        return saved

    async def delete(self, tx: Tx, account_id: UUID, provider: str, key: str | None = None) -> list[ExternalEntry]:
        """Removes what is kept for a provider, under one key or all. Raises NotFoundError when there is nothing."""
        removed = await config_repository.delete_external(tx, account_id, provider, key)
        if not removed:
            raise NotFoundError("provider" if key is None else "key")
        return removed

    def _entry(self, account_id: UUID, given: ExternalValue) -> ExternalEntry:
        entry = ExternalEntry(provider=given.provider, key=given.key, value=given.value)
        if given.secret is None:
            return entry
        return replace(entry, value_sealed=self._keys.seal(given.secret, _purpose(account_id, entry)))

    def _open(self, account_id: UUID, entry: ExternalEntry) -> str:
        if entry.value_sealed is None:
            return entry.value or ""
        return self._keys.open(entry.value_sealed, _purpose(account_id, entry))


def _check(given: Sequence[ExternalValue]) -> None:
    """Raises InvalidInputError. No message holds a value."""
    errors = []
    for one in given:
        errors += [
            FieldError(name, _BAD_NAME) for name in ("provider", "key") if not _NAME.fullmatch(getattr(one, name))
        ]
        if (one.value is None) == (one.secret is None):
            errors.append(FieldError("value", "or encryptedValue must be given, and only one of them"))
        for name, text in (("value", one.value), ("encryptedValue", one.secret)):
            if text is not None and not 0 < len(text) <= LONGEST_VALUE:
                errors.append(FieldError(name, f"must have 1 to {LONGEST_VALUE} characters"))
    if errors:
        raise InvalidInputError(errors)


def _place(one: ExternalEntry | ExternalValue) -> tuple[str, str]:
    return one.provider, one.key


def _is_masked(value: ExternalValue) -> bool:
    return value.secret == MASK


def _purpose(account_id: UUID, entry: ExternalEntry) -> str:
    """Bound to its place, so that a sealed value cannot be moved to where another one is read."""
    return f"external-config:{account_id}:{entry.provider}:{entry.key}"
