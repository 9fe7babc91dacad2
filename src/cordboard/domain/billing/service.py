"""Prices, holds and charges. What is under way is held; when it ends, the hold becomes free and what it came to is
booked.

Each verb works on a batch with one statement on the balances, and leaves the invariants: an account's balance is the
sum of its ledger entries, its held amount the sum of its open holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Final
from uuid import UUID

from cordboard.domain.billing import repository
from cordboard.domain.billing.models import Balance, Mode, Service, Settlement
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids

__all__ = ["BillingService", "Settlement"]

_CARD_SECONDS: Final = 10.0


class BillingService:
    """The verbs of billing. `defaults` are the prices where the rate card has none."""

    def __init__(self, *, clock: Clock, ids: Ids, mode: Mode, currency: str, defaults: Mapping[str, int]) -> None:
        self._clock = clock
        self._ids = ids
        self._mode: Mode = mode
        self._currency = currency
        self._defaults = defaults
        self._card: dict[str, dict[str, int]] = {}
        self._card_read_at = float("-inf")

    async def prices(self, tx: Tx, wanted: Sequence[tuple[Service, str]]) -> list[int]:
        """The price of each service for a number: the card's longest prefix, else the default. The card is some seconds
        old.
        """
        if wanted and monotonic() - self._card_read_at > _CARD_SECONDS:
            await self._read_card(tx)
        return [self._price(service, number) for service, number in wanted]

    async def set_rate(self, tx: Tx, service: Service, prefix: str, price: int) -> None:
        """Puts a price on the card. Raises InvalidInputError."""
        if price < 0:
            raise InvalidInputError.of("price", "must not be negative")
        await repository.set_rate(tx, service, prefix, price)
        self._card_read_at = float("-inf")

    async def hold(self, tx: Tx, amounts: Sequence[tuple[UUID, int]]) -> list[bool]:
        """Reserves each amount whole or not at all, in order; False where a prepaid balance does not cover it."""
        wanted: dict[UUID, int] = defaultdict(int)
        for account_id, amount in amounts:
            wanted[account_id] += amount
        asked = {account_id: (0, held) for account_id, held in wanted.items() if held}
        moved = await repository.move(tx, asked, if_covered=True) if asked else set()
        if short := asked.keys() - moved:
            return await self._hold_in_turn(tx, amounts, short)
        return [True] * len(amounts)

    async def _hold_in_turn(self, tx: Tx, amounts: Sequence[tuple[UUID, int]], short: Set[UUID]) -> list[bool]:
        """For accounts whose balance does not cover all that is asked: the first amounts that it covers. The others'
        amounts are held already.
        """
        balances = await self._lock(tx, set(short))
        reserved: dict[UUID, int] = defaultdict(int)
        granted = []
        for account_id, amount in amounts:
            covered = (
                account_id not in short or not amount or balances[account_id].covers(amount + reserved[account_id])
            )
            if covered and account_id in short:
                reserved[account_id] += amount
            granted.append(covered)
        if changes := {account_id: (0, held) for account_id, held in reserved.items() if held}:
            await repository.move(tx, changes)
        return granted

    async def release(self, tx: Tx, amounts: Sequence[tuple[UUID, int]]) -> None:
        """Gives holds back uncharged."""
        freed: dict[UUID, int] = defaultdict(int)
        for account_id, amount in amounts:
            freed[account_id] -= amount
        await self._move(tx, {account_id: (0, held) for account_id, held in freed.items() if held})

    async def settle(self, tx: Tx, settlements: Sequence[Settlement]) -> None:
        """Ends holds and books charges."""
        amounts: dict[UUID, int] = defaultdict(int)
        holds: dict[UUID, int] = defaultdict(int)
        for one in settlements:
            amounts[one.account_id] -= one.charged
            holds[one.account_id] -= one.held
        changes = {account: (amounts[account], holds[account]) for account in amounts}
        changes = {account: change for account, change in changes.items() if any(change)}
        if not changes:
            return
        await self._move(tx, changes)
        now = self._clock.now()
        await repository.add_entries(
            tx,
            [
                (s.account_id, self._ids.time_uuid(), now, s.kind, -s.charged, s.quantity, s.subject_id, s.description)
                for s in settlements
                if s.charged
            ],
        )

    async def charge(self, tx: Tx, settlement: Settlement) -> bool:
        """Books a charge that was not held for, if the balance covers it."""
        (covered,) = await self.hold(tx, [(settlement.account_id, settlement.charged)])
        if covered:
            await self.release(tx, [(settlement.account_id, settlement.charged)])
            await self.settle(tx, [settlement])
        return covered

    async def credit(self, tx: Tx, account_id: UUID, amount: int, description: str) -> Balance:
        """Books money that came in. Raises InvalidInputError."""
        if amount <= 0:
            raise InvalidInputError.of("amount", "must be more than 0")
        await self._move(tx, {account_id: (amount, 0)})
        entry = (account_id, self._ids.time_uuid(), self._clock.now(), "credit", amount, 1, None, description)
        await repository.add_entries(tx, [entry])
        return await self.balance(tx, account_id)

    async def balance(self, tx: Tx, account_id: UUID) -> Balance:
        """The account's balance; an account that never moved money has none yet and shows zeros."""
        found = await repository.read(tx, account_id)
        return found or Balance(account_id, self._mode, self._currency, 0, 0)

    async def set_mode(self, tx: Tx, account_id: UUID, mode: Mode) -> None:
        """Changes how an account pays."""
        await self._lock(tx, {account_id})
        await repository.set_mode(tx, account_id, mode)

    async def _move(self, tx: Tx, changes: Mapping[UUID, tuple[int, int]]) -> None:
        """Moves balances; those that are not there are made first."""
        if not changes:
            return
        moved = await repository.move(tx, changes)
        if missing := changes.keys() - moved:
            await repository.open_balances(tx, sorted(missing), self._mode, self._currency)
            await repository.move(tx, {account_id: changes[account_id] for account_id in missing})

    async def _lock(self, tx: Tx, account_ids: set[UUID]) -> dict[UUID, Balance]:
        """The balances, locked; made with the installation's defaults where an account moves money for the first
        time.
        """
        balances = await repository.lock(tx, sorted(account_ids))
        if missing := account_ids - balances.keys():
            await repository.open_balances(tx, sorted(missing), self._mode, self._currency)
            balances = await repository.lock(tx, sorted(account_ids))
        return balances

    async def _read_card(self, tx: Tx) -> None:
        card: dict[str, dict[str, int]] = defaultdict(dict)
        for service, prefix, price in await repository.rates(tx):
            card[service][prefix] = price
        self._card = card
        self._card_read_at = monotonic()

    def _price(self, service: Service, number: str) -> int:
        prefixes = self._card.get(service)
        if prefixes:
            for length in range(len(number), -1, -1):
                if number[:length] in prefixes:
                    return prefixes[number[:length]]
        return self._defaults[service]
