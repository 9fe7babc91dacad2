"""Writing down what became of claimed lanes: finished deliveries into the log, lanes freed, circuits opened or closed,
endpoints that failed for days turned off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.webhooks.events import DISABLED, DisabledEvent
from cordboard.domain.webhooks.models import Delivery, EndpointKey, FinalState, Webhook
from cordboard.domain.webhooks.repository import configurations, log, queue
from cordboard.domain.webhooks.repository.queue import Lane
from cordboard.infra.db import Database, Tx
from cordboard.infra.events import Event, append
from cordboard.infra.telemetry.metrics import DELIVERIES
from cordboard.kit.clock import Clock, epoch_ms

CIRCUIT_OPENS_AT: Final = 10
"""Failures in a row after which an endpoint is only probed."""
PROBE_EVERY: Final = timedelta(seconds=30)
GIVE_UP_AFTER: Final = timedelta(days=5)
_REASON: Final = "every delivery failed for 5 days"


class LaneResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a lane. `retry` is its head with one attempt more, which goes on waiting until `due_at`.
    `successes` and `failures` are attempts; `entries` go to the debug log.
    """

    lane: Lane
    finished: list[tuple[Delivery, FinalState]]
    retry: Delivery | None
    due_at: datetime
    successes: int
    failures: int
    entries: list[Entry]


class RecordResults:
    """The verb, in batches. Answers for each result whether it was written: not when its lane was being added to, and
    then it is to be tried again, nor when its claim has run out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, results: Sequence[LaneResult]) -> list[bool]:
        """One transaction for all."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            locked = await queue.lock_lanes(tx, [result.lane for result in results])
            kept = [result for result in results if result.lane in locked]
            if kept:
                await self._write(tx, kept, now)
        for result in kept:
            _count(result)
        return [result.lane in locked for result in results]

    async def _write(self, tx: Tx, results: Sequence[LaneResult], now: datetime) -> None:
        finished = [one for result in results for one in result.finished]
        await queue.remove(tx, [delivery for delivery, _ in finished])
        await queue.note_attempts(tx, [result.retry for result in results if result.retry])
        await log.record(tx, finished, now)
        await queue.release_lanes(tx, [(result.lane, result.due_at) for result in results])
        await debuglog.record(tx, [entry for result in results for entry in result.entries])
        await self._judge_endpoints(tx, results, now)

    async def _judge_endpoints(self, tx: Tx, results: Sequence[LaneResult], now: datetime) -> None:
        """One success closes an endpoint's circuit; a batch of nothing but failures counts towards opening it."""
        good = {result.lane.endpoint for result in results if result.successes}
        bad: Counter[EndpointKey] = Counter()
        for result in results:
            if result.failures and result.lane.endpoint not in good:
                bad[result.lane.endpoint] += result.failures
        if good:
            await queue.close_circuits(tx, sorted(good))
        if bad:
            since = await queue.note_failures(
                tx, sorted(bad.items()), opens_at=CIRCUIT_OPENS_AT, now=now, probe_at=now + PROBE_EVERY
            )
            await self._give_up(tx, {key: moment for key, moment in since.items() if moment <= now - GIVE_UP_AFTER})

    async def _give_up(self, tx: Tx, dead: Mapping[EndpointKey, datetime]) -> None:
        """Turns configurations off and tells of it. Other endpoints start anew: what waits for them is too old soon."""
        if not dead:
            return
        await queue.close_circuits(tx, sorted(dead))
        disabled = await configurations.disable(tx, sorted(dead), _REASON)
        now = self._clock.now()
        await append(tx, [_told(webhook, dead[webhook.account_id, webhook.id], now) for webhook in disabled])
        await debuglog.record(
            tx,
            [sms_action(w.account_id, w.id, now, "webhook-disabled", w.url, _REASON, success=False) for w in disabled],
        )


def _told(webhook: Webhook, failing_since: datetime, now: datetime) -> Event:
    event = DisabledEvent(
        account_sid=str(webhook.account_id),
        id=str(webhook.id),
        name=webhook.name,
        event_type=webhook.event_type,
        url=webhook.url,
        reason=_REASON,
        failing_since=epoch_ms(failing_since),
    )
    return Event(DISABLED, webhook.account_id, str(webhook.id), msgspec.to_builtins(event), now)


def _count(result: LaneResult) -> None:
    for _, state in result.finished:
        DELIVERIES.labels(state).inc()
    if result.retry is not None:
        DELIVERIES.labels("retried").inc()
