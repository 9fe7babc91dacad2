"""Statistics from the events of messaging and voice, in the outbox's own transaction: each event counts once.

Something counts at its own time, however late it is told: an outbound message when the carrier took it, an inbound one
when it came in, a call when it was made, answered and over. While statistics are being filled from the logs, what
happened before the filling's cutoff is left to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from cordboard.domain.numbers.service import NumberService
from cordboard.domain.reporting.counting import Place, Tally
from cordboard.domain.reporting.models import NOBODY
from cordboard.domain.reporting.repository import counters, rebuilding
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.kit.clock import from_epoch_ms
from cordboard.kit.money import MICROS

_SUCCESS: Final = "success"
UNKNOWN: Final = "uncertain"
"""The status of a message that was handed over and never answered for."""
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


class StatisticsSubscribers:
    """Subscribers for the outbox's dispatcher, one a topic."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def messages_sent(self, tx: Tx, events: Sequence[Event]) -> None:
        """Counts messages that a carrier took, and the cost of those that it took in part. Whether it has one that was
        never answered is not known: that counts once it is.
        """
        known = [(event, event.occurred_at) for event in events if event.payload["status"] != UNKNOWN]
        timely = await _timely(tx, known)
        places = await self._places(tx, [event for event, _ in timely], "from")
        tally = Tally()
        for (event, at), place in zip(timely, places, strict=True):
            payload = event.payload
            cost = micros(payload["price"])
            if payload["status"] == _SUCCESS:
                size = payload["messageCount"]
                tally.tick(event.account_id, at, "outbound_sms")
                tally.add(place, at, sms_out=1, sms_out_cost=cost, smallest_sms=size, largest_sms=size)
            elif cost:
                tally.add(place, at, sms_out_cost=cost)
        await counters.add(tx, tally)

    async def messages_received(self, tx: Tx, events: Sequence[Event]) -> None:
        """Counts inbound messages, and those of them that ask for no more."""
        timely = await _timely(tx, [(event, from_epoch_ms(event.payload["createdAt"])) for event in events])
        places = await self._places(tx, [event for event, _ in timely], "to")
        tally = Tally()
        for (event, at), place in zip(timely, places, strict=True):
            payload = event.payload
            size = payload["messageCount"]
            tally.tick(event.account_id, at, "inbound_sms")
            tally.add(
                place,
                at,
                sms_in=1,
                sms_in_cost=micros(payload["price"]),
                opt_outs=int(payload.get("opt") == "out"),
                smallest_sms=size,
                largest_sms=size,
            )
        await counters.add(tx, tally)

    async def calls_placed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Counts outbound calls."""
        await self._tick(tx, events, "createdTime", {"outbound": "calls_dialed"})

    async def calls_answered(self, tx: Tx, events: Sequence[Event]) -> None:
        """Counts calls that were answered."""
        started = {"outbound": "outbound_calls_started", "inbound": "inbound_calls_started"}
        await self._tick(tx, events, "startTime", started)

    async def calls_completed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Counts calls that are over, whatever came of them."""
        timely = await _timely(tx, [(event, from_epoch_ms(event.payload["endTime"])) for event in events])
        inbound = [event.payload["direction"] == "inbound" for event, _ in timely]
        ours = ["calledNumber" if one else "callerNumber" for one in inbound]
        places = await self._places(tx, [event for event, _ in timely], ours)
        tally = Tally()
        for (event, at), place, is_inbound in zip(timely, places, inbound, strict=True):
            seconds, cost = event.payload["duration"], micros(event.payload["cost"])
            tally.tick(event.account_id, at, "calls_completed")
            if is_inbound:
                tally.add(
                    place,
                    at,
                    calls_in=1,
                    seconds_in=seconds,
                    calls_in_cost=cost,
                    shortest_in=seconds,
                    longest_in=seconds,
                )
            else:
                tally.add(
                    place,
                    at,
                    calls_out=1,
                    seconds_out=seconds,
                    calls_out_cost=cost,
                    shortest_out=seconds,
                    longest_out=seconds,
                )
        await counters.add(tx, tally)

    async def _tick(self, tx: Tx, events: Sequence[Event], member: str, fields: dict[str, str]) -> None:
        tally = Tally()
        for event, at in await _timely(tx, [(event, from_epoch_ms(event.payload[member])) for event in events]):
            if field := fields.get(event.payload["direction"]):
                tally.tick(event.account_id, at, field)
        await counters.add(tx, tally)

    async def _places(self, tx: Tx, events: Sequence[Event], ours: str | Sequence[str]) -> list[Place]:
        """Whose each event is. `ours`: the member that names the account's number, for all or each. The number set is
        the one that the event names, else the one that the number is in now.
        """
        members = [ours] * len(events) if isinstance(ours, str) else ours
        numbers = [event.payload[member] for event, member in zip(events, members, strict=True)]
        unknown = {
            (event.account_id, number)
            for event, number in zip(events, numbers, strict=True)
            if not event.payload.get("numberSetId")
        }
        sets = await self._numbers.sets_of_numbers(tx, sorted(unknown))
        return [
            Place(
                event.account_id,
                number,
                _uuid(event.payload.get("numberSetId")) or sets.get((event.account_id, number)) or NOBODY,
                _uuid(event.payload.get("webrtcUsername")) or NOBODY,
                _uuid(event.payload.get("campaignId")) or NOBODY,
            )
            for event, number in zip(events, numbers, strict=True)
        ]


async def _timely(tx: Tx, events: Iterable[tuple[Event, datetime]]) -> list[tuple[Event, datetime]]:
    """Events with their own times, without those that the filling from the logs counts."""
    cutoff = await rebuilding.cutoff(tx) or _BEGINNING
    return [(event, at) for event, at in events if at >= cutoff]


def micros(amount: float) -> int:
    """A price as events carry it, in micro-units."""
    return round(amount * MICROS)


def _uuid(value: Any) -> UUID | None:
    return UUID(value) if value else None
