"""Versions of a workflow, and what becomes of those who wait in older ones."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.campaigns.house import Business
from tests.campaigns.test_campaigns_api import text_of
from tests.campaigns.test_runs import control, delay, question, sms

from cordboard.domain.workflows.models import EndedRun, StartedRun, StartRequest
from cordboard.domain.workflows.use_cases import publish_workflow
from cordboard.domain.workflows.use_cases.publish_workflow import MOVE_JOB
from cordboard.infra.jobs.queue import Job

DAY = 86_400


def repeater(node: int, child: int) -> dict[str, Any]:
    """A node that goes round twice, a day apart."""
    return {"id": node, "type": "repeater", "children": [child], "numAttempts": 2, "minMinutesBetweenEvents": 1440}


async def publish(
    business: Business, campaign_id: UUID, nodes: list[dict[str, Any]], migrate: str | None = None
) -> dict[str, Any]:
    """The answer to the publication of a workflow."""
    params = {"migrate": migrate} if migrate else {}
    path = f"/v4/campaign/{campaign_id}/workflow"
    answer = await business.api.call("POST", path, business.owner, {"workflow": text_of(nodes)}, params=params)
    assert answer.status == 200, answer.body
    return dict(answer.only)


async def versions(business: Business) -> dict[UUID, int]:
    """The versions of the runs under way."""
    rows = await business.api.fetch("select id, version from runs")
    return {row["id"]: row["version"] for row in rows}


async def test_versions_published_at_once_have_numbers_of_their_own(business: Business) -> None:
    campaign = await business.campaign([control(1)])
    made = await asyncio.gather(*(publish(business, campaign, [control(1)]) for _ in range(4)))
    assert sorted(one["version"] for one in made) == [2, 3, 4, 5]
    shown = (await business.api.get(f"/v4/campaign/{campaign}", business.owner)).only
    assert shown["workflowVersion"] == 5


async def test_whoever_waits_stays_unless_it_is_to_move(business: Business) -> None:
    old, new = await business.template("Old"), await business.template("New")
    campaign = await business.campaign([delay(1, 2), sms(2, old)])
    run = await business.start(campaign, await business.contact())
    await business.api.settle()
    assert (await publish(business, campaign, [delay(1, 2), sms(2, new)]))["waiting"] == [
        {"version": 1, "node": 1, "count": 1, "movable": True}
    ]
    await business.api.settle()
    assert await versions(business) == {run.id: 1}
    business.api.clock.advance(3600)
    assert await business.send() == ["Old"]


async def test_a_node_that_became_another_type_keeps_whoever_waits_there(business: Business) -> None:
    old, new = await business.template("Old"), await business.template("New")
    campaign = await business.campaign([delay(1, 2), sms(2, old)])
    run = await business.start(campaign, await business.contact())
    await business.api.settle()
    published = await publish(business, campaign, [question(1, "x", 2, 2), sms(2, new)], "apply")
    assert published["waiting"] == [{"version": 1, "node": 1, "count": 1, "movable": False}]
    await business.api.settle()
    assert await versions(business) == {run.id: 1}
    business.api.clock.advance(3600)
    assert await business.send() == ["Old"]
    over = await business.run(run.id)
    assert isinstance(over, EndedRun)
    assert (over.version, over.ending) == (1, "completed")


async def test_who_is_in_rounds_of_a_repeater_that_is_gone_stays(business: Business) -> None:
    """Both wait at node 3; one came there in a round. The other's data look like rounds and are none."""
    rounds = {"variable": "way", "operation": "equals", "value": "rounds"}
    fork = {"id": 1, "type": "condition", "children": [2, 3], "conditions": [{"statements": [rounds], "path": 2}]}
    campaign = await business.campaign([fork, repeater(2, 3), delay(3)])
    inside = await business.start(campaign, await business.contact(), variables={"way": "rounds"})
    odd = {"loops": '[{"node":2}]', "text": '"loops":[{"node":2}] \0'}
    outside = await business.start(campaign, await business.contact("+19492221235"), variables=odd)
    await business.api.settle()

    waiting = [
        {"version": 1, "node": 3, "count": 1, "movable": True},
        {"version": 1, "node": 3, "count": 1, "movable": False},
    ]
    newest = [delay(1, 3), delay(3)]
    assert (await publish(business, campaign, newest, "preview"))["waiting"] == waiting
    with_repeater = [fork, repeater(2, 3), delay(3, 4), control(4)]
    assert (await publish(business, campaign, with_repeater, "preview"))["waiting"] == [
        {"version": 1, "node": 3, "count": 2, "movable": True}
    ]
    assert (await publish(business, campaign, newest, "apply"))["waiting"] == waiting
    await business.api.settle()
    assert await versions(business) == {inside.id: 1, outside.id: 2}
    for _ in range(3):
        business.api.clock.advance(DAY)
        await business.api.settle()
    over = await business.run(inside.id)
    assert isinstance(over, EndedRun)
    assert (over.version, over.ending, over.state.path.count(3)) == (1, "completed", 2)


