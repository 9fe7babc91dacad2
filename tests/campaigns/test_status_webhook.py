"""Webhooks of the type campaign_status: the variables that the reference names, for each way that a run can end."""

from __future__ import annotations

import json
from typing import Final

from tests.campaigns.house import Business
from tests.campaigns.test_runs import delay, sms

from cordboard.testing.webhook_receiver import WebhookReceiver

NAMES: Final = (
    "accountsid",
    "contactid",
    "campaignid",
    "campaignrunid",
    "campaignpath",
    "workflowversion",
    "nextnode",
    "status",
    "lastphone",
    "failurereason",
)


async def test_every_variable_of_the_reference_is_there(business: Business) -> None:
    hello = await business.template("Hello")
    async with WebhookReceiver() as receiver:
        body = {
            "eventType": "campaign_status",
            "name": "s",
            "enabled": True,
            "url": receiver.url("/status"),
            "bodyTemplate": json.dumps({name: f"%%{name.upper()}%%" for name in NAMES}),
        }
        await business.api.post("/v4/callback/configuration", business.owner, body)
        contact = await business.contact()
        campaign = await business.campaign([sms(1, hello, 2), delay(2, 9)])
        started = await business.start(campaign, contact)
        await business.send()
        (sender,) = {one.sender for one in business.carrier.taken}
        business.api.clock.advance(3600)
        await business.api.settle()
        waiting, failed = [request.json for request in receiver.requests]
        events = [request.headers["webhook-id"] for request in receiver.requests]
    assert waiting == {
        "accountsid": str(business.owner.id),
        "contactid": str(contact),
        "campaignid": str(campaign),
        "campaignrunid": str(started.id),
        "campaignpath": "1,2",
        "workflowversion": "1",
        "nextnode": "2",
        "status": "waiting",
        "lastphone": sender,
        "failurereason": "",
    }
    assert failed == {**waiting, "nextnode": "", "status": "failed", "failurereason": "there is no node 9"}
    assert len(set(events)) == 2
