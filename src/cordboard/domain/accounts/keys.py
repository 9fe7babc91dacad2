"""Long-lived keys: made, listed and revoked by people who are signed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.accounts import keys_repository, repository, subaccounts_repository
from cordboard.domain.accounts.models import ApiKey, Principal
from cordboard.domain.accounts.privileges import ROLES, mask_of_roles
from cordboard.domain.accounts.service import AccountService
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from cordboard.kit.paging import Page

LONGEST_DAYS: Final = 3650
MOST_KEYS: Final = 100
_LONGEST_DESCRIPTION: Final = 255


class KeyService:
    """The verbs of keys. A parent sees and revokes its subaccounts' keys too; a key is made by the user whom it acts
    for.
    """

    def __init__(self, clock: Clock, accounts: AccountService) -> None:
        self._clock = clock
        self._accounts = accounts

    async def create(
        self, tx: Tx, caller: Principal, account_id: UUID, *, description: str, roles: Sequence[str], days: int
    ) -> tuple[ApiKey, str]:
        """A key of the caller and its token, which is not kept. It may do what the roles and the caller's own token
        allow alike. Raises InvalidInputError, NotFoundError, PermissionDeniedError, ConflictError.
        """
        await self._require_own(tx, caller.account_id, account_id)
        _check(description, roles, days)
        account = await subaccounts_repository.lock(tx, account_id)  # the limit holds when several make keys at once
        user = await repository.user(tx, account_id, caller.client_id)
        if account is None or user is None:
            raise PermissionDeniedError("a key acts for one of the account's own users; sign in as one of them")
        if not mask_of_roles(roles) & caller.privileges:
            raise InvalidInputError.of("roles", "give nothing that your own roles give")
        if await keys_repository.count_good(tx, account_id, self._clock.now()) >= MOST_KEYS:
            raise ConflictError(f"an account may have {MOST_KEYS} keys; revoke some first")
        return await self._accounts.issue_key(
            tx,
            user,
            account,
            description=description.strip(),
            roles=list(dict.fromkeys(roles)),
            days=days,
            within=caller.privileges,
        )

    async def page(self, tx: Tx, caller_id: UUID, account_id: UUID, wanted: Page) -> list[ApiKey]:
        """An account's keys, the oldest first, with those that hold no longer. Raises NotFoundError."""
        await self._require_own(tx, caller_id, account_id)
        return await keys_repository.page(tx, account_id, wanted)

    async def revoke(self, tx: Tx, caller_id: UUID, account_id: UUID, jti: UUID) -> ApiKey:
        """Ends a key; its bearer is refused within two seconds. Raises NotFoundError."""
        await self._require_own(tx, caller_id, account_id)
        revoked = await keys_repository.revoke(tx, account_id, jti, self._clock.now())
        if revoked is None:
            raise NotFoundError("jti")
        return revoked

    @staticmethod
    async def _require_own(tx: Tx, caller_id: UUID, account_id: UUID) -> None:
        """Raises NotFoundError unless the account is the caller or a subaccount of it."""
        if account_id != caller_id and await subaccounts_repository.subaccount(tx, caller_id, account_id) is None:
            raise NotFoundError("accountId")


def _check(description: str, roles: Sequence[str], days: int) -> None:
    errors = []
    if not 0 < len(description.strip()) <= _LONGEST_DESCRIPTION:
        errors.append(FieldError("description", f"must have 1 to {_LONGEST_DESCRIPTION} characters"))
    if not 1 <= days <= LONGEST_DAYS:
        errors.append(FieldError("expirationInDay", f"must be from 1 to {LONGEST_DAYS}"))
    unknown = [role for role in dict.fromkeys(roles) if role not in ROLES]
    if unknown or not roles:
        errors.append(FieldError("roles", f"must be some of {', '.join(ROLES)}"))
    if errors:
        raise InvalidInputError(errors)
