"""The inbox's WebSocket: who is let in, what is told and when, what is told again after a pause, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from litestar import Litestar
from tests.api.people import user_of
from tests.api.v4.conversing import (
    ANNA,
    BERT,
    CONVERSATION,
    NUMBER,
    TAGGED,
    add_contact,
    lead_to_inbox,
    leaves_voicemail,
    list_inbox,
    make_inbox,
    open_account,
    texts,
)
from tests.harness import Api, Tenant
from tests.sockets.house import PATIENCE, House, closed_with, open_house, refusal

from cordboard.domain.inbox.feed import CHANNEL
from cordboard.domain.uploads.events import PROGRESSED
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.sockets.entrance import MOST_SOCKETS_OF_USER
from cordboard.edge.sockets.inbox import PATH, InboxSockets
from cordboard.edge.sockets.inbox_hub import MOST_WAITING, InboxHub, Listener
from cordboard.edge.sockets.sessions import MOST_MESSAGES, TooSlowError
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.events import Event, append

Socket = aiohttp.ClientWebSocketResponse
HOUR = 3600


@pytest.fixture
async def house(api: Api) -> AsyncIterator[House]:
    async with open_house(api) as opened:
        yield opened


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account with the inboxes."""
    return await open_account(api)


async def connect(house: House, tenant: Tenant | None, **query: str) -> Socket:
    """A client's socket. Raises aiohttp.WSServerHandshakeError."""
    params = {"authtoken": tenant.token, **query} if tenant else query
    return await house.client.ws_connect(house.url + PATH, params=params)


@asynccontextmanager
async def following(house: House, tenant: Tenant, **query: str) -> AsyncIterator[Socket]:
    """A socket that is past its first frame."""
    async with await connect(house, tenant, **query) as socket:
        assert (await frame(socket))["messageType"] == "login success"
        await joined(house.api.platform.inbox.hub, 1)
        yield socket


async def joined(hub: InboxHub, count: int) -> None:
    """Waits until so many sockets have their place."""
    async with asyncio.timeout(PATIENCE):
        while sum(map(len, placed(hub))) < count:  # noqa: ASYNC110  (the other end of a connection has to come)
            await asyncio.sleep(0)


def placed(hub: InboxHub) -> list[set[Listener]]:
    """The sockets that have their place, by inbox."""
    return [listeners for inboxes in hub._listeners.values() for listeners in inboxes.values()]


async def frame(socket: Socket) -> dict[str, Any]:
    """The next frame."""
    received: dict[str, Any] = await socket.receive_json(timeout=PATIENCE)
    return received


async def frames(api: Api, socket: Socket, count: int) -> list[str]:
    """The texts of the next frames, once the process has looked."""
    await api.platform.inbox.hub.catch_up()
    return [(await frame(socket))["messagePayloadObject"]["event"]["body"] for _ in range(count)]


async def silent(api: Api, socket: Socket) -> bool:
    """Whether nothing but the next text is told."""
    await texts(api, BERT, "the end")
    return await frames(api, socket, 1) == ["the end"]


async def test_the_first_frame_and_a_text_are_as_the_reference_shows_them(api: Api, house: House, acme: Tenant) -> None:
    contact_id = await add_contact(api, acme, ANNA, firstname="Anna")
    async with await connect(house, acme, inbox=acme.sid) as socket:
        assert await frame(socket) == {
            "messageType": "login success",
            "messagePayloadObject": {},
            "utcTimestamp": f"{api.clock.now():%Y-%m-%d %H:%M:%S}",
            "eventId": 0,
        }
        await joined(api.platform.inbox.hub, 1)
        await texts(api, ANNA, "Hello")
        await api.platform.inbox.hub.catch_up()
        told = await frame(socket)

    (entry,) = await list_inbox(api, acme)
    assert told == {
        "messageType": "sms",
        "messagePayloadObject": {
            "accountSid": acme.sid,
            "inboxKey": acme.sid,
            "contactId": contact_id,
            "status": "unread",
            "inboxPartition": 20260105,
            "contact": entry["contact"],
            "event": entry["event"],
            "eventId": entry["time"],
            "type": "sms",
        },
        "utcTimestamp": f"{api.clock.now():%Y-%m-%d %H:%M:%S}",
        "eventId": 1,
    }


