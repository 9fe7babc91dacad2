"""The live lists' WebSocket: who is let in, what is told while a line is short, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from litestar import Litestar
from tests.api.people import at, user_of
from tests.harness import Api, Tenant
from tests.live_lists.house import BASE, NAME, Floor
from tests.sockets.house import PATIENCE, House, closed_with, open_house, refusal

from cordboard.domain.live_lists.models import AccessChange
from cordboard.domain.live_lists.signals import CHANNEL
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.sockets.entrance import MOST_SOCKETS_OF_USER
from cordboard.edge.sockets.live_lists import PATH, LiveListSockets, Patience
from cordboard.edge.sockets.live_lists_hub import MOST_WAITING, Listener
from cordboard.edge.sockets.sessions import MOST_MESSAGES, TooSlowError
from cordboard.infra.db.pool import Wakeups

Socket = aiohttp.ClientWebSocketResponse
NOW = 0.01


@pytest.fixture
async def floor(api: Api) -> Floor:
    """An account with agents."""
    return Floor(api, await api.account(), {})


@asynccontextmanager
async def serving(floor: Floor, patience: Patience | None = None) -> AsyncIterator[House]:
    """The application, or an impatient one of this route only, in a process that listens to the database."""
    application = None
    if patience is not None:
        sockets = LiveListSockets(
            database=floor.api.platform.database,
            authenticator=floor.api.platform.accounts,
            limiter=RateLimiter(1000),
            live_lists=floor.api.platform.live_lists.service,
            hub=floor.api.platform.live_lists.hub,
            patience=patience,
        )
        application = Litestar([sockets.handler()], openapi_config=None, logging_config=None)
    wakeups = Wakeups(floor.api.platform.database)
    wakeups.on(CHANNEL, floor.api.platform.live_lists.hub.notified)
    listening = asyncio.create_task(wakeups.run())
    try:
        await asyncio.wait_for(wakeups.listening.wait(), PATIENCE)
        async with open_house(floor.api, application=application) as house:
            yield house
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
async def house(floor: Floor) -> AsyncIterator[House]:
    async with serving(floor) as opened:
        yield opened


async def connect(house: House, tenant: Tenant | None, **query: str) -> Socket:
    """A client's socket. Raises aiohttp.WSServerHandshakeError."""
    params = {"token": tenant.token, **query} if tenant else query
    return await house.client.ws_connect(house.url + PATH, params=params)


@asynccontextmanager
async def following(house: House, tenant: Tenant, **query: str) -> AsyncIterator[Socket]:
    """A socket that has its place among the others."""
    before = len(placed(house.api))
    async with await connect(house, tenant, **query) as socket:
        await joined(house.api, before + 1)
        yield socket


async def joined(api: Api, count: int) -> None:
    """Waits until so many sockets have their place."""
    async with asyncio.timeout(PATIENCE):
        while len(placed(api)) != count:  # noqa: ASYNC110  (the other ends of connections have to come and go)
            await asyncio.sleep(0)


def placed(api: Api) -> list[Listener]:
    """The sockets that have their place."""
    return [one for listeners in api.platform.live_lists.hub._listeners.values() for one in listeners]


async def told(socket: Socket, count: int = 1) -> list[tuple[str, int]]:
    """Names and sizes of the next frames."""
    frames: list[dict[str, Any]] = [await socket.receive_json(timeout=PATIENCE) for _ in range(count)]
    return [(frame["listName"], frame["queueSize"]) for frame in frames]


async def test_each_contact_that_comes_into_a_short_line_is_told(floor: Floor, house: House) -> None:
    await floor.make()
    async with following(house, floor.owner) as socket:
        await floor.add("Anna")
        assert await socket.receive_json(timeout=PATIENCE) == {"listName": NAME, "queueSize": 1}
        await floor.add("Bert", "Carl")
        assert await told(socket, 2) == [(NAME, 2), (NAME, 3)]
        await floor.taken()
        await floor.add("Dora")
        assert await told(socket) == [(NAME, 3)]

        await floor.add(*"abcdefghij")
        assert await told(socket, 6) == [(NAME, size) for size in range(4, 10)]
        await floor.add("Emil")  # the thirteenth
        await floor.make("other")
        await floor.add("Emil", to="other")
        assert await told(socket) == [("other", 1)]


async def test_who_has_expired_keeps_no_line_long(floor: Floor, house: House) -> None:
    await floor.make()
    await floor.add(*"abcdefghijk", expires_in=5)
    floor.api.clock.advance(5)
    async with following(house, floor.owner) as socket:
        await floor.add("Anna")
        assert await told(socket) == [(NAME, 1)]


async def test_what_is_taken_back_is_not_told(floor: Floor, house: House) -> None:
    await floor.make()
    lost, kept = await floor.entry("Anna"), await floor.entry("Bert")
    async with following(house, floor.owner) as socket:
        async with floor.api.platform.database.connection() as connection:
            step = connection.transaction()
            await step.start()
            await floor.put(connection, lost)
            await step.rollback()
        async with floor.api.platform.database.transaction() as tx:
            await floor.put(tx, kept, kept)  # the second of them is a repeat
        await floor.add("Carl")
        assert await told(socket, 2) == [(NAME, 1), (NAME, 2)]


