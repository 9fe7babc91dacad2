"""What a voice process shows as metrics: calls, SIP, and the engines that it sees."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from cordboard.edge.calls.control import CallControl
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.media_pool import MediaPool
from cordboard.edge.media.protocol import GetStatus
from cordboard.edge.sip.agent import Agent
from cordboard.infra.telemetry.metrics import CALLS_LIVE, MEDIA, SIP

_EVERY_SECONDS: Final = 5.0


async def watch_voice(agent: Agent, control: CallControl, pool: MediaPool) -> None:
    """Shows the figures until cancelled."""
    while True:
        CALLS_LIVE.set(control.live_parties)
        for name, value in msgspec.structs.asdict(agent.statistics()).items():
            SIP.labels(name).set(value)
        for index, client in enumerate(pool.clients):
            try:
                status = await client.request(GetStatus())
            except EngineError:
                continue  # it is going: the pool will leave it out
            for name in ("legs", "most_legs", "ticks", "late_ticks"):
                MEDIA.labels(str(index), name).set(getattr(status, name))
        await asyncio.sleep(_EVERY_SECONDS)
