"""A platform in this process, bound over real sockets to an SMSC that the test holds in its hands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness import Api, Tenant, open_api

from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.infra.db import Database
from cordboard.run.carriers import CarrierLinks, build_carriers
from cordboard.testing.clock import VirtualClock
from cordboard.testing.smsc import Smsc, SmscBehaviour

NUMBER = "+19495550100"
HANDSET = "+19492221234"


@dataclass(frozen=True, slots=True)
class Installation:
    """The platform, its SMSC, and an account that owns NUMBER."""

    api: Api
    smsc: Smsc
    links: CarrierLinks
    owner: Tenant

    async def send(self, text: str = "Hello", **more: Any) -> str:
        """Sends a text to HANDSET and answers its messageSid."""
        body = {"from": NUMBER, "to": HANDSET, "text": text, **more}
        sid: str = (await self.api.post("/v4/sms", self.owner, body)).only["messageSid"]
        return sid

    async def log_of(self, sid: str) -> dict[str, Any]:
        """A message as the log shows it."""
        shown: dict[str, Any] = (await self.api.get(f"/v4/logs/sms/details/{sid}", self.owner)).only
        return shown

    async def until(self, sid: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The log of a message once it fits; business time goes on meanwhile."""
        async with asyncio.timeout(10):
            while not condition(shown := await self.log_of(sid)):
                self.api.clock.advance(0.2)
                await asyncio.sleep(0.02)
        return shown


@asynccontextmanager
async def installed(
    database: Database,
    data_dir: Path,
    behaviour: SmscBehaviour | None = None,
    *,
    smsc: Smsc | None = None,
    bound: bool = True,
    **carrier: Any,
) -> AsyncIterator[Installation]:
    """A platform with one SMPP carrier that offers NUMBER, bound to an SMSC of its own or to `smsc`."""
    async with contextlib.AsyncExitStack() as stack:
        if smsc is None:
            smsc = await stack.enter_async_context(Smsc(behaviour or SmscBehaviour()))
        settings = {"name": "acme", "host": "127.0.0.1", "port": smsc.port, "system_id": "cord", "password": "pw"}
        configured = CarrierSettings(**{**settings, "inventory": (NUMBER,), **carrier})
        api = await stack.enter_async_context(open_api(database, VirtualClock(), data_dir, carriers=(configured,)))
        async with database.transaction() as tx:
            await api.platform.numbers.sync_inventory(tx, [("acme", [NUMBER], ["sms-enabled"])])
        owner = await api.account()
        await api.post("/v4/number/purchase", owner, {"phoneNumber": [NUMBER]})
        links = build_carriers(api.platform)
        running = asyncio.create_task(links.run())
        try:
            if bound:
                await smsc.wait_for(lambda: smsc.bound)
            yield Installation(api, smsc, links, owner)
        finally:
            links.stop()
            await asyncio.wait_for(running, 15)
