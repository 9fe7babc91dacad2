"""Live lists, wired: their verbs, and how what they tell comes to the sockets."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.live_lists.service import LiveListService
from cordboard.edge.sockets.live_lists_hub import LiveListHub


@dataclass(frozen=True, slots=True)
class LiveLists:
    """What lists are kept and told by."""

    service: LiveListService
    hub: LiveListHub
