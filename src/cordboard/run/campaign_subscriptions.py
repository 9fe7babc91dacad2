"""What the worker does for campaigns: replies, calls and triggers of every context become inputs and starts of runs."""

from __future__ import annotations

from cordboard.domain.dispositions.events import ASSIGNED
from cordboard.domain.messaging import events as messaging
from cordboard.domain.routing.events import ROUTED
from cordboard.domain.voice import events as voice
from cordboard.infra.events import Dispatcher
from cordboard.run.platform import Platform


def subscribe_campaigns(dispatcher: Dispatcher, platform: Platform) -> None:
    """The subscribers of campaigns."""
    runs = platform.campaigns.subscribers
    dispatcher.subscribe(messaging.RECEIVED, runs.message_received)
    dispatcher.subscribe(voice.COMPLETED, runs.call_completed)
    triggers = platform.campaigns.triggers
    dispatcher.subscribe(messaging.KEYWORD_RECEIVED, triggers.keyword_received)
    dispatcher.subscribe(ROUTED, triggers.routed)
    dispatcher.subscribe(ASSIGNED, triggers.dispositions_assigned)
