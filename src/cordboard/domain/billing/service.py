"""Prices, holds, charges and payments. What is under way is held; when it ends, the hold becomes free and what it came
to is booked.

Each verb works on a batch with one statement on the balances, and leaves the invariants: an account's balance is the
sum of its ledger entries, its held amount the sum of its open holds, every entry balances in itself, and the usage of
each day is the sum of that day's entries. Balances are locked before anything else of billing, by account; the days of
usage after them, by account and item.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date
from typing import Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.billing.alerts import BalanceAlerts
from cordboard.domain.billing.errors import NotRefundableError, RateNotFoundError, ReferenceUsedError
from cordboard.domain.billing.events import CREDITED, CreditEvent
from cordboard.domain.billing.items import item_of
from cordboard.domain.billing.models import (
    Balance,
    BalanceAlert,
    Funds,
    Mode,
    Quote,
    Rate,
    Service,
    Settlement,
    Terms,
    Usage,
    UsageLine,
)
from cordboard.domain.billing.rates import RateCards
from cordboard.domain.billing.repository import balances, ledger, rates
from cordboard.domain.billing.repository.ledger import PaymentEntry, UsageEntry
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.kit.money import to_number

__all__ = ["BillingService", "Settlement", "Usage"]

_CARD_SECONDS: Final = 10.0


class BillingService:
    """The verbs of billing. `defaults` are the prices where no rate card has one."""

    def __init__(self, *, clock: Clock, ids: Ids, mode: Mode, currency: str, defaults: Mapping[str, int]) -> None:
        self._clock = clock
        self._ids = ids
        self._mode: Mode = mode
        self._currency = currency
        self._defaults = defaults
        self._cards = RateCards((), defaults)
        self._cards_read_at = float("-inf")
        self.alerts = BalanceAlerts(clock)

    async def quote(self, tx: Tx, wanted: Sequence[tuple[Usage, int]]) -> list[Quote]:
        """What so many units of each usage come to. The rate cards are some seconds old."""
        if wanted:
            await self._read_cards(tx)
        return [self._cards.terms(usage).quote(units) for usage, units in wanted]

    async def terms(self, tx: Tx, usages: Sequence[Usage]) -> list[Terms]:
        """What each usage costs, for whoever quotes many of them. The rate cards are some seconds old."""
        if usages:
            await self._read_cards(tx)
        return [self._cards.terms(usage) for usage in usages]

    async def rates(self, tx: Tx) -> list[Rate]:
        """Every line of every rate card."""
        return await rates.every(tx)

    async def set_rate(self, tx: Tx, service: Service, prefix: str, price: int) -> None:
        """Prices a service for every account. Raises InvalidInputError."""
        if price < 0:
            raise InvalidInputError.of("price", "must not be negative")
        await self.put_rates(tx, [Rate(service=service, prefix=prefix, price=price)])

    async def put_rates(self, tx: Tx, lines: Sequence[Rate]) -> None:
        """Writes lines of rate cards, which are checked; of several for one place the last counts. What a line does
        not say stays as it was. Other processes follow within ten seconds.
        """
        by_place = {(line.account_id, line.service, line.number_type, line.prefix): line for line in lines}
        await rates.put(tx, list(by_place.values()))
        self._cards_read_at = float("-inf")

    async def remove_rate(self, tx: Tx, line: Rate) -> None:
        """Removes the line that stands where `line` does. Raises RateNotFoundError."""
        if not await rates.remove(tx, line.account_id, line.service, line.number_type, line.prefix):
            raise RateNotFoundError(line.service)
        self._cards_read_at = float("-inf")

    async def hold(self, tx: Tx, amounts: Sequence[tuple[UUID, int]]) -> list[bool]:
        """Reserves each amount whole or not at all, in order; False where a prepaid balance does not cover it."""
        wanted: dict[UUID, int] = defaultdict(int)
        for account_id, amount in amounts:
            wanted[account_id] += amount
        asked = {account_id: (0, held) for account_id, held in wanted.items() if held}
        moved = await balances.move(tx, asked, if_covered=True) if asked else set()
        if short := asked.keys() - moved:
            return await self._hold_in_turn(tx, amounts, short)
        return [True] * len(amounts)

    async def _hold_in_turn(self, tx: Tx, amounts: Sequence[tuple[UUID, int]], short: Set[UUID]) -> list[bool]:
        """For accounts whose balance does not cover all that is asked: the first amounts that it covers. The others'
        amounts are held already.
        """
        locked = await self._lock(tx, set(short))
        reserved: dict[UUID, int] = defaultdict(int)
        granted = []
        for account_id, amount in amounts:
            covered = account_id not in short or not amount or locked[account_id].covers(amount + reserved[account_id])
            if covered and account_id in short:
                reserved[account_id] += amount
            granted.append(covered)
        if changes := {account_id: (0, held) for account_id, held in reserved.items() if held}:
            await balances.move(tx, changes)
        return granted

    async def release(self, tx: Tx, amounts: Sequence[tuple[UUID, int]]) -> None:
        """Gives holds back uncharged."""
        freed: dict[UUID, int] = defaultdict(int)
        for account_id, amount in amounts:
            freed[account_id] -= amount
        await self._move(tx, {account_id: (0, held) for account_id, held in freed.items() if held})

    async def settle(self, tx: Tx, settlements: Sequence[Settlement]) -> list[Quote | None]:
        """Ends holds and books what was used; answers what each came to, None where nothing was. Where something was
        held, no more is added than that covers.
        """
        entries = await self._entries(tx, settlements)
        changes: dict[UUID, tuple[int, int]] = {}
        for one in settlements:
            if one.held:
                amount, held = changes.get(one.usage.account_id, (0, 0))
                changes[one.usage.account_id] = (amount, held - one.held)
        for entry in entries:
            account_id = entry.settlement.usage.account_id
            amount, held = changes.get(account_id, (0, 0))
            changes[account_id] = (amount - entry.quote.total, held)
        await self._move(tx, changes)
        await ledger.book_usage(tx, entries, self._clock.now())
        booked = iter(entries)
        return [next(booked).quote if one.quantity else None for one in settlements]

    async def charge(self, tx: Tx, settlement: Settlement) -> bool:
        """Books a charge that was not held for, if the balance covers it."""
        await self._read_cards(tx)
        total = self._quote(settlement).total
        (covered,) = await self.hold(tx, [(settlement.usage.account_id, total)])
        if covered:
            await self.settle(tx, [msgspec.structs.replace(settlement, held=total)])
        return covered

    async def credit(self, tx: Tx, account_id: UUID, amount: int, description: str, reference: str = "") -> Balance:
        """Books money that came in, once for a `reference`. Raises InvalidInputError, ReferenceUsedError."""
        balance = await self._pay(tx, account_id, "credit", amount, description, reference)
        if balance is None:
            return await self.balance(tx, account_id)
        event = CreditEvent(
            account_sid=str(account_id), amount=to_number(amount), currency=balance.currency, description=description
        )
        payload = msgspec.to_builtins(event)
        await append(tx, [Event(CREDITED, account_id, str(account_id), payload, self._clock.now())])
        return balance

    async def refund(self, tx: Tx, account_id: UUID, amount: int, description: str, reference: str = "") -> Balance:
        """Books money that goes back to the customer, once for a `reference`. Raises InvalidInputError,
        ReferenceUsedError, and NotRefundableError where it is more than the account has and nothing reserves.
        """
        balance = await self._pay(tx, account_id, "refund", amount, description, reference)
        return balance or await self.balance(tx, account_id)

    async def balance(self, tx: Tx, account_id: UUID) -> Balance:
        """The account's balance; an account that never moved money has none yet and shows zeros."""
        found = await balances.read(tx, [account_id])
        return found.get(account_id) or Balance(account_id, self._mode, self._currency, 0, 0)

    async def funds(self, tx: Tx, account_id: UUID, subaccount_ids: Collection[UUID]) -> Funds:
        """A parent's balance, and what it has together with its subaccounts (request 9)."""
        own = await self.balance(tx, account_id)
        others = await balances.read(tx, subaccount_ids) if subaccount_ids else {}
        return Funds.of(own, list(others.values()))

    async def set_mode(self, tx: Tx, account_id: UUID, mode: Mode) -> None:
        """Changes how an account pays."""
        await self._lock(tx, {account_id})
        await balances.set_mode(tx, account_id, mode)

    async def set_alert(self, tx: Tx, account_id: UUID, alert: BalanceAlert) -> None:
        """Replaces the account's balance alert (request 11)."""
        locked = await self._lock(tx, {account_id})
        await self.alerts.put(tx, account_id, alert, locked[account_id].balance)

    async def usage(self, tx: Tx, account_id: UUID, first: date, last: date) -> list[UsageLine]:
        """What the account used from one day (UTC) to another, both included, by item (request 28)."""
        return await ledger.usage(tx, account_id, first, last)

    async def _pay(
        self, tx: Tx, account_id: UUID, kind: Literal["credit", "refund"], amount: int, description: str, reference: str
    ) -> Balance | None:
        """Moves and books money from outside; None where its reference was booked already. Those who are alerted are
        told of where the balance was before it moves.
        """
        if amount <= 0:
            raise InvalidInputError.of("amount", "must be more than 0")
        before = (await self._lock(tx, {account_id}))[account_id]
        signed, now = (amount if kind == "credit" else -amount), self._clock.now()
        if reference and (booked := await ledger.claim_reference(tx, account_id, reference, signed, now)) is not None:
            if booked != signed:
                raise ReferenceUsedError(f"another amount was booked under the reference {reference!r}")
            return None
        if signed < 0 and before.available < amount:
            raise NotRefundableError("the balance, without what is reserved, is less than that")
        await self.alerts.look(tx, [account_id])
        await balances.move(tx, {account_id: (signed, 0)})
        entry = PaymentEntry(
            account_id=account_id,
            id=self._ids.time_uuid(),
            booked_at=now,
            kind=kind,
            amount=signed,
            description=description,
        )
        await ledger.book_payment(tx, entry)
        await self.alerts.look(tx, [account_id])
        return msgspec.structs.replace(before, balance=before.balance + signed)

    async def _entries(self, tx: Tx, settlements: Sequence[Settlement]) -> list[UsageEntry]:
        """What of `settlements` is to be booked, with what is added to it."""
        used = [one for one in settlements if one.quantity]
        if used:
            await self._read_cards(tx)
        return [UsageEntry(self._ids.time_uuid(), one, item_of(one.usage), self._quote(one)) for one in used]

    def _quote(self, one: Settlement) -> Quote:
        quote = self._cards.terms(one.usage).quote(one.quantity, one.cost)
        return quote.at_most(one.held) if one.held else quote

    async def _move(self, tx: Tx, changes: Mapping[UUID, tuple[int, int]]) -> None:
        """Moves balances; those that are not there are made first. Where nothing is added the balance is locked only,
        if there is one: what follows it is locked after it.
        """
        if not changes:
            return
        moved = await balances.move(tx, changes)
        if missing := {account_id for account_id, change in changes.items() if any(change)} - moved:
            await balances.open_balances(tx, sorted(missing), self._mode, self._currency)
            await balances.move(tx, {account_id: changes[account_id] for account_id in missing})

    async def _lock(self, tx: Tx, account_ids: set[UUID]) -> dict[UUID, Balance]:
        """The balances, locked; made with the installation's defaults where an account moves money for the first
        time.
        """
        locked = await balances.lock(tx, sorted(account_ids))
        if missing := account_ids - locked.keys():
            await balances.open_balances(tx, sorted(missing), self._mode, self._currency)
            locked = await balances.lock(tx, sorted(account_ids))
        return locked

    async def _read_cards(self, tx: Tx) -> None:
        """Has the rate cards as they were some seconds ago."""
        if monotonic() - self._cards_read_at > _CARD_SECONDS:
            self._cards = RateCards(await rates.every(tx), self._defaults)
            self._cards_read_at = monotonic()
