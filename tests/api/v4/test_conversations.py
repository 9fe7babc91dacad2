"""Requests 78, 79, 83 and 84: all that happened with a contact, and what is added to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.api.people import user_of
from tests.api.v4.conversing import (
    ANNA,
    BERT,
    CONVERSATION,
    INBOX,
    NUMBER,
    TAGGED,
    add_contact,
    calls_in,
    conversation_of,
    lead_to_inbox,
    leaves_voicemail,
    list_inbox,
    make_inbox,
    open_account,
    records,
    signed_in,
    texts,
)
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids, time_of

AGENT = "gi-agent"
NOTES, EXTERNAL = f"{CONVERSATION}/notes", f"{CONVERSATION}/event"
NOBODYS = "3539d410-5f65-11eb-a080-51e25f7d5918"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """An account that owns NUMBER."""
    return await open_account(api)


@pytest.fixture
def carrier(api: Api) -> CarrierDouble:
    """The sandbox's place, taken by the test."""
    return CarrierDouble(api)


async def sms(api: Api, tenant: Tenant, to: str = ANNA, text: str = "Hello", **more: Any) -> dict[str, Any]:
    """Sends a text by the general request."""
    api.clock.advance(1)
    shown: dict[str, Any] = (await api.post("/v4/sms", tenant, {"from": NUMBER, "to": to, "text": text, **more})).only
    return shown


def message(**changes: Any) -> dict[str, Any]:
    """A good message with some members changed; None leaves one out."""
    usual: dict[str, Any] = {"from": NUMBER, "to": ANNA, "text": "Hello from inbox."}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


async def test_everything_that_happened_is_there_the_newest_first(
    api: Api, acme: Tenant, carrier: CarrierDouble
) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    sent = await sms(api, acme)
    await carrier.work()
    await texts(api, ANNA, "Hi")
    api.clock.advance(1)
    call = await calls_in(api, acme, ANNA)
    api.clock.advance(1)
    recording = await records(api, call)
    voicemail = await leaves_voicemail(api, acme, ANNA)

    shown = await conversation_of(api, acme, contact_id)

    kinds = [(one["type"], one["status"], one["event"]["direction"]) for one in shown]
    assert sorted(kinds[:2]) == [("call", "completed", "in"), ("voicemail", "received", "in")]  # at one moment
    assert kinds[2:] == [
        ("recording", "recorded", "in"),
        ("call", "completed", "in"),
        ("sms", "received", "in"),
        ("sms", "sent", "out"),
    ]
    by_type = {one["type"]: one for one in shown}
    assert by_type["voicemail"]["time"] == str(voicemail)
    assert by_type["recording"]["event"] == {
        "messageId": str(recording),
        "to": NUMBER,
        "from": ANNA,
        "direction": "in",
        "duration": 7,
        "recordingUrl": "https://voice.example/2.mp3",
        "tags": [],
        "attributes": {"phonenumber1": ANNA, "callSid": str(call.id)},
        "version": "",
        "type": "recording",
        "time": epoch_ms(time_of(recording) or api.clock.now()),
    }
    assert by_type["call"]["event"]["duration"] == 0
    assert shown[-1] == {
        "accountSid": acme.sid,
        "contactId": contact_id,
        "time": sent["messageSid"],
        "event": {
            "messageId": sent["messageSid"],
            "to": ANNA,
            "from": NUMBER,
            "direction": "out",
            "body": "Hello",
            "mediaUrl": "",
            "tags": [],
            "attributes": {"phonenumber1": ANNA},
            "version": "",
            "type": "sms",
            "time": epoch_ms(time_of(UUID(sent["messageSid"])) or api.clock.now()),
        },
        "status": "sent",
        "type": "sms",
    }


async def test_messages_show_how_far_they_have_come(api: Api, acme: Tenant, carrier: CarrierDouble) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    await sms(api, acme)
    await carrier.work()
    await api.settle()
    await carrier.receipt("id-1", "delivered")

    assert [one["status"] for one in await conversation_of(api, acme, contact_id)] == ["delivered"]


async def test_outbound_messages_are_not_published_unless_they_ask_for_it(
    api: Api, acme: Tenant, carrier: CarrierDouble
) -> None:
    await sms(api, acme)
    await sms(api, acme, to=BERT, text="Hello Bert", metadata={"publish": True, "lead": "7"})
    await carrier.work()
    await api.settle()

    (bert,) = await list_inbox(api, acme)

    assert (bert["event"]["body"], bert["event"]["direction"], bert["status"]) == ("Hello Bert", "out", "read")
    assert bert["event"]["attributes"] == {"phonenumber1": BERT, "lead": "7"}


