"""What processes that hold sockets are told, once a transaction has committed. What is lost on the way is not told
again: who works a list off asks for the next contact unasked, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from cordboard.domain.live_lists.models import Signal
from cordboard.domain.live_lists.repository import signals
from cordboard.infra.db import Tx

CHANNEL: Final = signals.CHANNEL
_decode: Final = msgspec.json.Decoder(Signal).decode


async def send(tx: Tx, told: Sequence[Signal]) -> None:
    """Tells every process that listens on `CHANNEL`."""
    if told:
        await signals.notify(tx, [msgspec.json.encode(signal).decode() for signal in told])


def read(payload: str) -> Signal:
    """A signal as it came."""
    return _decode(payload)
