"""The smpp role: a link for every bind of every configured carrier, each with one owner in the installation."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog

from cordboard.domain.messaging.repository.queue import CHANNEL
from cordboard.edge.carriers.ownership import run_owned
from cordboard.edge.carriers.port import MessageCarrier
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.smpp.link import SmppLink
from cordboard.edge.carriers.whole import WholeMessageLink
from cordboard.infra.db.pool import Database, Wakeups
from cordboard.run.platform import Platform
from cordboard.wire.smpp import BindMode

_log = structlog.get_logger(__name__)


class Link(Protocol):
    """What the role runs: one bind, or one HTTP carrier."""

    @property
    def name(self) -> str:
        """What it is owned under."""
        ...

    async def run(self) -> None:
        """Works until it is stopped or cancelled."""
        ...

    def stop(self) -> None:
        """Asks for the end in good order."""
        ...


class CarrierLinks:
    """Runs the links that this process comes to own, and wakes them when messages for their carrier arrive."""

    def __init__(
        self, database: Database, links: Sequence[Link], wakeups: Wakeups, closing: Sequence[MessageCarrier]
    ) -> None:
        self._database = database
        self._links = links
        self._wakeups = wakeups
        self._closing = closing
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Works until cancelled, or until `stop` has ended every link."""
        listening = asyncio.create_task(self._wakeups.run())
        try:
            async with asyncio.TaskGroup() as group:
                for link in self._links:
                    group.create_task(run_owned(self._database, link.name, link.run, stopping=self._stopping))
            await self._stopping.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            for carrier in self._closing:
                await carrier.close()

    def stop(self) -> None:
        """Asks every link for its end in good order."""
        self._stopping.set()
        for link in self._links:
            link.stop()


def build_carriers(platform: Platform, others: Iterable[tuple[MessageCarrier, float]] = ()) -> CarrierLinks:
    """The links of the settings' SMPP carriers, and of `others` that take whole messages, with their rates."""
    events: dict[str, list[asyncio.Event]] = defaultdict(list)
    links: list[Link] = []

    def wakeup_of(carrier: str) -> asyncio.Event:
        event = asyncio.Event()
        events[carrier].append(event)
        return event

    for carrier in platform.settings.carriers:
        if carrier.kind == "smpp":
            links += [
                _smpp_link(platform, carrier, bind, mode, wakeup_of(carrier.name)) for bind, mode in binds_of(carrier)
            ]
    whole = list(others)
    for one, tps in whole:
        links.append(
            WholeMessageLink(
                carrier=one,
                tps=tps,
                database=platform.database,
                messaging=platform.messaging,
                wakeup=wakeup_of(one.name),
            )
        )
    wakeups = Wakeups(platform.database)
    wakeups.on(CHANNEL, lambda carrier: _wake(events.get(carrier, ())))
    return CarrierLinks(platform.database, links, wakeups, [one for one, _ in whole])


def binds_of(carrier: CarrierSettings) -> list[tuple[int, BindMode]]:
    """The binds of a carrier: number and mode; a pair is a transmitter and a receiver under one number."""
    modes: tuple[BindMode, ...] = ("transmitter", "receiver") if carrier.bind == "pair" else (carrier.bind,)
    return [(bind, mode) for bind in range(carrier.binds) for mode in modes]


def _smpp_link(
    platform: Platform, carrier: CarrierSettings, bind: int, mode: BindMode, wakeup: asyncio.Event
) -> SmppLink:
    return SmppLink(
        carrier=carrier,
        bind=bind,
        mode=mode,
        database=platform.database,
        messaging=platform.messaging,
        clock=platform.clock,
        wakeup=wakeup,
    )


def _wake(events: Iterable[asyncio.Event]) -> None:
    for event in events:
        event.set()
