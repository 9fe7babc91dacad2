"""What handsets send: stored, told of, answered by the customer's document; opt-out words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.api.v4.test_sms import HANDSET, NUMBER, body
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

OTHER = "+17145550101"


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """The customer's server."""
    async with WebhookReceiver() as opened:
        yield opened


@pytest.fixture
async def owner(api: Api, receiver: WebhookReceiver) -> Tenant:
    """An account whose number asks `/sms`, then `/fallback`."""
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, OTHER]})
    urls = {"smsUrl": receiver.url("/sms"), "smsFallbackUrl": receiver.url("/fallback"), "smsFallbackMethod": "GET"}
    await api.put(f"/v4/number/{NUMBER}", tenant, urls)
    return tenant


@pytest.fixture
def carrier(api: Api) -> CarrierDouble:
    """The sandbox's place, taken by the test."""
    return CarrierDouble(api)


async def inbound(api: Api, owner: Tenant) -> list[dict[str, object]]:
    """The account's inbound messages, the oldest first."""
    return list(reversed((await api.get("/v4/logs/sms", owner, direction="in")).payload))


async def test_the_sms_url_is_asked_with_the_fields_that_clients_know(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    assert await carrier.deliver(HANDSET, NUMBER, "Is it open? Ä & =")
    await api.settle()

    (asked,) = receiver.requests
    (stored,) = await inbound(api, owner)
    moment = f"{api.clock.now():%Y-%m-%d %H:%M:%S}"
    assert (asked.method, asked.path) == ("POST", "/sms")
    assert {name: values[0] for name, values in asked.form.items()} == {
        "MessageSid": stored["smsSid"],
        "AccountSid": owner.sid,
        "From": HANDSET,
        "To": NUMBER,
        "Text": "Is it open? Ä & =",
        "MediaUrl": "",
        "Status": "success",
        "DateSent": moment,
        "Time": moment,
        "Method": "POST",
        "Action": receiver.url("/sms"),
        "Price": "0.0",
    }
    assert (stored["direction"], stored["dlrStatus"], stored["smsType"], stored["status"]) == (
        "inbound",
        None,
        "si",
        "success",
    )


async def test_a_document_is_carried_out_over_its_redirect(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    first = "<Response><Sms>one</Sms><Redirect>/next</Redirect><Sms>never</Sms></Response>"
    second = f"<response><SMS to='+12125550123' from='{OTHER}'>two</SMS></response>"
    receiver.answer("/sms", Answer(body=first))
    receiver.answer("/next", Answer(body=second, headers={"Content-Type": "text/html"}))

    await carrier.deliver(HANDSET, NUMBER, "go")
    await api.settle()
    api.clock.advance(5)
    sent = await carrier.work()

    assert sorted((one.sender, one.recipient, one.text) for one in sent) == [
        (NUMBER, HANDSET, "one"),
        (OTHER, "+12125550123", "two"),
    ]
    (stored,) = await inbound(api, owner)
    kinds = [entry["type"] for entry in (await api.get(f"/v4/logs/debug/{stored['smsSid']}", owner)).payload]
    assert kinds.count("httpreq") == kinds.count("httpresp") == 2


@pytest.mark.parametrize(
    "broken", [Answer(status=500), Answer(body="<Response><Sms>"), Answer(close=True), Answer(body="<html></html>")]
)
async def test_the_fallback_is_asked_when_the_url_fails(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver, broken: Answer
) -> None:
    receiver.answer("/sms", broken)
    receiver.answer("/fallback", Answer(body="<Response><Sms>from the fallback</Sms></Response>"))

    await carrier.deliver(HANDSET, NUMBER, "go")
    await api.settle()

    asked = await receiver.wait_for(lambda request: request.path == "/fallback")
    assert (asked.method, asked.params["Text"]) == ("GET", ["go"])
    assert [one.text for one in await carrier.work()] == ["from the fallback"]


async def test_when_both_fail_it_is_asked_again_later_and_answered_once(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    receiver.answer("/sms", Answer(status=503), Answer(body="<Response><Sms>late</Sms></Response>"))
    receiver.answer("/fallback", Answer(status=503))

    await carrier.deliver(HANDSET, NUMBER, "go")
    await api.settle()
    assert len(receiver.requests) == 2
    api.clock.advance(6)
    await api.settle()

    assert [one.text for one in await carrier.work()] == ["late"]
    api.clock.advance(3600)
    await api.settle()
    assert len(receiver.requests) == 3


async def test_an_action_hears_of_its_text_and_goes_on(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    receiver.answer("/sms", Answer(body="<Response><Sms action='/done'>first</Sms><Sms>never</Sms></Response>"))
    receiver.answer("/done", Answer(body="<Response><Sms>second</Sms></Response>"))

    await carrier.deliver(HANDSET, NUMBER, "go")
    await api.settle()

    told = await receiver.wait_for(lambda request: request.path == "/done")
    assert (told.form["SmsStatus"], told.form["Body"]) == (["sent"], ["first"])
    api.clock.advance(5)
    assert sorted(one.text for one in await carrier.work()) == ["first", "second"]


async def test_redirects_without_end_are_ended(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    receiver.answer("/sms", Answer(body="<Response><Redirect>/sms</Redirect></Response>"))

    await carrier.deliver(HANDSET, NUMBER, "go")
    await api.settle()

    assert len(receiver.requests) == 6


async def test_media_is_kept_before_anybody_is_told(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    receiver.answer("/cat.png", Answer(status=503), Answer(data=b"\x89PNG", headers={"Content-Type": "image/png"}))

    await carrier.deliver(HANDSET, NUMBER, "look", [receiver.url("/cat.png")])
    await api.settle()
    assert not any(request.path == "/sms" for request in receiver.requests)
    api.clock.advance(3)
    await api.settle()

    asked = await receiver.wait_for(lambda request: request.path == "/sms")
    url = asked.form["MediaUrl"][0]
    assert url.startswith(api.platform.settings.http.public_url + "/media/")
    assert await api.platform.blobs.get(url.rsplit("/", 1)[1]) == b"\x89PNG"
    (stored,) = await inbound(api, owner)
    assert stored["mediaUrl"] == url


async def test_media_that_cannot_be_had_stays_with_the_carrier(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    receiver.answer("/gone.png", Answer(status=404))

    await carrier.deliver(HANDSET, NUMBER, "look", [receiver.url("/gone.png")])
    for _ in range(5):
        await api.settle()
        api.clock.advance(60)

    asked = await receiver.wait_for(lambda request: request.path == "/sms")
    assert asked.form["MediaUrl"] == [receiver.url("/gone.png")]


async def test_a_sender_becomes_a_contact_once(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    await carrier.deliver(HANDSET, NUMBER, "one")
    await carrier.deliver(HANDSET, OTHER, "two")

    contact = (await api.get("/v4/contact", owner)).only
    assert contact["keys"] == [HANDSET]
    assert [row["contactId"] for row in await inbound(api, owner)] == [contact["contactId"]] * 2


async def test_a_name_as_sender_is_stored_without_a_contact(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    await carrier.deliver("ACME", NUMBER, "your code is 1234")

    (stored,) = await inbound(api, owner)
    assert (stored["from"], stored["contactId"]) == ("ACME", None)


async def test_a_keyword_is_recorded_as_an_event(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    action = {"campaignId": "e8861980-5165-11e9-b3b4-55cdbe9b37b5"}
    await api.put(f"/v4/number/{NUMBER}", owner, {"keywordActions": {"Join": action}})

    await carrier.deliver(HANDSET, NUMBER, " JOIN ")
    await carrier.deliver(HANDSET, NUMBER, "join me")

    events = await api.fetch("select payload from outbox where topic = 'messaging.keyword_received'")
    assert [(event["payload"]["keyword"], event["payload"]["action"]) for event in events] == [("JOIN", action)]
    logged = await api.fetch("select data from debug_log where data like '%keyword%'")
    assert [action["campaignId"] in row["data"] for row in logged] == [True]


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop! ", "UNSUBSCRIBE", "quit", "Cancel.", "END"])
async def test_a_stop_word_is_confirmed_once_and_stops_later_messages(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver, word: str
) -> None:
    await carrier.deliver(HANDSET, NUMBER, word)
    await carrier.deliver(HANDSET, OTHER, word)
    await api.settle()
    api.clock.advance(5)
    (reply,) = await carrier.work()

    assert "unsubscribed" in reply.text
    assert (reply.sender, reply.recipient) == (NUMBER, HANDSET)
    answer = await api.post("/v4/sms", owner, body(**{"from": OTHER}))
    assert answer.errors[0][0] == "opted_out"
    assert (await api.get(f"/v4/dnc/{HANDSET}", owner)).body["status"] is True
    assert (await api.get("/v4/contact", owner)).only["dnc"] == 1
    assert [row["opt"] for row in await inbound(api, owner)] == ["out", "out"]
    assert any(request.form["Text"] == [word] for request in receiver.requests)  # the customer hears it too


async def test_a_stop_inside_a_sentence_is_none(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    await carrier.deliver(HANDSET, NUMBER, "please stop by tomorrow")

    assert (await api.post("/v4/sms", owner, body())).status == 200


async def test_start_opens_the_way_again(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    await carrier.deliver(HANDSET, NUMBER, "STOP")
    await carrier.deliver(HANDSET, NUMBER, "start")
    api.clock.advance(60)

    assert (await api.post("/v4/sms", owner, body())).status == 200
    assert (await api.get("/v4/contact", owner)).only["dnc"] == 0
    assert len(await carrier.work()) == 3


async def test_help_is_answered_with_the_accounts_text(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.change_setting(tx, owner.id, "help_reply", "Call 555")

    await carrier.deliver(HANDSET, NUMBER, "HELP")

    assert [one.text for one in await carrier.work()] == ["Call 555"]


async def test_an_accounts_own_word_stops_too(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    await api.post("/v4/dncrule/optout/", owner, {"match": "no more", "matchRule": "beginsWith"})

    await carrier.deliver(HANDSET, NUMBER, "No more of this")

    assert (await api.post("/v4/sms", owner, body())).errors[0][0] == "opted_out"


async def test_a_number_of_nobody_takes_nothing(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    assert await carrier.deliver(HANDSET, "+12125559999", "anybody?") is False
    assert await inbound(api, owner) == []
