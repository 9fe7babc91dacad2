"""The house with all that belongs to it, opened and closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from tests.calls.house import NUMBER, ROUTED, SECOND, TEXTING, House
from tests.calls.network import BACKUP, HERE, NETWORK, Network
from tests.calls.parties import PATIENCE
from tests.conftest import named
from tests.harness import Api, open_api

from cordboard.domain.numbers.inventory import ATTRIBUTES, SANDBOX_CARRIER
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.timing import Timing
from cordboard.edge.media.client import MediaClient
from cordboard.edge.sip.settings import SipSettings, TrunkSettings
from cordboard.infra.db import Database
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.speech.settings import SpeechSettings
from cordboard.run.settings import Sandbox
from cordboard.run.sockets import sockets_folder
from cordboard.run.voice import VoiceProcess, build_voice, loops_of_voice, node_name
from cordboard.testing.clock import VirtualClock
from cordboard.testing.openai_api import FakeOpenAi
from cordboard.testing.webhook_receiver import WebhookReceiver

QUICK = Timing(confirm=0.8, message_silence=0.8, drain=0.2, relay_ring=1)


@asynccontextmanager
async def fresh(server_url: str, template: str) -> AsyncIterator[Database]:
    """A database of its own."""
    name = f"cordboard_test_{uuid4().hex}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"create database {name} template {template} strategy file_copy")
    database = await Database.connect(named(server_url, name), size=8)
    try:
        yield database
    finally:
        await database.close()
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()


@asynccontextmanager
async def opened(
    database: Database, engine: Path, folder: Path, *, timing: Timing = QUICK, **second: Any
) -> AsyncIterator[House]:
    """The house, listening, with an account that owns two numbers. `second` are settings of the second trunk."""
    async with AsyncExitStack() as stack:
        network, backup = await Network.open(NETWORK), await Network.open(BACKUP)
        stack.push_async_callback(network.agent.stop)
        stack.push_async_callback(backup.agent.stop)
        web = await stack.enter_async_context(WebhookReceiver())
        openai = await stack.enter_async_context(FakeOpenAi())
        first = TrunkSettings(name="first", host=NETWORK, port=network.agent.port, keepalive=False)
        other = TrunkSettings(name="second", host=BACKUP, port=backup.agent.port, keepalive=False, **second)
        api = await stack.enter_async_context(
            open_api(
                database,
                VirtualClock(),
                folder / "data",
                sip=SipSettings(host=HERE, port=0, allow_private=True),
                trunks=(first, other),
                sandbox=Sandbox(enabled=True),
                speech=SpeechSettings(base_url=openai.url(), api_key=openai.api_key),
            )
        )
        stack.push_async_callback(api.platform.provider_client.close)
        process = await stack.enter_async_context(_running(api, (first, other), engine, timing))
        client = await MediaClient.connect(engine)
        stack.push_async_callback(client.close)
        router = MediaRouter(client)
        client.on_event(router.take)
        for one in (network, backup):
            await one.meet(process)
        house = House(
            api=api,
            process=process,
            network=network,
            backup=backup,
            router=router,
            web=web,
            openai=openai,
            folder=folder,
        )
        async with api.platform.database.transaction() as tx:
            can = tuple(ATTRIBUTES.values())
            offers = [("first", (NUMBER, SECOND, ROUTED), can), (SANDBOX_CARRIER, (TEXTING,), can)]
            await api.platform.numbers.sync_inventory(tx, offers)
            await api.platform.billing.set_rate(tx, "sms_out", "", 0)  # nobody sends them here
        house.owner = await api.account()
        await api.post("/v4/number/purchase", house.owner, {"phoneNumber": [NUMBER, SECOND, ROUTED, TEXTING]})
        yield house


@asynccontextmanager
async def _running(
    api: Api, trunks: tuple[TrunkSettings, ...], engine: Path, timing: Timing
) -> AsyncIterator[VoiceProcess]:
    """The voice process with its loops."""
    platform = api.platform
    folder = sockets_folder(platform.settings.data_path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "media-1.sock").symlink_to(engine)
    process = build_voice(platform, trunks, node_name(), sandbox=False, timing=timing)
    wakeups = Wakeups(platform.database)
    work = [*loops_of_voice(process, wakeups).values(), wakeups.run]
    loops = [asyncio.ensure_future(one()) for one in work]
    try:
        await process.start()
        async with asyncio.timeout(PATIENCE):
            while not process.pool.clients:  # noqa: ASYNC110  (the pool's own loop makes it true)
                await asyncio.sleep(0.01)
        yield process
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await process.stop()
