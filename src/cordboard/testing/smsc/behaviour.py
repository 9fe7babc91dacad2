"""How the SMSC behaves: what it accepts, how it answers, and which faults it shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from random import Random
from typing import Literal

import msgspec

Receipts = Literal["delivered", "undelivered", "expired", "rejected", "none"]
ReceiptFormat = Literal["text", "tlv", "both"]


@dataclass(frozen=True, slots=True)
class SmscBehaviour:
    """One set of rules; replace it on a running SMSC to change its ways. Percentages are 0-100, times are
    seconds."""

    system_id: str = ""
    """The only system_id that may bind; empty takes any."""
    password: str = ""
    """The only password that may bind; empty takes any."""
    bind_status: int = 0
    """The command_status of every bind; other than 0, nobody can bind."""

    response_latency: float = 0.0
    """From the submit to its response."""
    receipts: Receipts = "delivered"
    """What receipts say, where the submit asked for one."""
    receipt_delay: float = 0.0
    """From the response to the receipt."""
    receipt_jitter: float = 0.0
    """Up to so much more, drawn for each receipt, so that they come out of order."""
    receipt_format: ReceiptFormat = "both"
    """Where the receipt names its message: in its text, in its optional parameters, or in both."""
    receipt_error: str = ""
    """Three digits for the receipt's err field; empty: 000 for delivered, 001 for the rest."""
    early_receipts: bool = False
    """The receipt leaves before the response that tells the message id."""
    duplicate_receipts_percent: float = 0.0
    """Receipts that are sent twice."""
    hex_response_ids: bool = False
    """The id is hexadecimal in the response and decimal in the receipt, as some SMSCs have it."""

    throttle_percent: float = 0.0
    """Submits answered with ESME_RTHROTTLED."""
    error_destinations: dict[str, int] = field(default_factory=dict)
    """Destinations (as submitted) whose submits are answered with that command_status."""
    black_hole_percent: float = 0.0
    """Submits that are lost: no response, no receipt."""
    hang_up_percent: float = 0.0
    """Submits that are accepted, but whose connection is dropped before the response."""
    disconnect_every_submits: int = 0
    """A connection is closed after every so many submits; 0 never."""
    disconnect_after_seconds: float = 0.0
    """A bound connection is dropped after so long; 0 never."""

    deliver_window: int = 1_000
    """Unanswered deliver_sm on one connection at a time."""
    retry_refused_after: float | None = None
    """A deliver_sm refused with a temporary status is sent again after so long; None: never."""
    seed: int = 1
    """Of the faults that are drawn."""

    def __post_init__(self) -> None:
        for name in (
            "throttle_percent",
            "black_hole_percent",
            "hang_up_percent",
            "duplicate_receipts_percent",
        ):
            if not 0 <= getattr(self, name) <= 100:
                raise ValueError(f"{name} must lie between 0 and 100")
        if self.deliver_window < 1:
            raise ValueError("deliver_window must be 1 or more")

    def changed(self, **changes: object) -> SmscBehaviour:
        """These rules with `changes` made. Raises msgspec.ValidationError on an unknown value, ValueError on
        an unknown name."""
        unknown = changes.keys() - self.__dataclass_fields__.keys()
        if unknown:
            raise ValueError(f"no such behaviour: {', '.join(sorted(unknown))}")
        return msgspec.convert({**asdict(self), **changes}, SmscBehaviour)


class Fate(Enum):
    """What becomes of a submit."""

    ACCEPT = "accept"
    THROTTLE = "throttle"
    REFUSE = "refuse"
    LOSE = "lose"
    HANG_UP = "hang up"


def draw_fate(behaviour: SmscBehaviour, destination: str, random: Random) -> Fate:
    """The fate of a submit to `destination`; faults that break the connection come first."""
    if _strikes(behaviour.hang_up_percent, random):
        return Fate.HANG_UP
    if _strikes(behaviour.black_hole_percent, random):
        return Fate.LOSE
    if _strikes(behaviour.throttle_percent, random):
        return Fate.THROTTLE
    return Fate.REFUSE if destination in behaviour.error_destinations else Fate.ACCEPT


def draw_copies(behaviour: SmscBehaviour, random: Random) -> int:
    """How many times a receipt is sent."""
    return 2 if _strikes(behaviour.duplicate_receipts_percent, random) else 1


def _strikes(percent: float, random: Random) -> bool:
    return percent > 0 and random.random() * 100 < percent
