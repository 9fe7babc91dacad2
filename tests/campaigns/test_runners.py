"""Requests 192 to 200: runners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.campaigns.house import NUMBERS, Business
from tests.campaigns.test_runs import control, sms

from cordboard.domain.workflows.runners import filling, service
from cordboard.domain.workflows.runners.pace import MOST_AT_ONCE, timed

_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


async def crowd(business: Business, count: int) -> list[UUID]:
    """Contacts, the numbers counting up."""
    async with business.api.platform.database.transaction() as tx:
        pairs = [(business.owner.id, f"+1949{2_000_000 + n}") for n in range(count)]
        found = await business.api.platform.contacts.find_or_create_by_phone(tx, pairs)
    return [found[pair] for pair in pairs]


async def runner(business: Business, campaign: UUID, **members: Any) -> dict[str, Any]:
    """A runner as it is answered."""
    made: dict[str, Any] = (
        await business.api.post(f"/v4/campaign/{campaign}/batch", business.owner, {"displayName": "r", **members})
    ).only
    return made


async def shown(business: Business, made: dict[str, Any]) -> tuple[str, int, int]:
    """Status, started and queued."""
    path = f"/v4/campaign/{made['campaignId']}/batch/{made['batchId']}"
    one = (await business.api.get(path, business.owner)).only
    return one["status"], one["started"], one["queued"]


async def in_line(business: Business) -> list[UUID]:
    """Who is still to enter."""
    rows = await business.api.fetch("select contact_id from runner_contacts order by place")
    return [row["contact_id"] for row in rows]


async def test_contacts_enter_one_each_period(business: Business) -> None:
    people = await crowd(business, 5)
    campaign = await business.campaign([control(1)])
    made = await runner(
        business, campaign, contactIds=[str(one) for one in [*people, people[0]]], start="true", periodMs=1000
    )
    assert made["status"] == "In Progress"
    assert (made["started"], made["queued"], made["periodMs"]) == (0, 5, 1000)
    entered, waiting = [], []
    for _ in range(5):
        await business.api.settle()
        entered.append((await shown(business, made))[1])
        waiting.append(await in_line(business))
        business.api.clock.advance(1)
    assert entered == [1, 2, 3, 4, 5]
    assert waiting == [people[place:] for place in entered], "who has entered leaves nothing behind"
    assert await shown(business, made) == ("Completed", 5, 5)
    rows = await business.api.fetch("select contact_id, batch_id from ended_runs order by created_at, id")
    assert [row["contact_id"] for row in rows] == people
    assert {str(row["batch_id"]) for row in rows} == {made["batchId"]}


async def test_one_that_stops_goes_on_where_it_was(business: Business) -> None:
    people = await crowd(business, 6)
    campaign = await business.campaign([control(1)])
    made = await runner(business, campaign, contactIds=[str(one) for one in people], start=True, periodMs=1000)
    path = f"/v4/campaign/{campaign}/batch/{made['batchId']}"
    await business.api.settle()
    assert (await business.api.post(path + "/stop", business.owner)).only["status"] == "Stopped"
    business.api.clock.advance(60)
    await business.api.settle()
    assert await shown(business, made) == ("Stopped", 1, 6)
    assert (await business.api.post(path + "/start", business.owner)).only["status"] == "In Progress"
    for _ in range(5):
        await business.api.settle()
        business.api.clock.advance(1)
    assert await shown(business, made) == ("Completed", 6, 6)
    rows = await business.api.fetch("select contact_id from ended_runs")
    assert sorted(row["contact_id"] for row in rows) == sorted(people)


async def test_statements_fix_who_enters_when_the_runner_is_made(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "_CHUNK", 3)
    monkeypatch.setattr(filling, "_CHUNKS_AT_ONCE", 2)
    await crowd(business, 10)
    other = await business.contact("+17145551234")
    campaign = await business.campaign([control(1)])
    starts_with = {"variable": "phonenumber1", "operation": "begins with", "value": "+1949"}
    made = await runner(business, campaign, statements=[starts_with], periodMs=1, start=True)
    assert made["filling"] is True
    assert made["queued"] < 10
    business.api.clock.advance(1)
    await business.contact("+19498888888")  # too late, wherever its place would be
    for _ in range(12):
        await business.api.settle()
        business.api.clock.advance(1)
    status, started, queued = await shown(business, made)
    assert status == "Completed"
    assert started == queued
    assert queued == 10
    rows = await business.api.fetch("select contact_id from ended_runs")
    assert len({row["contact_id"] for row in rows}) == queued
    assert other not in {row["contact_id"] for row in rows}


async def test_who_is_listed_does_not_enter(business: Business) -> None:
    people = await crowd(business, 2)
    listed = {"endpoint": "+19492000000", "selector": "CUSTOMER_GLOBAL", "subtype": "sms"}
    await business.api.post("/v4/dnc", business.owner, listed)
    campaign = await business.campaign([control(1)])
    ids = [str(one) for one in people]
    assert (await runner(business, campaign, contactIds=ids, filters={"dnc": ["sms"]}))["queued"] == 1
    assert (await runner(business, campaign, contactIds=ids, filters={"dnc": ["call"]}))["queued"] == 2


async def test_one_is_clicked_through_by_hand(business: Business) -> None:
    people = await crowd(business, 2)
    campaign = await business.campaign([control(1)])
    made = await runner(business, campaign, contactIds=[str(one) for one in people], start=True)
    assert made["status"] == "Not started"
    path = f"/v4/campaign/{campaign}/batch/{made['batchId']}"
    api, owner = business.api, business.owner
    assert (await api.post(path + "/start", owner)).status == 409
    for person in people:
        assert (await api.get(path + "/next", owner)).only["contactId"] == str(person)
        assert (await api.post(path + "/next", owner)).only["contactId"] == str(person)
    assert await shown(business, made) == ("Completed", 2, 2)
    assert (await api.get(path + "/next", owner)).status == 409
    assert (await api.post(path + "/next", owner)).status == 409
    timed_one = await runner(business, campaign, contactIds=[str(people[0])], periodMs=5)
    answer = await api.get(f"/v4/campaign/{campaign}/batch/{timed_one['batchId']}/next", owner)
    assert answer.status == 409


async def test_who_is_gone_is_passed_over_by_hand(business: Business) -> None:
    people = await crowd(business, 3)
    campaign = await business.campaign([control(1)])
    made = await runner(business, campaign, contactIds=[str(one) for one in people])
    path = f"/v4/campaign/{campaign}/batch/{made['batchId']}"
    await business.api.delete(f"/v4/contact/{people[0]}", business.owner)
    assert (await business.api.get(path + "/next", business.owner)).only["contactId"] == str(people[1])
    assert (await business.api.post(path + "/next", business.owner)).only["contactId"] == str(people[1])
    assert await shown(business, made) == ("In Progress", 2, 3)
    await business.api.delete(f"/v4/contact/{people[2]}", business.owner)
    assert (await business.api.get(path + "/next", business.owner)).status == 409
    assert (await business.api.post(path + "/next", business.owner)).status == 409
    assert await shown(business, made) == ("Completed", 3, 3)


async def test_clicks_get_past_however_many_are_gone(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_MOST_PASSED_OVER", 2)
    people = await crowd(business, 5)
    campaign = await business.campaign([control(1)])
    made = await runner(business, campaign, contactIds=[str(one) for one in people])
    path = f"/v4/campaign/{campaign}/batch/{made['batchId']}"
    for person in people[:4]:
        await business.api.delete(f"/v4/contact/{person}", business.owner)
    assert (await business.api.get(path + "/next", business.owner)).status == 409
    refused = await business.api.post(path + "/next", business.owner)
    assert (refused.status, refused.errors) == (409, [("409", "2 contacts are gone")])
    assert await shown(business, made) == ("In Progress", 2, 5)
    for _ in range(2):
        keyed = await business.api.call("POST", path + "/next", business.owner, headers={"Idempotency-Key": "once"})
        assert keyed.errors == [("409", "2 contacts are gone")]
    assert await shown(business, made) == ("In Progress", 4, 5)
    log = await business.api.get(f"/v4/logs/debug/{made['batchId']}", business.owner)
    passed_over = [msgspec.json.decode(entry["data"])["action"] for entry in log.payload]
    assert passed_over == [f"contact {person}" for person in people[:4]]
    assert await in_line(business) == people[4:]
    assert (await business.api.get(path + "/next", business.owner)).only["contactId"] == str(people[4])
    assert (await business.api.post(path + "/next", business.owner)).only["contactId"] == str(people[4])
    assert await shown(business, made) == ("Completed", 5, 5)


async def test_an_edit_keeps_what_it_does_not_give(business: Business) -> None:
    people = [str(one) for one in await crowd(business, 2)]
    campaign = await business.campaign([control(1)])
    made = await runner(business, campaign, contactIds=people, periodMs=1000)
    path = f"/v4/campaign/{campaign}/batch/{made['batchId']}"
    begun = (await business.api.put(path, business.owner, {"start": True})).only
    assert (begun["displayName"], begun["periodMs"], begun["status"]) == ("r", 1000, "In Progress")


async def test_a_campaign_without_a_workflow_uses_nobody_up(business: Business) -> None:
    people = [str(one) for one in await crowd(business, 2)]
    campaign = await business.campaign([control(1)], workflow_version=0)
    body = {"contactIds": people, "start": True, "periodMs": 1}
    answer = await business.api.post(f"/v4/campaign/{campaign}/batch", business.owner, body)
    assert answer.status == 409
    assert await business.api.fetch("select 1 from runs") == []


async def test_automatic_keeps_the_numbers_busy_and_no_more(business: Business) -> None:
    people = await crowd(business, 200)
    hello = await business.template("Hello")
    campaign = await business.campaign([sms(1, hello)])
    made = await runner(business, campaign, contactIds=[str(one) for one in people], start=True, periodMs=-1)
    await business.api.settle()
    assert (await shown(business, made))[1] == 30 * len(NUMBERS), "two numbers send two a second"
    await business.carrier.work()
    business.api.clock.advance(2)
    await business.carrier.work()
    await business.api.settle()
    assert (await shown(business, made))[1] == 32 * len(NUMBERS)


async def test_automatic_rests_while_the_carrier_is_behind(business: Business) -> None:
    people = await crowd(business, 200)
    hello = await business.template("Hello")
    campaign = await business.campaign([sms(1, hello)])
    made = await runner(business, campaign, contactIds=[str(one) for one in people], start=True, periodMs=-1)
    await business.api.settle()
    business.api.clock.advance(60)  # the numbers are free again, but the carrier has taken nothing
    await business.api.settle()
    assert (await shown(business, made))[1] == 30 * len(NUMBERS)
    await business.carrier.work()
    business.api.clock.advance(2)
    await business.carrier.work()
    await business.api.settle()
    assert (await shown(business, made))[1] > 30 * len(NUMBERS)


async def test_one_that_has_begun_takes_nobody_in(business: Business) -> None:
    people = [str(one) for one in await crowd(business, 3)]
    campaign = await business.campaign([control(1)])
    made = await runner(business, campaign, contactIds=people[:2])
    path = f"/v4/campaign/{campaign}/batch/{made['batchId']}"
    edited = (await business.api.put(path, business.owner, {"displayName": "more", "contactIds": people})).only
    assert (edited["displayName"], edited["queued"]) == ("more", 3)
    begun = {"displayName": "begun", "start": True, "periodMs": 1000}
    assert (await business.api.put(path, business.owner, begun)).only["status"] == "In Progress"
    await business.api.settle()
    assert (await business.api.put(path, business.owner, {"contactIds": people})).status == 409
    assert (await business.api.put(path, business.owner, {"start": "false"})).only["status"] == "Stopped"


async def test_bad_fields_are_named_and_nothing_is_stored(business: Business) -> None:
    campaign = await business.campaign([control(1)])
    path = f"/v4/campaign/{campaign}/batch"
    api, owner = business.api, business.owner
    bad = {
        "contactIds": ["x"],
        "statements": [{"variable": "a", "operation": "is", "value": ""}],
        "periodMs": -2,
        "filters": {"dnc": ["fax"]},
    }
    fields = [field for _, field in (await api.post(path, owner, bad)).errors]
    assert fields == ["contactIds[0]", "contactIds", "statements[0].operation", "periodMs", "filters.dnc"]
    assert [field for _, field in (await api.post(path, owner, {})).errors] == ["contactIds"]
    unknown = str(UUID(int=1))
    answer = await api.post(path, owner, {"contactIds": [unknown]})
    assert [field for _, field in answer.errors] == ["contactIds"]
    assert unknown in answer.body["error"][0]["message"]
    assert (await api.post(f"/v4/campaign/{unknown}/batch", owner, {"contactIds": [unknown]})).status == 404
    assert await api.fetch("select 1 from runners") == []
    stranger = await api.account()
    mine = await runner(business, campaign, contactIds=[str(one) for one in await crowd(business, 1)])
    assert (await api.get(f"{path}/{mine['batchId']}", stranger)).status == 404
    assert (await api.get("/v4/campaign/batch", stranger)).payload == []


@given(
    period=st.integers(1, 5000),
    steps=st.lists(st.integers(0, 20_000), min_size=1, max_size=50),
)
def test_the_pace_is_never_passed_and_is_kept_while_nothing_is_missed(period: int, steps: list[int]) -> None:
    now, anchor, anchor_started, started = _NOON, _NOON, 0, 0
    behind = False
    for milliseconds in steps:
        now += timedelta(milliseconds=milliseconds)
        share = timed(period, started, anchor, anchor_started, now)
        assert 0 <= share.entering <= MOST_AT_ONCE
        assert share.again_at > now
        behind |= share.entering == MOST_AT_ONCE
        started += share.entering
        anchor, anchor_started = share.anchor, share.anchor_started
        elapsed = (now - _NOON) / timedelta(milliseconds=1)
        assert started <= elapsed // period + 1
        if not behind:
            assert started == elapsed // period + 1
