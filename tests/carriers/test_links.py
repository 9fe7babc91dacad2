"""What holds for links as such: TLS, several binds, one owner each, a second carrier, and what a dead owner left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.carrier_double import CarrierDouble
from tests.carriers.house import HANDSET, NUMBER, Installation, installed
from tests.harness import open_api

from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.infra.db import Database
from cordboard.run.carriers import CarrierLinks, build_carriers
from cordboard.run.settings import RouteSettings
from cordboard.testing.certificates import self_signed
from cordboard.testing.clock import VirtualClock
from cordboard.testing.smsc import Smsc, SmscBehaviour


async def test_tls_is_spoken(database: Database, tmp_path: Path) -> None:
    async with (
        Smsc(certificate=self_signed()) as smsc,
        installed(database, tmp_path, smsc=smsc, tls=True, tls_verify=False) as house,
    ):
        sid = await house.send()
        await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")


async def test_a_certificate_that_nobody_vouches_for_is_refused(database: Database, tmp_path: Path) -> None:
    async with (
        Smsc(certificate=self_signed()) as smsc,
        installed(database, tmp_path, smsc=smsc, bound=False, tls=True) as house,
    ):
        await asyncio.sleep(0.5)
        assert house.smsc.bound == 0


async def test_several_binds_share_the_work(database: Database, tmp_path: Path) -> None:
    async with installed(database, tmp_path, binds=3) as house:
        await house.smsc.wait_for(lambda: house.smsc.bound == 3)
        sids = [await house.send(f"message {index}") for index in range(30)]
        for sid in sids:
            await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
        assert sorted(house.smsc.texts_to(HANDSET)) == sorted(f"message {index}" for index in range(30))


async def test_a_bind_has_one_owner_and_another_takes_it_over(database: Database, tmp_path: Path) -> None:
    async with installed(database, tmp_path) as house:
        other = build_carriers(house.api.platform)
        running = asyncio.create_task(other.run())
        await asyncio.sleep(0.3)
        assert house.smsc.bound == 1

        house.links.stop()
        await house.smsc.wait_for(lambda: len(house.smsc.binds) == 2 and house.smsc.bound == 1)
        sid = await house.send("by the other one")
        await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")

        await stop(other, running)


async def test_what_a_dead_owner_had_open_is_uncertain(database: Database, tmp_path: Path) -> None:
    async with installed(database, tmp_path, bound=False, host="127.0.0.1", port=9) as house:
        sid = await house.send()
        async with database.transaction() as tx:
            claimed = await house.api.platform.messaging.claim(tx, "acme", 0, 10, whole=False)
        assert len(claimed) == 1  # and here its process was killed

        async with database.transaction() as tx:
            assert await house.api.platform.messaging.recover(tx, "acme", 0) == 1

        shown = await house.log_of(sid)
        assert (shown["status"], shown["price"]) == ("uncertain", 0)
        held = await house.api.fetch("select held from balances where account_id = $1", house.owner.id)
        assert held == [{"held": 0}]


@asynccontextmanager
async def two_carriers(database: Database, data_dir: Path, behaviour: SmscBehaviour) -> AsyncIterator[Installation]:
    """A first carrier that behaves so, and a second one for all numbers of the country, which tests step."""
    async with Smsc(behaviour) as smsc:
        first = CarrierSettings(
            name="acme", host="127.0.0.1", port=smsc.port, system_id="cord", cost="0.002", inventory=(NUMBER,)
        )
        second = CarrierSettings(name="backup", host="127.0.0.1", port=9, system_id="cord", cost="0.004")
        routes = (RouteSettings(prefix="+1", carriers=("acme", "backup")),)
        async with open_api(database, VirtualClock(), data_dir, carriers=(first, second), routes=routes) as api:
            async with database.transaction() as tx:
                await api.platform.numbers.sync_inventory(tx, [("acme", [NUMBER], ["sms-enabled"])])
            owner = await api.account()
            await api.post("/v4/number/purchase", owner, {"phoneNumber": [NUMBER]})
            links = build_carriers(api.platform)
            running = asyncio.create_task(links.run())
            await smsc.wait_for(lambda: smsc.bound)
            try:
                yield Installation(api, smsc, links, owner)
            finally:
                await stop(links, running)


async def test_a_refused_submit_goes_to_the_second_carrier_under_one_id(database: Database, tmp_path: Path) -> None:
    behaviour = SmscBehaviour(error_destinations={HANDSET[1:]: 0x0B})
    async with two_carriers(database, tmp_path, behaviour) as house:
        sid = await house.send()
        backup = CarrierDouble(house.api, "backup", whole=False)
        await backup.work_soon()

        assert [str(one.message_id) for one in backup.taken] == [sid]
        assert backup.taken[0].attempt == 2
        shown = await house.log_of(sid)
        assert (shown["status"], shown["price"]) == ("success", 0.0075)


async def test_an_undelivered_text_goes_to_the_second_carrier_and_is_charged_once(
    database: Database, tmp_path: Path
) -> None:
    async with two_carriers(database, tmp_path, SmscBehaviour(receipts="undelivered")) as house:
        sid = await house.send()
        backup = CarrierDouble(house.api, "backup", whole=False)
        await backup.work_soon()
        await backup.receipt("id-1")

        shown = await house.log_of(sid)
        assert (shown["dlrStatus"], shown["price"]) == ("Delivered", 0.0075)
        charges = await house.api.fetch("select amount from ledger_entries where kind = 'sms'")
        assert charges == [{"amount": -7_500}]


async def stop(links: CarrierLinks, running: asyncio.Task[None]) -> None:
    """Ends a role in good order."""
    links.stop()
    await asyncio.wait_for(running, 15)
