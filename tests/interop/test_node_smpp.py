"""The platform's SMPP client against an SMSC that others wrote: the npm package `smpp`."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.harness import Api, Tenant, open_api

from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.infra.db import Database
from cordboard.run.carriers import build_carriers
from cordboard.testing.clock import VirtualClock

PEERS = Path(__file__).parent / "peers"
NUMBER, HANDSET = "+19495550100", "+19492221234"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        shutil.which("node") is None or not (PEERS / "node_modules/smpp").exists(),
        reason="needs node and the npm package smpp: tools/install_peers.sh installs them",
    ),
]


class NodeSmsc:
    """The process, what it said so far, and a way to make it deliver."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._said: list[dict[str, Any]] = []

    async def hears(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """The lines of an event, once there are so many."""
        assert self._process.stdout is not None
        async with asyncio.timeout(15):
            while len(found := [line for line in self._said if line["event"] == event]) < count:
                self._said.append(msgspec.json.decode(await self._process.stdout.readline()))
        return found

    async def deliver(self, sender: str, recipient: str, text: str, coding: int) -> int:
        """A handset texts in an alphabet by its data_coding; the status of the answer."""
        assert self._process.stdin is not None
        before = len([line for line in self._said if line["event"] == "delivered"])
        wanted = {"from": sender.lstrip("+"), "to": recipient.lstrip("+"), "text": text, "coding": coding}
        self._process.stdin.write(msgspec.json.encode(wanted) + b"\n")
        status: int = (await self.hears("delivered", before + 1))[-1]["status"]
        return status


@asynccontextmanager
async def bound(database: Database, data_dir: Path, **more: Any) -> AsyncIterator[tuple[Api, Tenant, NodeSmsc]]:
    """The platform bound to the SMSC, and an account that owns NUMBER."""
    process = await asyncio.create_subprocess_exec("node", str(PEERS / "smsc.js"), stdin=PIPE, stdout=PIPE)
    smsc = NodeSmsc(process)
    try:
        port = (await smsc.hears("listening"))[0]["port"]
        carrier = CarrierSettings(
            name="node", host="127.0.0.1", port=port, system_id="cord", inventory=(NUMBER,), **more
        )
        async with open_api(database, VirtualClock(), data_dir, carriers=(carrier,)) as api:
            async with database.transaction() as tx:
                await api.platform.numbers.sync_inventory(tx, [("node", [NUMBER], ["sms-enabled"])])
            owner = await api.account()
            await api.post("/v4/number/purchase", owner, {"phoneNumber": [NUMBER]})
            links = build_carriers(api.platform)
            running = asyncio.create_task(links.run())
            await smsc.hears("bound")
            try:
                yield api, owner, smsc
            finally:
                links.stop()
                await asyncio.wait_for(running, 15)
    finally:
        process.kill()
        await process.wait()


async def until_delivered(api: Api, owner: Tenant, sid: str) -> dict[str, Any]:
    """The log of a message once its receipts are in."""
    async with asyncio.timeout(15):
        while True:
            shown: dict[str, Any] = (await api.get(f"/v4/logs/sms/details/{sid}", owner)).only
            if shown["dlrStatus"] == "Delivered":
                return shown
            api.clock.advance(1)
            await asyncio.sleep(0.02)


async def test_texts_in_both_alphabets_and_their_receipts(database: Database, tmp_path: Path) -> None:
    async with bound(database, tmp_path) as (api, owner, smsc):
        for text in ("Plain {text} at 5 €", "Grüße 😀 日本"):
            sid = (await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSET, "text": text})).only["messageSid"]
            await until_delivered(api, owner, sid)
        submits = await smsc.hears("submit", 2)

    assert [(one["text"], one["coding"]) for one in submits] == [("Plain {text} at 5 €", 0), ("Grüße 😀 日本", 8)]
    assert {(one["from"], one["to"]) for one in submits} == {(NUMBER[1:], HANDSET[1:])}


async def test_a_long_text_comes_in_parts_that_another_decoder_joins(database: Database, tmp_path: Path) -> None:
    text = "All work and no play makes Jack a dull boy. " * 8
    async with bound(database, tmp_path) as (api, owner, smsc):
        sid = (await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSET, "text": text})).only["messageSid"]
        shown = await until_delivered(api, owner, sid)
        submits = await smsc.hears("submit", shown["smsCount"])

    assert "".join(one["text"] for one in submits) == text.rstrip(" ") + " "
    assert [one["udh"][-2:] for one in submits] == ["01", "02", "03"]


@pytest.mark.parametrize(("text", "coding"), [("Be there at 9!", 1), ("Grüße & más", 3), ("Bis später € 日本 😀", 8)])
async def test_a_handset_answers(database: Database, tmp_path: Path, text: str, coding: int) -> None:
    async with bound(database, tmp_path) as (api, owner, smsc):
        assert await smsc.deliver(HANDSET, NUMBER, text, coding) == 0
        (stored,) = (await api.get("/v4/logs/sms", owner, direction="in")).payload

    assert (stored["from"], stored["body"]) == (HANDSET, text)


async def test_a_silent_line_is_asked_and_a_stop_unbinds(database: Database, tmp_path: Path) -> None:
    async with bound(database, tmp_path, enquire_seconds=0.2) as (_, _, smsc):
        await smsc.hears("enquire_link", 2)
        listener = asyncio.create_task(smsc.hears("unbound"))
        await asyncio.sleep(0)
    listener.cancel()
