"""The webhook receiver records, answers as told, and checks signatures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac

import aiohttp
import pytest

from cordboard.testing.certificates import self_signed
from cordboard.testing.webhook_receiver import Answer, ReceivedRequest, WebhookReceiver, verify_signature

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


async def test_records_what_came() -> None:
    async with WebhookReceiver() as receiver, aiohttp.ClientSession() as http:
        url = receiver.url("/hook?a=1&a=2&b=")
        async with http.post(url, json={"hello": "world"}, headers={"X-Token": "t"}) as response:
            assert response.status == 200
        async with http.put(receiver.url("/form"), data={"From": "+19495550100"}):
            pass
        first, second = await receiver.wait_for(2)
        assert (first.method, first.path, first.query) == ("POST", "/hook", "a=1&a=2&b=")
        assert first.target == "/hook?a=1&a=2&b="
        assert first.params == {"a": ["1", "2"], "b": [""]}
        assert first.headers["x-token"] == "t"
        assert first.json == {"hello": "world"}
        assert (second.target, second.form) == ("/form", {"From": ["+19495550100"]})
        assert second.at >= first.at


async def test_answers_in_turn_and_the_last_stays() -> None:
    async with WebhookReceiver() as receiver, aiohttp.ClientSession() as http:
        receiver.answer("/hook", Answer(status=500, body="nö"), Answer(status=201, headers={"X-A": "b"}))
        receiver.default = Answer(data=b"\xff")
        seen = []
        for _ in range(3):
            async with http.get(receiver.url("/hook")) as response:
                seen.append((response.status, await response.text(), response.headers.get("X-A")))
        assert seen == [(500, "nö", None), (201, "", "b"), (201, "", "b")]
        receiver.answer("/hook")
        async with http.get(receiver.url("/hook")) as response:
            assert await response.read() == b"\xff"


async def test_closes_hangs_and_delays() -> None:
    async with WebhookReceiver() as receiver, aiohttp.ClientSession() as http:
        receiver.answer("/close", Answer(close=True))
        receiver.answer("/hang", Answer(hang=True))
        receiver.answer("/slow", Answer(delay=0.02))
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await http.post(receiver.url("/close"))
        started = asyncio.get_running_loop().time()
        async with http.get(receiver.url("/slow")):
            assert asyncio.get_running_loop().time() - started >= 0.02
        hanging = asyncio.create_task(http.post(receiver.url("/hang")))
        await receiver.wait_for(lambda request: request.path == "/hang")
        assert not hanging.done()
        await receiver.close()
        with pytest.raises(aiohttp.ClientError):
            await hanging


async def test_waiting_has_an_end() -> None:
    async with WebhookReceiver() as receiver:
        with pytest.raises(TimeoutError):
            await receiver.wait_for(1, timeout=0.01)


async def test_https() -> None:
    certificate = self_signed()
    connector = aiohttp.TCPConnector(ssl=certificate.client_context())
    async with (
        WebhookReceiver(certificate=certificate) as receiver,
        aiohttp.ClientSession(connector=connector) as http,
        http.get(receiver.url("/")) as response,
    ):
        assert receiver.url("/").startswith("https://")
        assert response.status == 200


def _signed(**changes: str) -> ReceivedRequest:
    body = b'{"type":"message.delivered"}'
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, b"msg_1.1767225600." + body, hashlib.sha256).digest()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1767225600",
        "webhook-signature": f"v1,AAAA v1,{base64.b64encode(digest).decode()}",
        **changes,
    }
    return ReceivedRequest("POST", "/", "", headers, body, 0.0)


def test_signatures() -> None:
    assert verify_signature(_signed(), SECRET)
    assert not verify_signature(_signed(), "whsec_" + base64.b64encode(b"another").decode())
    assert not verify_signature(_signed(), "whsec_x")
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert not verify_signature(_signed(**{name: "other"}), SECRET)
    assert not verify_signature(ReceivedRequest("POST", "/", "", {}, b"", 0.0), SECRET)


def test_signature_of_the_standard() -> None:
    """The example of the Standard Webhooks specification."""
    request = ReceivedRequest(
        "POST",
        "/",
        "",
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
        0.0,
    )
    assert verify_signature(request, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
