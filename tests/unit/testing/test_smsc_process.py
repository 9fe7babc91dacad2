"""The SMSC as a process, steered over HTTP."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from tests.unit.testing.esme import Esme

TO, OURS = "19495550100", "19495550199"


@asynccontextmanager
async def process(module: str, *options: str) -> AsyncIterator[dict[str, Any]]:
    """A fake as its own process; yields its ready line, stops it by SIGTERM."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "--port", "0", "--json", *options, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(20):
            yield msgspec.json.decode(await child.stdout.readline())
    finally:
        child.terminate()
        assert await child.wait() == 0


async def test_smsc_process(tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    options = ("--behaviour", '{"receipts": "none"}', "--summary", str(summary))
    async with process("cordboard.testing.smsc", *options) as ready, aiohttp.ClientSession() as http:
        control = f"http://127.0.0.1:{ready['control_port']}"
        async with Esme(ready["port"]) as esme:
            esme.submit(TO, b"Hello", tlvs=b"\x14\x01\0\1x")
            assert (await esme.read()).status == 0
            async with http.get(control + "/submits", params={"destination": TO}) as response:
                (submit,) = await response.json()
            assert (submit["text"], submit["payload"]) == ("Hello", b"Hello".hex())
            assert submit["tlvs"] == {"1401": "78"}
            async with http.put(control + "/behaviour", json={"throttle_percent": 100}) as response:
                assert (await response.json())["receipts"] == "none"
            esme.submit(TO, b"Hello")
            assert (await esme.read()).status == 0x58
            message = {"source": TO, "destination": OURS, "text": "Hi"}
            delivering = asyncio.create_task(_post(http, control + "/deliver", message))
            assert (await esme.read_receipt()).text == "Hi"
            assert await delivering == (200, {"status": 0})
            assert await _post(http, control + "/disconnect") == (200, {})
            assert await esme.read_end() == b""
        async with http.get(control + "/stats") as response:
            stats = await response.json()
        assert (stats["submits"], stats["accepted"], stats["throttled"]) == (2, 1, 1)
    written = msgspec.json.decode(summary.read_bytes())
    assert written["stats"]["messages_answered"] == 1
    assert list(written["references"][TO].values()) == [1]


async def test_bad_orders_are_explained() -> None:
    async with process("cordboard.testing.smsc") as ready, aiohttp.ClientSession() as http:
        control = f"http://127.0.0.1:{ready['control_port']}"
        async with http.put(control + "/behaviour", json={"recepts": "none"}) as response:
            assert (response.status, (await response.json())["error"]) == (400, "no such behaviour: recepts")
        status, answer = await _post(http, control + "/deliver", {"source": TO})
        assert (status, answer["error"]) == (400, "Object missing required field `destination`")
        message = {"source": TO, "destination": OURS, "text": "Hi"}
        status, answer = await _post(http, control + "/deliver", message)
        assert (status, answer["error"]) == (409, "nobody has bound yet: name a system_id")
        assert (await _post(http, control + "/unbind"))[0] == 200
        assert (await _post(http, control + "/enquire_link"))[0] == 200
        async with http.get(control + "/references") as response:
            assert await response.json() == {}


async def test_webhook_receiver_process() -> None:
    async with (
        process("cordboard.testing.webhook_receiver") as ready,
        aiohttp.ClientSession(base_url=f"http://127.0.0.1:{ready['port']}") as http,
    ):
        answers = {"path": "/hook", "answers": [{"status": 503, "body": "later"}, {"status": 204}]}
        async with http.put("/__answers", json=answers) as response:
            assert response.status == 200
        for status in (503, 204, 204):
            async with http.post("/hook", headers={"webhook-id": "m1"}) as response:
                assert response.status == status
        async with http.get("/__stats") as response:
            assert await response.json() == {
                "requests": 3,
                "by_path": {"/hook": 3},
                "distinct_ids": 1,
                "repeated_ids": 2,
            }
        async with http.put("/__answers", json={}) as response:
            assert response.status == 400
        async with http.get("/__other") as response:
            assert response.status == 404


async def _post(http: aiohttp.ClientSession, url: str, body: object = None) -> tuple[int, dict[str, Any]]:
    async with http.post(url, json=body) as response:
        return response.status, await response.json()
