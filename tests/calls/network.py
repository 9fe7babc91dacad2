"""Carriers: calls of ours arrive there, and others call us from there."""

from __future__ import annotations

import asyncio

from tests.calls.parties import PATIENCE

from cordboard.edge.sandbox_calls.phone import NoPhones
from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.port import SipLeg
from cordboard.edge.sip.settings import SipSettings, TrunkSettings
from cordboard.run.voice import VoiceProcess

HERE = "127.0.0.1"
NETWORK, BACKUP = "127.0.0.2", "127.0.0.3"
"""Where the two trunks are: whoever calls from a trunk's address is trusted, so that phones are elsewhere."""


class Network:
    """One carrier; its calls wait to be taken."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.calls: asyncio.Queue[SipLeg] = asyncio.Queue()

    @classmethod
    async def open(cls, host: str) -> Network:
        """At an address of its own."""
        network = cls(Agent(SipSettings(host=host, port=0), [], NoPhones()))
        await network.agent.start()
        network.agent.on_call(network._note)
        return network

    async def meet(self, process: VoiceProcess) -> None:
        """Knows the platform from now on."""
        platform = TrunkSettings(
            name="platform", host=HERE, port=process.agent.port, keepalive=False, trusted_identity=True
        )
        await self.agent.add_trunk(platform)

    async def _note(self, leg: SipLeg) -> None:
        self.calls.put_nowait(leg)

    async def rung(self) -> SipLeg:
        """The next call."""
        async with asyncio.timeout(PATIENCE):
            return await self.calls.get()
