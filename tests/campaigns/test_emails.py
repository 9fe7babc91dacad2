"""Email nodes: HubSpot, Mailgun and SendGrid, each a server of the test; a mail goes out once, or is uncertain."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.campaigns.house import Business, open_business
from tests.campaigns.test_runs import control
from tests.harness import open_api

from cordboard.domain.emails.settings import EmailProviderSettings
from cordboard.infra.db import Database
from cordboard.testing.clock import VirtualClock
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

SENDGRID = "/v3/mail/send"
MAILGUN = "/v3/mail.example.com/messages"
HUBSPOT = "/marketing/v4/email/single-send"
CONFIG = {
    "sendgrid": {"api_key": "SG.secret"},
    "mailgun": {"api_key": "key-secret", "domain": "mail.example.com"},
    "hubspot": {"access_token": "pat-secret"},
}


@pytest.fixture
async def provider() -> AsyncIterator[WebhookReceiver]:
    """A server that stands in for all three."""
    async with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
async def business(
    database: Database, clock: VirtualClock, tmp_path: Path, provider: WebhookReceiver
) -> AsyncIterator[Business]:
    """A business whose providers are that server, with settings for each."""
    origin = provider.url("").rstrip("/")
    settings = EmailProviderSettings(hubspot=origin, mailgun=origin, mailgun_eu=origin, sendgrid=origin)
    async with open_api(database, clock, tmp_path, email_providers=settings) as api:
        opened = await open_business(api)
        for name, values in CONFIG.items():
            for key, value in values.items():
                body = {"provider": name, "key": key, "encryptedValue": value}
                assert (await api.post("/ams/v3/accounts/external/config", opened.owner, body)).status == 200
        yield opened


def mail(provider: str, template: str = "d-1", **members: Any) -> list[dict[str, Any]]:
    """A workflow that mails and ends."""
    node = {
        "id": 1,
        "type": "email",
        "provider": provider,
        "templateId": template,
        "from": {"email": "hello@example.com", "name": "Hello"},
        "cc": [{"email": "cc@example.com"}],
        "subject": "For %%FIRSTNAME%%",
        "replacements": [{"plan": "gold", "name": "%%FIRSTNAME%%"}],
        "children": [2],
        **members,
    }
    return [{name: value for name, value in node.items() if value is not None}, control(2)]


async def sent(business: Business, nodes: list[dict[str, Any]], **ext_data: str) -> list[dict[str, Any]]:
    """The log of mails after a run."""
    person = {"firstname": "Ann", "email": "ann@example.com", **ext_data}
    contact = await business.contact(**{name: value for name, value in person.items() if value})
    started = await business.start(await business.campaign(nodes), contact)
    await business.api.settle()
    log = await business.api.get("/v4/logs/email", business.owner, campaignRunId=str(started.id))
    return [{name: one[name] for name in ("to", "status", "providerId", "error")} for one in log.payload]


async def test_sendgrid_gets_a_dynamic_template(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(SENDGRID, Answer(status=202, headers={"X-Message-Id": "m1"}))
    assert await sent(business, mail("sendgrid")) == [
        {"to": "ann@example.com", "status": "sent", "providerId": "m1", "error": ""}
    ]
    (request,) = provider.requests
    assert request.headers["authorization"] == "Bearer SG.secret"
    assert request.json["template_id"] == "d-1"
    assert request.json["subject"] == "For Ann"
    assert request.json["from"] == {"email": "hello@example.com", "name": "Hello"}
    (person,) = request.json["personalizations"]
    assert person["to"] == [{"email": "ann@example.com"}]
    assert person["cc"] == [{"email": "cc@example.com"}]
    assert person["dynamic_template_data"] == {"plan": "gold", "name": "Ann"}


async def test_mailgun_gets_a_form(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(MAILGUN, Answer(body='{"id": "<m2>", "message": "Queued"}'))
    assert (await sent(business, mail("mailgun", "welcome")))[0]["providerId"] == "<m2>"
    (request,) = provider.requests
    assert request.headers["authorization"].startswith("Basic ")
    form = request.form
    assert form["from"] == ['"Hello" <hello@example.com>']
    assert (form["to"], form["template"]) == (["ann@example.com"], ["welcome"])
    assert [json.loads(one) for one in form["t:variables"]] == [{"plan": "gold", "name": "Ann"}]


async def test_hubspot_gets_the_number_of_a_mail(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(HUBSPOT, Answer(body='{"statusId": "s3"}'))
    assert (await sent(business, mail("hubspot", "42")))[0]["providerId"] == "s3"
    (request,) = provider.requests
    assert request.json["emailId"] == 42
    assert request.json["customProperties"] == {"plan": "gold", "name": "Ann"}
    assert request.json["message"]["to"] == "ann@example.com"


async def test_what_is_missing_is_said_and_nobody_asked(business: Business, provider: WebhookReceiver) -> None:
    (nobody,) = await sent(business, mail("sendgrid"), email="")
    assert (nobody["status"], nobody["error"]) == ("failed", "the contact has no email")
    (no_number,) = await sent(business, mail("hubspot", "welcome"), phonenumber1="+19492220001")
    assert "no number of a HubSpot mail" in no_number["error"]
    assert provider.requests == []


async def test_a_refusal_is_final_and_an_outage_is_not(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(SENDGRID, Answer(status=400, body='{"errors": []}'))
    (refused,) = await sent(business, mail("sendgrid"))
    assert refused["status"] == "failed"
    assert "answered 400" in refused["error"]
    provider.answer(SENDGRID, Answer(status=503))
    assert await sent(business, mail("sendgrid"), phonenumber1="+19492220002") == []
    provider.answer(SENDGRID, Answer(status=202))
    business.api.clock.advance(60)
    await business.api.settle()
    log = await business.api.get("/v4/logs/email", business.owner)
    assert [one["status"] for one in log.payload] == ["sent", "failed"]


async def test_a_mail_whose_fate_is_unknown_is_not_sent_again(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(SENDGRID, Answer(close=True))
    (lost,) = await sent(business, mail("sendgrid"))
    assert lost["status"] == "uncertain"
    business.api.clock.advance(7200)
    await business.api.settle()
    assert len(provider.requests) == 1


async def test_a_mail_that_was_being_sent_when_the_process_died_is_uncertain(
    business: Business, provider: WebhookReceiver
) -> None:
    """The row of the first try is there, and nothing else: so a worker leaves it that is killed in between."""
    contact = await business.contact(email="ann@example.com")
    await business.start(await business.campaign(mail("sendgrid")), contact)
    await business.api.platform.campaigns.loop.step()
    (job,) = await business.api.fetch("select payload from jobs where kind = 'workflows.send_email'")
    async with business.api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into emails (account_id, key, run_id, campaign_id, provider, recipient, state, created_at)"
            " select account_id, $1, id, campaign_id, 'sendgrid', 'ann@example.com', 'sending', created_at"
            " from ended_runs",
            job["payload"]["effect"]["key"],
        )
    await business.api.settle()
    log = await business.api.get("/v4/logs/email", business.owner)
    assert [one["status"] for one in log.payload] == ["uncertain"]
    assert provider.requests == []
