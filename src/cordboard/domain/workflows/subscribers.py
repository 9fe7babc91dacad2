"""What campaigns make of what happens in lower contexts: replies and calls are told to the runs that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cordboard.domain.workflows.repository import runs, sends
from cordboard.domain.workflows.repository.sends import Pair
from cordboard.domain.workflows.talks.hearing import Heard, Hearing
from cordboard.engines.workflow.inputs import Told
from cordboard.infra.db import Tx
from cordboard.infra.events import Event


class RunSubscribers:
    """Subscribers for the outbox's dispatcher, one a topic."""

    def __init__(self, talks: Hearing) -> None:
        self._talks = talks

    async def message_received(self, tx: Tx, events: Sequence[Event]) -> None:
        """A reply goes to the run that waits for it: `node<id>.reply` has the text; and to the assistant that talks for
        it.
        """
        pairs = {_pair(event): None for event in events}
        found = await sends.awaiting(tx, list(pairs))
        told, heard = [], []
        for event in events:
            if (waiting := found.get(_pair(event))) is not None:
                text = event.payload["text"]
                told.append((waiting.run, Told({waiting.reply_to: text}), event.occurred_at))
                heard.append(Heard(waiting.run, text, event.payload.get("opt") == "out"))
        await runs.tell(tx, told)
        await self._talks.heard(tx, heard)

    async def call_completed(self, tx: Tx, events: Sequence[Event]) -> None:
        """What became of a run's call is told as `node<id>.callstatus` and the like."""
        ours = [event for event in events if event.payload.get("campaignId")]
        calls = [
            (event.account_id, event.payload["calledNumber"], event.payload["callerNumber"], _call(event))
            for event in ours
        ]
        found = await sends.of_calls(tx, calls) if calls else {}
        told = []
        for event in ours:
            if (waiting := found.get(_call(event))) is not None:
                given = Told(_results(waiting.reply_to, event.payload))
                told.append((waiting.run, given, event.occurred_at))
        await runs.tell(tx, told)


def _pair(event: Event) -> Pair:
    return event.account_id, event.payload["from"], event.payload["to"]


def _call(event: Event) -> UUID:
    return UUID(event.payload["callSid"])


def _results(node: str, payload: dict[str, Any]) -> dict[str, str]:
    return {
        f"{node}.callstatus": str(payload["status"]),
        f"{node}.callduration": str(payload["duration"]),
        f"{node}.answeredby": str(payload.get("answeredBy") or ""),
        f"{node}.digits": str(payload.get("dtmfEntered") or ""),
    }
