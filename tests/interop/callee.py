"""The other side of the first trunk: sipp with `callee.xml`, where the called number says what happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from tests.telephony import HOST, TRUNK, Exchange, Sipp, sipp

from cordboard.testing.rtp import tone
from cordboard.wire.audio.g711 import MU_LAW

EARLY_TONE = 1000.0
"""What is heard of +1949222183n before it answers, in Hz."""

_FRAMES = 200


@asynccontextmanager
async def callee_of(line: Exchange, folder: Path, *, echo: bool = True) -> AsyncIterator[Sipp]:
    """Takes calls until the block ends. With `echo` it sends back what it hears, else it is silent but for the tone."""
    frames = tone(EARLY_TONE)
    samples = np.concatenate([next(frames) for _ in range(_FRAMES)])
    (folder / "tone.ulaw").write_bytes(MU_LAW.encode(samples))
    target = f"{HOST}:{line.sip_port}"
    async with sipp(
        "callee", folder, target, "-aa", *["-rtp_echo"] * echo, host=TRUNK, port=line.trunk_port
    ) as running:
        yield running
