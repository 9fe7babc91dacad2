"""Numbers that leave an account (requests 110 and 111): given back to the inventory, or handed to the parent account
or a subaccount.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.subaccounts import SubaccountService
from cordboard.domain.numbers import moving_repository
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.ports import NumberUses
from cordboard.domain.numbers.service import RENEWAL_TIMER, renewal_of
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import Timer, arm, cancel
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError

QUARANTINE: Final = timedelta(days=7)
QUARANTINE_TIMER: Final = "numbers.quarantine"


class MoveNumbers:
    """Takes numbers from accounts. A number that is not the account's is told of and holds up no other."""

    def __init__(self, clock: Clock, subaccounts: SubaccountService, uses: NumberUses) -> None:
        self._clock = clock
        self._subaccounts = subaccounts
        self._uses = uses

    async def release(
        self, tx: Tx, account_id: UUID, numbers: Sequence[str]
    ) -> tuple[list[OwnedNumber], list[FieldError]]:
        """Gives numbers back (request 110): they cost nothing from the next month on, and for seven days only this
        account may buy them again. Answers what they were.
        """
        now = self._clock.now()
        leaving = await self._lock(tx, account_id, numbers)
        names = list(leaving)
        await moving_repository.delete(tx, account_id, names, now)
        await moving_repository.begin_quarantine(tx, account_id, names, now + QUARANTINE)
        await arm(tx, [Timer(QUARANTINE_TIMER, account_id, name, now + QUARANTINE) for name in names])
        await self._uses.number_left(tx, account_id, names)
        return _answers(numbers, leaving)

    async def transfer(
        self, tx: Tx, caller_id: UUID, source_id: UUID, target_id: UUID, numbers: Sequence[str]
    ) -> tuple[list[OwnedNumber], list[FieldError]]:
        """Hands numbers from a parent to its subaccount or the reverse (request 111), on behalf of either end that has
        them, or of the parent. Their logs stay where they were; the new owner pays from the next month on. Raises
        NotFoundError, InvalidInputError, ConflictError.
        """
        source, target = await self._subaccounts.ends_of_move(tx, caller_id, source_id, target_id)
        leaving = await self._lock(tx, source.id, numbers)
        names = list(leaving)
        moved = await moving_repository.move(tx, source.id, target.id, names)
        await arm(tx, [renewal_of(number) for number in moved])
        await self._uses.number_left(tx, source.id, names)
        return _answers(numbers, {number.phone_number: number for number in moved})

    async def end_quarantine(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of timers: anybody may buy the numbers from now on."""
        for timer in timers:
            await moving_repository.end_quarantine(tx, timer.account_id, [timer.scope], at=timer.fire_at)

    async def _lock(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> dict[str, OwnedNumber]:
        """Those of the account, which are not renewed any more. The timers come first, as a renewal takes them: one
        that is under way is waited for, and what it arms will find no number.
        """
        wanted = sorted(set(numbers))
        await cancel(tx, RENEWAL_TIMER, account_id, wanted)
        return {number.phone_number: number for number in await moving_repository.lock(tx, account_id, wanted)}


def _answers(numbers: Sequence[str], done: dict[str, OwnedNumber]) -> tuple[list[OwnedNumber], list[FieldError]]:
    """What was done, in the order asked for, and what could not be."""
    asked = list(dict.fromkeys(numbers))
    refused = [FieldError(number, "is not a number of this account") for number in asked if number not in done]
    return [done[number] for number in asked if number in done], refused
