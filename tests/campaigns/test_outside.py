"""What runs ask of the world outside: webhooks, lookups, calls; and who hears of their changes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.campaigns.house import NUMBERS, PERSON, Business
from tests.campaigns.test_runs import control, delay, question, sms

from cordboard.domain.voice.models import CallKey, Ending, Progress
from cordboard.domain.workflows.models import EndedRun, Run
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver


async def callback(business: Business, url: str, **members: Any) -> str:
    """A webhook of workflows."""
    body = {
        "eventType": "campaign_workflow_callback",
        "name": "ask",
        "enabled": True,
        "url": url,
        "httpMethod": "POST",
        "contentType": "JSON",
        "bodyTemplate": '{"who": "%%FIRSTNAME%%", "offer": "%%OFFER%%", "run": "%%CAMPAIGN_RUN_ID%%"}',
        "successPath": "HTTP_OK",
        "responseMapping": {"Score": "$.score"},
        **members,
    }
    return str((await business.api.post("/v4/callback/configuration", business.owner, body)).only["id"])


def asking(callback_id: str) -> dict[str, Any]:
    """A node that asks, before node 2."""
    return {"id": 1, "type": "callback", "callbackId": callback_id, "children": [2]}


async def test_a_webhook_is_asked_with_the_runs_variables_and_its_answer_decides(business: Business) -> None:
    good, poor = await business.template("Score %%SCORE%%"), await business.template("Sorry")
    branch = {
        "id": 2,
        "type": "condition",
        "children": [3, 4],
        "conditions": [{"statements": [{"variable": "score", "operation": "greater_than", "value": "5"}], "path": 3}],
    }
    async with WebhookReceiver() as receiver:
        receiver.answer("/ask", Answer(body='{"score": 7}'))
        callback_id = await callback(business, receiver.url("/ask"))
        campaign = await business.campaign([asking(callback_id), branch, sms(3, good), sms(4, poor)])
        started = await business.start(
            campaign, await business.contact(firstname="Ann", offer="none"), variables={"offer": "10 %"}
        )
        assert await business.send() == ["Score 7"]
        (request,) = receiver.requests
    assert request.json == {"who": "Ann", "offer": "10 %", "run": str(started.id)}
    entries = await business.api.get(f"/v4/logs/debug/{started.id}", business.owner)
    assert {"httpreq", "httpresp"} <= {entry["type"] for entry in entries.payload}


async def test_a_server_that_fails_is_asked_again_under_the_same_id(business: Business) -> None:
    async with WebhookReceiver() as receiver:
        receiver.answer("/ask", Answer(status=500))
        callback_id = await callback(business, receiver.url("/ask"))
        started = await business.start(
            await business.campaign([asking(callback_id), control(2)]), await business.contact()
        )
        await business.api.settle()
        assert isinstance(await business.run(started.id), Run)
        receiver.answer("/ask", Answer(body="{}"))
        business.api.clock.advance(10)
        await business.api.settle()
        first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert isinstance(await business.run(started.id), EndedRun)


async def test_a_webhook_that_is_gone_is_told_to_the_run(business: Business) -> None:
    callback_id = await callback(business, "http://127.0.0.1:9/ask")
    await business.api.delete(f"/v4/callback/configuration/{callback_id}", business.owner)
    started = await business.start(await business.campaign([asking(callback_id), control(2)]), await business.contact())
    await business.api.settle()
    over = await business.run(started.id)
    assert isinstance(over, EndedRun)
    assert "gone" in over.state.variables["callback.error"]


async def test_after_a_day_the_run_goes_on_without_an_answer(business: Business) -> None:
    async with WebhookReceiver() as receiver:
        receiver.answer("/ask", Answer(status=500))
        callback_id = await callback(business, receiver.url("/ask"))
        started = await business.start(
            await business.campaign([asking(callback_id), control(2)]), await business.contact()
        )
        for hours in (0, 1, 12, 12):
            business.api.clock.advance(hours * 3600)
            await business.api.settle()
        asked = len(receiver.requests)
        business.api.clock.advance(100 * 3600)
        await business.api.settle()
        assert len(receiver.requests) == asked
    assert isinstance(await business.run(started.id), EndedRun)


async def test_a_lookup_sets_what_is_known_and_is_charged_once(business: Business) -> None:
    shown = await business.template("%%PHONENUMBER1.WIRELESS%% %%PHONENUMBER1.COUNTRY%%")
    campaign = await business.campaign([{"id": 1, "type": "carrierLookup", "children": [2]}, sms(2, shown)])
    started = await business.start(campaign, await business.contact())
    (text,) = await business.send()
    assert text.split()[0] in ("true", "false")
    assert text.split()[1] == "US"
    assert isinstance(await business.run(started.id), EndedRun)
    assert len(await business.api.fetch("select 1 from carrier_lookups")) == 1


async def test_a_call_is_placed_and_what_became_of_it_is_told(business: Business) -> None:
    thanks, pity = await business.template("Thanks"), await business.template("Pity")
    call = {"id": 1, "type": "call", "url": "https://example.com/%%OFFER%%.xml", "timeout": "20", "children": [2]}
    answered = {
        **question(2, "node1.callstatus", 3, 4),
        "conditions": [
            {"statements": [{"variable": "node1.callstatus", "operation": "equals", "value": "completed"}], "path": 3}
        ],
    }
    campaign = await business.campaign([call, answered, sms(3, thanks), sms(4, pity)])
    await business.start(campaign, await business.contact(), variables={"offer": "gold"})
    await business.api.settle()
    (row,) = await business.api.fetch("select * from calls")
    assert (row["callee"], row["campaign_id"]) == (PERSON, campaign)
    assert row["caller"] in NUMBERS
    assert row["options"]["url"] == "https://example.com/gold.xml"
    assert row["options"]["timeout"] == 20
    await _completed(business, (row["account_id"], row["id"], row["created_at"]))
    assert await business.send() == ["Thanks"]
    assert business.carrier.taken[-1].sender == row["caller"]


async def test_a_call_that_is_refused_is_told_to_the_run(business: Business) -> None:
    call = {"id": 1, "type": "call", "url": "https://example.com/x.xml", "children": [2]}
    campaign = await business.campaign([call, delay(2, 3), control(3)], number_set_id=None)
    started = await business.start(campaign, await business.contact())
    await business.api.settle()
    waiting = await business.run(started.id)
    assert waiting.state.variables["node1.callstatus"] == "failed"
    assert "number set" in waiting.state.variables["node1.error"]


async def test_bad_members_of_a_call_are_named_when_it_is_published(business: Business) -> None:
    campaign = await business.campaign([control(1)])
    nodes = [{"id": 1, "type": "call", "url": "ftp://x", "timeout": 0, "ifMachine": "%%WHAT%%", "children": []}]
    workflow = {"schemaVersion": 1, "startNode": 1, "nodes": nodes}
    answer = await business.api.post(f"/v4/campaign/{campaign}/workflow", business.owner, {"workflow": workflow})
    assert [field for _, field in answer.errors] == ["node 1.url", "node 1.timeout"]


async def test_who_listens_hears_of_every_wait_and_end(business: Business) -> None:
    async with WebhookReceiver() as receiver:
        body = {"eventType": "campaign_status", "name": "s", "enabled": True, "url": receiver.url("/status")}
        names = {"s": "STATUS", "n": "NEXTNODE", "p": "CAMPAIGNPATH", "r": "CAMPAIGNRUNID", "v": "WORKFLOWVERSION"}
        template = json.dumps({short: f"%%{name}%%" for short, name in names.items()})
        await business.api.post("/v4/callback/configuration", business.owner, {**body, "bodyTemplate": template})
        started = await business.start(await business.campaign([delay(1, 2), control(2)]), await business.contact())
        await business.api.settle()
        business.api.clock.advance(3600)
        await business.api.settle()
        told = [request.json for request in receiver.requests]
    run = str(started.id)
    assert told == [
        {"s": "waiting", "n": "1", "p": "1", "r": run, "v": "1"},
        {"s": "stopped", "n": "", "p": "1,2", "r": run, "v": "1"},
    ]


async def test_nobody_is_told_where_nobody_listens(business: Business) -> None:
    await business.start(await business.campaign([control(1)]), await business.contact())
    await business.api.platform.campaigns.loop.step()
    topics = [row["topic"] for row in await business.api.fetch("select topic from outbox")]
    assert "workflows.status_changed" not in topics


async def _completed(business: Business, key: CallKey) -> None:
    """A voice process takes the call, somebody answers, and it is over."""
    voice, now = business.api.platform.voice, business.api.clock.now()
    async with business.api.platform.database.transaction() as tx:
        await voice.beat(tx, "n1", "127.0.0.1:5060")
        await voice.claim(tx, "n1", 10)
        await voice.progress(tx, [Progress(key=key, status="in-progress", at=now)], "n1")
    business.api.clock.advance(30)
    async with business.api.platform.database.transaction() as tx:
        ending = Ending(key=key, status="completed", at=now + timedelta(seconds=30), reason="they hung up", digits="1")
        await voice.finish(tx, [ending])