async def test_what_was_sent_to_a_number_is_there_once_it_is_a_contacts(
    api: Api, acme: Tenant, carrier: CarrierDouble
) -> None:
    await sms(api, acme)
    await carrier.work()
    await api.settle()
    assert (await api.get("/v4/contact", acme)).payload == []

    await texts(api, ANNA, "Who is this?")

    (entry,) = await list_inbox(api, acme)
    shown = await conversation_of(api, acme, entry["contactId"])
    assert [one["event"]["body"] for one in shown] == ["Who is this?", "Hello"]


async def test_a_planned_message_stands_where_it_was_sent(api: Api, acme: Tenant, carrier: CarrierDouble) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    due = epoch_ms(api.clock.now()) + 3 * 3600_000
    await sms(api, acme, text="planned", scheduledTime=due)
    await texts(api, ANNA, "meanwhile")
    api.clock.advance(3 * 3600)
    acme = signed_in(api, acme)
    await api.settle()
    await carrier.work()
    await api.settle()

    shown = await conversation_of(api, acme, contact_id)

    assert [(one["event"]["body"], one["status"]) for one in shown] == [("planned", "sent"), ("meanwhile", "received")]
    assert shown[0]["event"]["time"] == due


async def test_a_message_that_ends_twice_is_there_once(api: Api, acme: Tenant, carrier: CarrierDouble) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    await sms(api, acme)
    claimed = await carrier.work("unknown")
    results = [carrier._result(one, 1, "accepted", {}) for one in claimed]
    async with api.platform.database.transaction() as tx:
        await api.platform.messaging.record(tx, "sandbox", results)
    await api.settle()

    assert len(await conversation_of(api, acme, contact_id)) == 1


async def test_media_of_a_message(api: Api, acme: Tenant, carrier: CarrierDouble) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    media = ["https://example.com/1.png", "https://example.com/2.png"]
    await api.post("/v4/sms", acme, {"from": NUMBER, "to": ANNA, "mediaUrl": media})
    await carrier.work()
    await api.settle()

    (shown,) = await conversation_of(api, acme, contact_id)

    assert (shown["event"]["mediaUrl"], shown["event"]["mediaUrls"]) == (media[0], media)


async def test_calls_of_the_accounts_own_phones_are_in_no_conversation(api: Api, acme: Tenant) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    await calls_in(api, acme, ANNA, kind="webrtc", direction="outbound")
    await api.settle()

    assert await conversation_of(api, acme, contact_id) == []


async def test_pages(api: Api, acme: Tenant) -> None:
    for text in ("one", "two", "three"):
        await texts(api, ANNA, text)
    (entry,) = await list_inbox(api, acme)
    whole = await conversation_of(api, acme, entry["contactId"])

    assert [one["event"]["body"] for one in whole] == ["three", "two", "one"]
    assert await conversation_of(api, acme, entry["contactId"], size="2") == whole[:2]
    assert await conversation_of(api, acme, entry["contactId"], lastId=whole[1]["time"]) == whole[2:]
    assert await conversation_of(api, acme, entry["contactId"], lastId=whole[2]["time"]) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "contactId"),
        ({"contactId": "me"}, "contactId"),
        ({"contactId": NOBODYS, "size": "0"}, "size"),
        ({"contactId": NOBODYS, "size": "1001"}, "size"),
        ({"contactId": NOBODYS, "lastId": "3539d410-5f65-41eb-a080-51e25f7d5918"}, "lastId"),
    ],
)
async def test_a_bad_query_is_named(api: Api, acme: Tenant, query: dict[str, str], field: str) -> None:
    assert (await api.get(CONVERSATION, acme, **query)).errors == [("400", field)]


async def test_a_conversation_is_seen_by_those_who_see_one_of_its_inboxes(api: Api, acme: Tenant) -> None:
    agent, other = await user_of(api, acme, AGENT), await user_of(api, acme, AGENT)
    await make_inbox(api, acme, "Herd", agent)
    await lead_to_inbox(api, acme, "Herd")
    unseen = await add_contact(api, acme, BERT)
    await texts(api, ANNA, "moo", TAGGED)
    (entry,) = await list_inbox(api, acme, inbox="Herd")
    contact_id, note = entry["contactId"], {"contactId": entry["contactId"], "notes": "x"}

    assert len(await conversation_of(api, agent, contact_id)) == 1
    assert len(await conversation_of(api, acme, contact_id)) == 1
    assert await conversation_of(api, other, contact_id) == []
    assert (await api.post(NOTES, other, note)).errors == [("404", "contactId")]
    assert (await api.post(NOTES, other, note | {"contactId": unseen})).status == 200
    stranger = await api.account("stranger")
    assert await conversation_of(api, stranger, contact_id) == []
    assert (await api.post(NOTES, stranger, note)).errors == [("404", "contactId")]


