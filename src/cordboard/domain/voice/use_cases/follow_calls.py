"""How calls go on and end: progress, minutes, endings, and the calls that a dead process left; all in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.billing.service import BillingService, Settlement
from cordboard.domain.voice.callbacks import Callback, enqueue_callbacks
from cordboard.domain.voice.events import COMPLETED, CONFERENCE_ENDED, DIALING, IN_PROGRESS
from cordboard.domain.voice.models import (
    CallKey,
    CallOptions,
    CallRecord,
    Ending,
    LiveCall,
    Progress,
    Reaped,
    Status,
)
from cordboard.domain.voice.pricing import billed_seconds, cost_of, minutes_billed, usage_of
from cordboard.domain.voice.rendering import call_event, status_parameters
from cordboard.domain.voice.repository import calls, conferences, live, nodes
from cordboard.domain.voice.use_cases.confer import conference_event
from cordboard.infra.db import Tx
from cordboard.infra.events import append
from cordboard.kit.clock import Clock

_BATCH: Final = 500
_LONGEST_WAIT: Final = timedelta(seconds=60)
_FORGET_COMMANDS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class FollowCalls:
    """The verbs about calls that are under way."""

    clock: Clock
    billing: BillingService

    async def progress(self, tx: Tx, changes: Sequence[Progress], node: str) -> list[CallRecord]:
        """Calls ring, or were answered; answers the records that changed. What is told twice or too late changes
        nothing, and each step of a call makes one event.
        """
        answered = [(one.key[0], one.key[1], one.at) for one in changes if one.status == "in-progress"]
        if answered:
            await live.mark_answered(tx, answered)
        present = {r.key: r for r in await calls.lock(tx, list(dict.fromkeys(one.key for one in changes)))}
        changed: dict[CallKey, CallRecord] = {}
        events = []
        for change in changes:
            before = present.get(change.key)
            after = _advanced(before, change, node) if before else None
            if before and after and after != before:
                present[change.key] = changed[change.key] = after
                if after.status != before.status:
                    topic = DIALING if after.status == "dialing" else IN_PROGRESS
                    events.append(call_event(topic, after, self.clock.now()))
        await calls.advance(tx, list(changed.values()))
        await append(tx, events)
        return list(changed.values())

    async def extend(self, tx: Tx, key: CallKey) -> bool:
        """Reserves another minute; False when the balance does not cover it, or the call is over."""
        call = await live.lock(tx, key[0], key[1])
        if call is None:
            return False
        (granted,) = await self.billing.hold(tx, [(call.account_id, call.price)])
        if granted and call.price:
            await live.add_held(tx, call.account_id, call.call_id, call.price)
        return granted

    async def finish(self, tx: Tx, endings: Sequence[Ending]) -> list[CallRecord]:
        """Calls are over: charged, told, and off the list of live ones. The first ending of a call counts; one that was
        over already stays as it was.
        """
        by_call = {ending.key: ending for ending in reversed(endings)}
        taken = await live.take(tx, list(by_call))
        records = [record for record in await calls.lock(tx, list(by_call)) if record.ended_at is None]
        ended = await self._charged(tx, [_ended(record, by_call[record.key]) for record in records], taken)
        await calls.conclude(tx, ended)
        await append(tx, [call_event(COMPLETED, record, self.clock.now()) for record in ended])
        await enqueue_callbacks(tx, [c for record in ended for c in _callbacks_of(record)], self.clock)
        return ended

    async def reap(self, tx: Tx) -> Reaped:
        """Ends the calls and conferences of processes that are gone, calls that nobody took within a minute, and those
        that cannot be true any more; answers how many. An answered call is charged until now.
        """
        dead = await nodes.bury(tx)
        now = self.clock.now()
        orphans = await live.orphans(tx, now, _BATCH)
        stale = await live.waiting_since(tx, now - _LONGEST_WAIT, _BATCH)
        endings = [_lost(call, "the process that had the call ended", self.clock) for call in orphans]
        endings += [_lost(call, "no voice process took the call", self.clock) for call in stale]
        ended = await self.finish(tx, endings)
        for room in await conferences.end_of_nodes_gone(tx, now):
            await append(tx, [conference_event(CONFERENCE_ENDED, room, now)])
        await nodes.forget_commands(tx, now - _FORGET_COMMANDS)
        return Reaped(len(ended), dead)

    async def _charged(self, tx: Tx, ended: Sequence[CallRecord], taken: dict[UUID, LiveCall]) -> list[CallRecord]:
        """Ends holds and books costs; each call with what was added to its own."""
        settlements = []
        spend: dict[tuple[UUID, str], int] = defaultdict(int)
        for record in ended:
            held = taken[record.id].held if record.id in taken else 0
            settlements.append(_settlement(record, held))
            if record.direction == "outbound" and record.cost:
                for prefix in {"", taken[record.id].prefix if record.id in taken else ""}:
                    spend[record.account_id, prefix] += record.cost
        quotes = await self.billing.settle(tx, settlements)
        await live.add_spend(tx, spend, self.clock.now().date())
        return [
            replace(record, surcharge=quote.surcharge) if quote else record
            for record, quote in zip(ended, quotes, strict=True)
        ]


def _advanced(record: CallRecord, change: Progress, node: str) -> CallRecord:
    """The record after a step; as it was when it is over, or has come further."""
    if record.ended_at is not None or record.status == "in-progress":
        return record
    return replace(
        record,
        status=change.status,
        node=node,
        trunk=change.trunk or record.trunk,
        answered_at=change.at if change.status == "in-progress" else None,
    )


def _ended(record: CallRecord, ending: Ending) -> CallRecord:
    """The record as it is kept: what was talked decides what is billed."""
    over = replace(
        record,
        status=ending.status,
        reason=ending.reason,
        hangup_by=ending.hangup_by,
        answered_by=ending.answered_by or record.answered_by,
        digits=ending.digits,
        conference_id=ending.conference_id,
        media=ending.media,
        ended_at=max(ending.at, record.answered_at or record.created_at),
    )
    billed = billed_seconds(over.seconds)
    return replace(over, billed_seconds=billed, cost=cost_of(billed, record.price))


def _settlement(record: CallRecord, held: int) -> Settlement:
    return Settlement(
        usage=usage_of(
            record.account_id, record.kind, record.direction, record.caller, record.callee, record.campaign_id
        ),
        held=held,
        cost=record.cost,
        quantity=minutes_billed(record.billed_seconds),
        seconds=record.billed_seconds,
        subject_id=record.id,
        description=f"{record.direction} call {record.caller} to {record.callee}",
    )


def _callbacks_of(record: CallRecord) -> list[Callback]:
    options = msgspec.convert(record.options, CallOptions)
    return [
        Callback(
            account_id=record.account_id,
            call_id=record.id,
            url=options.status_callback_url,
            method=options.status_callback_method,
            parameters=status_parameters(record),
            fallback_url=options.fallback_url,
        )
    ]


def _lost(call: LiveCall, reason: str, clock: Clock) -> Ending:
    status: Status = "completed" if call.answered_at else "failed"
    return Ending(
        key=(call.account_id, call.call_id, call.created_at),
        status=status,
        at=clock.now(),
        reason=reason,
        hangup_by="SYSTEM END",
    )
