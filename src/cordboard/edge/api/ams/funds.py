"""Requests 9 to 11: what a parent account has, and who is told when it is little."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.accounts.subaccounts import MOST_SUBACCOUNTS, SubaccountService
from cordboard.domain.billing.models import BalanceAlert, Funds
from cordboard.domain.billing.service import BillingService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.errors import FieldError, InvalidInputError, PermissionDeniedError
from cordboard.kit.money import to_micros, to_number
from cordboard.kit.paging import Page

_TAG: Final = "Account management"
_ALERT_PATH: Final = "/ams/v3/accounts/balanceAlert"
_ALERT: Final = {"balanceAlertAmount": 20.0, "minAlertAmount": 1.0, "emailAddress": "ann@example.com"}
_FUNDS: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "balance": 104.25,
    "held": 0.75,
    "available": 103.5,
    "currency": "USD",
    "mode": "prepaid",
    "totalFunds": 131.5,
}
_LARGEST: Final = to_micros("1000000000")
_LONGEST_ADDRESS: Final = 254
_ADDRESS: Final = re.compile(r"[^@\s\x00-\x20\x7f,;<>]+@[^@\s\x00-\x20\x7f,;<>]+")


class AlertBody(msgspec.Struct, rename="camel"):
    """Amounts in the account's currency, with at most six decimals; a balance that is owed is below zero."""

    balance_alert_amount: float
    min_alert_amount: float
    email_address: str


class FundsResource:
    """`/ams/v3/accounts/totalFunds` and `/ams/v3/accounts/balanceAlert`."""

    def __init__(self, billing: BillingService, subaccounts: SubaccountService) -> None:
        self._billing = billing
        self._subaccounts = subaccounts

    async def get_funds(self, call: Call) -> Reply:
        """The account's balance; `totalFunds` is what it and its subaccounts have together."""
        account_id = _parent(call)
        children = await self._subaccounts.page(call.tx, account_id, Page(MOST_SUBACCOUNTS, 0))
        funds = await self._billing.funds(call.tx, account_id, [child.id for child in children])
        return Reply([_render(funds)])

    async def get_alert(self, call: Call) -> Reply:
        """The account's balance alert; nothing where it has none."""
        alert = await self._billing.alerts.find(call.tx, _parent(call))
        return Reply([_render_alert(alert)] if alert else [])

    async def set_alert(self, call: Call) -> Reply:
        """Sets the account's balance alert in place of the one it had."""
        account_id = _parent(call)
        alert = _alert(call.body)
        await self._billing.set_alert(call.tx, account_id, alert)
        return Reply([_render_alert(alert)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="9",
                method="GET",
                path="/ams/v3/accounts/totalFunds",
                handler=self.get_funds,
                summary="Get account funds",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                tag=_TAG,
                example=Example(response=_FUNDS),
            ),
            Endpoint(
                number="10",
                method="GET",
                path=_ALERT_PATH,
                handler=self.get_alert,
                summary="Get account balance alerts",
                privilege=Privilege.ACCT_READ,
                session_only=True,
                tag=_TAG,
                example=Example(response=_ALERT),
            ),
            Endpoint(
                number="11",
                method="PUT",
                path=_ALERT_PATH,
                handler=self.set_alert,
                summary="Add account balance alert",
                privilege=Privilege.ACCT_UPDATE,
                session_only=True,
                body=AlertBody,
                tag=_TAG,
                example=Example(body=_ALERT, response=_ALERT),
            ),
        )


def _parent(call: Call) -> UUID:
    """The account that asks, which has to be a parent. Raises PermissionDeniedError."""
    if call.principal.account_id != call.principal.parent_id:
        raise PermissionDeniedError("only a parent account may do this; ask as the parent of this subaccount")
    return call.principal.account_id


def _alert(body: AlertBody) -> BalanceAlert:
    """The alert that a body asks for. Raises InvalidInputError."""
    errors: list[FieldError] = []
    alert_amount = _amount("balanceAlertAmount", body.balance_alert_amount, errors)
    min_amount = _amount("minAlertAmount", body.min_alert_amount, errors)
    if not errors and min_amount > alert_amount:
        errors.append(FieldError("minAlertAmount", "must not be more than balanceAlertAmount"))
    email = body.email_address.strip()
    if len(email) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(email):
        errors.append(FieldError("emailAddress", "must be an e-mail address"))
    if errors:
        raise InvalidInputError(errors)
    return BalanceAlert(alert_amount, min_amount, email)


def _amount(field: str, value: float, errors: list[FieldError]) -> int:
    """Micro-units of what was written; a number's shortest spelling is what was written."""
    try:
        micros = to_micros(repr(value))
    except ValueError:
        micros = _LARGEST + 1
    if abs(micros) > _LARGEST:
        errors.append(FieldError(field, "must be an amount of at most 1000000000 with at most six decimals"))
    return micros


def _render(funds: Funds) -> dict[str, Any]:
    own = funds.own
    return {
        "accountSid": own.account_id,
        "balance": to_number(own.balance),
        "held": to_number(own.held),
        "available": to_number(own.available),
        "currency": own.currency,
        "mode": own.mode,
        "totalFunds": to_number(funds.total),
    }


def _render_alert(alert: BalanceAlert) -> dict[str, Any]:
    return {
        "balanceAlertAmount": to_number(alert.alert_amount),
        "minAlertAmount": to_number(alert.min_amount),
        "emailAddress": alert.email,
    }
