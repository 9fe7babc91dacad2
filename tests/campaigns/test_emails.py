"""Email nodes: HubSpot, Mailgun and SendGrid, each a server of the test; a mail goes out once, or is uncertain."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.campaigns.house import Business, open_business
from tests.campaigns.test_runs import control
from tests.harness import open_api

from cordboard.domain.emails.settings import EmailProviderSettings
from cordboard.infra.db import Database
from cordboard.run.settings import Network
from cordboard.testing.clock import VirtualClock
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

SENDGRID = "/v3/mail/send"
MAILGUN = "/v3/mail.example.com/messages"
MAILGUN_EU = "/eu/v3/mail.example.com/messages"
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
    """A business whose providers are that server, with settings for each. That it is on a private network counts for
    nothing: operators say where providers are.
    """
    origin = provider.url("").rstrip("/")
    settings = EmailProviderSettings(hubspot=origin, mailgun=origin, mailgun_eu=f"{origin}/eu", sendgrid=origin)
    async with open_api(database, clock, tmp_path, email_providers=settings, network=Network()) as api:
        opened = await open_business(api)
        for name, values in CONFIG.items():
            for key, value in values.items():
                await keep(opened, name, key, value)
        yield opened


async def keep(business: Business, provider: str, key: str, value: str) -> None:
    """Sets what the account keeps for a provider."""
    body = {"provider": provider, "key": key, "encryptedValue": value}
    assert (await business.api.post("/ams/v3/accounts/external/config", business.owner, body)).status == 200


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
    message = request.json["message"]
    assert (message["to"], message["from"], message["cc"]) == (
        "ann@example.com",
        '"Hello" <hello@example.com>',
        ["cc@example.com"],
    )


async def test_hubspot_may_say_at_once_that_it_will_not_send(business: Business, provider: WebhookReceiver) -> None:
    answers = ({"status": "CANCELED", "message": "no"}, {"status": "COMPLETE", "sendResult": "PREVIOUSLY_BOUNCED"})
    provider.answer(HUBSPOT, *(Answer(body=json.dumps({"statusId": "s3", **answer})) for answer in answers))
    for place, word in enumerate(("no", "PREVIOUSLY_BOUNCED")):
        (refused,) = await sent(business, mail("hubspot", "42"), phonenumber1=f"+1949222000{place}")
        assert refused["status"] == "failed"
        assert refused["error"] == f"hubspot did not send it: {word}"


async def test_settings_have_many_spellings_and_one_that_will_not_do_is_named(
    business: Business, provider: WebhookReceiver
) -> None:
    await business.api.call("DELETE", "/ams/v3/accounts/external/config/sendgrid", business.owner)
    (unset,) = await sent(business, mail("sendgrid"))
    assert unset["status"] == "failed"
    assert unset["error"].startswith("the account has no api_key for sendgrid: set the key api_key")
    await keep(business, "sendgrid", "apiKey", "SG.other")
    await keep(business, "mailgun", "Region", "EU")
    provider.answer(SENDGRID, Answer(status=202))
    assert (await sent(business, mail("sendgrid"), phonenumber1="+19492220001"))[0]["status"] == "sent"
    assert (await sent(business, mail("mailgun"), phonenumber1="+19492220002"))[0]["status"] == "sent"
    first, second = provider.requests
    assert first.headers["authorization"] == "Bearer SG.other"
    assert second.path == MAILGUN_EU
    await keep(business, "sendgrid", "apiKey", "SG.\r\nX-Injected: 1")
    await keep(business, "mailgun", "domain", "..")
    (bad_key,) = await sent(business, mail("sendgrid"), phonenumber1="+19492220003")
    (bad_domain,) = await sent(business, mail("mailgun"), phonenumber1="+19492220004")
    assert "holds characters that it cannot have" in bad_key["error"]
    assert "must be a domain's name" in bad_domain["error"]
    async with business.api.platform.database.transaction() as tx:
        await tx.execute("update external_settings set value_sealed = 'v1.lost.AAAA' where provider = 'hubspot'")
    (lost,) = await sent(business, mail("hubspot", "42"), phonenumber1="+19492220005")
    assert lost["error"] == "what the account keeps for hubspot cannot be unsealed here: set it again"
    assert len(provider.requests) == 2


async def test_nobody_gets_a_mail_twice_and_a_list_of_people_is_no_address(
    business: Business, provider: WebhookReceiver
) -> None:
    provider.answer(SENDGRID, Answer(status=202))
    people = [{"email": "Ann@example.com"}, {"email": "boss@example.com"}, {"email": "boss@Example.com"}]
    await sent(business, mail("sendgrid", cc=people, bcc=people))
    (person,) = provider.requests[0].json["personalizations"]
    assert person["cc"] == [{"email": "boss@example.com"}]
    assert "bcc" not in person
    for place, bad in enumerate(("ann@example.com, eve@example.com", "Ann <ann@example.com>", "ann@")):
        (refused,) = await sent(business, mail("mailgun"), email=bad, phonenumber1=f"+1949222000{place}")
        assert (refused["status"], refused["error"]) == ("failed", f"the contact's email {bad!r} is no e-mail address")
    assert len(provider.requests) == 1


async def test_what_became_of_a_mail_is_in_the_history_and_no_secret_is(
    business: Business, provider: WebhookReceiver
) -> None:
    """Nor is a key carried to where a provider redirects."""
    redirect = Answer(status=307, headers={"Location": "/elsewhere"}, body="no such key: SG.secret")
    provider.answer(SENDGRID, redirect)
    contact = await business.contact(email="ann@example.com")
    started = await business.start(await business.campaign(mail("sendgrid")), contact)
    await business.api.settle()
    assert len(provider.requests) == 1
    words = [words for _, _, words in await business.history(started.id)]
    assert "failed, sendgrid to ann@example.com: sendgrid answered 307: no such key: ***" in words


async def test_a_refusal_is_final_and_an_outage_is_not(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(SENDGRID, Answer(status=400, body='{"errors": []}'))
    (refused,) = await sent(business, mail("sendgrid"))
    assert refused["status"] == "failed"
    assert "answered 400" in refused["error"]
    provider.answer(SENDGRID, Answer(status=503), Answer(status=429), Answer(status=202))
    assert await sent(business, mail("sendgrid"), phonenumber1="+19492220002") == []
    for _ in range(2):
        business.api.clock.advance(150)
        await business.api.settle()
    log = await business.api.get("/v4/logs/email", business.owner)
    assert [one["status"] for one in log.payload] == ["sent", "failed"]
    assert len(provider.requests) == 4


async def test_a_mail_whose_fate_is_unknown_is_not_sent_again(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(SENDGRID, Answer(close=True))
    (lost,) = await sent(business, mail("sendgrid"))
    assert lost["status"] == "uncertain"
    business.api.clock.advance(7200)
    await business.api.settle()
    assert len(provider.requests) == 1


async def wait_out(business: Business) -> None:
    """More than the hour for which a mail is tried."""
    for _ in range(6):
        business.api.clock.advance(2200)
        await business.api.settle()
    business.at(business.api.clock.now())


async def test_a_mail_fails_when_its_provider_is_away_for_an_hour(
    business: Business, provider: WebhookReceiver
) -> None:
    await provider.close()
    contact = await business.contact(email="ann@example.com")
    started = await business.start(await business.campaign(mail("sendgrid")), contact)
    await business.api.settle()
    assert (await business.history(started.id))[-1][2].startswith("tried again later, sendgrid to ann@example.com: not")
    await wait_out(business)
    (failed,) = (await business.api.get("/v4/logs/email", business.owner)).payload
    assert failed["status"] == "failed"
    assert failed["error"].startswith("not reached: ")
    assert await business.api.fetch("select 1 from jobs where kind = 'workflows.send_email'") == []


async def test_hubspot_is_asked_again_under_the_same_id_when_it_gave_no_answer(
    business: Business, provider: WebhookReceiver
) -> None:
    provider.answer(HUBSPOT, Answer(close=True), Answer(body='{"statusId": "s3", "sendResult": "IDEMPOTENT_IGNORE"}'))
    assert (await sent(business, mail("hubspot", "42")))[0]["status"] == "sending"
    business.api.clock.advance(60)
    await business.api.settle()
    log = await business.api.get("/v4/logs/email", business.owner)
    assert [(one["status"], one["providerId"]) for one in log.payload] == [("sent", "s3")]
    first, second = provider.requests
    assert first.json["message"]["sendId"] == second.json["message"]["sendId"]


async def test_a_mail_that_hubspot_may_have_taken_ends_as_uncertain(
    business: Business, provider: WebhookReceiver
) -> None:
    provider.answer(HUBSPOT, Answer(close=True), Answer(status=503))
    await sent(business, mail("hubspot", "42"))
    await wait_out(business)
    log = await business.api.get("/v4/logs/email", business.owner)
    assert [one["status"] for one in log.payload] == ["uncertain"]


async def test_the_log_is_read_by_run_and_by_day(business: Business, provider: WebhookReceiver) -> None:
    provider.answer(SENDGRID, Answer(status=202))
    await sent(business, mail("sendgrid"))
    first_day = f"{business.api.clock.now():%Y-%m-%d}"
    business.at(business.api.clock.now() + timedelta(days=2))
    await sent(business, mail("sendgrid"), phonenumber1="+19492220001", email="bob@example.com")

    async def of(**query: str) -> list[str]:
        return [one["to"] for one in (await business.api.get("/v4/logs/email", business.owner, **query)).payload]

    assert await of() == ["bob@example.com", "ann@example.com"]
    assert await of(startDate=first_day, endDate=first_day) == ["ann@example.com"]
    assert await of(startDate=f"{business.api.clock.now():%Y%m%d}") == ["bob@example.com"]
    assert await of(campaignRunId=str(UUID(int=1))) == []
    refused = await business.api.get("/v4/logs/email", business.owner, startDate="soon", campaignRunId="one")
    assert {field for field in ("startDate", "campaignRunId") if field in str(refused.body)} == {
        "startDate",
        "campaignRunId",
    }


@pytest.mark.parametrize(("name", "outcome", "asked"), [("sendgrid", "uncertain", 0), ("hubspot", "sent", 1)])
async def test_a_mail_that_was_being_sent_when_the_process_died(
    business: Business, provider: WebhookReceiver, name: str, outcome: str, asked: int
) -> None:
    """The row of the first try is there, and nothing else: so a worker leaves it that is killed in between."""
    contact = await business.contact(email="ann@example.com")
    await business.start(await business.campaign(mail(name, "42")), contact)
    await business.api.platform.campaigns.loop.step()
    (job,) = await business.api.fetch("select payload from jobs where kind = 'workflows.send_email'")
    async with business.api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into emails (account_id, key, run_id, campaign_id, provider, recipient, state, created_at)"
            " select account_id, $1, id, campaign_id, $2, 'ann@example.com', 'sending', created_at from ended_runs",
            job["payload"]["effect"]["key"],
            name,
        )
    await business.api.settle()
    log = await business.api.get("/v4/logs/email", business.owner)
    assert [one["status"] for one in log.payload] == [outcome]
    assert len(provider.requests) == asked
