"""Account management, requests 2 to 8."""

from __future__ import annotations

from typing import Any, Final

from cordboard.domain.accounts.config import AccountConfigService
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.subaccounts import SubaccountService
from cordboard.edge.api.ams.account_fields import (
    ACCOUNT_EXAMPLE,
    SAMPLE_ID,
    SAMPLE_SUBACCOUNT,
    STATUSES,
    SUBACCOUNT_EXAMPLE,
    AccountBody,
    NewAccountBody,
    PageQuery,
    StatusBody,
    render_account,
)
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.paging import Page

_TAG: Final = "Account management"
_ADDRESS: Final = {
    "companyName": "company_name",
    "phone": "company_phone",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "country": "country",
}
"""The members of an address and the configuration keys that they come from."""
_BODY: Final = {
    "domain": "",
    "name": "Apple Lending",
    "phone": "+19495551234",
    "source": "Customer",
    "emailAddress": "ann@example.com",
    "firstName": "Ann",
    "lastName": "Lee",
}


class AccountsResource:
    """`/ams/v3/accounts`."""

    def __init__(
        self, accounts: AccountService, subaccounts: SubaccountService, configuration: AccountConfigService
    ) -> None:
        self._accounts = accounts
        self._subaccounts = subaccounts
        self._configuration = configuration

    async def get_account(self, call: Call) -> Reply:
        """The caller's account."""
        return Reply([render_account(await self._accounts.get(call.tx, call.principal.account_id))])

    async def get_address(self, call: Call) -> Reply:
        """The account's address, which its configuration holds; what is not set is empty."""
        entries = await self._configuration.entries(call.tx, call.principal.account_id, _ADDRESS.values())
        values = {entry.key: entry.value for entry in entries}
        address: dict[str, Any] = {member: values.get(key, "") for member, key in _ADDRESS.items()}
        return Reply([{"accountSid": call.principal.account_id, **address}])

    async def get_subaccounts(self, call: Call) -> Reply:
        """The account's subaccounts, the oldest first."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._subaccounts.page(call.tx, call.principal.account_id, page)
        return Reply([render_account(account) for account in found])

    async def edit_account(self, call: Call) -> Reply:
        """Changes what is given of the caller's account."""
        body: AccountBody = call.body
        account_id = call.principal.account_id
        body.require_unchanged(await self._accounts.get(call.tx, account_id))
        return Reply([render_account(await self._accounts.edit(call.tx, account_id, body.changes()))])

    async def edit_status(self, call: Call) -> Reply:
        """Makes a subaccount active, inactive or closed."""
        status = STATUSES[call.body.status]
        account_id = uuid_in_path(call, "accountId")
        changed = await self._subaccounts.set_status(call.tx, call.principal.account_id, account_id, status)
        return Reply([render_account(changed)])

    async def create_subaccount(self, call: Call) -> Reply:
        """A new subaccount; its users are made with its id as accountSid."""
        body: NewAccountBody = call.body
        parent_id = call.principal.account_id
        status = body.opening_status(parent_id)
        made = await self._subaccounts.create(call.tx, parent_id, body.changes(), status)
        return Reply([render_account(made)])

    async def delete_subaccount(self, call: Call) -> Reply:
        """Deletes a subaccount that owns no numbers."""
        account_id = uuid_in_path(call, "accountSid")
        return Reply([render_account(await self._subaccounts.delete(call.tx, call.principal.account_id, account_id))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/ams/v3/accounts"
        return (
            Endpoint(
                number="2",
                method="GET",
                path=base,
                handler=self.get_account,
                summary="Get account",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                tag=_TAG,
                example=Example(response=ACCOUNT_EXAMPLE),
            ),
            Endpoint(
                number="3",
                method="GET",
                path=base + "/address",
                handler=self.get_address,
                summary="Get account address",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                tag=_TAG,
                example=Example(
                    response={
                        "accountSid": SAMPLE_ID,
                        "companyName": "Apple Lending",
                        "phone": "+19495551234",
                        "address1": "1 Main Street",
                        "address2": "",
                        "city": "Irvine",
                        "state": "CA",
                        "zip": "92618",
                        "country": "US",
                    }
                ),
            ),
            Endpoint(
                number="4",
                method="GET",
                path=base + "/subaccounts",
                handler=self.get_subaccounts,
                summary="Get subaccounts",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                query=PageQuery,
                tag=_TAG,
                example=Example(response=SUBACCOUNT_EXAMPLE),
            ),
            Endpoint(
                number="5",
                method="PUT",
                path=base,
                handler=self.edit_account,
                summary="Edit account",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                body=AccountBody,
                tag=_TAG,
                example=Example(body=_BODY, response=ACCOUNT_EXAMPLE),
            ),
            Endpoint(
                number="6",
                method="PUT",
                path=base + "/status/{accountId}",
                handler=self.edit_status,
                summary="Edit account status",
                privilege=Privilege.ACCT_CREATE,
                session_only=True,
                body=StatusBody,
                tag=_TAG,
                example=Example(
                    path={"accountId": SAMPLE_SUBACCOUNT},
                    body={"status": "inactive"},
                    response={**SUBACCOUNT_EXAMPLE, "status": 0, "accountStatus": "inactive"},
                ),
            ),
            Endpoint(
                number="7",
                method="POST",
                path=base,
                handler=self.create_subaccount,
                summary="Create subaccount",
                privilege=Privilege.ACCT_CREATE,
                session_only=True,
                body=NewAccountBody,
                tag=_TAG,
                example=Example(body={**_BODY, "isParentAcct": False, "status": 1}, response=SUBACCOUNT_EXAMPLE),
            ),
            Endpoint(
                number="8",
                method="DELETE",
                path=base + "/{accountSid}",
                handler=self.delete_subaccount,
                summary="Delete subaccount",
                privilege=Privilege.ACCT_CREATE,
                session_only=True,
                tag=_TAG,
                example=Example(
                    path={"accountSid": SAMPLE_SUBACCOUNT},
                    response={**SUBACCOUNT_EXAMPLE, "status": 2, "accountStatus": "closed"},
                ),
            ),
        )
