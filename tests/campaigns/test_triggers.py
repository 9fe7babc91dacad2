"""What starts campaigns beside requests: keywords, routes, menus, dispositions. Each does once; refusals are noted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.campaigns.house import NUMBERS, PERSON, Business
from tests.campaigns.test_runs import control, question, sms
from tests.voice_node import VoiceNode

from cordboard.domain.messaging.events import KEYWORD_RECEIVED
from cordboard.domain.routing.models import InboundEvent
from cordboard.domain.voice.models import CallRecord
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.run.call_adapters import WorkflowsByCampaigns
from cordboard.testing.webhook_receiver import WebhookReceiver

NUMBER, STRANGER = NUMBERS[0], "+16192331234"


async def welcome(business: Business, text: str = "Welcome") -> UUID:
    """A campaign that writes once."""
    return await business.campaign([sms(1, await business.template(text))])


async def sent(business: Business) -> list[tuple[str, str, str]]:
    """From, to and text of what the carrier takes within seconds: a number writes one after the other."""
    taken = []
    for _ in range(2):
        await business.api.settle()
        taken += await business.carrier.work()
        business.api.clock.advance(3)
    await business.api.settle()
    return [(one.sender, one.recipient, one.text) for one in taken]


async def started(business: Business) -> list[UUID]:
    """The campaigns of the runs that there were, in order."""
    rows = await business.api.fetch("select campaign_id from ended_runs union all select campaign_id from runs")
    return [row["campaign_id"] for row in rows]


async def noted(business: Business, subject_id: object) -> list[tuple[str, str, str, bool]]:
    """Type, cause, words and success of what a call's or text's debug log says of campaigns."""
    answer = await business.api.get(f"/v4/logs/debug/{subject_id}", business.owner)
    lines = [(entry["type"], msgspec.json.decode(entry["data"])) for entry in answer.payload]
    return [
        (kind, line["parameter"], line["response"], line["success"])
        for kind, line in lines
        if line.get("action") == "campaign"
    ]


async def last_message(business: Business) -> UUID:
    """The id of the newest message that came in."""
    rows = await business.api.fetch("select id from messages where direction = 'inbound' order by created_at desc")
    return UUID(str(rows[0]["id"]))


async def set_keyword(business: Business, word: str, campaign_id: object) -> None:
    """Names a campaign for a keyword of the first number."""
    actions = {word: {"campaignId": str(campaign_id)}}
    answer = await business.api.put(f"/v4/number/{NUMBER}", business.owner, {"keywordActions": actions})
    assert answer.status == 200, answer.body


async def lead_to(business: Business, kind: str, *campaigns: UUID) -> None:
    """Routes the calls or texts of the first number to campaigns."""
    api, owner = business.api, business.owner
    await api.post("/v4/route/tag", owner, {"routeTag": "herd", "distributionType": 4})
    await api.post("/v4/route/tag/assign", owner, {"phoneNumbers": [NUMBER], "routeTag": "herd"})
    for campaign in campaigns:
        body = {"routeTag": "herd", "srcType": kind, "dest": str(campaign), "destType": "campaign"}
        assert (await api.post("/v4/route/dest", owner, body)).payload


async def admitted(business: Business, caller: str = STRANGER) -> CallRecord:
    """A call for the first number."""
    owner = business.owner.id
    call = InboundCall(account_id=owner, parent_account_id=owner, caller=caller, callee=NUMBER, node="node-1")
    async with business.api.platform.database.transaction() as tx:
        (record,) = await business.api.platform.voice.admit(tx, [call])
    assert isinstance(record, CallRecord), record
    return record


async def assign(business: Business, **body: Any) -> dict[str, Any]:
    """Gives dispositions; the answer."""
    answer = await business.api.post("/v4/disposition/assign", business.owner, body)
    return dict(answer.only)


async def trigger_by(business: Business, key: str, campaign_id: object) -> None:
    """Lets a disposition trigger a campaign."""
    body = {"key": key, "description": key, "triggeredCampaignId": str(campaign_id)}
    assert (await business.api.post("/v4/disposition", business.owner, body)).status == 200


async def test_a_keyword_starts_its_campaign_which_answers_from_that_number(business: Business) -> None:
    campaign = await welcome(business, "You said %%KEYWORD%% (%%TEXT%%)")
    await set_keyword(business, "join", campaign)
    await business.carrier.deliver(STRANGER, NUMBER, " JOIN ")
    assert await sent(business) == [(NUMBER, STRANGER, "You said JOIN (JOIN)")]
    assert await started(business) == [campaign]
    ((kind, cause, words, success),) = await noted(business, await last_message(business))
    assert (kind, cause, success) == ("smsaction", "keyword JOIN", True)
    assert words.endswith(f"of campaign {campaign}")


async def test_a_keyword_is_a_reply_too_to_the_run_that_waits_for_one(business: Business) -> None:
    ask, thanks = await business.template("Join?"), await business.template("Thanks")
    asking = await business.campaign([sms(1, ask, 2), question(2, "node1.reply", 3, 4), sms(3, thanks), control(4)])
    await business.start(asking, await business.contact(), sender=NUMBER)
    assert await business.send() == ["Join?"]
    await set_keyword(business, "yes", asking)

    await business.reply("yes")
    assert sorted(text for _, _, text in await sent(business)) == ["Join?", "Thanks"]

    runs = await business.api.fetch("select state from runs union all select state from ended_runs")
    told = [msgspec.json.decode(row["state"])["variables"] for row in runs]
    assert sorted(("keyword" in one, "node1.reply" in one) for one in told) == [(False, True), (True, False)]


@pytest.mark.parametrize("named", ["unknown", "archived", "empty", "not an id"])
async def test_a_refusal_is_a_line_in_the_log_of_the_text(business: Business, named: str) -> None:
    campaigns = {
        "unknown": str(UUID(int=1)),
        "archived": await business.campaign([control(1)], archived=True),
        "empty": await business.campaign([control(1)], workflow_version=0),
        "not an id": "summer",
    }
    await set_keyword(business, "join", campaigns[named])
    await business.carrier.deliver(STRANGER, NUMBER, "join")
    assert await sent(business) == []
    ((kind, cause, words, success),) = await noted(business, await last_message(business))
    assert (kind, cause, success) == ("smsaction", "keyword join", False)
    assert ("no workflow" if named == "empty" else "campaignId") in words
    assert await business.api.fetch("select from outbox") == []


async def test_numbers_of_one_account_do_not_answer_each_other(business: Business) -> None:
    await set_keyword(business, "join", await welcome(business))
    await business.carrier.deliver(NUMBERS[1], NUMBER, "join")
    assert await sent(business) == []
    ((_, cause, words, success),) = await noted(business, await last_message(business))
    assert (cause, success) == ("keyword join", False)
    assert "number of this account" in words


async def test_an_event_that_is_told_again_starts_its_campaign_once(business: Business) -> None:
    """A subscriber that comes later fails, and takes the first telling back."""
    failures = iter([True, True])

    async def fail(_tx: Tx, _events: Sequence[Event]) -> None:
        if next(failures, False):
            raise RuntimeError("not yet")

    dispatcher = business.api.worker.dispatcher
    dispatcher.subscribe(KEYWORD_RECEIVED, fail)
    dispatcher._pause = 0.0
    await set_keyword(business, "join", await welcome(business))
    await business.carrier.deliver(STRANGER, NUMBER, "join")
    assert await sent(business) == [(NUMBER, STRANGER, "Welcome")]
    assert next(failures, None) is None


async def test_a_text_that_is_routed_to_campaigns_starts_each(business: Business) -> None:
    first, second = await welcome(business, "One: %%TEXT%%"), await welcome(business, "Two: %%ROUTETAG%%")
    await lead_to(business, "sms", first, second)
    await business.carrier.deliver(STRANGER, NUMBER, "hello")
    assert sorted(await sent(business)) == [(NUMBER, STRANGER, "One: hello"), (NUMBER, STRANGER, "Two: herd")]


@pytest.mark.parametrize("caller", [STRANGER, "anonymous"])
async def test_a_call_that_is_routed_to_a_campaign_starts_it(business: Business, caller: str) -> None:
    await lead_to(business, "call", await welcome(business))
    call_id = business.api.platform.ids.time_uuid()
    event = InboundEvent(
        account_id=business.owner.id,
        subject_id=call_id,
        kind="call",
        route_tag="herd",
        timezone=-32,
        fields={"from": caller, "to": NUMBER, "callsid": str(call_id)},
    )
    await business.api.platform.inbound_routing.route_inbound(event)
    is_known = caller == STRANGER
    assert await sent(business) == ([(NUMBER, STRANGER, "Welcome")] if is_known else [])
    ((kind, cause, words, success),) = await noted(business, call_id)
    assert (kind, cause, success) == ("callaction", "routeTag herd", is_known)
    assert is_known or "no phone number" in words


async def test_an_option_of_an_ivr_starts_a_workflow_for_the_caller(business: Business) -> None:
    campaign = await welcome(business, "You chose %%DIGITS%%")
    call = await admitted(business)
    workflows = WorkflowsByCampaigns(business.api.platform.campaigns.triggers)
    async with business.api.platform.database.transaction() as tx:
        refused = await workflows.start(tx, call, str(UUID(int=1)), {})
        assert await workflows.start(tx, call, str(campaign), {"digits": "2"}) is None
    assert refused is not None
    assert "campaignId" in refused
    assert await sent(business) == [(NUMBER, STRANGER, "You chose 2")]


async def test_a_disposition_of_a_call_starts_its_campaign_for_the_caller(business: Business) -> None:
    await trigger_by(business, "big_sale", await welcome(business, "About your %%DISPOSITION%%"))
    call = await admitted(business)
    given = await assign(business, callSid=str(call.id), dispositions=["Big_Sale", "resolved"])
    assert (given["dispositions"], given["contactId"]) == (["big_sale", "resolved"], str(call.contact_id))
    assert await sent(business) == [(NUMBER, STRANGER, "About your big_sale")]
    ((kind, cause, _, success),) = await noted(business, call.id)
    assert (kind, cause, success) == ("callaction", "disposition big_sale", True)


async def test_of_dispositions_that_are_given_again_only_new_ones_start_something(business: Business) -> None:
    await trigger_by(business, "first", await welcome(business, "First"))
    await trigger_by(business, "second", await welcome(business, "Second"))
    await business.carrier.deliver(PERSON, NUMBER, "hello")
    message = str(await last_message(business))
    texts = []
    for keys in (["first"], ["first"], ["second", "first"], ["second"], ["first"]):
        await assign(business, smsSid=message, dispositions=keys)
        texts.append([text for _, _, text in await sent(business)])
    assert texts == [["First"], [], ["Second"], [], ["First"]]
    (row,) = await business.api.fetch("select dispositions, former from disposition_assignments")
    assert (row["dispositions"], row["former"]) == (["first"], ["second"])


async def test_the_contact_that_is_named_is_who_the_campaign_is_for(business: Business) -> None:
    """A call out, of which it is the callee; the campaign that another disposition names is not there."""
    api, owner = business.api, business.owner
    await trigger_by(business, "sold", await welcome(business))
    await trigger_by(business, "gone", UUID(int=1))
    contact = await business.contact(PERSON)
    placed = await api.post("/v4/call", owner, {"from": NUMBER, "to": STRANGER, "url": "https://example.com/x.xml"})
    sid = placed.only["callSid"]
    (call,) = await VoiceNode(api).claim()
    await VoiceNode(api).ends(call, status="no_answer")
    await assign(business, callSid=sid, dispositions=["gone", "sold"], contactId=str(contact))
    assert await sent(business) == [(NUMBER, PERSON, "Welcome")]
    assert sorted((cause, success) for _, cause, _, success in await noted(business, sid)) == [
        ("disposition gone", False),
        ("disposition sold", True),
    ]


async def test_dispo_status_is_told(business: Business) -> None:
    async with WebhookReceiver() as receiver:
        hook = {"eventType": "dispo_status", "name": "w", "url": receiver.url("/dispo"), "enabled": True}
        assert (await business.api.post("/v4/callback/configuration", business.owner, hook)).payload
        hook |= {"name": "v", "url": receiver.url("/%%SMSSID%%/%%DISPOTIMEMS%%"), "httpMethod": "GET"}
        assert (await business.api.post("/v4/callback/configuration", business.owner, hook)).payload
        await business.carrier.deliver(PERSON, NUMBER, "hello")
        message = str(await last_message(business))
        given = await assign(business, smsSid=message, dispositions=["sale"])
        await business.api.settle()
        told = {request.path: request for request in receiver.requests}
    body = told.pop("/dispo").json
    assert body == given | {
        "direction": "inbound",
        "to": NUMBER,
        "from": PERSON,
        "triggeredCampaigns": {},
    }
    assert list(told) == [f"/{message}/{given['dispoTimeMs']}"]
    steps = await business.api.fetch(
        "select type from debug_log where subject_id = $1 and type = 'httpreq'", UUID(message)
    )
    assert len(steps) == 2
