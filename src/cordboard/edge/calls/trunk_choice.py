"""Which trunks a call may go over, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordboard.domain.numbers.inventory import SANDBOX_CARRIER
from cordboard.edge.sip.port import Destination, TrunkDestination

ISOLATED: Final = SANDBOX_CARRIER
"""Calls of the sandbox's numbers never leave over another trunk, nor do others' calls go to it."""


def destinations_for(own: str | None, number: str, trunks: Sequence[str]) -> list[Destination]:
    """The caller's own trunk first, then the others that are up, in the order of the settings."""
    if own == ISOLATED or (own is None and list(trunks) == [ISOLATED]):
        return [TrunkDestination(ISOLATED, number)]
    others = [name for name in trunks if name not in (own, ISOLATED)]
    return [TrunkDestination(name, number) for name in ([own] if own in trunks and own else []) + others]
