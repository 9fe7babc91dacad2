"""Numbers paid for by the month.

A month that the balance does not cover is not booked: the number is overdue. It goes on as before for seven days; then
it is suspended, which means that it sends and calls nobody, but still takes what comes in. Whether it can be paid is
tried every day, and when money comes in; paying ends it all. A number is never taken away for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from msgspec.structs import replace

from cordboard.domain.numbers import renewal_repository
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.months import month_after
from cordboard.domain.numbers.ports import NumberCharges
from cordboard.domain.numbers.service import RENEWAL_TIMER, renewal_of
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.kit.clock import Clock

GRACE: Final = timedelta(days=7)
_AGAIN: Final = timedelta(days=1)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RenewNumbers:
    """The verb, as a handler of timers."""

    clock: Clock
    charges: NumberCharges

    async def __call__(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Charges another month for each number whose month is over. A timer that comes twice, or late for a number
        that was renewed or has left, charges nothing.
        """
        due = {(timer.account_id, timer.scope): timer.fire_at for timer in timers}
        numbers = await renewal_repository.lock(tx, sorted(due))
        over = [one for one in numbers if one.renewal_date <= due[one.account_id, one.phone_number]]
        after = [await self._renew(tx, number) for number in over]
        await renewal_repository.update(tx, after)
        await arm(tx, [self._next(number) for number in after])

    async def try_again(self, tx: Tx, account_ids: Collection[UUID]) -> None:
        """Money has come in: what accounts owe for numbers is charged at once."""
        now = self.clock.now()
        overdue = await renewal_repository.overdue(tx, account_ids)
        await arm(tx, [Timer(RENEWAL_TIMER, account_id, number, now) for account_id, number in overdue])

    async def _renew(self, tx: Tx, number: OwnedNumber) -> OwnedNumber:
        """The number a month later, or overdue."""
        if await self.charges.charge_month(tx, number.account_id, number.phone_number, number.phone_sid):
            renewal_date = month_after(number.renewal_date, number.purchase_date.day)
            return replace(number, renewal_date=renewal_date, overdue_since=None, suspended=False)
        now = self.clock.now()
        since = number.overdue_since or now
        suspended = now - since >= GRACE
        if suspended and not number.suspended:
            _log.warning("numbers.suspended", account_id=str(number.account_id), phone_sid=str(number.phone_sid))
        return replace(number, overdue_since=since, suspended=suspended)

    def _next(self, number: OwnedNumber) -> Timer:
        if number.overdue_since is None:
            return renewal_of(number)
        return Timer(RENEWAL_TIMER, number.account_id, number.phone_number, self.clock.now() + _AGAIN)
