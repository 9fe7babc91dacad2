"""The shipped SMSC against a client that others wrote: Debian's kannel, bearerbox and smsbox."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.installation import free_port

from cordboard.testing.smsc import Smsc, SmscBehaviour
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

_BEARERBOX = shutil.which("bearerbox") or "/usr/sbin/bearerbox"
_SMSBOX = shutil.which("smsbox") or "/usr/sbin/smsbox"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not Path(_BEARERBOX).exists(), reason="needs Debian's kannel: tools/install_peers.sh installs it"
    ),
]


@asynccontextmanager
async def kannel(smsc: Smsc, folder: Path, inbound: str) -> AsyncIterator[int]:
    """Kannel bound to the SMSC; the port of its sendsms. Texts for it go to the URL `inbound`."""
    admin, box, send = free_port(), free_port(), free_port()
    config = folder / "kannel.conf"
    config.write_text(f"""
group = core
admin-port = {admin}
admin-password = bench
smsbox-port = {box}
box-allow-ip = 127.0.0.1
log-level = 2

group = smsc
smsc = smpp
host = 127.0.0.1
port = {smsc.port}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
enquire-link-interval = 5

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {send}
log-level = 2

group = sendsms-user
username = test
password = test
max-messages = 5
concatenation = true

group = sms-service
keyword = default
get-url = "{inbound}?from=%p&to=%P&text=%a"
max-messages = 0
""")
    boxes = []
    try:
        for program in (_BEARERBOX, _SMSBOX):
            boxes.append(
                await asyncio.create_subprocess_exec(
                    program, str(config), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
                )
            )
            await asyncio.sleep(0.5)
        await smsc.wait_for(lambda: smsc.bound, 15)
        yield send
    finally:
        for process in reversed(boxes):
            process.terminate()
            await process.wait()


async def sendsms(port: int, **parameters: str) -> None:
    """Asks kannel to send, once it is ready for it."""
    async with httpx.AsyncClient() as client, asyncio.timeout(15):
        while True:
            query = {"username": "test", "password": "test", **parameters}
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/cgi-bin/sendsms", params=query)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code == 202:
                return
            await asyncio.sleep(0.2)


async def test_kannel_submits_hears_receipts_and_is_texted(tmp_path: Path) -> None:
    async with (
        WebhookReceiver() as receiver,
        Smsc(SmscBehaviour(receipt_delay=0.1)) as smsc,
        kannel(smsc, tmp_path, receiver.url("/in")) as port,
    ):
        receiver.answer("/in", Answer(body=""))
        long = "word " * 80
        receipt = receiver.url("/dlr") + "?type=%d"
        await sendsms(port, **{"from": "12345", "to": "19492221234", "text": long, "dlr-mask": "3", "dlr-url": receipt})
        await sendsms(
            port, **{"from": "12345", "to": "19492221235", "text": "Grüße 日本", "coding": "2", "charset": "utf-8"}
        )
        await smsc.wait_for(lambda: smsc.texts_to("19492221234") and smsc.texts_to("19492221235"), 15)
        heard = await receiver.wait_for(lambda request: request.path == "/dlr", 15)
        status = await smsc.deliver("+19492221234", "12345", "hello kannel")
        texted = await receiver.wait_for(lambda request: request.path == "/in", 15)

        assert smsc.texts_to("19492221234") == [long]
        assert smsc.texts_to("19492221235") == ["Grüße 日本"]
        assert heard.params["type"] == ["1"]
        assert status == 0
        assert (texted.params["from"], texted.params["text"]) == (["+19492221234"], ["hello kannel"])
