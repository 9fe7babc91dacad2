"""Requests 178, 179, 181 to 188: campaigns, workflows, starts, and where contacts are."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

import msgspec
from tests.campaigns.house import PERSON, Business
from tests.campaigns.test_runs import control, delay, sms
from tests.harness import Api

from cordboard.testing.webhook_receiver import WebhookReceiver

HOURS = {
    "timezoneProtectionType": 1,
    "timezoneProtectionTimezoneFixed": -20,
    "timezoneProtectionStartTime": "08:00:00",
    "timezoneProtectionEndTime": "10:00 pm",
}


def text_of(nodes: list[dict[str, Any]]) -> str:
    """A workflow that begins at node 1."""
    return msgspec.json.encode({"schemaVersion": 1, "startNode": 1, "nodes": nodes}).decode()


async def test_a_campaign_is_made_edited_archived_and_brought_back(business: Business) -> None:
    api, owner = business.api, business.owner
    made = (await api.post("/v4/campaign/", owner, {"campaignName": " First ", "timezoneProtectionType": "0"})).only
    campaign_id = made.pop("campaignId")
    assert made == {
        "accountSid": owner.sid,
        "campaignName": "First",
        "sends": 0,
        "clicks": 0,
        "replies": 0,
        "optOuts": 0,
        "cost": 0,
        "timezoneProtectionType": 0,
        "workflowDisplayType": 1,
        "workflowVersion": 0,
    }
    body = {"campaignName": "Second", "numberSet": str(business.number_set), **HOURS}
    edited = (await api.put(f"/v4/campaign/{campaign_id}/", owner, body)).only
    assert edited["numberSet"] == str(business.number_set)
    assert (edited["timezoneProtectionStartTime"], edited["timezoneProtectionEndTime"]) == ("08:00", "22:00")
    assert (await api.get(f"/v4/campaign/{campaign_id}", owner)).only == edited
    assert (await api.get("/v4/campaign", owner)).payload == [edited]

    assert (await api.delete(f"/v4/campaign/{campaign_id}", owner)).only == edited
    assert (await api.get(f"/v4/campaign/{campaign_id}", owner)).status == 404
    assert (await api.get("/v4/campaign", owner)).payload == []
    assert (await api.delete(f"/v4/campaign/{campaign_id}", owner)).status == 404
    assert (await api.put(f"/v4/campaign/{campaign_id}/unarchive", owner)).only == edited


async def test_every_bad_field_is_named(api: Api) -> None:
    owner = await api.account()
    answer = await api.post(
        "/v4/campaign",
        owner,
        {"campaignName": "", "numberSet": str(UUID(int=1)), **HOURS, "timezoneProtectionTimezoneFixed": 99},
    )
    assert [field for _, field in answer.errors] == ["campaignName", "numberSet", "timezoneProtectionTimezoneFixed"]
    answer = await api.post("/v4/campaign", owner, {"campaignName": "x", "timezoneProtectionType": 2})
    assert [field for _, field in answer.errors] == [
        "timezoneProtectionStartTime",
        "timezoneProtectionEndTime",
        "timezoneProtectionTimezoneFixed",
    ]
    answer = await api.post("/v4/campaign", owner, {"campaignName": "x", "timezoneProtectionStartTime": "noon"})
    assert [field for _, field in answer.errors] == ["timezoneProtectionStartTime"]
    assert await api.fetch("select 1 from campaigns") == []


async def test_publishing_names_every_fault_with_its_node(business: Business) -> None:
    api, owner = business.api, business.owner
    campaign_id = (await api.post("/v4/campaign", owner, {"campaignName": "c"})).only["campaignId"]
    path = f"/v4/campaign/{campaign_id}/workflow"
    missing = await api.get(path, owner)
    assert missing.status == 404
    assert "has no workflow yet" in missing.body["error"][0]["moreInfo"]
    nobody = str(UUID(int=1))
    nodes = [
        sms(1, nobody, 2),
        {"id": 2, "type": "callback", "callbackId": nobody, "children": [3]},
        {"id": 3, "type": "campaign", "campaignId": nobody, "children": [4]},
        {
            "id": 4,
            "type": "meme",
            "fileName": "cat.png",
            "storedVariableName": "m",
            "messages": [{"xval": 1, "yval": 1, "message": "x"}],
            "children": [99],
        },
    ]
    answer = await api.post(path, owner, {"workflow": text_of(nodes)})
    assert answer.status == 400
    assert {field for _, field in answer.errors} == {
        "node 1.smsTemplateId",
        "node 2.callbackId",
        "node 3.campaignId",
        "node 4",
        "node 4.fileName",
    }
    assert (await api.post(path, owner, {"workflow": "{"})).errors[0][1] == "workflow"
    assert (await api.post(path, owner, {})).errors[0][1] == "workflow"
    assert (await api.get(f"/v4/campaign/{campaign_id}", owner)).only["workflowVersion"] == 0


async def test_versions_grow_and_stay_readable_and_drawn(business: Business) -> None:
    api, owner = business.api, business.owner
    campaign_id = (await api.post("/v4/campaign", owner, {"campaignName": "c"})).only["campaignId"]
    path = f"/v4/campaign/{campaign_id}/workflow"
    first, second = text_of([control(1)]), text_of([delay(1, 2), control(2)])
    assert (await api.post(path, owner, {"workflow": first})).only["version"] == 1
    assert (await api.put(path, owner, {"workflow": msgspec.json.decode(second)})).only["version"] == 2
    assert (await api.get(path, owner)).only == {
        "accountSid": owner.sid,
        "campaignId": campaign_id,
        "version": 2,
        "workflow": second,
    }
    assert (await api.get(path, owner, version="1")).only["workflow"] == first
    assert [(await api.get(path, owner, version=odd)).status for odd in ("3", "0")] == [404, 400]
    picture = await api._client.get(path + ".svg", headers={"Authorization": f"Bearer {owner.token}"})
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith("<svg")
    stranger = await api.account()
    assert (await api.get(path + ".svg", stranger)).status == 404


async def test_a_start_makes_the_contact_that_it_names_and_says_where_it_is(business: Business) -> None:
    api, owner = business.api, business.owner
    campaign = await business.campaign([delay(1, 2), control(2)], hours=(time(9), time(17)))
    body = {
        "extData": {"phonenumber1": PERSON, "firstname": "Ann"},
        "campaignExtData": {"Offer": "10 %", "count": 3, "vip": True, "none": None},
    }
    sent = (await api.post(f"/v4/campaign/{campaign}/send", owner, body)).only
    contact = sent["contactId"]
    assert sent["campaignExtData"] == {"offer": "10 %", "count": "3", "vip": "true"}
    assert sent["version"] == 1
    assert sent["startsAt"] > 0
    assert (await api.get(f"/v4/contact/{contact}", owner)).only["extData"]["firstname"] == "Ann"
    again = {**body, "extData": {"phonenumber1": PERSON, "firstname": "Anne"}}
    assert (await api.post(f"/v4/campaign/{campaign}/send", owner, again)).only["contactId"] == contact
    assert (await api.get(f"/v4/contact/{contact}", owner)).only["extData"]["firstname"] == "Anne"
    assert (await api.post(f"/v4/campaign/{campaign}/send", owner, {**again, "conflictMode": "REJECT"})).status == 409

    found = (await api.get(f"/v4/campaign/{campaign}/run", owner, contactId=contact)).payload
    assert [one["status"] for one in found] == ["waiting", "waiting"]
    run_id = sent["campaignRunId"]
    stopped = (await api.delete(f"/v4/campaign/run/{run_id}", owner)).only
    assert (stopped["status"], stopped["reason"]) == ("stopped", "stopped by a request")
    assert await business.history(UUID(run_id)) == [("stopped", "node 1", "stopped by a request")]
    assert (await api.get(f"/v4/campaign/run/{run_id}", owner)).only == stopped
    assert (await api.delete(f"/v4/campaign/run/{run_id}", owner)).status == 404
    stranger = await api.account()
    assert (await api.get(f"/v4/campaign/run/{run_id}", stranger)).status == 404
    bad = {"contactId": "x", "campaignExtData": {"a": [1]}}
    answer = await api.post(f"/v4/campaign/{campaign}/send", owner, bad)
    assert [field for _, field in answer.errors] == ["campaignExtData.a", "contactId"]


async def test_who_waits_in_an_old_version_stays_or_moves_as_asked(business: Business) -> None:
    api, owner = business.api, business.owner
    old, new = await business.template("Old"), await business.template("New")
    campaign = await business.campaign([delay(1, 2), sms(2, old, 3), delay(3, 4), sms(4, old)])
    path = f"/v4/campaign/{campaign}/workflow"
    people = [await business.contact(f"+194922210{n:02d}") for n in range(2)]
    early = await business.start(campaign, people[0])
    await api.settle()
    api.clock.advance(3600)
    assert await business.send() == ["Old"]  # the first one is at node 3 now
    await business.start(campaign, people[1])
    await api.settle()
    newest = {"workflow": text_of([delay(1, 2), sms(2, new)])}  # node 3 is gone

    preview = (await api.call("POST", path, owner, newest, params={"migrate": "preview"})).only
    assert preview["version"] == 2
    assert preview["waiting"] == [
        {"version": 1, "node": 1, "count": 1, "movable": True},
        {"version": 1, "node": 3, "count": 1, "movable": False},
    ]
    assert (await api.get(path, owner)).only["version"] == 1
    applied = (await api.call("POST", path, owner, newest, params={"migrate": "apply"})).only
    assert applied["waiting"] == preview["waiting"]
    await api.settle()
    versions = await api.fetch("select id, version from runs order by version")
    assert [(row["version"], row["id"] == early.id) for row in versions] == [(1, True), (2, False)]
    api.clock.advance(3601)
    texts = await business.send()
    api.clock.advance(2)  # both may be of one number, which sends one a second
    assert sorted(texts + await business.send()) == ["New", "Old"]


async def test_who_listens_hears_that_a_run_was_stopped(business: Business) -> None:
    api, owner = business.api, business.owner
    async with WebhookReceiver() as receiver:
        body = {"eventType": "campaign_status", "name": "s", "enabled": True, "url": receiver.url("/status")}
        template = msgspec.json.encode({"s": "%%STATUS%%", "r": "%%CAMPAIGNRUNID%%", "p": "%%CAMPAIGNPATH%%"}).decode()
        await api.post("/v4/callback/configuration", owner, {**body, "bodyTemplate": template})
        started = await business.start(await business.campaign([delay(1, 2), control(2)]), await business.contact())
        await api.settle()
        stopped = (await api.delete(f"/v4/campaign/run/{started.id}", owner)).only
        await api.settle()
        told = [request.json for request in receiver.requests]
    run = str(started.id)
    assert told == [{"s": status, "r": run, "p": "1"} for status in ("waiting", "stopped")]
    assert stopped["endedAt"] >= stopped["startedAt"]


async def test_requests_need_their_privileges(api: Api) -> None:
    one = f"/v4/campaign/{UUID(int=1)}"
    await api.assert_privileges(
        [
            ("GET", "/v4/campaign", "workflow-read"),
            ("POST", "/v4/campaign", "workflow-update"),
            ("POST", one + "/send", "workflow-run"),
            ("GET", one + "/workflow.svg", "workflow-read"),
        ],
        "billing-admin",
    )
