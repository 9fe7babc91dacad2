"""What a bridged call costs in signalling: sipp calls us hundreds of times a second, and each time we call another.

The agent runs in a process of its own; media is none of its business, the SDP goes through as it is.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import subprocess
import sys

import uvloop
from tests.bench.processes import cpu_seconds, resident_mib
from tests.installation import free_port

from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.port import Answered, Caller, Ended, Refused, Ringing, SipLeg, TrunkDestination
from cordboard.edge.sip.settings import SipSettings, TrunkSettings
from cordboard.testing.sip.phones import InMemoryPhones

_RATES = (200, 500)
_SECONDS = 10
_UAC, _UAS = "127.0.0.3", "127.0.0.4"


async def serve(port: int, uas_port: int) -> None:
    """The agent, bridging until it is ended."""
    trunks = [
        TrunkSettings(name="in", host=_UAC, keepalive=False),
        TrunkSettings(name="out", host=_UAS, port=uas_port, keepalive=False),
    ]
    settings = SipSettings(port=port, calls_per_second=10_000, most_calls=20_000)
    agent = Agent(settings, trunks, InMemoryPhones())

    async def bridge(leg: SipLeg) -> None:
        other = await agent.invite(TrunkDestination("out", "+19495550123"), Caller(number="+19495550100"), leg.offer)
        async with asyncio.TaskGroup() as both:
            both.create_task(follow(other, leg))
            both.create_task(follow(leg, other))

    agent.on_call(bridge)
    await agent.start()
    gc.collect()
    gc.freeze()  # as the roles do
    gc.set_threshold(20_000, 20, 50)
    print("ready", flush=True)
    await asyncio.Event().wait()


async def follow(leg: SipLeg, other: SipLeg) -> None:
    """Passes on what happens on one leg to the other."""
    while True:
        match await leg.events.get():
            case Ringing(sdp=sdp):
                await other.ring(sdp)
            case Answered(sdp=sdp):
                await other.answer(sdp)
            case Refused(status=status):
                await other.refuse(status)
                return
            case Ended():
                await other.hang_up()
                return


def sipp(*arguments: str) -> list[str]:
    """Its command line."""
    return [shutil.which("sipp") or "sipp", *arguments, "-nostdin"]


def measure(rate: int) -> None:
    """Prints what one rate costs."""
    port, uas_port = free_port(), free_port()
    calls = rate * _SECONDS
    agent = subprocess.Popen([sys.executable, __file__, str(port), str(uas_port)], stdout=subprocess.PIPE)
    uas = subprocess.Popen(
        sipp("-sn", "uas", "-i", _UAS, "-p", str(uas_port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert agent.stdout is not None
        agent.stdout.readline()
        before = cpu_seconds([agent.pid])
        uac = sipp(
            "-sn",
            "uac",
            "-i",
            _UAC,
            "-r",
            str(rate),
            "-m",
            str(calls),
            "-l",
            "20000",
            "-timeout",
            "60",
            f"127.0.0.1:{port}",
        )
        failed = subprocess.run(uac, check=False, capture_output=True).returncode
        spent = cpu_seconds([agent.pid]) - before
        print(
            f"{rate} bridged calls/s for {_SECONDS} s: {spent / calls * 1000:.2f} ms of CPU a call, "
            f"{spent / _SECONDS:.0%} of a core, {resident_mib(agent.pid):.0f} MiB"
            + (f", sipp says {failed}" if failed else ", none failed")
        )
    finally:
        for process in (agent, uas):
            process.kill()
            process.wait()


def main() -> None:
    """The agent with two ports as arguments, else the benchmark."""
    if len(sys.argv) == 3:
        uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
        return
    if shutil.which("sipp") is None:
        print("left out: needs sipp (tools/install_peers.sh sip-tester)")
        return
    for rate in _RATES:
        measure(rate)


if __name__ == "__main__":
    main()