async def test_sockets_are_told_of_the_lists_that_they_want_and_may_work_off(floor: Floor, house: House) -> None:
    agent = await user_of(floor.api, floor.owner, "webrtc-agent")
    for name in ("a", "b"):
        await floor.make(name, agent)
    await floor.make("not the agent's")
    stranger = Floor(floor.api, await floor.api.account("stranger"), {})
    await stranger.make("a")
    async with (
        following(house, agent) as agents,
        following(house, floor.owner, lists="b, not the agent's") as some,
        following(house, stranger.owner) as foreign,
    ):
        for name in ("a", "not the agent's", "b"):
            await floor.add("Anna", to=name)
        assert await told(agents, 2) == [("a", 1), ("b", 1)]
        assert await told(some, 2) == [("not the agent's", 1), ("b", 1)]
        await stranger.add("Zoe", "Yan", to="a")
        assert await told(foreign, 2) == [("a", 1), ("a", 2)]


async def test_what_is_given_and_taken_away_counts_at_once(
    floor: Floor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.domain.accounts.service._STANDING_SECONDS", 0.0)
    agent = await user_of(floor.api, floor.owner, "webrtc-agent")
    await floor.make("kept", agent)
    async with following(house, agent) as socket:
        await floor.make("given", agent)
        await floor.add("Anna", to="given")
        assert await told(socket) == [("given", 1)]
        await floor.api.put(f"{BASE}/given", floor.owner, {"clientIds": []})
        await floor.add("Bert", to="given")
        await floor.add("Bert", to="kept")
        assert await told(socket) == [("kept", 1)]

        await floor.api.delete(at(agent), floor.owner)
        await floor.api.settle()
        assert (await closed_with(socket))[0] in (4401, 4403)


async def test_who_is_not_let_in(floor: Floor, house: House) -> None:
    clerk, agent = [await user_of(floor.api, floor.owner, role) for role in ("number-admin", "gi-agent")]
    await floor.make("a")
    await floor.make("b", agent)

    assert await refusal(connect(house, None)) == 403
    assert await refusal(connect(house, None, token="no.such.token")) == 403
    assert await refusal(connect(house, clerk)) == 401
    assert await refusal(connect(house, agent, lists="b,a")) == 404
    assert await refusal(connect(house, floor.owner, lists="nowhere")) == 404
    assert await refusal(connect(house, floor.owner, accountSid="nobody")) == 404


async def test_a_parents_token_may_name_a_subaccount(floor: Floor, house: House) -> None:
    child = Floor(floor.api, await floor.api.account("child", parent=floor.owner.id), {})
    await child.make()
    async with following(house, floor.owner, accountSid=child.owner.sid) as socket:
        await child.add("Anna")
        assert await told(socket) == [(NAME, 1)]
    assert await refusal(connect(house, child.owner, accountSid=floor.owner.sid)) == 404


async def test_keep_alives_that_are_answered_keep_a_socket(floor: Floor) -> None:
    await floor.make()
    async with serving(floor, Patience(keep_alive=NOW, answer=0.5)) as house, following(house, floor.owner) as socket:
        for _ in range(5):
            assert await socket.receive_json(timeout=PATIENCE) == {}
            await socket.send_str("{}")
        await floor.add("Anna")
        while (frame := await socket.receive_json(timeout=PATIENCE)) == {}:
            await socket.send_str("{}")
        assert frame == {"listName": NAME, "queueSize": 1}


async def test_keep_alives_that_are_not_answered_end_a_socket(floor: Floor) -> None:
    async with serving(floor, Patience(keep_alive=NOW, answer=0.05)) as house, following(house, floor.owner) as socket:
        assert await socket.receive_json(timeout=PATIENCE) == {}
        assert await closed_with(socket) == (4408, "no answer to a keep-alive within 0.05 seconds")


async def test_an_expired_token_ends_the_socket(floor: Floor) -> None:
    patience = Patience(keep_alive=NOW, check=NOW)
    async with serving(floor, patience) as house, following(house, floor.owner) as socket:
        floor.api.clock.advance(121 * 60)
        assert await closed_with(socket) == (4401, "Token expired")


async def test_sockets_of_a_user_and_their_words_are_limited(floor: Floor, house: House) -> None:
    opened = [await connect(house, floor.owner) for _ in range(MOST_SOCKETS_OF_USER)]
    assert await refusal(connect(house, floor.owner)) == 429
    await opened.pop().close()
    await joined(floor.api, MOST_SOCKETS_OF_USER - 1)
    async with following(house, floor.owner) as socket:
        for _ in range(MOST_MESSAGES + 5):
            await socket.send_str("{}")
        assert (await closed_with(socket))[0] == 1008
    for socket in opened:
        await socket.close()
    await joined(floor.api, 0)


async def test_only_so_much_waits_for_a_socket() -> None:
    listener, item = Listener(UUID(int=1)), AccessChange(UUID(int=1))
    for _ in range(MOST_WAITING):
        listener.offer(item)
    assert await listener.next() == item
    listener.offer(item)
    listener.offer(item)
    with pytest.raises(TooSlowError):
        await listener.next()
