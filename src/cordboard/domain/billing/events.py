"""What billing tells higher contexts."""

from __future__ import annotations

from typing import Final

import msgspec

CREDITED: Final = "billing.credited"
"""Money came in: `CreditEvent`. The subject is the account."""

BALANCE_FELL: Final = "billing.balance_fell"
"""A balance fell below an amount that the account is alerted of: `BalanceEvent`. The subject is the account."""


class CreditEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Amounts are numbers in the account's currency."""

    account_sid: str
    amount: float
    currency: str
    description: str


class BalanceEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`threshold` is the amount that `balance` fell below, `level` which of the two it is: `alert` or `minimum`."""

    account_sid: str
    level: str
    threshold: float
    balance: float
    currency: str