async def test_a_sent_message_is_answered_as_the_reference_shows_it_and_is_there_at_once(
    api: Api, acme: Tenant, carrier: CarrierDouble
) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    metadata = {"repliedToMessageTime": NOBODYS, "contactId": contact_id, "publish": True}

    sent = (await api.post(CONVERSATION, acme, message(source={"sourceId": "fsi"}, metadata=metadata))).only

    sid = sent["messageSid"]
    assert sent == {
        "request": {
            "callbackUrl": None,
            "detaillogResponseFormat": "response_format",
            "dlrEnabled": True,
            "accountSid": acme.sid,
            "messageSid": sid,
            "source": {"sourceId": "fsi", "clientId": str(acme.user.id)},
            "from": NUMBER,
            "numberSetId": None,
            "to": ANNA,
            "contactId": None,
            "text": "Hello from inbox.",
            "metadata": {**metadata, "currentMessageTime": None, "origin": "inbox"},
            "mediaUrl": None,
            "sms": True,
            "mms": False,
        },
        "messageSid": sid,
        "scheduledTime": epoch_ms(api.clock.now()) // 1000,
        "messageCount": 1,
        "responseStatus": True,
    }
    before = await conversation_of(api, acme, contact_id)
    assert [(one["time"], one["status"]) for one in before] == [(sid, "queued")]
    assert before[0]["event"]["attributes"] == {
        "phonenumber1": ANNA,
        "repliedToMessageTime": NOBODYS,
        "origin": "inbox",
    }
    assert [(one["time"], one["contactId"]) for one in await list_inbox(api, acme)] == [(sid, contact_id)]

    await carrier.work()
    await api.settle()

    assert [(one.sender, one.recipient, one.text) for one in carrier.taken] == [(NUMBER, ANNA, "Hello from inbox.")]
    after = await conversation_of(api, acme, contact_id)
    assert after == [{**before[0], "status": "sent"}]
    feed = await api.fetch("select kind, contact_id, time from inbox_feed")
    assert feed == [{"kind": "sms", "contact_id": UUID(contact_id), "time": UUID(sid)}]


async def test_a_sent_message_that_waits_for_the_morning_is_there_once(
    api: Api, acme: Tenant, carrier: CarrierDouble
) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    sid = (await api.post(CONVERSATION, acme, message(metadata={"contactId": contact_id}))).only["messageSid"]
    async with api.platform.database.transaction() as tx:
        await tx.execute("update messages set scheduled_at = created_at + interval '5 hours'")
    api.clock.advance(5 * 3600)
    acme = signed_in(api, acme)
    await carrier.work()
    await api.settle()

    assert [one["time"] for one in await conversation_of(api, acme, contact_id)] == [sid]


async def test_a_contact_is_sent_to_by_its_id(api: Api, acme: Tenant, carrier: CarrierDouble) -> None:
    contact_id = await add_contact(api, acme, ANNA)

    sent = (await api.post(CONVERSATION, acme, message(to=None, contactId=contact_id))).only

    assert (sent["request"]["to"], sent["request"]["contactId"]) == (ANNA, contact_id)
    assert len(await conversation_of(api, acme, contact_id)) == 1
    assert await list_inbox(api, acme) == []


async def test_who_is_sent_to_without_publishing_becomes_no_contact(api: Api, acme: Tenant) -> None:
    assert (await api.post(CONVERSATION, acme, message())).payload
    assert (await api.get("/v4/contact", acme)).payload == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": None}, "from"),
        ({"from": "me"}, "from"),
        ({"numberSetId": NOBODYS}, "from"),
        ({"to": None}, "to"),
        ({"to": "you"}, "to"),
        ({"text": None}, "text"),
        ({"mediaUrl": "file:///etc/passwd"}, "mediaUrl"),
        ({"metadata": {"contactId": "who"}}, "metadata.contactId"),
        ({"metadata": {"publish": "perhaps"}}, "metadata.publish"),
        ({"metadata": {"x": "x" * 5000}}, "metadata"),
        ({"metadata": []}, "metadata"),
    ],
)
async def test_a_bad_message_is_not_sent(api: Api, acme: Tenant, changes: dict[str, Any], field: str) -> None:
    answer = await api.post(CONVERSATION, acme, message(**changes))

    assert (answer.status, answer.errors) == (400, [("400", field)])
    assert await api.fetch("select 1 from messages") == []


