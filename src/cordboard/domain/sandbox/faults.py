"""When a fault strikes. Pure, and the same for the same message, so that a run can be repeated."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.sandbox.models import Faults

_AWAY: Final = timedelta(seconds=1)


def strikes(percent: int, purpose: str, message_id: UUID, attempt: int) -> bool:
    """Whether a fault that strikes `percent` of all messages strikes this try."""
    return zlib.crc32(f"{purpose}:{message_id}:{attempt}".encode()) % 100 < percent


def is_away(faults: Faults, since: datetime, now: datetime) -> bool:
    """Whether the carrier is disconnected: for a second after each period from `since` on."""
    period = timedelta(seconds=faults.disconnect_every_seconds)
    passed = now - since
    return bool(period) and passed >= period and passed % period < _AWAY
