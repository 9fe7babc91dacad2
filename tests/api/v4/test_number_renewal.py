"""Numbers paid for by the month: its length, what happens when it cannot be paid, and timers that come twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness import Api, Tenant

from cordboard.domain.messaging.drafts import SendRequest
from cordboard.domain.numbers.months import month_after
from cordboard.domain.numbers.renewal import GRACE
from cordboard.domain.numbers.service import RENEWAL_TIMER
from cordboard.domain.voice.models import CallRequest
from cordboard.edge.api.v4.numbers import render_number
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.infra.jobs.timers import Timer
from cordboard.kit.clock import epoch_ms

NUMBER, HANDSET = "+17145550100", "+16195550123"
MONTHLY = 1_000_000


@pytest.fixture
async def payer(api: Api) -> Tenant:
    """An account that pays in advance, has a number, and nothing more to spend."""
    tenant = await api.account()
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, tenant.id, "prepaid")
    await pay(api, tenant, MONTHLY)
    assert (await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER]})).payload
    return tenant


async def pay(api: Api, tenant: Tenant, amount: int) -> None:
    """Money comes in."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.credit(tx, tenant.id, amount, "a test")


async def until(api: Api, moment: datetime) -> None:
    """Lets time pass; every timer fires when it is due."""
    while True:
        rows = await api.fetch("select min(fire_at) as at from timers where fire_at <= $1", moment)
        if rows[0]["at"] is None:
            break
        api.clock.set(max(rows[0]["at"], api.clock.now()))
        await api.settle()
    api.clock.set(moment)


async def months_charged(api: Api, tenant: Tenant) -> int:
    """How many months were booked."""
    rows = await api.fetch("select from ledger_entries where account_id = $1 and kind = 'mrc_did'", tenant.id)
    return len(rows)


async def standing(api: Api) -> dict[str, Any]:
    """How the number stands."""
    (row,) = await api.fetch("select overdue_since, suspended, renewal_date from numbers")
    return row


async def refusals(api: Api, tenant: Tenant) -> list[str]:
    """Why a text and a call from the number are refused; months later the tenant's token is good no more."""
    text = SendRequest(account_id=tenant.id, parent_account_id=tenant.id, to=HANDSET, sender=NUMBER, text="hello")
    call = CallRequest(account_id=tenant.id, parent_account_id=tenant.id, to=HANDSET, caller=NUMBER)
    async with api.platform.database.transaction() as tx:
        return [
            *map(str, await api.platform.messaging.accept(tx, [text])),
            *map(str, await api.platform.voice.place(tx, [call])),
        ]


@given(st.integers(0, 180 * 365 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)))
def test_a_year_has_twelve_months_and_every_renewal_its_day(bought: datetime) -> None:
    moment = bought
    for _ in range(48):
        following = month_after(moment, bought.day)
        assert timedelta(days=28) <= following - moment <= timedelta(days=31)
        assert following.day == bought.day or (following + timedelta(days=1)).day == 1
        moment = following

    assert (moment.year, moment.month, moment.time()) == (bought.year + 4, bought.month, bought.time())


async def test_a_number_bought_on_the_31st_is_renewed_on_the_last_of_february_and_on_the_31st_of_march(
    api: Api,
) -> None:
    api.clock.set(datetime(2026, 1, 31, 12, tzinfo=UTC))
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER]})

    dates = [(await standing(api))["renewal_date"]]
    for _ in range(2):
        await until(api, dates[-1])
        dates.append((await standing(api))["renewal_date"])
        async with api.platform.database.transaction() as tx:
            await maintain_partitions(tx, api.clock.now())

    assert [(date.month, date.day) for date in dates] == [(2, 28), (3, 31), (4, 30)]
    assert await months_charged(api, tenant) == 3


