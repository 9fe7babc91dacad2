"""Balances: holds, charges and credits on a real database, against a ledger kept by hand; prices by prefix."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.harness import Api, Tenant

from cordboard.domain.billing.models import Balance, Mode, Settlement
from cordboard.domain.billing.service import BillingService
from cordboard.infra.db import Tx
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids

SUBJECT = UUID("25431e50-6866-11ea-9ea9-d1464f98b813")


@pytest.fixture
async def payer(api: Api) -> Tenant:
    """An account that pays in advance and has 100."""
    return await prepaid(api, 100)


def settlement(tenant: Tenant, charged: int, held: int = 0) -> Settlement:
    """The end of a message that cost `charged`."""
    return Settlement(
        account_id=tenant.id,
        held=held,
        charged=charged,
        kind="sms",
        quantity=2,
        subject_id=SUBJECT,
        description="a test",
    )


async def prepaid(api: Api, amount: int) -> Tenant:
    """An account that pays in advance, with so much to spend."""
    tenant = await api.account()
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, tenant.id, "prepaid")
        if amount:
            await api.platform.billing.credit(tx, tenant.id, amount, "a test")
    return tenant


async def hold(api: Api, *amounts: tuple[Tenant, int]) -> list[bool]:
    """Holds in a transaction of their own."""
    async with api.platform.database.transaction() as tx:
        return await api.platform.billing.hold(tx, [(tenant.id, amount) for tenant, amount in amounts])


async def settle(api: Api, *settlements: Settlement) -> None:
    """Settles in a transaction of its own."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.settle(tx, settlements)


async def release(api: Api, *amounts: tuple[Tenant, int]) -> None:
    """Releases in a transaction of its own."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.release(tx, [(tenant.id, amount) for tenant, amount in amounts])


async def money(api: Api, tenant: Tenant) -> tuple[int, int]:
    """Balance and held amount."""
    async with api.platform.database.transaction() as tx:
        found = await api.platform.billing.balance(tx, tenant.id)
    return found.balance, found.held


async def ledger(api: Api, tenant: Tenant) -> list[dict[str, Any]]:
    """The account's entries but for credits."""
    return await api.fetch(
        "select booked_at, kind, amount, quantity, subject_id, description from ledger_entries"
        " where account_id = $1 and kind <> 'credit' order by id",
        tenant.id,
    )


async def test_an_account_that_never_moved_money_shows_zeros_and_has_no_row(api: Api) -> None:
    tenant = await api.account()

    async with api.platform.database.transaction() as tx:
        assert await api.platform.billing.balance(tx, tenant.id) == Balance(tenant.id, "postpaid", "USD", 0, 0)

    assert await hold(api, (tenant, 0)) == [True]
    await release(api, (tenant, 0))
    await settle(api, settlement(tenant, 0))
    assert await api.fetch("select * from balances") == []


async def test_holds_are_whole_or_nothing_and_in_order(api: Api, payer: Tenant) -> None:
    granted = await hold(api, (payer, 60), (payer, 50), (payer, 40), (payer, 1), (payer, 0))

    assert granted == [True, False, True, False, True]
    assert await money(api, payer) == (100, 100)
    assert await hold(api, (payer, 1)) == [False]


async def test_accounts_of_a_batch_are_told_apart(api: Api, payer: Tenant) -> None:
    poor, rich = await prepaid(api, 0), await api.account()

    assert await hold(api, (poor, 1), (payer, 100), (rich, 10**12), (payer, 1)) == [False, True, True, False]
    assert [await money(api, one) for one in (poor, payer, rich)] == [(0, 0), (100, 100), (0, 10**12)]


async def test_a_settlement_frees_the_hold_and_books_the_charge(api: Api, payer: Tenant) -> None:
    await hold(api, (payer, 30), (payer, 30))

    await settle(api, settlement(payer, 20, held=30), settlement(payer, 0, held=30))

    assert await money(api, payer) == (80, 0)
    assert await ledger(api, payer) == [
        {
            "booked_at": api.clock.now(),
            "kind": "sms",
            "amount": -20,
            "quantity": 2,
            "subject_id": SUBJECT,
            "description": "a test",
        }
    ]


