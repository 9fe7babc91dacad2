"""Call thresholds: an account is told when one of its numbers has made as many calls as it set, and when counting
starts anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.voice.events import THRESHOLD, THRESHOLD_RESET, ThresholdEvent
from cordboard.domain.voice.repository import live
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.kit.clock import Clock, epoch_ms

RESET_TIMER: Final = "voice.threshold_reset"


class Thresholds:
    """Counts outbound calls of accounts that set `call_threshold`."""

    def __init__(self, clock: Clock, accounts: AccountService) -> None:
        self._clock = clock
        self._accounts = accounts

    async def count(self, tx: Tx, calls: Sequence[tuple[UUID, str]]) -> None:
        """Counts (account, number) for each call made."""
        for account_id, number in sorted(calls):
            settings = await self._accounts.settings(tx, account_id)
            if settings.call_threshold is None:
                continue
            now = self._clock.now()
            window = timedelta(hours=settings.call_threshold_hours)
            counted, since = await live.count_call(tx, account_id, number, now, window)
            if counted == settings.call_threshold:
                reset_at = since + window
                await append(tx, [self._event(THRESHOLD, account_id, number, reset_at)])
                await arm(tx, [Timer(RESET_TIMER, account_id, number, reset_at)])

    async def reset(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of `RESET_TIMER`."""
        await append(tx, [self._event(THRESHOLD_RESET, one.account_id, one.scope, one.fire_at) for one in timers])

    def _event(self, topic: str, account_id: UUID, number: str, reset_at: datetime) -> Event:
        event = ThresholdEvent(
            account_sid=str(account_id),
            phone_number=number,
            threshold_met=topic == THRESHOLD,
            reset_time_ms=epoch_ms(reset_at),
        )
        payload: dict[str, Any] = msgspec.to_builtins(event)
        return Event(topic, account_id, number, payload, self._clock.now())
