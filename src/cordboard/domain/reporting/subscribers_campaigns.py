"""The figures of campaigns from the events of messaging and voice, in the outbox's own transaction: each event counts
once.

A message or a call counts on the day (UTC) on which it was made, under which the logs have it too, however late the
platform hears of it: what a campaign's log says of some days comes to what its report says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from cordboard.domain.messaging.announcing import SUCCESS
from cordboard.domain.reporting.models import NOBODY, CampaignFigures
from cordboard.domain.reporting.repository import campaign_days
from cordboard.domain.reporting.repository.campaign_days import CampaignDay
from cordboard.domain.reporting.subscribers import UNKNOWN, micros
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.kit.clock import from_epoch_ms


class CampaignSubscribers:
    """Subscribers for the outbox's dispatcher, one a topic. What is of no campaign is passed over."""

    async def messages_sent(self, tx: Tx, events: Sequence[Event]) -> None:
        """A message that a carrier took is a send; of others only what they cost counts. Whether a carrier has one that
        it never answered for is not known: that counts once it is.
        """
        known = [event for event in events if event.payload["status"] != UNKNOWN]
        await _add(tx, known, "createdAt", lambda payload: _charged(payload, sends=payload["status"] == SUCCESS))

    async def messages_received(self, tx: Tx, events: Sequence[Event]) -> None:
        """An inbound message from somebody whom a campaign wrote to last is a reply to it."""
        await _add(
            tx, events, "createdAt", lambda payload: _charged(payload, replies=1, opt_outs=payload.get("opt") == "out")
        )

    async def calls_completed(self, tx: Tx, events: Sequence[Event]) -> None:
        """A call that a campaign made is a send, whatever became of it."""
        await _add(tx, events, "createdTime", lambda payload: _charged(payload, "cost", sends=1))


async def _add(
    tx: Tx, events: Sequence[Event], made: str, figures_of: Callable[[dict[str, Any]], CampaignFigures]
) -> None:
    """Adds what a batch comes to. `made`: the member that says when something was made."""
    found: dict[CampaignDay, CampaignFigures] = {}
    for event in events:
        payload = event.payload
        if not payload.get("campaignId"):
            continue
        figures = figures_of(payload)
        if figures == CampaignFigures():
            continue
        key = CampaignDay(
            event.account_id,
            from_epoch_ms(payload[made]).date(),
            UUID(payload["campaignId"]),
            UUID(payload["templateId"]) if payload.get("templateId") else NOBODY,
        )
        found[key] = found[key] + figures if key in found else figures
    await campaign_days.add(tx, list(found.items()))


def _charged(payload: dict[str, Any], price: str = "price", **counts: int) -> CampaignFigures:
    return CampaignFigures(cost=micros(payload[price]), surcharge=micros(payload["surcharge"]), **counts)