async def test_a_message_is_for_a_number_of_its_contact(api: Api, acme: Tenant) -> None:
    contact_id = await add_contact(api, acme, ANNA, phonenumber2=BERT)
    metadata = {"contactId": contact_id}

    other = await api.post(CONVERSATION, acme, message(to="+12125550123", metadata=metadata))
    unknown = await api.post(CONVERSATION, acme, message(metadata={"contactId": NOBODYS}))
    second = await api.post(CONVERSATION, acme, message(to=BERT, metadata=metadata))

    assert (other.errors, unknown.errors) == ([("400", "to")], [("404", "contactId")])
    assert second.status == 200
    assert await api.fetch("select recipient from messages") == [{"recipient": BERT}]


async def test_what_refuses_a_message_keeps_it_out_of_the_conversation(api: Api, acme: Tenant) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    answer = await api.post(CONVERSATION, acme, message(**{"from": "+12125550123"}, metadata={"contactId": contact_id}))

    assert answer.status != 200
    assert await conversation_of(api, acme, contact_id) == []


async def test_a_reply_is_published_where_the_contact_was_shown_last(api: Api, acme: Tenant) -> None:
    await make_inbox(api, acme, "Herd")
    await lead_to_inbox(api, acme, "Herd")
    await texts(api, ANNA, "moo", TAGGED)
    (entry,) = await list_inbox(api, acme, inbox="Herd")
    api.clock.advance(1)

    await api.post(CONVERSATION, acme, message(metadata={"contactId": entry["contactId"], "publish": "true"}))

    (shown,) = await list_inbox(api, acme, inbox="Herd")
    assert (shown["event"]["body"], shown["event"]["direction"]) == ("Hello from inbox.", "out")
    assert await list_inbox(api, acme) == []


async def test_notes_and_external_events(api: Api, acme: Tenant) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    numbers = {"from": NUMBER, "to": ANNA}
    note = (await api.post(NOTES, acme, {"contactId": contact_id, **numbers, "notes": "Irate"})).only
    api.clock.advance(1)
    metadata = {"contactId": contact_id, "publish": True, "form": "7"}
    link = {"description": "Form", "url": "http://localhost/form?id=1"}
    event = (await api.post(EXTERNAL, acme, {**numbers, **link, "metadata": metadata})).only

    assert note == {
        "accountSid": acme.sid,
        "contactId": contact_id,
        "time": note["time"],
        "event": {
            "messageId": note["time"],
            **numbers,
            "direction": "out",
            "notes": "Irate",
            "tags": [],
            "attributes": {"phonenumber1": ANNA},
            "version": "",
            "type": "notes",
            "time": epoch_ms(api.clock.now()) - 1000,
        },
        "status": "added",
        "type": "notes",
    }
    assert {name: event["event"][name] for name in link} == link
    assert event["event"]["attributes"] == {"phonenumber1": ANNA, "form": "7"}
    assert await conversation_of(api, acme, contact_id) == [event, note]
    (entry,) = await list_inbox(api, acme)
    assert (entry["type"], entry["event"], entry["status"]) == ("externalEvent", event["event"], "unread")
    assert await api.fetch("select 1 from messages") == []


@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        (NOTES, {"contactId": None}, "contactId"),
        (NOTES, {"notes": " "}, "notes"),
        (NOTES, {"notes": "x" * 10_001}, "notes"),
        (NOTES, {"notes": None}, "notes"),
        (NOTES, {"from": "me"}, "from"),
        (NOTES, {"metadata": {"publish": 7}}, "metadata.publish"),
        (EXTERNAL, {"description": ""}, "description"),
        (EXTERNAL, {"url": "javascript:alert(1)"}, "url"),
    ],
)
async def test_a_bad_remark_is_not_kept(api: Api, acme: Tenant, path: str, changes: dict[str, Any], field: str) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    body = {"contactId": contact_id, "notes": "x", "description": "x"} | changes

    assert (await api.post(path, acme, body)).errors == [("400", field)]
    assert await conversation_of(api, acme, contact_id) == []


async def test_an_unpublished_note_leaves_the_inbox_as_it_is(api: Api, acme: Tenant) -> None:
    await texts(api, ANNA)
    (entry,) = await list_inbox(api, acme)
    mark = {name: entry[name] for name in ("inbox", "partition", "time")}
    (read,) = (await api.put(INBOX, acme, {**mark, "status": "read"})).payload
    api.clock.advance(1)

    await api.post(NOTES, acme, {"contactId": entry["contactId"], "notes": "x"})

    assert await list_inbox(api, acme) == [read]


async def test_privileges_are_needed(api: Api) -> None:
    rows = (
        ("GET", f"{CONVERSATION}?contactId={Ids.random_uuid()}", "inbox-read"),
        ("POST", CONVERSATION, "sms-send"),
        ("POST", NOTES, "inbox-read"),
        ("POST", EXTERNAL, "inbox-read"),
    )

    await api.assert_privileges(rows, "number-admin")
