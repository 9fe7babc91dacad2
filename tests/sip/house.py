"""A user agent on loopback with a clock that tests move, phones in memory, and calls that tests take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.port import Caller, LegEvent, SipLeg, TrunkDestination
from cordboard.edge.sip.settings import SipSettings, TrunkSettings
from cordboard.testing.sip.peer import OFFER, Peer
from cordboard.testing.sip.phones import InMemoryPhones

ACCOUNT = UUID(int=1)
OTHER_ACCOUNT = UUID(int=2)
TRUNK_HOST = "127.0.0.2"
"""Peers there are the trunk `acme`; those at 127.0.0.1 are anybody."""
CALLER = Caller(number="+19495550100")
DEFAULTS: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "allow_private": True}

AnyEvent = TypeVar("AnyEvent")


class Time:
    """Seconds that stand still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """`agent` and what belongs to it; `trunk` is the peer behind the trunk acme."""

    def __init__(self, agent: Agent, time: Time, phones: InMemoryPhones) -> None:
        self.agent = agent
        self.time = time
        self.phones = phones
        self.calls: asyncio.Queue[SipLeg] = asyncio.Queue()
        self.peers: list[Peer] = []
        self.trunk: Peer
        self.probe: Peer

    @property
    def address(self) -> tuple[str, int]:
        """Where the agent is."""
        return "127.0.0.1", self.agent.port

    async def settle(self) -> None:
        """The agent has dealt with all that was sent to it: what comes after it is answered."""
        self.probe.send(self.probe.build("OPTIONS", "sip:127.0.0.1"))
        await self.probe.response(200)

    async def advance(self, seconds: float) -> None:
        """Time passes, after what was sent before has arrived."""
        await self.settle()
        self.time.now += seconds
        self.agent.wake()

    def usable(self) -> list[str]:
        """The trunks that can be used now."""
        return list(self.agent.trunks)

    async def peer(self, user: str = "alice", host: str = "127.0.0.1") -> Peer:
        """A stranger over UDP."""
        peer = await Peer.udp(self.address, user, host)
        self.peers.append(peer)
        return peer

    async def next_call(self) -> SipLeg:
        """The next incoming call."""
        async with asyncio.timeout(3):
            return await self.calls.get()

    async def call(self, number: str = "+19495550123", caller: Caller = CALLER) -> SipLeg:
        """Calls a number over the trunk."""
        return await self.agent.invite(TrunkDestination("acme", number), caller, OFFER)


async def event(leg: SipLeg, kind: type[AnyEvent]) -> AnyEvent:
    """The leg's next event, which has to be of that kind."""
    async with asyncio.timeout(3):
        happened: LegEvent = await leg.events.get()
    assert isinstance(happened, kind), happened
    return happened


def no_event(leg: SipLeg) -> None:
    """Nothing more has happened."""
    assert leg.events.empty(), leg.events.get_nowait()


@asynccontextmanager
async def opened(
    *, trunk: Mapping[str, Any] | None = None, relay: Path | None = None, random: float = 0.5, **settings: Any
) -> AsyncIterator[House]:
    """An agent with the trunk acme, whose peer is there. `trunk` and `settings` go over the usual ones."""
    peer = await Peer.udp(("127.0.0.1", 9), "acme", TRUNK_HOST)
    acme = {"name": "acme", "host": TRUNK_HOST, "port": peer.wire.address[1], "keepalive": False}
    time, phones = Time(), InMemoryPhones()
    phones.add(ACCOUNT, "phone1", "secret-password")
    phones.add(ACCOUNT, "phone2", "second-password")
    phones.add(OTHER_ACCOUNT, "stranger", "other-password")
    agent = Agent(
        SipSettings(**{**DEFAULTS, **settings}),
        [TrunkSettings(**{**acme, **(trunk or {})})],
        phones,
        relay=relay,
        now=time,
        random=lambda: random,
    )
    house = House(agent, time, phones)
    await agent.start()
    agent.on_call(lambda leg: _note(house, leg))
    house.trunk = peer
    peer.aim(house.address)
    house.probe = await house.peer("probe")
    try:
        yield house
    finally:
        await agent.stop()
        for each in (peer, *house.peers):
            each.close()


async def _note(house: House, leg: SipLeg) -> None:
    house.calls.put_nowait(leg)
