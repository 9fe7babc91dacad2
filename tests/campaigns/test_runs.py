"""Runs: stepped with their effects, told of replies, serial by contact, ended with a reason."""

from __future__ import annotations

from datetime import time
from typing import Any

from tests.campaigns.house import NUMBERS, Business

from cordboard.domain.workflows.models import EndedRun, Run


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
        ("SendSms", "node 2"),
        ("smsSend", "node 3"),
        ("completed", "node 3"),
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
