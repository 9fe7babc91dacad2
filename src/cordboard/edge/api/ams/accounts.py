"""Account management, request 2."""

from __future__ import annotations

from typing import Any, Final

from cordboard.domain.accounts.models import Account
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.accounts.service import AccountService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms

_SAMPLE_ID: Final = "173c6f7f-c911-4823-bb2d-a13e4780c300"


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
        "accountStatus": "active" if account.active else "suspended",
        "createAt": epoch_ms(account.created_at),
        "modifyAt": epoch_ms(account.modified_at),
    }


class AccountsResource:
    """`/ams/v3/accounts`."""

    def __init__(self, accounts: AccountService) -> None:
        self._accounts = accounts

    async def get_account(self, call: Call) -> Reply:
        """The caller's account."""
        return Reply([render_account(await self._accounts.get(call.tx, call.principal.account_id))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="2",
                method="GET",
                path="/ams/v3/accounts",
                handler=self.get_account,
                summary="Get account",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                tag="Account management",
                example=Example(
                    response={
                        "id": _SAMPLE_ID,
                        "name": "Apple Lending",
                        "domain": "",
                        "emailAddress": "ann@example.com",
                        "contactId": None,
                        "ytelCompanyId": None,
                        "isParentAcct": True,
                        "parentAcctId": _SAMPLE_ID,
                        "phone": "+19495551234",
                        "source": "cordboard",
                        "firstName": "Ann",
                        "lastName": "Lee",
                        "status": 1,
                        "accountStatus": "active",
                        "createAt": 1767614400000,
                        "modifyAt": 1767614400000,
                    }
                ),
            ),
        )