async def test_each_charge_of_a_batch_has_its_entry(api: Api, payer: Tenant) -> None:
    other = await api.account()

    await settle(api, settlement(payer, 1), settlement(other, 2), settlement(payer, 3))

    assert sorted(entry["amount"] for entry in await ledger(api, payer)) == [-3, -1]
    assert [entry["amount"] for entry in await ledger(api, other)] == [-2]
    assert await money(api, payer) == (96, 0)
    assert await money(api, other) == (-2, 0)


async def test_a_release_frees_the_hold_and_books_nothing(api: Api, payer: Tenant) -> None:
    await hold(api, (payer, 60))

    await release(api, (payer, 20), (payer, 40))

    assert await money(api, payer) == (100, 0)
    assert await ledger(api, payer) == []


async def test_more_than_was_held_cannot_be_released(api: Api, payer: Tenant) -> None:
    await hold(api, (payer, 5))

    with pytest.raises(asyncpg.CheckViolationError):
        await release(api, (payer, 6))

    assert await money(api, payer) == (100, 5)


async def test_a_charge_without_a_hold_asks_the_balance(api: Api, payer: Tenant) -> None:
    await hold(api, (payer, 30))
    async with api.platform.database.transaction() as tx:
        assert not await api.platform.billing.charge(tx, settlement(payer, 71))
        assert await api.platform.billing.charge(tx, settlement(payer, 70))
        assert not await api.platform.billing.charge(tx, settlement(payer, 1))

    assert await money(api, payer) == (30, 30)
    assert [entry["amount"] for entry in await ledger(api, payer)] == [-70]


