"""Requests 75 to 77 and 80 to 82: inboxes, what arrives in them, who sees which, and how conversations are marked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.api.people import user_of
from tests.api.v4.conversing import (
    ANNA,
    BERT,
    INBOX,
    NAMES,
    NUMBER,
    TAGGED,
    add_contact,
    lead_to_inbox,
    leaves_voicemail,
    list_inbox,
    make_inbox,
    open_account,
    signed_in,
    texts,
)
from tests.harness import Api, Tenant

from cordboard.domain.inbox.service import MOST_INBOXES
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import time_of

DAY = 86_400
AGENT = "gi-agent"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account with the inboxes."""
    return await open_account(api)


def place(entry: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What names an entry in a request to mark it."""
    return {name: entry[name] for name in ("inbox", "partition", "time")} | more


async def names_of(api: Api, tenant: Tenant) -> dict[str, tuple[int, int]]:
    """The inboxes that somebody sees, with how much is unread and open."""
    return {one["name"]: (one["unread"], one["open"]) for one in (await api.get(NAMES, tenant)).payload}


async def senders(api: Api, tenant: Tenant, **query: str) -> list[str]:
    """Whose conversations an inbox shows, the newest first."""
    return [entry["event"]["from"] for entry in await list_inbox(api, tenant, **query)]


async def test_a_text_is_shown_as_the_reference_shows_it(api: Api, acme: Tenant) -> None:
    contact_id = await add_contact(api, acme, ANNA, firstname="Anna")
    await texts(api, ANNA, "Is it open?")

    (shown,) = await list_inbox(api, acme, inbox=acme.sid)

    contact = (await api.get(f"/v4/contact/{contact_id}", acme)).only
    assert time_of(UUID(shown["time"])) == api.clock.now()
    assert shown == {
        "accountSid": acme.sid,
        "inbox": acme.sid,
        "partition": 20260105,
        "time": shown["time"],
        "timestamp": epoch_ms(api.clock.now()),
        "contact": {
            "accountSid": acme.sid,
            "contactId": contact_id,
            "created": contact["created"],
            "lastUsed": shown["time"],
            "lastInbox": acme.sid,
            "lastMethod": "sms",
            "extData": {"phonenumber1": ANNA, "firstname": "Anna"},
            "keys": [ANNA],
            "dnc": 0,
        },
        "contactId": contact_id,
        "event": {
            "messageId": shown["time"],
            "to": NUMBER,
            "from": ANNA,
            "direction": "in",
            "body": "Is it open?",
            "mediaUrl": "",
            "tags": [],
            "attributes": {"phonenumber1": ANNA},
            "version": "",
            "type": "sms",
            "time": epoch_ms(api.clock.now()),
        },
        "source": {"sourceId": "fsi"},
        "status": "unread",
        "open": "open",
        "type": "sms",
    }


async def test_a_conversation_stands_once_with_its_newest_event(api: Api, acme: Tenant) -> None:
    await texts(api, ANNA, "one")
    await texts(api, BERT, "two")
    await texts(api, ANNA, "three")
    recording = await leaves_voicemail(api, acme, BERT)

    bert, anna = await list_inbox(api, acme)

    assert anna["event"]["body"] == "three"
    assert (bert["type"], bert["time"], bert["contact"]["lastMethod"]) == ("voicemail", str(recording), "voicemail")
    assert (bert["event"]["duration"], bert["event"]["recordingUrl"]) == (12, "https://voice.example/1.mp3")
    assert await names_of(api, acme) == {acme.sid: (2, 2)}


async def test_whoever_has_no_number_is_in_no_inbox_and_a_short_code_is(api: Api, acme: Tenant) -> None:
    await texts(api, "ACMEBANK", "no reply")
    await texts(api, "411411", "your code is 5")
    await leaves_voicemail(api, acme, "anonymous")

    assert await senders(api, acme) == ["411411"]


async def test_read_and_closed_until_the_next_event(api: Api, acme: Tenant) -> None:
    await texts(api, ANNA)
    (entry,) = await list_inbox(api, acme)

    read = (await api.put(INBOX, acme, place(entry, status="read", type="SMS"))).only
    assert read == {**entry, "status": "read"}
    assert await names_of(api, acme) == {acme.sid: (0, 1)}
    closed = (await api.put(INBOX, acme, place(entry, open="closed"))).only
    assert closed == {**entry, "status": "read", "open": "closed"}
    assert await list_inbox(api, acme) == []
    assert await list_inbox(api, acme, open="closed") == await list_inbox(api, acme, open="all") == [closed]
    assert await names_of(api, acme) == {acme.sid: (0, 0)}

    await texts(api, ANNA, "again")

    (reopened,) = await list_inbox(api, acme)
    assert (reopened["status"], reopened["open"], reopened["event"]["body"]) == ("unread", "open", "again")
    assert await list_inbox(api, acme, open="closed") == []
    stale = await api.put(INBOX, acme, place(entry, status="read"))
    assert (stale.status, stale.body["error"][0]["message"]) == (409, "A newer event has come")
    assert reopened["time"] in stale.body["error"][0]["moreInfo"]
    assert await names_of(api, acme) == {acme.sid: (1, 1)}


async def test_what_one_has_read_is_read_for_all(api: Api, acme: Tenant) -> None:
    agent = await user_of(api, acme, AGENT)
    await texts(api, ANNA)
    (entry,) = await list_inbox(api, agent)

    assert (await api.put(INBOX, agent, place(entry, status="read"))).payload

    assert [one["status"] for one in await list_inbox(api, acme)] == ["read"]


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({}, 400, "status"),
        ({"status": "seen"}, 400, "status"),
        ({"status": "read", "open": "shut"}, 400, "open"),
        ({"status": "read", "partition": 20260104}, 400, "partition"),
        ({"status": "read", "time": "3539d410-5f65-41eb-a080-51e25f7d5918"}, 400, "time"),
        ({"status": "read", "time": None}, 400, "time"),
        ({"status": "read", "partition": None, "time": "3539d410-5f65-11eb-a080-51e25f7d5918"}, 404, "time"),
        ({"status": "read", "inbox": "nowhere"}, 404, "inbox"),
    ],
)
async def test_a_bad_mark_changes_nothing(
    api: Api, acme: Tenant, changes: dict[str, Any], status: int, field: str
) -> None:
    await texts(api, ANNA)
    (entry,) = await list_inbox(api, acme)

    answer = await api.put(INBOX, acme, place(entry) | changes)

    assert (answer.status, answer.errors) == (status, [(str(status), field)])
    assert await list_inbox(api, acme) == [entry]


async def test_pages_and_days(api: Api, acme: Tenant) -> None:
    people = [f"+1949222{index:04}" for index in range(5)]
    for person in people:
        await texts(api, person)
        api.clock.advance(DAY)
    today = api.clock.now()
    acme = signed_in(api, acme)

    entries = await list_inbox(api, acme)
    newest_first = people[::-1]
    assert [entry["event"]["from"] for entry in entries] == newest_first
    assert await senders(api, acme, limit="2") == newest_first[:2]
    assert await senders(api, acme, limit="2", lastTime=entries[1]["time"]) == newest_first[2:4]
    assert await senders(api, acme, lastTime=entries[4]["time"]) == []
    assert await senders(api, acme, days="2") == newest_first[:2]
    first, second = (f"{today - timedelta(days=back):%Y-%m-%d}" for back in (5, 4))
    assert await senders(api, acme, startDate=first, endDate=second) == people[1::-1]
    assert await senders(api, acme, endDate=second.replace("-", ""), days="1") == [people[1]]
    assert await senders(api, acme, startDate=second) == newest_first[:4]

    api.clock.advance(28 * DAY)
    acme = signed_in(api, acme)
    assert await senders(api, acme) == newest_first[:2]
    assert await senders(api, acme, days="60", open="all") == newest_first


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"days": "0"}, "days"),
        ({"lastTime": "soon"}, "lastTime"),
        ({"lastTime": "3539d410-5f65-41eb-a080-51e25f7d5918"}, "lastTime"),
        ({"open": "ajar"}, "open"),
        ({"startDate": "yesterday"}, "startDate"),
        ({"endDate": "2026-02-30"}, "endDate"),
        ({"startDate": "x", "endDate": "2026-01-01"}, "startDate"),
        ({"startDate": "2026-01-02", "endDate": "2026-01-01"}, "endDate"),
    ],
)
async def test_a_bad_query_is_named(api: Api, acme: Tenant, query: dict[str, str], field: str) -> None:
    assert (await api.get(INBOX, acme, **query)).errors == [("400", field)]


async def test_the_earliest_day_is_no_error(api: Api, acme: Tenant) -> None:
    assert await list_inbox(api, acme, endDate="0001-01-02", days="4000") == []


async def test_routing_says_which_inbox(api: Api, acme: Tenant) -> None:
    await make_inbox(api, acme, "Herd")
    await lead_to_inbox(api, acme, "herd", applyTags=["cows", "milk"])
    await texts(api, ANNA, "moo", TAGGED)
    await texts(api, BERT, "to nobody's tag")

    (anna,) = await list_inbox(api, acme, inbox="HERD")

    assert (anna["inbox"], anna["event"]["tags"], anna["contact"]["lastInbox"]) == ("Herd", ["cows", "milk"], "Herd")
    assert await senders(api, acme) == [BERT]


async def test_all_at_once_is_in_all_and_an_unknown_inbox_is_the_default(api: Api, acme: Tenant) -> None:
    await make_inbox(api, acme, "Herd")
    await lead_to_inbox(api, acme, "Herd", "gone")
    await texts(api, ANNA, "moo", TAGGED)

    assert await senders(api, acme, inbox="Herd") == await senders(api, acme) == [ANNA]


async def test_where_routing_names_no_inbox_it_is_the_default(api: Api, acme: Tenant) -> None:
    await texts(api, ANNA, "moo", TAGGED)
    assert await senders(api, acme) == [ANNA]

    await api.post("/v4/number/release", acme, {"phoneNumber": [TAGGED]})
    assert await names_of(api, acme) == {acme.sid: (1, 1)}


async def test_an_agent_sees_the_default_inbox_and_those_that_she_is_a_user_of(api: Api, acme: Tenant) -> None:
    agent, other = await user_of(api, acme, AGENT), await user_of(api, acme, AGENT)
    await make_inbox(api, acme, "Herd", agent)
    await make_inbox(api, acme, "Barn", other)
    await lead_to_inbox(api, acme, "Herd", "Barn")
    await texts(api, ANNA, "moo", TAGGED)

    assert [*await names_of(api, agent)] == [acme.sid, "Herd"]
    assert [*await names_of(api, acme)] == [acme.sid, "Barn", "Herd"]
    assert await senders(api, agent, inbox="Herd") == [ANNA]
    assert (await api.get(INBOX, agent, inbox="Barn")).errors == [("404", "inbox")]
    (entry,) = await list_inbox(api, other, inbox="Barn")
    assert (await api.put(INBOX, agent, place(entry, status="read"))).errors == [("404", "inbox")]
    async with api.platform.database.transaction() as tx:
        assert await api.platform.inbox.service.inboxes_of(tx, acme.id, agent.user.id) == ["Herd"]


async def test_whoever_manages_inboxes_sees_their_names_alone(api: Api, acme: Tenant) -> None:
    manager = await user_of(api, acme, "settings-admin")
    await make_inbox(api, acme, "Herd")

    assert [*await names_of(api, manager)] == [acme.sid, "Herd"]
    assert (await api.get(INBOX, manager)).errors == [("401", "needs the privilege inbox-read")]


async def test_an_inbox_is_made_renamed_and_given_users(api: Api, acme: Tenant) -> None:
    agent = await user_of(api, acme, AGENT)
    made = (await api.post(f"{INBOX}/create", acme, {"name": "TestBox", "clientIds": [str(agent.user.id)] * 2})).only
    assert made == {
        "accountSid": acme.sid,
        "name": "TestBox",
        "displayName": "TestBox",
        "clientIds": [str(agent.user.id)],
        "unread": 0,
        "open": 0,
    }
    await lead_to_inbox(api, acme, "TestBox")
    await texts(api, ANNA, "moo", TAGGED)

    renamed = await api.put(f"{INBOX}/testbox", acme, {"name": "Support", "displayName": "Funny", "clientIds": []})

    shown = {**made, "name": "Support", "displayName": "Funny", "clientIds": [], "unread": 1, "open": 1}
    assert renamed.only == shown
    assert await senders(api, acme, inbox="support") == [ANNA]
    assert (await api.get(INBOX, agent, inbox="support")).status == 404
    assert (await api.put(f"{INBOX}/Support", acme, {})).only == shown


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"displayName": "x"}, "name"),
        ({"name": ""}, "name"),
        ({"name": " box"}, "name"),
        ({"name": "box/1"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "create"}, "name"),
        ({"name": "Name"}, "name"),
        ({"name": "3539d410-5f65-11eb-a080-51e25f7d5918"}, "name"),
        ({"name": "box", "displayName": "x" * 256}, "displayName"),
        ({"name": "box", "clientIds": ["3539d410-5f65-11eb-a080-51e25f7d5918"]}, "clientIds"),
        ({"name": "box", "clientIds": ["nobody"]}, "clientIds[0]"),
    ],
)
async def test_a_bad_inbox_is_not_made(api: Api, acme: Tenant, body: dict[str, Any], field: str) -> None:
    assert (await api.post(f"{INBOX}/create", acme, body)).errors == [("400", field)]
    assert await api.fetch("select 1 from inboxes") == []


async def test_names_are_taken_in_any_case_of_letters(api: Api, acme: Tenant) -> None:
    await make_inbox(api, acme, "Herd")
    await make_inbox(api, acme, "Barn")

    again = await api.post(f"{INBOX}/create", acme, {"name": "HERD"})
    renamed = await api.put(f"{INBOX}/Barn", acme, {"name": "herd", "displayName": "x"})

    assert [again.status, renamed.status] == [409, 409]
    assert [one["displayName"] for one in (await api.get(NAMES, acme)).payload] == ["Inbox", "Barn!", "Herd!"]
    stranger = await api.account("stranger")
    await make_inbox(api, stranger, "Herd")


async def test_so_many_inboxes(api: Api, acme: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into inboxes select $1, gen_random_uuid(), 'box' || n, '', $2 from generate_series(1, $3) as g (n)",
            acme.id,
            api.clock.now(),
            MOST_INBOXES,
        )

    assert (await api.post(f"{INBOX}/create", acme, {"name": "one more"})).status == 409


async def test_the_default_inbox_has_a_name_to_show_and_stays(api: Api, acme: Tenant) -> None:
    one = f"{INBOX}/{acme.sid.upper()}"
    assert (await api.put(one, acme, {"displayName": "Everything", "name": acme.sid, "clientIds": []})).only == {
        "accountSid": acme.sid,
        "name": acme.sid,
        "displayName": "Everything",
        "clientIds": [],
        "unread": 0,
        "open": 0,
    }
    assert (await api.put(one, acme, {"name": "mine"})).errors == [("400", "name")]
    assert (await api.put(one, acme, {"clientIds": [str(acme.user.id)]})).errors == [("400", "clientIds")]
    assert (await api.delete(one, acme)).status == 409
    assert [shown["displayName"] for shown in (await api.get(NAMES, acme)).payload] == ["Everything"]


async def test_conversations_of_a_deleted_inbox_go_to_the_default_one(api: Api, acme: Tenant) -> None:
    await make_inbox(api, acme, "Herd")
    await lead_to_inbox(api, acme, "Herd")
    await texts(api, ANNA, "older, in the default inbox")
    await texts(api, ANNA, "newer", TAGGED)
    await texts(api, BERT, "older, in the herd", TAGGED)
    await texts(api, BERT, "newest")
    for entry in [*await list_inbox(api, acme, inbox="Herd"), *await list_inbox(api, acme)]:
        if entry["event"]["body"] in ("newer", "older, in the herd", "newest"):
            marks = {"status": "read"} | ({"open": "closed"} if "older" in entry["event"]["body"] else {})
            assert (await api.put(INBOX, acme, place(entry, **marks))).payload

    assert (await api.delete(f"{INBOX}/herd", acme)).only["name"] == "Herd"

    shown = [(one["event"]["body"], one["status"], one["open"]) for one in await list_inbox(api, acme, open="all")]
    assert shown == [("newest", "read", "open"), ("newer", "unread", "open")]
    assert [*await names_of(api, acme)] == [acme.sid]
    assert (await api.delete(f"{INBOX}/herd", acme)).errors == [("404", "inbox")]
    await texts(api, ANNA, "moo", TAGGED)
    assert (await list_inbox(api, acme))[0]["event"]["body"] == "moo"


async def test_a_user_who_is_gone_is_in_no_inbox(api: Api, acme: Tenant) -> None:
    agent = await user_of(api, acme, AGENT)
    await make_inbox(api, acme, "Herd", agent)

    assert (await api.delete(f"/ams/v3/users/{agent.user.id}", acme)).status == 200
    await api.settle()

    assert [one["clientIds"] for one in (await api.get(NAMES, acme)).payload] == [[], []]
    assert await api.fetch("select 1 from inbox_users") == []


async def test_another_accounts_inboxes_do_not_exist(api: Api, acme: Tenant) -> None:
    stranger = await api.account("stranger")
    await make_inbox(api, acme, "Herd")
    await texts(api, ANNA)
    (entry,) = await list_inbox(api, acme)

    for name in ("Herd", acme.sid):
        assert (await api.get(INBOX, stranger, inbox=name)).errors == [("404", "inbox")]
        assert (await api.put(f"{INBOX}/{name}", stranger, {"displayName": "x"})).status == 404
        assert (await api.delete(f"{INBOX}/{name}", stranger)).status == 404
    assert (await api.put(INBOX, stranger, place(entry, status="read"))).status == 404
    assert (await api.put(INBOX, stranger, place(entry, status="read") | {"inbox": None})).status == 404
    assert await list_inbox(api, acme) == [entry]


async def test_a_contact_that_was_archived_is_shown_still(api: Api, acme: Tenant) -> None:
    await texts(api, ANNA)
    (entry,) = await list_inbox(api, acme)
    await api.delete(f"/v4/contact/{entry['contactId']}", acme)

    assert await list_inbox(api, acme) == [entry]


async def test_what_is_past_its_retention_goes(api: Api, acme: Tenant) -> None:
    await texts(api, ANNA)
    api.clock.advance(400 * DAY)
    async with api.platform.database.transaction() as tx:
        await api.platform.inbox.service.forget_old(tx)
        await api.platform.inbox.feed.forget_old(tx)
    assert len(await api.fetch("select 1 from inbox_entries")) == 1
    assert await api.fetch("select 1 from inbox_feed") == []

    api.clock.advance(40 * DAY)
    async with api.platform.database.transaction() as tx:
        await api.platform.inbox.service.forget_old(tx)
    assert await api.fetch("select 1 from inbox_entries") == []


async def test_privileges_are_needed(api: Api) -> None:
    rows = (
        ("GET", INBOX, "inbox-read"),
        ("GET", NAMES, "inbox-read"),
        ("PUT", INBOX, "inbox-read"),
        ("POST", f"{INBOX}/create", "inbox-update"),
        ("PUT", f"{INBOX}/Herd", "inbox-update"),
        ("DELETE", f"{INBOX}/Herd", "inbox-update"),
    )

    await api.assert_privileges(rows, "number-admin")