async def test_a_process_hears_of_news_by_itself(api: Api, house: House, acme: Tenant) -> None:
    wakeups = Wakeups(api.platform.database)
    loops = [
        asyncio.create_task(api.platform.inbox.hub.run(wakeups.event(CHANNEL))),
        asyncio.create_task(wakeups.run()),
    ]
    try:
        await asyncio.wait_for(wakeups.listening.wait(), PATIENCE)
        async with following(house, acme) as socket:
            await texts(api, ANNA)
            assert (await frame(socket))["messageType"] == "sms"
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def test_voicemails_and_what_users_publish_are_told(api: Api, house: House, acme: Tenant) -> None:
    contact_id = await add_contact(api, acme, ANNA)
    async with following(house, acme) as socket:
        await leaves_voicemail(api, acme, ANNA)
        metadata = {"contactId": contact_id, "publish": True}
        await api.post(f"{CONVERSATION}/notes", acme, {"notes": "to be told", "metadata": metadata})
        await api.post(f"{CONVERSATION}/notes", acme, {"notes": "to be read later", "contactId": contact_id})
        await api.post(CONVERSATION, acme, {"from": NUMBER, "to": ANNA, "text": "Hi", "metadata": metadata})
        await api.settle()
        await api.platform.inbox.hub.catch_up()

        told = [(await frame(socket))["messagePayloadObject"] for _ in range(3)]

        assert [(one["type"], one["event"].get("notes")) for one in told] == [
            ("voicemail", None),
            ("notes", "to be told"),
            ("sms", None),
        ]
        assert await silent(api, socket)


async def test_an_inbox_is_told_its_own_events_only(api: Api, house: House, acme: Tenant) -> None:
    agent = await user_of(api, acme, "gi-agent")
    await make_inbox(api, acme, "Herd", agent)
    await lead_to_inbox(api, acme, "Herd")
    stranger = await open_account_of_others(api)
    async with (
        following(house, acme) as usual,
        following(house, agent, inbox="herd") as herd,
        following(house, stranger) as foreign,
    ):
        await joined(api.platform.inbox.hub, 3)
        await texts(api, ANNA, "moo", TAGGED)
        await texts(api, ANNA, "baa", NUMBER)
        await api.platform.inbox.hub.catch_up()

        assert await frames(api, herd, 1) == ["moo"]
        assert await frames(api, usual, 1) == ["baa"]
        await publish_upload(api, stranger)
        await api.platform.inbox.hub.catch_up()
        assert (await frame(foreign))["messageType"] == "upload"


async def open_account_of_others(api: Api) -> Tenant:
    """An account without numbers."""
    return await api.account("stranger")


async def publish_upload(api: Api, tenant: Tenant, callback: str = "websocket") -> None:
    """An upload of the account gets on."""
    payload = {"uploadId": "1", "status": "processing", "processedRows": 7, "callback": callback}
    async with api.platform.database.transaction() as tx:
        await append(tx, [Event(PROGRESSED, tenant.id, "1", payload, api.clock.now())])
    await api.settle()


async def test_uploads_are_told_to_every_inbox_of_the_account(api: Api, house: House, acme: Tenant) -> None:
    await make_inbox(api, acme, "Herd")
    async with following(house, acme) as usual, following(house, acme, inbox="Herd") as herd:
        await joined(api.platform.inbox.hub, 2)
        await publish_upload(api, acme, "https://example.com/elsewhere")
        await publish_upload(api, acme)
        await api.platform.inbox.hub.catch_up()

        told = [await frame(usual), await frame(herd)]

        assert told[0] == told[1]
        assert told[0]["messageType"] == "upload"
        assert told[0]["messagePayloadObject"]["processedRows"] == 7