async def test_who_is_being_started_while_a_version_is_published_is_moved_as_well(business: Business) -> None:
    campaign, contact = await business.campaign([delay(1, 2), control(2)]), await business.contact()
    request = StartRequest(account_id=business.owner.id, campaign_id=campaign, contact_id=contact)
    async with business.api.platform.database.transaction() as tx:
        (started,) = await business.api.platform.campaigns.service.start(tx, [request])
        assert isinstance(started, StartedRun)
        await publish(business, campaign, [delay(1, 3), control(3)], "apply")
        await business.api.settle()
    assert await versions(business) == {started.id: 1}
    business.api.clock.advance(60)
    await business.api.settle()
    assert await versions(business) == {started.id: 2}


async def test_many_are_moved_in_pieces_and_a_repeat_moves_nobody_twice(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_workflow, "_CHUNK", 2)
    campaign = await business.campaign([delay(1, 2, minutes=60), delay(2, 3, minutes=600), control(3)])
    people = [await business.contact(f"+194922210{n:02d}") for n in range(7)]
    stuck = [(await business.start(campaign, person)).id for person in people[:2]]
    await business.api.settle()
    business.api.clock.advance(3600)
    await business.api.settle()  # these wait at node 2
    free = [(await business.start(campaign, person)).id for person in people[2:]]
    await business.api.settle()

    await publish(business, campaign, [delay(1, 3), control(3)], "apply")
    await business.api.settle()
    moved = {**dict.fromkeys(stuck, 1), **dict.fromkeys(free, 2)}
    assert await versions(business) == moved
    job = Job(MOVE_JOB, business.owner.id, {"campaignId": str(campaign), "version": 2}, business.api.clock.now())
    await business.api.platform.campaigns.move(job)
    assert await versions(business) == moved


@pytest.mark.parametrize(
    ("nodes", "field"),
    [
        (
            [{"id": 1, "type": "agentQueue", "queueName": "a\0b", "expirationType": "campaignTimezoneProtection"}],
            "workflow",
        ),
        ([{"id": 2**31, "type": "control"}], "nodes[0].id"),
    ],
)
async def test_what_no_column_keeps_is_refused(business: Business, nodes: list[dict[str, Any]], field: str) -> None:
    campaign = await business.campaign([control(1)])
    path = f"/v4/campaign/{campaign}/workflow"
    answer = await business.api.post(path, business.owner, {"workflow": text_of(nodes)})
    assert (answer.status, answer.errors[0][1]) == (400, field)


async def test_a_backslash_before_the_letters_of_an_escape_is_a_text(business: Business) -> None:
    assignment = {"mode": "assignFixed", "variable": "note", "value": "a\\u0000b"}
    campaign = await business.campaign([control(1)])
    await publish(business, campaign, [{"id": 1, "type": "editContact", "assignments": [assignment]}])
    contact = await business.contact()
    await business.api.post(f"/v4/campaign/{campaign}/send", business.owner, {"contactId": str(contact)})
    await business.api.settle()
    shown = (await business.api.get(f"/v4/contact/{contact}", business.owner)).only
    assert shown["extData"]["note"] == "a\\u0000b"
