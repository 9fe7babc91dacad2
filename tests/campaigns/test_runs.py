"""Runs: stepped with their effects, told of replies, serial by contact, ended with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

import pytest
from tests.campaigns.house import NUMBERS, PERSON, Business
from tests.engines.workflow.definitions import HEAVY

from cordboard.domain.workflows.effects.send_sms import SendSmsEffects
from cordboard.domain.workflows.models import DEEPEST, EndedRun, Outcome, Run, Wanted
from cordboard.domain.workflows.use_cases import step_runs
from cordboard.infra.db import Tx


def control(node: int) -> dict[str, Any]:
    """A node that ends."""
    return {"id": node, "type": "control", "children": []}


def delay(node: int, *children: int, minutes: int = 60) -> dict[str, Any]:
    """A node that waits."""
    return {
        "id": node,
        "type": "timeDelay",
        "children": list(children),
        "timeoutType": "wait",
        "timeoutWaitNumber": minutes,
        "timeoutWaitUnits": "minutes",
    }


def sms(node: int, template: str, *children: int) -> dict[str, Any]:
    """A node that texts."""
    return {"id": node, "type": "smsSend", "smsTemplateId": template, "children": list(children)}


def question(node: int, variable: str, yes: int, late: int, minutes: int = 60) -> dict[str, Any]:
    """A node that waits for a yes."""
    return {
        "id": node,
        "type": "event",
        "children": [yes, late],
        "timeoutData": {
            "timeoutType": "wait",
            "timeoutWaitNumber": minutes,
            "timeoutWaitUnits": "minutes",
            "timeoutPath": late,
        },
        "conditions": [{"statements": [{"variable": variable, "operation": "contains", "value": "yes"}], "path": yes}],
    }


async def test_a_contact_is_texted_waits_and_its_reply_decides(business: Business) -> None:
    ask, thanks, pity = [await business.template(text) for text in ("Join %%firstname%%?", "Thanks", "Pity")]
    contact = await business.contact(firstname="Ann")
    campaign = await business.campaign([sms(1, ask, 2), question(2, "node1.reply", 3, 4), sms(3, thanks), sms(4, pity)])

    started = await business.start(campaign, contact)
    assert await business.send() == ["Join Ann?"]
    waiting = await business.run(started.id)
    assert isinstance(waiting, Run)
    assert waiting.state.at == 2
    assert waiting.sender in NUMBERS

    await business.reply("oh YES please")
    assert await business.send() == ["Thanks"]
    over = await business.run(started.id)
    assert isinstance(over, EndedRun)
    assert over.ending == "completed"
    assert over.state.path == (1, 2, 3)
    assert [(action, place) for action, place, _ in await business.history(started.id) if place] == [
        ("smsSend", "node 1"),
        ("event", "node 2"),
        ("SendSms", "node 1"),
        ("smsSend", "node 3"),
        ("completed", "node 3"),
        ("SendSms", "node 3"),
    ]


async def test_time_that_runs_out_goes_its_own_way(business: Business) -> None:
    ask, thanks, pity = [await business.template(text) for text in ("Join?", "Thanks", "Pity")]
    campaign = await business.campaign([sms(1, ask, 2), question(2, "node1.reply", 3, 4), sms(3, thanks), sms(4, pity)])
    await business.start(campaign, await business.contact())
    assert await business.send() == ["Join?"]
    business.api.clock.advance(3599)
    assert await business.send() == []
    business.api.clock.advance(2)
    assert await business.send() == ["Pity"]


async def test_a_start_outside_the_hours_waits_for_them(business: Business) -> None:
    hello = await business.template("Hello")
    campaign = await business.campaign([sms(1, hello)], hours=(time(9), time(17)))
    started = await business.start(campaign, await business.contact())  # 4 in the morning there
    assert started.starts_at.hour == 17  # UTC
    assert await business.send() == []
    business.api.clock.advance(5 * 3600)
    assert await business.send() == ["Hello"]


async def test_replies_go_to_the_run_that_waits_and_wrote_last(business: Business) -> None:
    first, second, got = [await business.template(text) for text in ("First?", "Second?", "Got %%NODE1.REPLY%%")]
    contact = await business.contact()
    asking = [question(2, "node1.reply", 3, 4), sms(3, got), {"id": 4, "type": "control", "children": []}]
    older = await business.start(await business.campaign([sms(1, first, 2), *asking]), contact)
    await business.send()
    sender = business.carrier.taken[-1].sender
    newer = await business.start(await business.campaign([sms(1, second, 2), *asking]), contact, sender=sender)
    business.api.clock.advance(5)
    await business.send()

    await business.reply("yes, the second")
    assert await business.send() == ["Got yes, the second"]
    assert isinstance(await business.run(newer.id), EndedRun)
    await business.reply("yes, the first")
    assert await business.send() == ["Got yes, the first"]
    assert isinstance(await business.run(older.id), EndedRun)


async def test_a_reply_to_another_number_is_nobodys(business: Business) -> None:
    ask, got = await business.template("Ask?"), await business.template("Got it")
    started = await business.start(
        await business.campaign([sms(1, ask, 2), question(2, "node1.reply", 3, 4), sms(3, got), control(4)]),
        await business.contact(),
    )
    await business.send()
    sender = business.carrier.taken[-1].sender
    await business.reply("yes", to=next(number for number in NUMBERS if number != sender))
    assert await business.send() == []
    assert isinstance(await business.run(started.id), Run)


async def test_runs_of_one_contact_see_what_each_other_did(business: Business) -> None:
    hello = await business.template("%%COUNT%%")
    counting = {
        "id": 1,
        "type": "computation",
        "computations": [{"variable": "next", "type": "freemarker", "freemarker": "${count?number + 1}"}],
        "children": [2],
    }
    edit = {
        "id": 2,
        "type": "editContact",
        "assignments": [{"mode": "assignVariable", "variable": "count", "value": "next"}],
        "children": [3],
    }
    contact = await business.contact(count="0")
    campaign = await business.campaign([counting, edit, sms(3, hello)])
    await business.start_all(campaign, [contact] * 5)
    await business.api.settle()
    shown = (await business.api.get(f"/v4/contact/{contact}", business.owner)).only
    assert shown["extData"]["count"] == "5"


async def test_a_number_that_was_given_back_is_replaced_by_another_of_the_set(business: Business) -> None:
    one, two = await business.template("One"), await business.template("Two")
    started = await business.start(
        await business.campaign([sms(1, one, 2), delay(2, 3), sms(3, two)]), await business.contact()
    )
    await business.send()
    (first,) = business.carrier.taken
    await business.api.fetch(
        "delete from numbers where account_id = $1 and phone_number = $2", business.owner.id, first.sender
    )
    business.api.clock.advance(3600)
    assert await business.send() == ["Two"]
    assert business.carrier.taken[-1].sender != first.sender
    assert isinstance(await business.run(started.id), EndedRun)


async def test_a_send_that_is_refused_is_told_to_the_run_which_goes_on(business: Business) -> None:
    hello, other = await business.template("Hello"), await business.template("Not on the list")
    contact = await business.contact()
    await business.api.post(
        "/v4/dnc", business.owner, {"endpoint": PERSON, "selector": "CUSTOMER_GLOBAL", "subtype": "sms"}
    )
    branch = {
        "id": 2,
        "type": "condition",
        "children": [3, 4],
        "conditions": [{"statements": [{"variable": "node1.error", "operation": "exists", "value": ""}], "path": 3}],
    }
    started = await business.start(
        await business.campaign([sms(1, hello, 2), branch, control(3), sms(4, other)]), contact
    )
    assert await business.send() == []
    over = await business.run(started.id)
    assert isinstance(over, EndedRun)
    assert over.state.path == (1, 2, 4), "what is told comes after the step that sent"
    assert any("not sent" in words for _, _, words in await business.history(started.id))


async def test_an_archived_contact_ends_its_runs(business: Business) -> None:
    contact = await business.contact()
    hello = await business.template("Hello")
    started = await business.start(await business.campaign([delay(1, 2), sms(2, hello)]), contact)
    await business.api.settle()
    await business.api.delete(f"/v4/contact/{contact}", business.owner)
    business.api.clock.advance(3600)
    assert await business.send() == []
    over = await business.run(started.id)
    assert isinstance(over, EndedRun)
    assert (over.ending, over.reason) == ("stopped", "the contact is archived")


async def test_campaigns_that_start_each_other_end(business: Business) -> None:
    contact = await business.contact()
    campaign = await business.campaign([control(1)])
    circle = [{"id": 1, "type": "campaign", "campaignId": str(campaign), "children": []}]
    async with business.api.platform.database.transaction() as tx:
        await tx.execute("update campaigns set workflow_version = 2 where id = $1", campaign)
    await business.publish(campaign, circle, version=2)
    await business.start(campaign, contact)
    await business.api.settle()
    (row,) = await business.api.fetch("select count(*) as n from ended_runs")
    assert row["n"] == DEEPEST + 1


async def test_a_step_that_fails_holds_up_nobody_and_ends_at_last(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    hello = await business.template("Hello")
    good, bad = await business.contact("+19492221001"), await business.contact("+19492221002")
    campaign = await business.campaign([sms(1, hello)])
    working = SendSmsEffects.__call__

    async def failing(self: SendSmsEffects, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        if any(one.run.contact_id == bad for one in wanted):
            raise RuntimeError("made to fail")
        return await working(self, tx, wanted)

    monkeypatch.setattr(SendSmsEffects, "__call__", failing)
    broken = await business.start(campaign, bad)
    await business.start(campaign, good)
    assert await business.send() == ["Hello"]
    for _ in range(8):
        business.api.clock.advance(600)
        await business.send()
    over = await business.run(broken.id)
    assert isinstance(over, EndedRun)
    assert over.ending == "failed"
    assert "RuntimeError" in over.reason


async def test_what_does_not_fit_into_a_transaction_is_done_in_the_next_ones(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_runs, "_MOST_WAVES", 1)
    hello, contact = await business.template("Hello"), await business.contact()
    check = {
        "id": 1,
        "type": "dncCheck",
        "dncList": "account",
        "subtype": "sms",
        "matchPath": 3,
        "noMatchPath": 2,
        "children": [3, 2],
    }
    campaign = await business.campaign([check, sms(2, hello), control(3)])
    first, second = [await business.start(campaign, contact) for _ in range(2)]
    step = business.api.platform.campaigns.loop.step

    await step()
    waiting = [await business.run(one.id) for one in (first, second)]
    assert [one.state.moves for one in waiting] == [1, 0], "the second one has not begun"
    while await step():
        pass

    assert [(await business.run(one.id)).state.path for one in (first, second)] == [(1, 2), (1, 2)]
    assert await business.send() == ["Hello", "Hello"]


async def test_starts_before_the_hours_begin_spread_over_what_the_numbers_can_send(business: Business) -> None:
    hello = await business.template("Hello")
    campaign = await business.campaign([sms(1, hello)], hours=(time(9), time(17)))
    people = [await business.contact(f"+194922210{n:02d}") for n in range(6)]
    started = [await business.start(campaign, one) for one in people]
    seconds = [(one.starts_at - started[0].starts_at).total_seconds() for one in started]
    assert seconds == [0, 0.5, 1, 1.5, 2, 2.5], "two numbers send two a second"


async def test_who_cannot_start_is_told_why(business: Business) -> None:
    contact = await business.contact()
    no_workflow = await business.campaign([control(1)], workflow_version=0)
    archived = await business.campaign([control(1)], archived=True)
    good = await business.campaign([control(1)])
    results = [
        *await business.try_start(no_workflow, contact),
        *await business.try_start(archived, contact),
        *await business.try_start(good, business.owner.id),
    ]
    assert [type(one).__name__ for one in results] == ["NoWorkflowError", "CampaignNotFoundError", "NotFoundError"]
    assert await business.api.fetch("select 1 from runs") == []


async def test_a_run_that_computes_too_much_fails_by_itself(business: Business) -> None:
    computing = [{"variable": "x", "type": "freemarker", "freemarker": HEAVY}]
    nodes = [
        {"id": node, "type": "computation", "computations": computing, "children": [node + 1]} for node in range(1, 5)
    ]
    contact = await business.contact()
    heavy = await business.campaign([*nodes, control(5)])
    light = await business.campaign([sms(1, await business.template("Hello"))])
    failing, going = await business.start(heavy, contact), await business.start(light, contact)
    assert await business.send() == ["Hello"]
    ended = await business.run(failing.id)
    assert isinstance(ended, EndedRun)
    assert (ended.ending, ended.reason) == (
        "failed",
        "node 3: the computations since the last wait take more than 400000 steps together",
    )
    assert ("failed", "node 3", ended.reason) in await business.history(failing.id)
    other = await business.run(going.id)
    assert isinstance(other, EndedRun)
    assert other.ending == "completed"