async def test_what_was_missed_is_told_in_order_then_what_is_new(api: Api, house: House, acme: Tenant) -> None:
    async with following(house, acme) as socket:
        await texts(api, ANNA, "heard")
        await api.platform.inbox.hub.catch_up()
        last = (await frame(socket))["eventId"]
    for number in range(3):
        await texts(api, ANNA, f"missed {number}")
    await api.platform.inbox.hub.catch_up()
    await texts(api, ANNA, "not seen by the process yet")

    async with await connect(house, acme, lastEventId=str(last)) as socket:
        assert (await frame(socket))["eventId"] == last
        expected = ["missed 0", "missed 1", "missed 2", "not seen by the process yet"]
        assert await frames(api, socket, 4) == expected
        assert await silent(api, socket)
    async with following(house, acme) as socket:
        assert await silent(api, socket)


async def test_a_process_that_lags_tells_nothing_twice(api: Api, house: House, acme: Tenant) -> None:
    await api.platform.inbox.hub.catch_up()
    await texts(api, ANNA, "told by another process")
    async with await connect(house, acme, lastEventId="1") as socket:
        assert (await frame(socket))["eventId"] == 1
        assert await silent(api, socket)
    async with await connect(house, acme, lastEventId=str(2**62)) as socket:
        assert (await frame(socket))["eventId"] == 2
        assert await silent(api, socket)


async def test_what_is_older_than_a_day_is_not_told_again(api: Api, house: House, acme: Tenant) -> None:
    await texts(api, ANNA, "yesterday")
    api.clock.advance(24 * HOUR + 1)
    acme = Tenant(acme.account, acme.user, api._token_of(acme.account, acme.user))
    await texts(api, ANNA, "today")

    async with await connect(house, acme, lastEventId="0") as socket:
        await frame(socket)
        assert await frames(api, socket, 1) == ["today"]


async def test_the_seam_between_what_was_and_what_is(api: Api, house: House, acme: Tenant) -> None:
    """Sockets come while texts do; each is told every text once, in order."""
    hub, count = api.platform.inbox.hub, 40

    async def client() -> list[str]:
        async with await connect(house, acme, lastEventId="0") as socket:
            await frame(socket)
            return [(await frame(socket))["messagePayloadObject"]["event"]["body"] for _ in range(count)]

    clients = []
    for number in range(count):
        await texts(api, ANNA, str(number))
        if number % 5 == 0:
            clients.append(asyncio.create_task(client()))
        await asyncio.sleep(0.001 * (number % 3))
        await hub.catch_up()

    assert await asyncio.gather(*clients) == [[str(number) for number in range(count)]] * len(clients)


async def test_who_is_not_let_in(api: Api, house: House, acme: Tenant) -> None:
    clerk, agent = await user_of(api, acme, "number-admin"), await user_of(api, acme, "gi-agent")
    await make_inbox(api, acme, "Herd")

    assert await refusal(connect(house, None)) == 403
    assert await refusal(connect(house, None, authtoken="no.such.token")) == 403
    assert await refusal(connect(house, clerk)) == 401
    assert await refusal(connect(house, agent, inbox="Herd")) == 404
    assert await refusal(connect(house, acme, inbox="nowhere")) == 404
    assert await refusal(connect(house, acme, accountSid="nobody")) == 404
    for odd in ("-1", "x", "9" * 19, "9" * 400, "1.5"):
        assert await refusal(connect(house, acme, lastEventId=odd)) == 400


async def test_a_parents_token_may_name_a_subaccount(api: Api, house: House, acme: Tenant) -> None:
    child = await api.account("child", parent=acme.id)
    async with following(house, acme, accountSid=child.sid, inbox=child.sid) as socket:
        await publish_upload(api, child)
        await api.platform.inbox.hub.catch_up()
        assert (await frame(socket))["messageType"] == "upload"
    assert await refusal(connect(house, child, accountSid=acme.sid)) == 404


