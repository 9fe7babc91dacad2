"""SIP over WebSocket at the API process: who is let in, what is relayed, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from tests.harness import Api
from tests.sockets.house import PATIENCE, House, closed_with, open_house

from cordboard.edge.sockets.webphone import MOST_MESSAGES, MOST_SOCKETS_OF_USER

REGISTER = "REGISTER sip:cordboard SIP/2.0\r\nCall-ID: 1\r\n\r\n"


def register_with(token: str) -> str:
    """A REGISTER that renews the socket's token."""
    return REGISTER.replace("\r\n\r\n", f"\r\nAuthorization: Bearer {token}\r\n\r\n")


@pytest.fixture
async def house(api: Api) -> AsyncIterator[House]:
    async with open_house(api) as opened:
        yield opened


@pytest.mark.parametrize("by", ["query", "header", "subprotocol"])
async def test_frames_go_both_ways_for_the_user_of_the_token(house: House, by: str) -> None:
    acme = await house.api.account()
    async with house.voice() as voice, await house.open(acme.token, by=by) as socket:
        browser = await voice.browser()
        await socket.send_str(REGISTER)
        await socket.send_bytes(b"\r\n\r\n")
        sent = [await browser.frame(), await browser.frame()]
        browser.send("SIP/2.0 200 Grüße\r\n\r\n".encode())
        browser.send(b"\xff\x00")
        heard = [await socket.receive(PATIENCE), await socket.receive(PATIENCE)]

        assert socket.protocol == "sip"
        assert browser.hello["account_id"] == acme.sid
        assert browser.hello["user"] == str(acme.user.id)
        assert browser.hello["remote"].startswith("127.0.0.1:")
        assert sent == [REGISTER.encode(), b"\r\n\r\n"]
        assert [(one.type, one.data) for one in heard] == [
            (aiohttp.WSMsgType.TEXT, "SIP/2.0 200 Grüße\r\n\r\n"),
            (aiohttp.WSMsgType.BINARY, b"\xff\x00"),
        ]
        await socket.close()
        with pytest.raises(asyncio.IncompleteReadError):
            await browser.frame()


async def test_who_is_not_let_in(house: House) -> None:
    acme, clerk = await house.api.account(), await house.api.account(role="basic-reports")
    async with house.voice() as voice:
        assert await house.refused(None) == 403
        assert await house.refused(acme, protocols=("chat",)) == 400
        assert await house.refused(clerk) == 401
        assert await house.refused(acme, headers={"Origin": "https://evil.example"}) == 401
        assert await house.refused(acme, headers={"Origin": "null"}) == 401
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await house.open("no.such.token")
        async with await house.open(acme.token, headers={"Origin": house.url}):
            await voice.browser()
        assert voice.browsers.empty()


async def test_a_refusal_is_in_the_envelope(house: House) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "sip",
        "X-Request-Id": "mine",
    }
    async with house.client.get(f"{house.url}/v4/webphone/ws", headers=headers) as answer:
        body: dict[str, Any] = await answer.json()

    assert (answer.status, answer.headers["X-Request-Id"]) == (403, "mine")
    assert body["error"][0]["code"] == "403"
    assert "access_token" in body["error"][0]["moreInfo"]


async def test_other_paths_and_plain_requests(house: House) -> None:
    async with house.client.get(f"{house.url}/v4/webphone/ws") as answer:
        assert answer.status == 405
    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        await house.client.ws_connect(f"{house.url}/v4/sms")


async def test_no_voice_process_is_said(house: House) -> None:
    acme = await house.api.account()
    (house.folder / "voice-9.sock").touch()  # what a process that died left
    async with await house.open(acme.token) as socket:
        assert await closed_with(socket) == (1013, "no voice process")


async def test_the_newest_process_takes_the_browser_and_its_end_is_said(house: House) -> None:
    acme = await house.api.account()
    async with house.voice(1) as old:
        await asyncio.sleep(0.02)  # files made in the same tick of the clock have no order
        async with house.voice(2) as new, await house.open(acme.token) as socket:
            await new.browser()
            assert old.browsers.empty()
            await new.stop()
            assert await closed_with(socket) == (1013, "the voice process is gone")
            new.path.unlink()
            await new.start()


async def test_large_and_many_messages(house: House) -> None:
    acme = await house.api.account()
    async with house.voice() as voice:
        async with await house.open(acme.token) as socket:
            browser = await voice.browser()
            largest = "x" * (64 * 1024)
            await socket.send_str(largest)
            assert await browser.frame() == largest.encode()
            await socket.send_str(largest + "x")
            assert (await closed_with(socket))[0] == 1009
        async with await house.open(acme.token) as socket:
            for _ in range(MOST_MESSAGES + 10):
                await socket.send_str("\r\n")
            assert (await closed_with(socket))[0] == 1008


async def test_sockets_of_a_user_are_limited(house: House) -> None:
    acme = await house.api.account()
    async with house.voice():
        opened = [await house.open(acme.token) for _ in range(MOST_SOCKETS_OF_USER)]
        assert await house.refused(acme) == 429
        for socket in opened:
            await socket.close()
        async with await house.open((await house.api.account()).token) as socket:
            assert not socket.closed


async def test_a_renewed_token_keeps_the_socket_and_an_expired_one_ends_it(api: Api) -> None:
    acme, other = await api.account(), await api.account()
    async with (
        open_house(api, check_seconds=0.02) as house,
        house.voice() as voice,
        await house.open(acme.token) as renewed,
    ):
        browser = await voice.browser()
        forgotten = await house.open(acme.token)
        api.clock.advance(timedelta(minutes=110).total_seconds())
        await renewed.send_str(register_with(api._token_of(acme.account, acme.user)))
        await browser.frame()
        api.clock.advance(timedelta(minutes=20).total_seconds())

        assert await closed_with(forgotten) == (4401, "Token expired")
        await renewed.send_str("still here")
        assert await browser.frame() == b"still here"
        await renewed.send_str(register_with(api._token_of(other.account, other.user)))
        assert await closed_with(renewed) == (4401, "the token is another user's")


async def test_a_suspended_account_is_cut_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.domain.accounts.service._STANDING_SECONDS", 0.0)
    acme = await api.account()
    async with open_house(api, check_seconds=0.02) as house, house.voice(), await house.open(acme.token) as socket:
        async with api.platform.database.transaction() as tx:
            await api.platform.accounts.set_status(tx, acme.id, 0)
        assert (await closed_with(socket))[0] in (4401, 4403)


async def test_a_server_that_goes_down_says_so(house: House) -> None:
    acme = await house.api.account()
    async with house.voice(), await house.open(acme.token) as socket:
        house.server.should_exit = True
        assert await closed_with(socket) == (1012, "the server restarts")
