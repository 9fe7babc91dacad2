"""What a call costs: by the minute, in steps of six seconds."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cordboard.domain.billing.models import Lob, Usage
from cordboard.domain.voice.models import CallKind, Direction

STEP_SECONDS: Final = 6
_MINUTE: Final = 60


def billed_seconds(seconds: int) -> int:
    """The seconds that are billed for `seconds` talked: the next multiple of six; nothing for nothing."""
    return -(-seconds // STEP_SECONDS) * STEP_SECONDS


def cost_of(seconds: int, minute_price: int) -> int:
    """What billed seconds come to in micro-units, rounded up to one."""
    return -(-seconds * minute_price // _MINUTE)


def minutes_billed(seconds: int) -> int:
    """How many minutes billed seconds count for, the begun one too."""
    return -(-seconds // _MINUTE)


def usage_of(
    account_id: UUID, kind: CallKind, direction: Direction, caller: str, callee: str, campaign_id: UUID | None = None
) -> Usage:
    """What a call uses. SIP addresses and phones are told from telephones by `kind`; members of a group call by whom is
    called.
    """
    is_sip = kind in ("sip", "webrtc") or (kind == "group" and not callee.startswith("+"))
    is_inbound = direction == "inbound"
    lob: Lob = "broadcast" if campaign_id else "api"
    if is_sip:
        return Usage(account_id=account_id, service="call_sip", number=callee, lob=lob, inbound=is_inbound)
    return Usage(
        account_id=account_id,
        service="call_in" if is_inbound else "call_out",
        number=callee,
        own=callee if is_inbound else caller,
        lob=lob,
    )


def minutes_begun(seconds: float) -> int:
    """How many minutes have begun after `seconds`; the first begins at once."""
    return int(seconds // _MINUTE) + 1
