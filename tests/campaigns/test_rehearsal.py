"""Rehearsals: what a campaign would do, without doing any of it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.campaigns.house import Business
from tests.campaigns.test_runs import control, question, sms

from cordboard.kit.clock import epoch_ms

TABLES = ("messages", "runs", "ended_runs", "outbox", "timers", "run_sends", "debug_log", "contacts", "ledger_entries")


async def rehearsed(business: Business, campaign: UUID, **body: Any) -> dict[str, Any]:
    """The report."""
    found: dict[str, Any] = (await business.api.post(f"/v4/campaign/{campaign}/rehearse", business.owner, body)).only
    return found


async def reminder(business: Business, **members: Any) -> UUID:
    """A question, thanks for a yes, and another text for who does not answer within an hour."""
    ask, thanks, pity = [
        await business.template(text) for text in ("Coming, %%FIRSTNAME|friend%%?", "Thanks %%LASTNAME%%", "Pity")
    ]
    nodes = [sms(1, ask, 2), question(2, "node1.reply", 3, 4), sms(3, thanks), sms(4, pity)]
    return await business.campaign(nodes, **members)


def crowd(count: int, **ext_data: str) -> list[dict[str, Any]]:
    """People made up."""
    return [{"extData": {"phonenumber1": f"+1949{2_000_000 + n}", **ext_data}} for n in range(count)]


async def counts(business: Business) -> list[int]:
    """How many rows each table has."""
    return [(await business.api.fetch(f"select count(*) as n from {table}"))[0]["n"] for table in TABLES]


async def test_everybody_is_accounted_for_and_nothing_is_stored(business: Business) -> None:
    campaign = await reminder(business)
    before = await counts(business)
    report = await rehearsed(
        business,
        campaign,
        contacts=crowd(200, firstname="Ann", lastname="Lee"),
        replies={"rate": 0.5, "delayMinutes": [1, 30], "texts": {"yes please": 1}},
        seed=7,
    )
    assert await counts(business) == before
    assert report["people"] == 200
    assert report["ended"] == {"completed": 200, "stopped": 0, "failed": 0}
    entered = {one["id"]: one["entered"] for one in report["nodes"]}
    assert entered[1] == entered[2] == 200
    assert entered[3] + entered[4] == 200
    assert 60 < entered[3] < 140
    assert report["sends"]["total"] == 400
    assert sum(one["sends"] for one in report["timeline"]) == 400
    assert {(one["from"], one["to"]): one["count"] for one in report["edges"]} == {
        (1, 2): 200,
        (2, 3): entered[3],
        (2, 4): entered[4],
    }
    assert report["faults"] == []
    again = await rehearsed(
        business,
        campaign,
        contacts=crowd(200, firstname="Ann", lastname="Lee"),
        replies={"rate": 0.5, "delayMinutes": [1, 30], "texts": {"yes please": 1}},
        seed=7,
    )
    assert again == report


async def test_it_costs_what_the_real_thing_costs(business: Business) -> None:
    contact = await business.contact(firstname="Ann", lastname="Lee")
    campaign = await reminder(business)
    report = await rehearsed(business, campaign, contactIds=[str(contact)])
    await business.start(campaign, contact)
    await business.send()
    business.api.clock.advance(3600)
    await business.send()
    await business.api.settle()
    log = await business.api.get("/v4/logs/sms", business.owner, campaignId=str(campaign))
    assert report["sends"]["total"] == len(log.payload) == 2
    assert report["sends"]["cost"] == pytest.approx(sum(one["price"] for one in log.payload))
    assert report["sends"]["segments"] == sum(one["smsCount"] for one in log.payload)
    assert report["examples"][0]["texts"] == ["Coming, Ann?", "Pity"]


async def test_what_would_go_wrong_is_told_by_node(business: Business) -> None:
    people = [*crowd(3), {"extData": {"firstname": "No phone", "lastname": "x"}}]
    report = await rehearsed(business, await reminder(business), contacts=people, replies={"rate": 1.0})
    faults = {(one["node"], one["problem"]): one["count"] for one in report["faults"]}
    assert faults[1, "the contact has no phonenumber1"] == 1
    assert faults[3, "the variable lastname is empty"] == 3
    silent = await rehearsed(business, await reminder(business, number_set_id=None), contacts=crowd(1))
    assert "number" in silent["faults"][0]["problem"]
    assert silent["sends"]["total"] == 0


async def test_who_says_stop_is_written_to_no_more(business: Business) -> None:
    replies = {"rate": 1.0, "delayMinutes": 5, "texts": {"STOP": 1}}
    report = await rehearsed(business, await reminder(business), contacts=crowd(10), replies=replies)
    assert report["optOuts"] == 10
    assert report["sends"]["total"] == 10
    assert report["sends"]["optedOut"] == 10


async def test_hours_that_are_waited_for_are_counted(business: Business) -> None:
    campaign = await reminder(business, hours=(time(9), time(17)))
    report = await rehearsed(business, campaign, contacts=crowd(4))  # it is four in the morning there
    (window,) = [one for one in report["windows"] if one["node"] is None]
    assert window["waits"] == 4
    assert window["longestSeconds"] >= 5 * 3600


async def test_quiet_hours_hold_a_text_as_long_as_they_do_in_earnest(business: Business) -> None:
    async with business.api.platform.database.transaction() as tx:
        await business.api.platform.accounts.change_setting(tx, business.owner.id, "quiet_hours_start", "21:00")
        await business.api.platform.accounts.change_setting(tx, business.owner.id, "quiet_hours_end", "08:00")
    campaign, contact = await reminder(business), await business.contact(lastname="Lee")
    report = await rehearsed(business, campaign, contactIds=[str(contact)])  # it is four in the morning there
    assert (report["sends"]["total"], report["sends"]["heldByQuietHours"], report["sends"]["waiting"]) == (2, 2, 0)
    (eight,) = [one["at"] for one in report["timeline"]]
    assert report["examples"][0]["texts"] == ["Coming, friend?", "Pity"]
    await business.start(campaign, contact)
    assert await business.send() == []
    business.at(datetime.fromtimestamp(eight / 1000 - 1, UTC))
    assert await business.send() == []
    business.api.clock.advance(2)
    sent = await business.send()
    business.api.clock.advance(2)
    assert [*sent, *await business.send()] == report["examples"][0]["texts"]


async def test_texts_leave_at_the_pace_of_the_campaigns_numbers(business: Business) -> None:
    start = business.api.clock.now()
    report = await rehearsed(business, await reminder(business), contacts=crowd(200, lastname="Lee"), size=200)
    assert report["sends"]["longestBacklogSeconds"] == 99.5  # two long codes send two segments a second
    last = start + timedelta(hours=1, seconds=99.5)
    assert report["sends"]["lastAt"] == pytest.approx(epoch_ms(last), abs=1000)


async def test_another_workflow_is_tried_before_it_is_published(business: Business) -> None:
    campaign = await reminder(business)
    await business.contact()
    workflow = {"schemaVersion": 1, "startNode": 1, "nodes": [control(1)]}
    report = await rehearsed(business, campaign, workflow=workflow)
    assert (report["people"], report["ended"]["stopped"]) == (1, 1)
    bad = {"schemaVersion": 1, "startNode": 1, "nodes": [{"id": 1, "type": "random", "children": [9]}]}
    answer = await business.api.post(f"/v4/campaign/{campaign}/rehearse", business.owner, {"workflow": bad})
    assert [field for _, field in answer.errors] == ["node 1"]


async def test_bad_fields_are_named_and_strangers_see_nothing(business: Business) -> None:
    campaign = await reminder(business)
    path = f"/v4/campaign/{campaign}/rehearse"
    bad = {
        "size": 0,
        "periodMs": -1,
        "start": "soon",
        "replies": {"rate": 2, "delayMinutes": [5, 1], "texts": {"a": -1}, "byNode": {"x": {}}},
        "calls": {"maybe": 1},
        "callbacks": {"c": 1},
        "contacts": [{"extData": 1}],
    }
    fields = {field for _, field in (await business.api.post(path, business.owner, bad)).errors}
    assert fields == {
        "size",
        "periodMs",
        "start",
        "replies.rate",
        "replies.delayMinutes",
        "replies.texts",
        "replies.byNode",
        "calls",
        "callbacks.c",
        "contacts",
    }
    stranger = await business.api.account()
    assert (await business.api.post(path, stranger, {})).status == 404
    unknown = {"contactIds": [str(business.owner.id)]}
    assert (await business.api.post(path, business.owner, unknown)).errors[0][1] == "contactIds"
