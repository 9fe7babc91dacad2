"""Contexts of one rung meet here: what one asks for by a port, another one does."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cordboard.domain.billing.service import BillingService, Settlement
from cordboard.domain.numbers.service import NumberService
from cordboard.infra.db import Tx


class MonthlyCharges:
    """`numbers.ports.NumberCharges` by billing."""

    def __init__(self, billing: BillingService) -> None:
        self._billing = billing

    async def charge_month(
        self, tx: Tx, account_id: UUID, number: str, phone_sid: UUID, *, whatever_the_balance: bool
    ) -> bool:
        """Books the price of a month."""
        (price,) = await self._billing.prices(tx, [("number_month", number)])
        settlement = Settlement(
            account_id=account_id,
            held=0,
            charged=price,
            kind="number",
            quantity=1,
            subject_id=phone_sid,
            description=f"{number} for a month",
        )
        if whatever_the_balance:
            await self._billing.settle(tx, [settlement])
            return True
        return await self._billing.charge(tx, settlement)


class NumbersOfAccounts:
    """`compliance.ports.OwnedNumbers` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def owned(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> set[str]:
        """Those that are the account's."""
        found = await self._numbers.senders(tx, [(account_id, number) for number in numbers])
        return {number for _, number in found}


class OwnershipOfNumbers:
    """`sandbox.ports.NumberOwnership` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def is_owned(self, tx: Tx, number: str) -> bool:
        """Whether any account owns the number."""
        return number in await self._numbers.owners(tx, [number])