async def test_a_credit_is_money_to_spend(api: Api, payer: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        after = await api.platform.billing.credit(tx, payer.id, 11, "by card")

    assert after == Balance(payer.id, "prepaid", "USD", 111, 0)
    assert await hold(api, (payer, 111)) == [True]
    assert await api.fetch(
        "select amount, quantity, subject_id from ledger_entries where description = 'by card' and kind = 'credit'"
    ) == [{"amount": 11, "quantity": 1, "subject_id": None}]


@pytest.mark.parametrize("amount", [0, -1])
async def test_a_credit_takes_nothing_away(api: Api, payer: Tenant, amount: int) -> None:
    async with api.platform.database.transaction() as tx:
        with pytest.raises(InvalidInputError, match="amount"):
            await api.platform.billing.credit(tx, payer.id, amount, "a trick")

    assert await money(api, payer) == (100, 0)


async def test_the_first_movement_opens_the_balance_as_the_installation_says(api: Api) -> None:
    billing = service(api, mode="prepaid", currency="EUR")
    tenant = await api.account()

    async with api.platform.database.transaction() as tx:
        assert await billing.hold(tx, [(tenant.id, 1)]) == [False]

    assert await api.fetch("select mode, currency, balance, held from balances") == [
        {"mode": "prepaid", "currency": "EUR", "balance": 0, "held": 0}
    ]


async def test_simultaneous_holds_never_spend_the_same_money_twice(api: Api, payer: Tenant) -> None:
    granted = await asyncio.gather(*(hold(api, (payer, 30)) for _ in range(10)))

    assert granted.count([True]) == 3
    assert await money(api, payer) == (100, 90)


async def test_simultaneous_first_movements_open_one_balance(api: Api) -> None:
    first, second = await api.account(), await api.account()

    batches = [hold(api, (first, 1), (second, 2)), hold(api, (second, 3), (first, 4))]
    assert await asyncio.gather(*batches) == [[True, True], [True, True]]

    assert [await money(api, one) for one in (first, second)] == [(0, 5), (0, 5)]


class Book:
    """Does the same as billing, by hand: what accounts have and which holds are open."""

    def __init__(self, billing: BillingService, tx: Tx, chance: random.Random) -> None:
        self._billing = billing
        self._tx = tx
        self._chance = chance
        self.balances: dict[UUID, int] = defaultdict(int)
        self.opened: list[tuple[Tenant, int]] = []

    async def credit(self, tenants: list[Tenant]) -> None:
        """Money comes in."""
        tenant, amount = self._chance.choice(tenants), self._chance.randint(1, 500)
        await self._billing.credit(self._tx, tenant.id, amount, "")
        self.balances[tenant.id] += amount

    async def hold(self, tenants: list[Tenant]) -> None:
        """Some holds, of which those must be granted that the account can pay; the last account pays later."""
        wanted = [(self._chance.choice(tenants), self._chance.randint(0, 200)) for _ in range(5)]
        granted = await self._billing.hold(self._tx, [(tenant.id, amount) for tenant, amount in wanted])
        for (tenant, amount), covered in zip(wanted, granted, strict=True):
            left = self.balances[tenant.id] - self.held(tenant)
            assert covered == (tenant is tenants[-1] or amount == 0 or left >= amount)
            self.opened += [(tenant, amount)] if covered else []

    async def settle(self, _: list[Tenant]) -> None:
        """Some holds end in a charge of at most what was held."""
        ended = [(tenant, held, self._chance.randint(0, held)) for tenant, held in self._close()]
        await self._billing.settle(self._tx, [settlement(tenant, charged, held) for tenant, held, charged in ended])
        for tenant, _held, charged in ended:
            self.balances[tenant.id] -= charged

    async def release(self, _: list[Tenant]) -> None:
        """Some holds end for nothing."""
        await self._billing.release(self._tx, [(tenant.id, held) for tenant, held in self._close()])

    def held(self, tenant: Tenant) -> int:
        """The sum of the account's open holds."""
        return sum(amount for holder, amount in self.opened if holder is tenant)

    def _close(self) -> list[tuple[Tenant, int]]:
        self._chance.shuffle(self.opened)
        return [self.opened.pop() for _ in range(min(len(self.opened), self._chance.randint(0, 4)))]


@pytest.mark.parametrize("seed", range(5))
async def test_the_balance_is_the_sum_of_the_ledger_and_held_the_sum_of_open_holds(api: Api, seed: int) -> None:
    chance = random.Random(seed)
    tenants = [await prepaid(api, 0), await prepaid(api, 0), await api.account()]
    async with api.platform.database.transaction() as tx:
        book = Book(api.platform.billing, tx, chance)
        for _ in range(60):
            await chance.choice([book.credit, book.hold, book.hold, book.settle, book.release])(tenants)
            for tenant in tenants:
                shown = await api.platform.billing.balance(tx, tenant.id)
                assert (shown.balance, shown.held) == (book.balances[tenant.id], book.held(tenant))
                assert shown.balance == await tx.fetchval(
                    "select coalesce(sum(amount), 0)::bigint from ledger_entries where account_id = $1", tenant.id
                )


async def test_the_longest_prefix_prices_a_number_and_else_the_default(api: Api) -> None:
    billing = service(api)
    async with api.platform.database.transaction() as tx:
        await billing.set_rate(tx, "sms_out", "+1", 10)
        await billing.set_rate(tx, "sms_out", "+1714", 0)
        await billing.set_rate(tx, "mms_out", "", 77)

        prices = await billing.prices(
            tx,
            [
                ("sms_out", "+17145550100"),
                ("sms_out", "+17135550100"),
                ("sms_out", "+442079460000"),
                ("mms_out", "+17145550100"),
                ("number_month", "12345"),
            ],
        )

    assert prices == [0, 10, 1, 77, 4]


async def test_a_new_price_replaces_the_old_one_and_none_is_negative(api: Api) -> None:
    billing = service(api)
    async with api.platform.database.transaction() as tx:
        await billing.set_rate(tx, "sms_out", "+1", 10)
        assert await billing.prices(tx, [("sms_out", "+17145550100")]) == [10]
        await billing.set_rate(tx, "sms_out", "+1", 20)
        assert await billing.prices(tx, [("sms_out", "+17145550100")]) == [20]
        with pytest.raises(InvalidInputError, match="price"):
            await billing.set_rate(tx, "sms_out", "+1", -1)

        assert await billing.prices(tx, []) == []
        assert await billing.prices(tx, [("sms_out", "+17145550100")]) == [20]


def service(api: Api, *, mode: Mode = "postpaid", currency: str = "USD") -> BillingService:
    """Billing with prices that are easy to tell apart."""
    return BillingService(
        clock=api.clock,
        ids=Ids(api.clock),
        mode=mode,
        currency=currency,
        defaults={"sms_out": 1, "mms_out": 2, "sms_in": 3, "number_month": 4},
    )
