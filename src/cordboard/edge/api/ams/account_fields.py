"""What account management reads and shows."""

from __future__ import annotations

from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.models import ACTIVE, CLOSED, INACTIVE, Account
from cordboard.domain.accounts.profile import ProfileChanges
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError

STATUSES: Final = {"active": ACTIVE, "inactive": INACTIVE, "closed": CLOSED}
_WORDS: Final = {status: word for word, status in STATUSES.items()}
SAMPLE_ID: Final = "173c6f7f-c911-4823-bb2d-a13e4780c300"
SAMPLE_SUBACCOUNT: Final = "1e091839-3b9c-4e2e-9e5a-de6b748d8ff0"
ACCOUNT_EXAMPLE: Final = {
    "id": SAMPLE_ID,
    "name": "Apple Lending",
    "domain": "",
    "emailAddress": "ann@example.com",
    "contactId": None,
    "ytelCompanyId": None,
    "isParentAcct": True,
    "parentAcctId": SAMPLE_ID,
    "phone": "+19495551234",
    "source": "cordboard",
    "firstName": "Ann",
    "lastName": "Lee",
    "status": 1,
    "accountStatus": "active",
    "createAt": 1767614400000,
    "modifyAt": 1767614400000,
}
SUBACCOUNT_EXAMPLE: Final = {**ACCOUNT_EXAMPLE, "id": SAMPLE_SUBACCOUNT, "isParentAcct": False}


class AccountBody(msgspec.Struct, rename="camel", kw_only=True):
    """An account as clients send it back. `id`, `isParentAcct`, `parentAcctId` and `status` cannot be changed here and
    are only compared.
    """

    name: str | None = None
    domain: str | None = None
    email_address: str | None = None
    phone: str | None = None
    source: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    id: UUID | None = None
    is_parent_acct: bool | None = None
    parent_acct_id: UUID | None = None
    status: int | None = None

    def changes(self) -> ProfileChanges:
        """What it sets of the account."""
        return ProfileChanges(
            name=self.name,
            email=self.email_address,
            domain=self.domain,
            phone=self.phone,
            source=self.source,
            first_name=self.first_name,
            last_name=self.last_name,
        )

    def require_unchanged(self, account: Account) -> None:
        """Raises InvalidInputError for what differs from the account and cannot be changed."""
        fixed = {
            "id": (self.id, account.id, "cannot be changed; name another account by accountSid"),
            "isParentAcct": (self.is_parent_acct, account.is_parent, "cannot be changed"),
            "parentAcctId": (self.parent_acct_id, account.parent_id, "cannot be changed"),
            "status": (self.status, account.status, "is changed by the parent, at /ams/v3/accounts/status"),
        }
        errors = [
            FieldError(name, problem)
            for name, (given, present, problem) in fixed.items()
            if given is not None and given != present
        ]
        if errors:
            raise InvalidInputError(errors)


class NewAccountBody(AccountBody, rename="camel", kw_only=True):
    """A subaccount to make. `parentAcctId`, where it is given, is the caller."""

    name: str

    def opening_status(self, parent_id: UUID) -> Literal[0, 1]:
        """The status to begin with. Raises InvalidInputError for a body that asks for anything but a subaccount."""
        errors = []
        if self.parent_acct_id not in (None, parent_id):
            errors.append(FieldError("parentAcctId", "must be your own account"))
        if self.is_parent_acct:
            errors.append(FieldError("isParentAcct", "must be false: this request makes subaccounts"))
        if self.id is not None:
            errors.append(FieldError("id", "must be null: the answer names it"))
        if self.status not in (None, ACTIVE, INACTIVE):
            errors.append(FieldError("status", "must be 1 (active) or 0 (inactive)"))
        if errors:
            raise InvalidInputError(errors)
        return 0 if self.status == INACTIVE else 1


class StatusBody(msgspec.Struct):
    """The status of a subaccount."""

    status: Literal["active", "inactive", "closed"]


class PageQuery(msgspec.Struct):
    """A page of a list."""

    size: int | None = None
    offset: int | None = None


def render_account(account: Account) -> dict[str, Any]:
    """An account as the reference shows it; `contactId` and `ytelCompanyId` are deprecated there and always null."""
    return {
        "id": account.id,
        "name": account.name,
        "domain": account.domain,
        "emailAddress": account.email,
        "contactId": None,
        "ytelCompanyId": None,
        "isParentAcct": account.is_parent,
        "parentAcctId": account.parent_id,
        "phone": account.phone,
        "source": account.source,
        "firstName": account.first_name,
        "lastName": account.last_name,
        "status": account.status,
        "accountStatus": _WORDS[account.status],
        "createAt": epoch_ms(account.created_at),
        "modifyAt": epoch_ms(account.modified_at),
    }
