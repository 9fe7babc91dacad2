"""Request 137: what is accepted, what is refused and why, and what is stored of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import time_of

NUMBER = "+17145550100"
HANDSET = "+19492221234"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with a number of the sandbox."""
    tenant = await api.account()
    assert len((await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER]})).payload) == 1
    return tenant


@pytest.fixture
def carrier(api: Api) -> CarrierDouble:
    """The sandbox's place, taken by the test."""
    return CarrierDouble(api)


async def prepay(api: Api, tenant: Tenant, amount: int) -> None:
    """Makes an account pay in advance, with so much to spend."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, tenant.id, "prepaid")
        balance = await api.platform.billing.balance(tx, tenant.id)
        if amount - balance.balance > 0:
            await api.platform.billing.credit(tx, tenant.id, amount - balance.balance, "test")


def body(**changes: Any) -> dict[str, Any]:
    """A good request with some members changed; None leaves one out."""
    usual: dict[str, Any] = {"from": NUMBER, "to": HANDSET, "text": "Hello"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


async def test_an_accepted_message_is_shown_as_the_reference_shows_it(api: Api, owner: Tenant) -> None:
    shown = (await api.post("/v4/sms/", owner, body(deliveryStatusEnabled="true", metadata={"leadId": "7"}))).only

    sid = UUID(shown.pop("messageSid"))
    assert time_of(sid) == api.clock.now()
    assert shown == {
        "to": HANDSET,
        "from": NUMBER,
        "text": "Hello",
        "messageCount": 1,
        "messageStatusMethod": "POST",
        "messageStatusCallback": None,
        "deliveryStatusEnabled": True,
        "mediaUrl": "",
        "toCC": 1,
        "toCountry": "US",
        "fromCC": 1,
        "fromCountry": "US",
        "scheduledTm": int(api.clock.now().timestamp()),
    }
    log = (await api.get(f"/v4/logs/sms/details/{sid}", owner)).only
    assert (log["status"], log["metaData"], log["direction"]) == ("queued", {"leadId": "7"}, "outbound")
    queued = await api.fetch("select carrier, segments, priority from sms_queue")
    assert queued == [{"carrier": "sandbox", "segments": 1, "priority": 1}]


async def test_numbers_are_read_as_people_write_them(api: Api, owner: Tenant) -> None:
    shown = (await api.post("/v4/sms", owner, body(to="(949) 222-1234", **{"from": "714-555-0100"}))).only

    assert (shown["to"], shown["from"]) == (HANDSET, NUMBER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": None}, "to"),
        ({"contactId": "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"}, "to"),
        ({"from": None}, "from"),
        ({"numberSetId": "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"}, "from"),
        ({"text": None}, "text"),
        ({"smsTemplateId": "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"}, "text"),
        ({"to": "12"}, "to"),
        ({"to": "not a number"}, "to"),
        ({"from": "x"}, "from"),
        ({"text": "x" * 1601}, "text"),
        ({"text": " \n"}, "text"),
        ({"messageStatusCallback": "ftp://example.com"}, "messageStatusCallback"),
        ({"mediaUrl": "nonsense"}, "mediaUrl"),
        ({"mediaUrl": ["https://example.com/a.png"] * 11}, "mediaUrl"),
        ({"metadata": {"key": "x" * 5000}}, "metadata"),
        ({"metadata": "text"}, "metadata"),
        ({"validityMinutes": 0}, "validityMinutes"),
        ({"validityMinutes": "soon"}, "validityMinutes"),
        ({"messageClass": "spam"}, "messageClass"),
        ({"scheduledTime": "tomorrow"}, "scheduledTime"),
        ({"scheduledTime": "2030-01-01T00:00:00Z"}, "scheduledTime"),
        ({"scheduledTime": "2026-02-01T00:00:00"}, "scheduledTime"),
        ({"deliveryStatusEnabled": "maybe"}, "deliveryStatusEnabled"),
        ({"contactId": "x", "to": None}, "contactId"),
        ({"extData": [1]}, "extData"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_stored(
    api: Api, owner: Tenant, changes: dict[str, Any], field: str
) -> None:
    answer = await api.post("/v4/sms", owner, body(**changes))

    assert answer.status == 400
    assert field in [named for _, named in answer.errors]
    assert await api.fetch("select id from messages") == []
    assert await api.fetch("select held from balances where account_id = $1", owner.id) == [{"held": 0}]


async def test_another_accounts_number_is_not_found(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")

    answer = await api.post("/v4/sms", stranger, body())

    assert answer.status == 404
    assert answer.body["error"][0]["message"] == "Number not found"


@pytest.mark.parametrize("member", ["contactId", "numberSetId", "smsTemplateId"])
async def test_an_unknown_or_foreign_id_is_not_found(api: Api, owner: Tenant, member: str) -> None:
    stranger = await api.account("stranger")
    contact = (await api.post("/v4/contact", stranger, {"extData": {"phonenumber1": HANDSET}})).only["contactId"]
    numbers = (await api.post("/v4/numberset", stranger, {"name": "s"})).only["numberSetId"]
    template = (await api.post("/v4/smstemplate", stranger, {"templateText": "t"})).only["templateId"]
    ids = {"contactId": contact, "numberSetId": numbers, "smsTemplateId": template}
    without = {"contactId": {"to": None}, "numberSetId": {"from": None}, "smsTemplateId": {"text": None}}[member]

    answer = await api.post("/v4/sms", owner, body(**{**without, member: ids[member]}))

    assert (answer.status, answer.errors[0][1]) == (404, member)


async def test_a_template_is_filled_from_given_data_first_then_from_the_contact(
    api: Api, owner: Tenant, carrier: CarrierDouble
) -> None:
    ext_data = {"phonenumber1": HANDSET, "firstname": "Ann", "city1": "Rome"}
    contact = (await api.post("/v4/contact", owner, {"extData": ext_data})).only["contactId"]
    text = "Hi %%FIRSTNAME%% in %CITY1%, %%PROMO|no promo%% %%NOPE%%"
    template = (await api.post("/v4/smstemplate", owner, {"templateText": text})).only["templateId"]
    request = {"from": NUMBER, "contactId": contact, "smsTemplateId": template, "extData": {"FirstName": "Bea"}}

    shown = (await api.post("/v4/sms", owner, request)).only

    assert shown["text"] == "Hi Bea in Rome, no promo %%NOPE%%"
    assert shown["to"] == HANDSET
    assert (await api.get(f"/v4/smstemplate/{template}", owner)).only["lastUsed"] == epoch_ms(api.clock.now())
    await carrier.work()
    assert carrier.taken[0].text == shown["text"]


async def test_a_contact_without_a_phone_cannot_be_texted(api: Api, owner: Tenant) -> None:
    contact = (await api.post("/v4/contact", owner, {"extData": {"firstname": "Ann"}})).only["contactId"]

    answer = await api.post("/v4/sms", owner, body(to=None, contactId=contact))

    assert answer.errors == [("400", "contactId")]


async def test_a_set_sends_from_one_of_its_numbers_and_spreads_the_load(api: Api, owner: Tenant) -> None:
    others = ["+17145550101", "+17145550102"]
    await api.post("/v4/number/purchase", owner, {"phoneNumber": others})
    members = {"name": "all", "phoneNumbers": [NUMBER, *others]}
    set_id = (await api.post("/v4/numberset", owner, members)).only["numberSetId"]

    used = [(await api.post("/v4/sms", owner, body(**{"from": None}, numberSetId=set_id))).only for _ in range(3)]

    assert {shown["from"] for shown in used} == {NUMBER, *others}  # each was free when the others were not
    assert {shown["scheduledTm"] for shown in used} == {int(api.clock.now().timestamp())}


async def test_an_empty_set_says_so(api: Api, owner: Tenant) -> None:
    set_id = (await api.post("/v4/numberset", owner, {"name": "empty"})).only["numberSetId"]

    answer = await api.post("/v4/sms", owner, body(**{"from": None}, numberSetId=set_id))

    assert (answer.status, answer.errors[0][0]) == (400, "no_sms_number")


async def test_media_needs_no_text(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    shown = (await api.post("/v4/sms", owner, body(text=None, mediaUrl="https://example.com/cat.png"))).only

    assert shown["mediaUrl"] == "https://example.com/cat.png"
    (taken,) = await carrier.work()
    assert taken.media_urls == ("https://example.com/cat.png",)
    log = (await api.get(f"/v4/logs/sms/details/{shown['messageSid']}", owner)).only
    assert log["price"] == 0.02


async def test_a_number_that_sends_no_media_says_so(api: Api, owner: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await tx.execute("update numbers set attributes = '{sms-enabled}' where phone_number = $1", NUMBER)

    answer = await api.post("/v4/sms", owner, body(mediaUrl="https://example.com/cat.png"))

    assert answer.errors[0][0] == "not_enabled"


async def test_a_callback_to_a_private_address_is_refused(api: Api, owner: Tenant) -> None:
    settings = api.platform.settings
    assert settings.network.allow_private_callbacks  # the tests' own receivers are on loopback
    answer = await api.post("/v4/sms", owner, body(messageStatusCallback="http://0.0.0.0/"))

    assert answer.errors == [("400", "messageStatusCallback")]


async def test_a_prepaid_balance_must_cover_it(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    await prepay(api, owner, 15_000)

    first = await api.post("/v4/sms", owner, body())
    second = await api.post("/v4/sms", owner, body())
    third = await api.post("/v4/sms", owner, body())

    assert (first.status, second.status, third.status) == (200, 200, 400)
    assert third.errors[0][0] == "insufficient_funds"
    await carrier.work("refused")
    assert (await api.post("/v4/sms", owner, body())).status == 200  # what failed was given back


async def test_more_than_fifteen_minutes_of_queue_are_refused(api: Api, owner: Tenant) -> None:
    long = "x" * 1500  # ten segments at one a second
    statuses = [(await api.post("/v4/sms", owner, body(text=long))).status for _ in range(92)]

    assert statuses == [200] * 91 + [400]
    answer = await api.post("/v4/sms", owner, body(text=long))
    assert answer.errors[0][0] == "ER-M360-SMS-240"
    api.clock.advance(30)
    assert (await api.post("/v4/sms", owner, body())).status == 200


async def test_a_sender_keeps_its_pace(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    for _ in range(3):
        await api.post("/v4/sms", owner, body())

    assert len(await carrier.work()) == 1
    api.clock.advance(1)
    assert len(await carrier.work()) == 1
    api.clock.advance(1)
    assert len(await carrier.work()) == 1


async def test_a_one_time_password_overtakes_marketing(api: Api, owner: Tenant) -> None:
    await api.post("/v4/number/purchase", owner, {"phoneNumber": ["+17145550101", "+17145550102"]})
    for number, message_class in ((NUMBER, "marketing"), ("+17145550101", "transactional"), ("+17145550102", "otp")):
        await api.post("/v4/sms", owner, body(**{"from": number}, messageClass=message_class))

    claimed = await CarrierDouble(api).work()

    assert [one.message_class for one in claimed] == ["otp", "transactional", "marketing"]


async def test_a_scheduled_message_waits_for_its_time(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    at = api.clock.now() + timedelta(hours=2)

    shown = (await api.post("/v4/sms", owner, body(scheduledTime=epoch_ms(at)))).only

    assert shown["scheduledTm"] == int(at.timestamp())
    await api.settle()
    assert await carrier.work() == []
    api.clock.set(at)
    await api.settle()
    assert len(await carrier.work()) == 1


async def test_an_expired_message_is_not_sent_and_costs_nothing(
    api: Api, owner: Tenant, carrier: CarrierDouble
) -> None:
    sid = (await api.post("/v4/sms", owner, body(validityMinutes=5))).only["messageSid"]
    api.clock.advance(301)

    assert await carrier.work() == []
    log = (await api.get(f"/v4/logs/sms/details/{sid}", owner)).only
    assert (log["status"], log["price"]) == ("expired", 0)
    assert await api.fetch("select held from balances where account_id = $1", owner.id) == [{"held": 0}]


async def test_the_same_idempotency_key_sends_once(api: Api, owner: Tenant) -> None:
    headers = {"Idempotency-Key": "order-7"}

    first = await api.call("POST", "/v4/sms", owner, body(), headers=headers)
    second = await api.call("POST", "/v4/sms", owner, body(), headers=headers)
    other = await api.call("POST", "/v4/sms", owner, body(text="Other"), headers=headers)

    assert first.body == second.body
    assert other.status == 409
    assert len(await api.fetch("select id from messages")) == 1


async def test_messages_that_come_together_are_each_answered(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")
    calls = [api.post("/v4/sms", owner if index % 3 else stranger, body(text=f"n {index}")) for index in range(30)]

    answers = await asyncio.gather(*calls)

    assert [answer.status for answer in answers] == [200 if index % 3 else 404 for index in range(30)]
    texts = [answer.only["text"] for answer in answers if answer.status == 200]
    assert texts == [f"n {index}" for index in range(30) if index % 3]


async def test_an_opted_out_recipient_is_refused_unbilled_and_the_ledger_says_why(api: Api, owner: Tenant) -> None:
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET})

    answer = await api.post("/v4/sms", owner, body())

    assert (answer.status, answer.errors[0][0]) == (400, "opted_out")
    message_id = (answer.errors[0][1] or "").rsplit(" ", 1)[1]
    (decision,) = (await api.get(f"/v4/decision/{message_id}", owner)).payload
    assert (decision["verdict"], decision["code"], decision["rules"]["dnc"]) == ("refuse", "opted_out", "listed")
    assert await api.fetch("select id from messages") == []
    assert await api.fetch("select held from balances where account_id = $1", owner.id) == [{"held": 0}]


async def test_an_opt_out_that_comes_while_a_message_waits_stops_it(
    api: Api, owner: Tenant, carrier: CarrierDouble
) -> None:
    sid = (await api.post("/v4/sms", owner, body())).only["messageSid"]
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET, "selector": NUMBER})

    assert await carrier.work() == []
    log = (await api.get(f"/v4/logs/sms/details/{sid}", owner)).only
    assert (log["status"], log["errorCode"], log["price"]) == ("failed", "opted_out", 0)
    stages = [entry["rules"]["stage"] for entry in (await api.get(f"/v4/decision/{sid}", owner)).payload]
    assert stages == ["accept", "submit"]


async def test_quiet_hours_defer_a_message_until_the_morning_there(
    api: Api, owner: Tenant, carrier: CarrierDouble
) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.change_setting(tx, owner.id, "quiet_hours_start", "21:00")
        await api.platform.accounts.change_setting(tx, owner.id, "quiet_hours_end", "09:00")
    # The clock stands at noon UTC, which is four in the morning where +1 949 is.
    sid = (await api.post("/v4/sms", owner, body())).only["messageSid"]
    urgent = (await api.post("/v4/sms", owner, body(messageClass="otp"))).only["messageSid"]

    assert [str(one.message_id) for one in await carrier.work()] == [urgent]
    api.clock.advance(5 * 3600 - 1)
    await api.settle()
    assert await carrier.work() == []
    api.clock.advance(1)
    await api.settle()
    assert [str(one.message_id) for one in await carrier.work()] == [sid]


async def test_a_suspended_account_sends_nothing(api: Api, owner: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.set_status(tx, owner.id, 0)
    api.platform.accounts._verified.clear()

    answer = await api.post("/v4/sms", owner, body())

    assert answer.status == 401
    assert answer.body["error"][0]["message"] == "Account suspended"


async def test_who_may_not_send_is_refused(api: Api, owner: Tenant) -> None:
    reporter = await api.account("reporter", role="basic-reports")

    answer = await api.post("/v4/sms", reporter, body())

    assert answer.errors == [("401", "needs the privilege sms-send")]