async def test_sockets_of_a_user_and_their_words_are_limited(api: Api, house: House, acme: Tenant) -> None:
    opened = [await connect(house, acme) for _ in range(MOST_SOCKETS_OF_USER)]
    assert await refusal(connect(house, acme)) == 429
    await opened.pop().close()
    async with await connect(house, acme) as socket:
        for _ in range(MOST_MESSAGES + 5):
            await socket.send_str("{}")
        assert (await closed_with(socket))[0] == 1008
    for socket in opened:
        await socket.close()
    async with asyncio.timeout(PATIENCE):
        while api.platform.inbox.hub._listeners:  # noqa: ASYNC110  (the other ends have to go)
            await asyncio.sleep(0)


@asynccontextmanager
async def impatient(api: Api, **seconds: float) -> AsyncIterator[House]:
    """An application of nothing but this route, which waits for less long."""
    sockets = InboxSockets(
        database=api.platform.database,
        authenticator=api.platform.accounts,
        limiter=RateLimiter(1000),
        inboxes=api.platform.inbox.service,
        hub=api.platform.inbox.hub,
        **seconds,
    )
    application = Litestar([sockets.handler()], openapi_config=None, logging_config=None)
    async with open_house(api, application=application) as house:
        yield house


async def test_silence_is_broken_now_and_then(api: Api, acme: Tenant) -> None:
    async with impatient(api, keep_alive_seconds=0.01) as house, await connect(house, acme) as socket:
        await frame(socket)
        assert [await frame(socket), await frame(socket)] == [{}, {}]


async def test_an_expired_token_ends_the_socket(api: Api, acme: Tenant) -> None:
    async with impatient(api, keep_alive_seconds=0.01, check_seconds=0.02) as house, following(house, acme) as socket:
        api.clock.advance(timedelta(minutes=121).total_seconds())
        assert await closed_with(socket) == (4401, "Token expired")


async def test_whoever_may_see_the_inbox_no_longer_is_cut_off(
    api: Api, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.domain.accounts.service._STANDING_SECONDS", 0.0)
    agent = await user_of(api, acme, "gi-agent")
    await make_inbox(api, acme, "Herd", agent)
    async with impatient(api, keep_alive_seconds=0.01, check_seconds=0.02) as house:
        async with following(house, agent, inbox="Herd") as mine, following(house, acme, inbox="Herd") as owners:
            await api.put("/v4/inbox/Herd", acme, {"clientIds": []})
            assert (await closed_with(mine))[0] == 4403
            await api.delete("/v4/inbox/Herd", acme)
            assert (await closed_with(owners))[0] == 4403
        async with following(house, acme) as socket:
            async with api.platform.database.transaction() as tx:
                await api.platform.accounts.set_status(tx, acme.id, 0)
            assert (await closed_with(socket))[0] in (4401, 4403)


async def test_a_slow_client_is_dropped_and_told_to_come_again(api: Api, acme: Tenant) -> None:
    async with impatient(api, slow_seconds=0.05) as house, following(house, acme) as socket:
        assert socket._conn is not None
        assert socket._conn.protocol is not None
        socket._conn.protocol.pause_reading()
        (inboxes,) = api.platform.inbox.hub._listeners.values()
        ((listener,),) = inboxes.values()
        async with asyncio.timeout(PATIENCE):
            for number in range(1, 10_000_000):
                if not api.platform.inbox.hub._listeners:
                    break
                listener.offer(number, "x" * 60_000)
                await asyncio.sleep(0)
        socket._conn.protocol.resume_reading()
        assert (await closed_with(socket))[0] == 1013


async def test_only_so_many_frames_wait_for_a_socket() -> None:
    listener = Listener(UUID(int=1), UUID(int=1))
    for number in range(1, MOST_WAITING + 1):
        listener.offer(number, str(number))
    listener.offer(MOST_WAITING, "again")
    assert await listener.next() == "1"
    listener.offer(MOST_WAITING + 1, "fits")
    listener.offer(MOST_WAITING + 2, "too many")
    with pytest.raises(TooSlowError):
        await listener.next()


async def test_a_server_that_goes_down_says_so(house: House, acme: Tenant) -> None:
    async with following(house, acme) as socket:
        house.server.should_exit = True
        assert await closed_with(socket) == (1012, "the server restarts")
