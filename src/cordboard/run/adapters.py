"""Contexts of one rung meet here: what one asks for by a port, another one does."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cordboard.domain.billing.service import BillingService, Settlement
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.phones.models import AssignedNumber
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


class LookupsByBilling:
    """`lookups.ports.LookupCharges` by billing."""

    def __init__(self, billing: BillingService) -> None:
        self._billing = billing

    async def price(self, tx: Tx, account_id: UUID, number: str) -> int | None:
        """The price, if the balance covers it."""
        (price,) = await self._billing.prices(tx, [("carrier_lookup", number)])
        balance = await self._billing.balance(tx, account_id)
        return price if balance.covers(price) else None

    async def charge(self, tx: Tx, account_id: UUID, number: str, lookup_id: UUID) -> int | None:
        """Books the price, if the balance covers it."""
        (price,) = await self._billing.prices(tx, [("carrier_lookup", number)])
        settlement = Settlement(
            account_id=account_id,
            held=0,
            charged=price,
            kind="carrier_lookup",
            quantity=1,
            subject_id=lookup_id,
            description=f"carrier of {number}",
        )
        return price if await self._billing.charge(tx, settlement) else None


class HoldersOfNumbers:
    """`voicemail.ports.NumberHolders` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def assigned_user(self, tx: Tx, account_id: UUID, number: str) -> UUID | None:
        """Whose webphone calls from a number of the account."""
        return (await self._numbers.get(tx, account_id, number)).assigned_user


class NumbersOfAccounts:
    """`compliance.ports.OwnedNumbers` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def owned(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> set[str]:
        """Those that are the account's."""
        found = await self._numbers.senders(tx, [(account_id, number) for number in numbers])
        return {number for _, number in found}


class NumbersOfPhones:
    """`phones.ports.PhoneNumbers` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def is_owned(self, tx: Tx, account_id: UUID, number: str) -> bool:
        """Whether the account owns the number."""
        return bool(await self._numbers.senders(tx, [(account_id, number)]))

    async def assigned(self, tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> dict[UUID, AssignedNumber]:
        """The numbers of users' webphones, by user."""
        found = await self._numbers.assigned_to(tx, account_id, client_ids)
        return {user: AssignedNumber(one.phone_number, one.number_set_id) for user, one in found.items()}


class OwnershipOfNumbers:
    """`sandbox.ports.NumberOwnership` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def is_owned(self, tx: Tx, number: str) -> bool:
        """Whether any account owns the number."""
        return number in await self._numbers.owners(tx, [number])
