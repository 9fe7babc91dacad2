"""Requests 208 to 211: voicemails kept, shown, marked, deleted and told of; mailboxes and who may see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.harness import Api, Tenant

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.privileges import ROLES, Privilege
from cordboard.domain.voicemail.models import DEFAULT_GREETING, Mailbox, NewVoicemail, Voicemail
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids
from cordboard.testing.webhook_receiver import WebhookReceiver

NUMBER, SECOND = "+17145550100", "+17145550101"
CALLER = "+16192331234"
CONTACT = UUID("0a6e4d60-6866-11ea-9ea9-d1464f98b813")
BASE = f"/v4/voicemail/{NUMBER}"
DAY = 86_400


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """An account that owns NUMBER and SECOND."""
    tenant = await api.account()
    assert (await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, SECOND]})).status == 200
    return tenant


async def leave(
    api: Api, tenant: Tenant, number: str = NUMBER, *, transcription_follows: bool = False, **given: Any
) -> Voicemail:
    """A message, as call control leaves it."""
    ids = Ids(api.clock)
    new = NewVoicemail(
        account_id=tenant.id,
        recording_id=ids.time_uuid(),
        call_id=ids.time_uuid(),
        phone_number=number,
        from_number=CALLER,
        seconds=12,
        url="http://127.0.0.1:8000/media/0123456789abcdef.mp3",
        **given,
    )
    async with api.platform.database.transaction() as tx:
        return await api.platform.voicemail.keep(tx, new, transcription_follows=transcription_follows)


async def user_of(api: Api, tenant: Tenant, role: str) -> Tenant:
    """Another user of the account, signed in."""
    user = User(Ids.random_uuid(), tenant.id, f"{Ids.random_uuid()}@acme.example", "", 1, [role], None, 0)
    async with api.platform.database.transaction() as tx:
        await accounts.insert_user(tx, user, api.clock.now())
    return Tenant(tenant.account, user, api._token_of(tenant.account, user))


async def stored(api: Api) -> list[tuple[UUID, int]]:
    rows = await api.fetch("select recording_id, status from voicemails order by created_at, recording_id")
    return [(row["recording_id"], row["status"]) for row in rows]


async def told(api: Api) -> list[dict[str, Any]]:
    """The events that wait."""
    rows = await api.fetch("select payload from outbox where topic = 'voicemail.recorded' order by id")
    return [row["payload"] for row in rows]


async def test_a_voicemail_is_shown_as_the_reference_lists_it(api: Api, acme: Tenant) -> None:
    kept = await leave(api, acme, contact_id=CONTACT, metadata={"queue": "sales"})

    shown = (await api.get("/v4/voicemail/", acme)).only

    assert shown == {
        "accountSid": acme.sid,
        "phoneNumber": NUMBER,
        "recordingId": str(kept.recording_id),
        "callSid": str(kept.call_id),
        "contactId": str(CONTACT),
        "fromNumber": CALLER,
        "seconds": 12,
        "url": kept.url,
        "metadata": {"queue": "sales"},
        "transcription": None,
        "status": 0,
        "date": epoch_ms(api.clock.now()),
    }
    assert (await api.get(f"{BASE}/", acme)).only == shown
    assert (await api.get(f"{BASE}/{kept.recording_id}", acme)).only == shown


async def test_lists_go_by_number_day_and_status(api: Api, acme: Tenant) -> None:
    old = await leave(api, acme)
    api.clock.advance(15 * DAY)
    acme = await user_of(api, acme, "number-admin")
    new, other = await leave(api, acme), await leave(api, acme, SECOND)
    await api.put(f"{BASE}/status/{new.recording_id}", acme, {"status": 1})

    async def listed(path: str = "/v4/voicemail", **query: str) -> set[str]:
        return {one["recordingId"] for one in (await api.get(path, acme, **query)).payload}

    ids = {name: str(one.recording_id) for name, one in (("old", old), ("new", new), ("other", other))}
    assert await listed() == {ids["new"], ids["other"]}
    assert await listed(status="0") == {ids["other"]}
    assert await listed(status="1") == {ids["new"]}
    assert await listed(startDate="2026-01-05", endDate="20260105") == {ids["old"]}
    assert await listed(startDate="2026-01-05") == set(ids.values())
    assert await listed(BASE) == {ids["old"], ids["new"]}
    assert await listed(BASE, startDate="2026-01-06") == {ids["new"]}
    assert await listed(BASE, size="1") == {ids["new"]}
    assert await listed(BASE, size="1", offset="1") == {ids["old"]}


async def test_marking_and_deleting(api: Api, acme: Tenant) -> None:
    kept = await leave(api, acme)
    path = f"{BASE}/status/{kept.recording_id}"

    assert (await api.put(path, acme, {"status": "1"})).only["status"] == 1
    assert await stored(api) == [(kept.recording_id, 1)]
    assert (await api.put(path, acme, {"status": 0})).only["status"] == 0
    assert (await api.put(path, acme, {"status": -1})).only["status"] == -1
    assert await stored(api) == []
    assert (await api.put(path, acme, {"status": 1})).status == 404


async def test_what_is_wrong_is_named(api: Api, acme: Tenant) -> None:
    kept = await leave(api, acme)
    queries = [
        ({"startDate": "soon"}, "startDate"),
        ({"startDate": "2026-01-05", "endDate": "2026-01-04"}, "endDate"),
        ({"endDate": "2026-01-04"}, "startDate"),
        ({"status": "-1"}, "status"),
        ({"size": "0"}, "size"),
    ]
    for query, field in queries:
        for path in ("/v4/voicemail", BASE):
            named = [problem for _, problem in (await api.get(path, acme, **query)).errors]
            assert field in named, (path, query)
    for status in (2, -2, 2**40):
        answer = await api.put(f"{BASE}/status/{kept.recording_id}", acme, {"status": status})
        assert answer.errors == [("400", "status")]
    assert await stored(api) == [(kept.recording_id, 0)]


async def test_what_is_not_there_is_not_found(api: Api, acme: Tenant) -> None:
    kept = await leave(api, acme)
    stranger = await api.account("stranger")
    for tenant, path in (
        (stranger, BASE),
        (stranger, f"{BASE}/{kept.recording_id}"),
        (stranger, f"{BASE}/settings"),
        (acme, "/v4/voicemail/+17145550102"),
        (acme, "/v4/voicemail/x"),
        (acme, f"{BASE}/{kept.call_id}"),
        (acme, f"{BASE}/x"),
        (acme, f"/v4/voicemail/{SECOND}/{kept.recording_id}"),
    ):
        assert (await api.get(path, tenant)).status == 404, path
    for path in (f"{BASE}/status/{kept.recording_id}", f"/v4/voicemail/{SECOND}/status/{kept.recording_id}"):
        assert (await api.put(path, stranger, {"status": -1})).status == 404
    assert (await api.put(f"/v4/voicemail/{SECOND}/status/{kept.recording_id}", acme, {"status": -1})).status == 404
    assert (await api.get("/v4/voicemail", stranger)).payload == []
    assert await stored(api) == [(kept.recording_id, 0)]


async def test_who_may_see_a_mailbox(api: Api, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = await leave(api, acme)
    admin = await user_of(api, acme, "number-admin")
    monkeypatch.setitem(ROLES, "webphone-only", Privilege.WEBPHONE_USE.bit)  # every role of ours reads numbers, too
    agent, clerk = await user_of(api, acme, "webphone-only"), await user_of(api, acme, "billing-admin")
    async with api.platform.database.transaction() as tx:
        await api.platform.numbers.assign_user(tx, acme.id, NUMBER, agent.user.id)

    assert (await api.get(BASE, admin)).only["recordingId"] == str(kept.recording_id)
    assert (await api.get(BASE, agent)).only["recordingId"] == str(kept.recording_id)
    assert (await api.put(f"{BASE}/status/{kept.recording_id}", agent, {"status": 1})).status == 200
    assert (await api.put(f"{BASE}/settings", agent, {"greetingText": "Gone fishing"})).status == 200
    for path in (f"/v4/voicemail/{SECOND}", f"/v4/voicemail/{SECOND}/settings"):
        refused = await api.get(path, agent)
        assert (refused.status, refused.errors[0][0]) == (401, "401")
        assert "assigned to you" in str(refused.errors[0][1])
    assert (await api.get("/v4/voicemail", agent)).status == 401
    assert (await api.get(BASE, clerk)).errors == [("401", "needs the privilege number-read")]
    assert (await api.get(BASE)).status == 403


async def test_a_mailbox_as_it_comes_and_as_it_is_set(api: Api, acme: Tenant) -> None:
    path = f"{BASE}/settings"
    usual = {
        "phoneNumber": NUMBER,
        "greetingText": DEFAULT_GREETING,
        "greetingUrl": "",
        "voice": "en-us-standard-female-1",
        "transcribe": False,
        "maxSeconds": 120,
    }

    assert (await api.get(path, acme)).only == usual
    changed = (await api.put(path, acme, {"greetingUrl": "http://127.0.0.1/hello.mp3", "transcribe": "true"})).only
    assert changed == usual | {"greetingText": "", "greetingUrl": "http://127.0.0.1/hello.mp3", "transcribe": True}
    texted = (await api.put(path, acme, {"greetingText": "Hi", "voice": "de-de-premium-male-2", "maxSeconds": 30})).only
    assert texted == usual | {
        "greetingText": "Hi",
        "voice": "de-de-premium-male-2",
        "transcribe": True,
        "maxSeconds": 30,
    }
    assert (await api.put(path, acme, {"greetingText": ""})).only["greetingText"] == DEFAULT_GREETING
    assert (await api.get(f"/v4/voicemail/{SECOND}/settings", acme)).only == usual | {"phoneNumber": SECOND}
    async with api.platform.database.transaction() as tx:
        mailbox = await api.platform.voicemail.mailbox(tx, acme.id, NUMBER)
    assert mailbox == Mailbox(
        account_id=acme.id, phone_number=NUMBER, voice="de-de-premium-male-2", transcribe=True, max_seconds=30
    )


async def test_a_mailbox_that_cannot_be_is_refused(api: Api, acme: Tenant) -> None:
    rows: list[tuple[dict[str, Any], list[str]]] = [
        ({"greetingText": "x" * 1001}, ["greetingText"]),
        ({"greetingText": "x", "greetingUrl": "http://127.0.0.1/x"}, ["greetingText"]),
        ({"greetingUrl": "file:///etc/passwd"}, ["greetingUrl"]),
        ({"voice": "klingon", "maxSeconds": 4}, ["voice", "maxSeconds"]),
        ({"maxSeconds": 601}, ["maxSeconds"]),
    ]
    for body, fields in rows:
        answer = await api.put(f"{BASE}/settings", acme, body)
        assert (answer.status, [field for _, field in answer.errors]) == (400, fields), body
    assert await api.fetch("select from mailboxes") == []


async def test_the_webhook_is_told_with_the_references_variables(api: Api, acme: Tenant) -> None:
    async with WebhookReceiver() as receiver:
        body = {
            "eventType": "voicemail",
            "name": "messages",
            "url": receiver.url(),
            "httpMethod": "POST",
            "contentType": "JSON",
            "bodyTemplate": '{"id": "%%RECORDINGID%%", "of": "%%PHONENUMBER%%", "by": "%%FROMNUMBER%%",'
            ' "length": "%%SECONDS%%", "at": "%%URL%%", "said": "%%TRANSCRIPTION%%", "status": "%%STATUS%%",'
            ' "queue": "%%METADATA.QUEUE%%", "account": "%%ACCOUNTSID%%"}',
        }
        assert (await api.post("/v4/callback/configuration", acme, body)).status == 200
        kept = await leave(api, acme, metadata={"queue": "sales"}, transcription_follows=True)
        await api.settle()
        assert receiver.requests == []
        async with api.platform.database.transaction() as tx:
            await api.platform.voicemail.transcribed(tx, acme.id, kept.recording_id, "call me")
        await api.settle()

    (request,) = receiver.requests
    assert request.json == {
        "id": str(kept.recording_id),
        "of": NUMBER,
        "by": CALLER,
        "length": "12",
        "at": kept.url,
        "said": "call me",
        "status": "0",
        "queue": "sales",
        "account": acme.sid,
    }
    assert (await api.get(f"{BASE}/{kept.recording_id}", acme)).only["transcription"] == "call me"


async def test_each_message_is_told_once(api: Api, acme: Tenant) -> None:
    plain = await leave(api, acme)
    late = await leave(api, acme, transcription_follows=True)
    deleted = await leave(api, acme, transcription_follows=True)
    assert [event["recordingId"] for event in await told(api)] == [str(plain.recording_id)]
    await api.put(f"{BASE}/status/{deleted.recording_id}", acme, {"status": -1})

    api.clock.advance(599)
    assert await api.worker.timers.fire_due() == 0
    api.clock.advance(1)
    await api.worker.timers.fire_due()
    async with api.platform.database.transaction() as tx:
        for voicemail in (late, deleted):
            await api.platform.voicemail.transcribed(tx, acme.id, voicemail.recording_id, "too late")
        await api.platform.voicemail.transcribed(tx, acme.id, Ids.random_uuid(), "of nothing")

    events = await told(api)
    assert [event["recordingId"] for event in events] == [str(plain.recording_id), str(late.recording_id)]
    assert events[1]["transcription"] is None
    rows = await api.fetch("select transcription from voicemails where recording_id = $1", late.recording_id)
    assert rows == [{"transcription": "too late"}]


async def test_a_recording_is_kept_once(api: Api, acme: Tenant) -> None:
    kept = await leave(api, acme)
    again = NewVoicemail(
        account_id=acme.id,
        recording_id=kept.recording_id,
        call_id=kept.call_id,
        phone_number=NUMBER,
        from_number=CALLER,
        seconds=99,
        url="http://127.0.0.1/other",
    )
    async with api.platform.database.transaction() as tx:
        await api.platform.voicemail.keep(tx, again)

    assert len(await told(api)) == 1
    assert await api.fetch("select seconds from voicemails") == [{"seconds": 12}]
