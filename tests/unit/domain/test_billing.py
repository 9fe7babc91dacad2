"""Balances: holds, charges, payments and prices on a real database."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.harness import Api, Tenant

from cordboard.domain.billing.errors import NotRefundableError, RateNotFoundError, ReferenceUsedError
from cordboard.domain.billing.models import Balance, Funds, Mode, Quote, Rate, Service, Settlement, Usage
from cordboard.domain.billing.service import BillingService
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids

SUBJECT = UUID("25431e50-6866-11ea-9ea9-d1464f98b813")


@pytest.fixture
async def payer(api: Api) -> Tenant:
    """An account that pays in advance and has 100."""
    return await prepaid(api, 100)


def text(tenant: Tenant, number: str = "+17145550100", own: str = "", service: Service = "sms_out") -> Usage:
    """A text to `number`."""
    return Usage(account_id=tenant.id, service=service, number=number, own=own)


def settlement(tenant: Tenant, charged: int, held: int = 0, quantity: int = 2) -> Settlement:
    """The end of a message that cost `charged`."""
    return Settlement(
        usage=text(tenant),
        held=held,
        cost=charged,
        quantity=quantity,
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
        "select booked_at, kind, sub_type, lob, item_code, amount, cost, quantity, subject_id, description"
        " from ledger_entries"
        " where account_id = $1 and kind <> 'credit' order by id",
        tenant.id,
    )


async def test_an_account_that_never_moved_money_shows_zeros_and_has_no_row(api: Api) -> None:
    tenant = await api.account()

    async with api.platform.database.transaction() as tx:
        assert await api.platform.billing.balance(tx, tenant.id) == Balance(tenant.id, "postpaid", "USD", 0, 0)

    assert await hold(api, (tenant, 0)) == [True]
    await release(api, (tenant, 0))
    await settle(api, settlement(tenant, 0, quantity=0), settlement(tenant, 0))
    assert await api.fetch("select * from balances") == []
    assert [entry["amount"] for entry in await ledger(api, tenant)] == [0]


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

    await settle(api, settlement(payer, 20, held=30), settlement(payer, 0, held=30, quantity=0))

    assert await money(api, payer) == (80, 0)
    assert await ledger(api, payer) == [
        {
            "booked_at": api.clock.now(),
            "kind": "sms",
            "sub_type": "so",
            "lob": "api",
            "item_code": "AsoUS",
            "amount": -20,
            "cost": 20,
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


async def test_the_longest_prefix_prices_a_number_and_else_the_default(api: Api) -> None:
    billing, tenant = service(api), await api.account()
    async with api.platform.database.transaction() as tx:
        await billing.set_rate(tx, "sms_out", "+1", 10)
        await billing.set_rate(tx, "sms_out", "+1714", 0)
        await billing.set_rate(tx, "mms_out", "", 77)

        quotes = await billing.quote(
            tx,
            [
                (text(tenant, "+17145550100"), 1),
                (text(tenant, "+17135550100"), 3),
                (text(tenant, "+442079460000"), 1),
                (text(tenant, "+17145550100", service="mms_out"), 1),
                (text(tenant, "12345", service="number_month"), 1),
            ],
        )

    assert [quote.cost for quote in quotes] == [0, 30, 1, 77, 4]


async def test_a_new_price_replaces_the_old_one_and_none_is_negative(api: Api) -> None:
    billing, usage = service(api), text(await api.account())
    async with api.platform.database.transaction() as tx:
        await billing.set_rate(tx, "sms_out", "+1", 10)
        assert await billing.quote(tx, [(usage, 1)]) == [Quote(10, 10)]
        await billing.set_rate(tx, "sms_out", "+1", 20)
        assert await billing.quote(tx, [(usage, 1)]) == [Quote(20, 20)]
        with pytest.raises(InvalidInputError, match="price"):
            await billing.set_rate(tx, "sms_out", "+1", -1)

        assert await billing.quote(tx, []) == []
        assert await billing.quote(tx, [(usage, 1)]) == [Quote(20, 20)]


async def test_an_account_has_its_own_prices_and_removing_them_gives_back_the_installations(api: Api) -> None:
    billing, own, other = api.platform.billing, await api.account(), await api.account()
    line = Rate(account_id=own.id, service="sms_out", price=3)
    async with api.platform.database.transaction() as tx:
        await billing.put_rates(tx, [Rate(service="sms_out", prefix="+1714", price=8), line])
        assert [quote.cost for quote in await billing.quote(tx, [(text(own), 1), (text(other), 1)])] == [3, 8]
        await billing.put_rates(tx, [Rate(account_id=own.id, service="sms_out", surcharge=2)])
        assert await billing.quote(tx, [(text(own), 1)]) == [Quote(3, 3, 2)]
        await billing.remove_rate(tx, line)
        assert await billing.quote(tx, [(text(own), 1)]) == [Quote(8, 8)]
        with pytest.raises(RateNotFoundError):
            await billing.remove_rate(tx, line)


async def test_surcharge_and_tax_are_booked_beside_the_cost_and_come_out_of_the_balance(
    api: Api, payer: Tenant
) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.put_rates(
            tx, [Rate(service="*", tax_percent=10_000_000), Rate(service="sms_out", price=10, surcharge=5)]
        )
        (quote,) = await api.platform.billing.quote(tx, [(text(payer), 2)])
    assert (quote, quote.total) == (Quote(10, 20, 10, 3), 33)

    await hold(api, (payer, 33))
    await settle(api, settlement(payer, 20, held=33))

    assert await money(api, payer) == (67, 0)
    assert await postings(api, payer) == {"customer": 67, "payments": -100, "revenue": 20, "surcharges": 10, "taxes": 3}


async def test_no_more_is_charged_than_was_held_though_surcharges_have_risen(api: Api, payer: Tenant) -> None:
    await hold(api, (payer, 21))
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.put_rates(tx, [Rate(service="sms_out", surcharge=50, tax_percent=50_000_000)])

    await settle(api, settlement(payer, 20, held=21))

    assert await money(api, payer) == (79, 0)


async def test_a_payment_with_a_reference_is_booked_once(api: Api, payer: Tenant) -> None:
    billing = api.platform.billing
    for _ in range(2):
        async with api.platform.database.transaction() as tx:
            after = await billing.credit(tx, payer.id, 50, "by card", "invoice 7")
            assert after.balance == 150
    async with api.platform.database.transaction() as tx:
        with pytest.raises(ReferenceUsedError, match="invoice 7"):
            await billing.credit(tx, payer.id, 51, "by card", "invoice 7")
    async with api.platform.database.transaction() as tx:
        with pytest.raises(ReferenceUsedError):
            await billing.refund(tx, payer.id, 50, "back", "invoice 7")

    assert await money(api, payer) == (150, 0)


async def test_simultaneous_payments_of_one_reference_are_booked_once(api: Api, payer: Tenant) -> None:
    async def pay() -> None:
        async with api.platform.database.transaction() as tx:
            await api.platform.billing.credit(tx, payer.id, 50, "by card", "invoice 7")

    await asyncio.gather(*(pay() for _ in range(5)))

    assert await money(api, payer) == (150, 0)


async def test_a_refund_takes_what_nothing_reserves_and_no_more(api: Api, payer: Tenant) -> None:
    await hold(api, (payer, 40))
    async with api.platform.database.transaction() as tx:
        after = await api.platform.billing.refund(tx, payer.id, 60, "sent back")
        with pytest.raises(NotRefundableError):
            await api.platform.billing.refund(tx, payer.id, 1, "and more")

    assert (after.balance, after.held) == (40, 40)
    assert await postings(api, payer) == {"customer": 40, "payments": -40}


async def test_the_funds_of_a_parent_are_those_of_its_tree_in_its_currency(api: Api, payer: Tenant) -> None:
    child, foreign = await prepaid(api, 7), await api.account()
    async with api.platform.database.transaction() as tx:
        await service(api, currency="EUR").credit(tx, foreign.id, 1000, "")
        funds = await api.platform.billing.funds(tx, payer.id, [child.id, foreign.id])

    assert funds == Funds(Balance(payer.id, "prepaid", "USD", 100, 0), 107)


async def postings(api: Api, tenant: Tenant) -> dict[str, int]:
    """What each book says of the account."""
    rows = await api.fetch(
        "select book, sum(amount)::bigint as amount from ledger_postings where account_id = $1 group by book", tenant.id
    )
    return {row["book"]: row["amount"] for row in rows}


def service(api: Api, *, mode: Mode = "postpaid", currency: str = "USD") -> BillingService:
    """Billing with prices that are easy to tell apart."""
    return BillingService(
        clock=api.clock,
        ids=Ids(api.clock),
        mode=mode,
        currency=currency,
        defaults={"sms_out": 1, "mms_out": 2, "sms_in": 3, "number_month": 4},
    )
