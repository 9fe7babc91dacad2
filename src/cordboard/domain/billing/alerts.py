"""Balance alerts (requests 10, 11): a mail and an event each time that a balance falls below an amount.

A balance rises only when money comes in. So it is enough to look right before and right after that, and once a minute
between: no fall goes unseen, none is told twice, and what spends money need not look.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.billing.events import BALANCE_FELL, BalanceEvent
from cordboard.domain.billing.models import BalanceAlert
from cordboard.domain.billing.repository import alerts
from cordboard.domain.billing.repository.alerts import Crossing
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.infra.mail import Mail, queue_mail
from cordboard.kit.clock import Clock
from cordboard.kit.money import from_micros, to_number

ALERT_TIMER: Final = "billing.balance_alerts"
_EVERY: Final = timedelta(minutes=1)


class BalanceAlerts:
    """Sets alerts and looks after them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def find(self, tx: Tx, account_id: UUID) -> BalanceAlert | None:
        """The account's alert."""
        return await alerts.find(tx, account_id)

    async def put(self, tx: Tx, account_id: UUID, alert: BalanceAlert, balance: int) -> None:
        """Replaces the account's alert. `balance` is locked; where it is below an amount already, nobody is told until
        it has been above and falls again.
        """
        await self.look(tx, [account_id])
        await alerts.put(tx, account_id, alert, balance)
        await arm(tx, [self._next(account_id)])

    async def look(self, tx: Tx, account_ids: Collection[UUID]) -> None:
        """Tells of balances that have fallen since they were looked at last."""
        for crossing in await alerts.cross(tx, account_ids):
            for level, threshold in _fallen(crossing):
                await self._tell(tx, crossing, level, threshold)

    async def look_again(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of timers: looks at the accounts, and will in a minute."""
        account_ids = [timer.account_id for timer in timers]
        await self.look(tx, account_ids)
        await arm(tx, [self._next(account_id) for account_id in account_ids])

    async def _tell(self, tx: Tx, crossing: Crossing, level: str, threshold: int) -> None:
        now = self._clock.now()
        event = BalanceEvent(
            account_sid=str(crossing.account_id),
            level=level,
            threshold=to_number(threshold),
            balance=to_number(crossing.balance),
            currency=crossing.currency,
        )
        payload = msgspec.to_builtins(event)
        await append(tx, [Event(BALANCE_FELL, crossing.account_id, str(crossing.account_id), payload, now)])
        await queue_mail(tx, crossing.account_id, _mail(crossing, threshold), now)

    def _next(self, account_id: UUID) -> Timer:
        return Timer(ALERT_TIMER, account_id, "", self._clock.now() + _EVERY)


def _fallen(crossing: Crossing) -> list[tuple[str, int]]:
    """The amounts that the balance is below of late."""
    fallen = []
    if crossing.below_alert and not crossing.was_below_alert:
        fallen.append(("alert", crossing.alert.alert_amount))
    if crossing.below_min and not crossing.was_below_min:
        fallen.append(("minimum", crossing.alert.min_amount))
    return fallen


def _mail(crossing: Crossing, threshold: int) -> Mail:
    limit, balance = (f"{from_micros(amount):,f} {crossing.currency}" for amount in (threshold, crossing.balance))
    return Mail(
        to=crossing.alert.email,
        subject=f"Balance below {limit}",
        text=f"The balance of account {crossing.account_id} has fallen below {limit}. It is {balance} now.\n",
    )
