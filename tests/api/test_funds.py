"""Requests 9 to 11: what an account has, and the mails that tell that it is little."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness import Api, Tenant

from cordboard.domain.billing.models import Settlement, Usage
from cordboard.kit.money import to_micros

FUNDS, ALERT = "/ams/v3/accounts/totalFunds", "/ams/v3/accounts/balanceAlert"
WANTED = {"balanceAlertAmount": 20.0, "minAlertAmount": 1.0, "emailAddress": "money@example.com"}


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with 25."""
    tenant = await api.account()
    await pay(api, tenant, "25")
    return tenant


async def pay(api: Api, tenant: Tenant, amount: str) -> None:
    """Money comes in."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.credit(tx, tenant.id, to_micros(amount), "a test")


async def spend(api: Api, tenant: Tenant, amount: str) -> None:
    """Something is charged."""
    usage = Usage(account_id=tenant.id, service="sms_out", number="+16195550123")
    settlement = Settlement(
        usage=usage, held=0, cost=to_micros(amount), quantity=1, subject_id=None, description="a test"
    )
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.settle(tx, [settlement])


async def mails(api: Api, tenant: Tenant) -> list[dict[str, Any]]:
    """What was mailed, in order."""
    rows = await api.fetch(
        "select payload from jobs where kind = 'mail.send' and account_id = $1 order by id", tenant.id
    )
    return [row["payload"] for row in rows]


async def events(api: Api, tenant: Tenant) -> list[tuple[str, float, float]]:
    """Level, threshold and balance of what was told."""
    rows = await api.fetch(
        "select payload from outbox where topic = 'billing.balance_fell' and account_id = $1 order by id", tenant.id
    )
    return [(row["payload"]["level"], row["payload"]["threshold"], row["payload"]["balance"]) for row in rows]


async def minute(api: Api) -> None:
    """A minute passes, and timers fire."""
    api.clock.advance(60)
    await api.worker.timers.fire_due()


async def test_the_funds_of_an_account(api: Api, owner: Tenant) -> None:
    child = await api.account("child", parent=owner.id)
    await pay(api, child, "7.50")
    async with api.platform.database.transaction() as tx:
        assert await api.platform.billing.hold(tx, [(owner.id, to_micros("0.75"))]) == [True]

    assert (await api.get(FUNDS, owner)).only == {
        "accountSid": owner.sid,
        "balance": 25,
        "held": 0.75,
        "available": 24.25,
        "currency": "USD",
        "mode": "postpaid",
        "totalFunds": 32.5,
    }


async def test_an_account_that_has_nothing_yet_has_zero(api: Api) -> None:
    shown = (await api.get(FUNDS, await api.account())).only

    assert (shown["balance"], shown["available"], shown["totalFunds"]) == (0, 0, 0)


async def test_an_alert_is_replaced(api: Api, owner: Tenant) -> None:
    other = await api.account("other")
    assert (await api.get(ALERT, owner)).payload == []

    assert (await api.put(ALERT, owner, WANTED)).only == WANTED
    changed = {"balanceAlertAmount": "50.25", "minAlertAmount": -3, "emailAddress": " b@example.com "}
    assert (await api.put(ALERT, owner, changed)).status == 200

    expected = {"balanceAlertAmount": 50.25, "minAlertAmount": -3, "emailAddress": "b@example.com"}
    assert (await api.get(ALERT, owner)).only == expected
    assert (await api.get(ALERT, other)).payload == []
    assert len(await api.fetch("select from timers where kind = 'billing.balance_alerts'")) == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"balanceAlertAmount": None}, ["balanceAlertAmount"]),
        ({"balanceAlertAmount": 0.0000001}, ["balanceAlertAmount"]),
        ({"balanceAlertAmount": 10**10}, ["balanceAlertAmount"]),
        ({"balanceAlertAmount": "nan"}, ["balanceAlertAmount"]),
        ({"balanceAlertAmount": "1e300", "minAlertAmount": "-inf"}, ["balanceAlertAmount", "minAlertAmount"]),
        ({"minAlertAmount": 20.5}, ["minAlertAmount"]),
        ({"emailAddress": "nobody"}, ["emailAddress"]),
        ({"emailAddress": "a@b,c@d"}, ["emailAddress"]),
        ({"emailAddress": "a@b\r\nBcc: c@d"}, ["emailAddress"]),
        ({"emailAddress": "a" * 250 + "@b.example"}, ["emailAddress"]),
    ],
)
async def test_a_bad_alert_is_refused(api: Api, owner: Tenant, changes: dict[str, Any], fields: list[str]) -> None:
    answer = await api.put(ALERT, owner, {**WANTED, **changes})

    assert answer.status == 400
    assert [named for _, named in answer.errors] == fields
    assert await api.fetch("select * from balance_alerts") == []


async def test_only_a_parent_asks_for_itself(api: Api, owner: Tenant) -> None:
    child = await api.account("child", parent=owner.id)

    answers = [
        await api.get(FUNDS, child),
        await api.get(ALERT, child),
        await api.put(ALERT, child, WANTED),
        await api.get(FUNDS, owner, accountSid=child.sid),
    ]

    assert {answer.status for answer in answers} == {401}
    assert all("parent account" in str(answer.errors[0][1]) for answer in answers)
    assert await api.fetch("select * from balance_alerts") == []


async def test_keys_and_clerks_are_refused(api: Api) -> None:
    rows = [("GET", FUNDS, "acct-read"), ("GET", ALERT, "acct-read"), ("PUT", ALERT, "acct-update")]
    await api.assert_privileges(rows, "inbox-user")


async def test_a_fall_is_mailed_within_a_minute_and_once(api: Api, owner: Tenant) -> None:
    await api.put(ALERT, owner, WANTED)
    await spend(api, owner, "5")
    await minute(api)
    assert await mails(api, owner) == []  # 20 is not below 20

    await spend(api, owner, "0.000001")
    for _ in range(3):
        await minute(api)

    assert await events(api, owner) == [("alert", 20, 19.999999)]
    assert await mails(api, owner) == [
        {
            "to": "money@example.com",
            "subject": "Balance below 20 USD",
            "text": f"The balance of account {owner.sid} has fallen below 20 USD. It is 19.999999 USD now.\n",
        }
    ]


async def test_a_fall_below_both_amounts_is_told_for_each(api: Api, owner: Tenant) -> None:
    await api.put(ALERT, owner, WANTED)
    await spend(api, owner, "30")
    await minute(api)

    assert await events(api, owner) == [("alert", 20, -5), ("minimum", 1, -5)]
    assert [mail["subject"] for mail in await mails(api, owner)] == ["Balance below 20 USD", "Balance below 1 USD"]


async def test_a_fall_that_a_payment_makes_good_is_told_all_the_same_and_so_is_the_next(
    api: Api, owner: Tenant
) -> None:
    await api.put(ALERT, owner, WANTED)
    await spend(api, owner, "10")
    await pay(api, owner, "10")
    await spend(api, owner, "10")
    await minute(api)

    assert await events(api, owner) == [("alert", 20, 15), ("alert", 20, 15)]


async def test_who_is_below_when_the_alert_is_set_is_told_after_having_been_above(api: Api, owner: Tenant) -> None:
    await spend(api, owner, "10")
    await api.put(ALERT, owner, WANTED)
    await minute(api)
    assert await events(api, owner) == []

    await pay(api, owner, "10")
    await spend(api, owner, "10")
    await minute(api)

    assert len(await events(api, owner)) == 1


async def test_setting_the_alert_anew_loses_no_fall(api: Api, owner: Tenant) -> None:
    await api.put(ALERT, owner, WANTED)
    await spend(api, owner, "10")
    await api.put(ALERT, owner, WANTED)
    await minute(api)

    assert len(await events(api, owner)) == 1


async def test_several_who_look_at_once_tell_once(api: Api, owner: Tenant) -> None:
    await api.put(ALERT, owner, WANTED)
    await spend(api, owner, "10")

    async def look() -> None:
        async with api.platform.database.transaction() as tx:
            await api.platform.billing.alerts.look(tx, [owner.id])

    await asyncio.gather(*(look() for _ in range(5)))

    assert len(await mails(api, owner)) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["pay", "spend", "minute", "set"]), st.integers(1, 30)), max_size=15))
async def test_each_fall_is_told_once_whatever_happens(api: Api, steps: list[tuple[str, int]]) -> None:
    tenant = await api.account()
    await pay(api, tenant, "25")
    await api.put(ALERT, tenant, WANTED)
    balance, falls = 25, {20: 0, 1: 0}
    for step, amount in steps:
        before = balance
        if step == "pay":
            await pay(api, tenant, str(amount))
            balance += amount
        elif step == "spend":
            await spend(api, tenant, str(amount))
            balance -= amount
        elif step == "set":
            await api.put(ALERT, tenant, WANTED)
        else:
            await api.worker.timers.fire_due()
            api.clock.advance(60)
        for threshold in falls:
            falls[threshold] += before >= threshold > balance
    await minute(api)

    told = await events(api, tenant)
    assert {threshold: sum(1 for one in told if one[1] == threshold) for threshold in falls} == falls
    assert len(await mails(api, tenant)) == len(told)
