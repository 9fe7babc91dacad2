"""The user agent against a SIP stack that others wrote: sipp, calling and called a hundred times."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.installation import free_port

from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.port import Answered, Caller, Ended, SipLeg, TrunkDestination
from cordboard.edge.sip.settings import SipSettings, TrunkSettings
from cordboard.testing.sip.peer import ANSWER, OFFER
from cordboard.testing.sip.phones import InMemoryPhones

_SIPP = shutil.which("sipp")
_PEER = "127.0.0.3"
_CALLS = 100
_PATIENCE = 60

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(_SIPP is None, reason="needs sipp: tools/install_peers.sh sip-tester installs it"),
]


@asynccontextmanager
async def agent_with_trunk(port: int) -> AsyncIterator[Agent]:
    """An agent whose trunk is sipp."""
    trunk = TrunkSettings(name="sipp", host=_PEER, port=port, keepalive=False)
    agent = Agent(SipSettings(port=0, allow_private=True), [trunk], InMemoryPhones())
    await agent.start()
    try:
        yield agent
    finally:
        await agent.stop()


async def sipp(*arguments: str) -> tuple[int, str]:
    """Runs sipp to its end: its exit status, 0 when all calls were as they should, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        _SIPP or "sipp",
        *arguments,
        "-i",
        _PEER,
        "-nostdin",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(_PATIENCE):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")[-2000:]


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_sipp_calls_a_hundred_times(transport: str) -> None:
    ended: list[Ended] = []

    async def answer(leg: SipLeg) -> None:
        await leg.ring()
        await leg.answer(ANSWER)
        event = await leg.events.get()
        assert isinstance(event, Ended)
        ended.append(event)

    async with agent_with_trunk(free_port()) as agent:
        agent.on_call(answer)
        target = f"127.0.0.1:{agent.port}"
        status, output = await sipp("-sn", "uac", "-t", transport, "-m", str(_CALLS), "-r", "100", target)
        assert status == 0, output
        await asyncio.sleep(0)
        assert [event.by for event in ended] == ["remote"] * _CALLS
        assert agent.statistics().legs == 0


async def test_sipp_is_called_a_hundred_times() -> None:
    port = free_port()
    async with agent_with_trunk(port) as agent:
        taking = asyncio.create_task(sipp("-sn", "uas", "-p", str(port), "-m", str(_CALLS)))
        destination = TrunkDestination("sipp", "+19495550123")
        legs = [await agent.invite(destination, Caller(number="+19495550100"), OFFER) for _ in range(_CALLS)]
        for leg in legs:
            await answered(leg)
            await leg.hang_up()
        status, output = await taking
        assert status == 0, output
        assert agent.statistics().legs == 0


async def answered(leg: SipLeg) -> None:
    """Waits until it is; the INVITE is repeated until sipp listens."""
    async with asyncio.timeout(_PATIENCE):
        while not isinstance(event := await leg.events.get(), Answered):
            assert not isinstance(event, Ended), event