async def test_a_month_that_cannot_be_paid_is_not_booked_and_the_number_works_on_for_a_while(
    api: Api, payer: Tenant
) -> None:
    over = (await standing(api))["renewal_date"]
    await until(api, over)

    assert await standing(api) == {"overdue_since": over, "suspended": False, "renewal_date": over}
    assert await months_charged(api, payer) == 1
    assert await api.fetch("select balance, held from balances") == [{"balance": 0, "held": 0}]
    assert ["suspended" in words for words in await refusals(api, payer)] == [False, False]


async def test_after_the_grace_it_sends_and_calls_nobody_but_takes_what_comes_in(api: Api, payer: Tenant) -> None:
    over = (await standing(api))["renewal_date"]
    await until(api, over + GRACE - timedelta(seconds=1))
    assert not (await standing(api))["suspended"]
    await until(api, over + GRACE)

    assert (await standing(api))["suspended"]
    assert ["suspended" in words for words in await refusals(api, payer)] == [True, True]
    async with api.platform.database.transaction() as tx:
        (owner,) = (await api.platform.numbers.owners(tx, [NUMBER])).values()
    assert owner.account_id == payer.id
    shown = render_number(owner)
    assert (shown["overdueSince"], shown["suspended"]) == (epoch_ms(over), True)


async def test_suspended_numbers_are_not_drawn_from_sets(api: Api, payer: Tenant) -> None:
    await pay(api, payer, 10 * MONTHLY)
    made = (await api.post("/v4/numberset", payer, {"name": "mine"})).only["numberSetId"]
    other = "+17145550101"
    await api.post("/v4/number/purchase", payer, {"phoneNumber": [other]})
    await api.fetch("update numbers set number_set_id = $1, suspended = phone_number = $2", UUID(made), NUMBER)

    async with api.platform.database.transaction() as tx:
        texts = await api.platform.numbers.pick_from_set(tx, payer.id, UUID(made), 5)
        calls = await api.platform.numbers.pick_callers(tx, payer.id, UUID(made), 5)

    assert {number.phone_number for number in [*texts, *calls]} == {other}


async def test_a_payment_ends_it_at_once_and_pays_for_what_was_owed(api: Api, payer: Tenant) -> None:
    over = (await standing(api))["renewal_date"]
    await until(api, over + GRACE)

    await pay(api, payer, MONTHLY)
    await api.settle()

    assert await standing(api) == {
        "overdue_since": None,
        "suspended": False,
        "renewal_date": month_after(over, over.day),
    }
    assert await months_charged(api, payer) == 2
    assert await api.fetch("select balance from balances") == [{"balance": 0}]
    assert await api.fetch("select kind, fire_at from timers") == [
        {"kind": RENEWAL_TIMER, "fire_at": month_after(over, over.day)}
    ]


async def test_a_payment_that_is_too_small_leaves_it_as_it_is(api: Api, payer: Tenant) -> None:
    over = (await standing(api))["renewal_date"]
    await until(api, over + GRACE)

    await pay(api, payer, MONTHLY - 1)
    await api.settle()

    assert (await standing(api))["suspended"]
    assert await api.fetch("select balance, held from balances") == [{"balance": MONTHLY - 1, "held": 0}]


async def test_a_timer_that_comes_twice_or_early_charges_nothing_more(api: Api, payer: Tenant) -> None:
    await pay(api, payer, 10 * MONTHLY)
    over = (await standing(api))["renewal_date"]
    api.clock.set(over)
    timer = Timer(RENEWAL_TIMER, payer.id, NUMBER, over)
    for fired in ([timer], [timer], [timer, timer], [Timer(RENEWAL_TIMER, payer.id, "+17145550199", over)]):
        async with api.platform.database.transaction() as tx:
            await api.platform.renew_numbers(tx, fired)

    assert await months_charged(api, payer) == 2
    assert (await standing(api))["renewal_date"] == month_after(over, over.day)


async def test_who_pays_later_owes_for_numbers(api: Api) -> None:
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER]})

    await until(api, (await standing(api))["renewal_date"])

    assert await api.fetch("select balance from balances") == [{"balance": -2 * MONTHLY}]
    assert (await standing(api))["overdue_since"] is None
