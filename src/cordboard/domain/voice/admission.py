"""Admission of calls: how many at once, how many a second, how much money a day; decided and counted in one
transaction.

An account's admissions follow each other behind a lock on its row, so that what is counted is what is so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.settings import AccountSettings
from cordboard.domain.voice.caps import SpendCaps
from cordboard.domain.voice.errors import SpendCapError, TooManyCallsError
from cordboard.domain.voice.repository import live
from cordboard.infra.db import Tx
from cordboard.kit.errors import CordboardError

LONGEST_CALL: Final = timedelta(hours=6)
"""After it a live call's row is not believed any more, and the call is ended."""

_BURST: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """The installation's limits of an account, where the account has none of its own. `caps` in micro-units by
    prefix.
    """

    concurrent_calls: int = 200
    calls_per_second: int = 20
    caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that asks to be admitted. `paced`: it counts against the calls a second."""

    account_id: UUID
    callee: str
    price: int
    paced: bool = True


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer: an error, or the capped prefix that the call's money is counted under."""

    error: CordboardError | None = None
    prefix: str = ""


@dataclass(slots=True)
class _State:
    """What an account has live and has spent, while a batch is decided."""

    most_calls: int
    step: timedelta
    caps: SpendCaps
    calls: int
    money: dict[str, int]
    next_free_at: datetime

    def decide(self, wanted: Wanted, now: datetime) -> Admitted:
        """Admits the call and counts it, or says why not."""
        if self.calls >= self.most_calls:
            problem = f"{self.calls} calls are live; at most {self.most_calls} may be"
            return Admitted(TooManyCallsError(problem, retry_after=1))
        begins = max(self.next_free_at, now)
        if wanted.paced and begins + self.step > now + _BURST:
            return Admitted(TooManyCallsError("too many calls a second", retry_after=1))
        prefix = self.caps.prefix_of(wanted.callee)
        if broken := self.caps.exceeded(prefix, self.money, wanted.price):
            return Admitted(SpendCapError(f"the cap for {broken} is reached today; raise it or wait for tomorrow"))
        self.calls += 1
        for name in {prefix, ""}:
            self.money[name] = self.money.get(name, 0) + wanted.price
        if wanted.paced:
            self.next_free_at = begins + self.step
        return Admitted(prefix=prefix)


class Admission:
    """Decides for batches."""

    def __init__(self, accounts: AccountService, limits: Limits) -> None:
        self._accounts = accounts
        self._limits = limits

    async def admit(self, tx: Tx, wanted: Sequence[Wanted], now: datetime) -> list[Admitted]:
        """One answer a call, in order. The caller stores the admitted ones in the same transaction."""
        if not wanted:
            return []
        account_ids = sorted({one.account_id for one in wanted})
        states = await self._states(tx, account_ids, now)
        answers = [states[one.account_id].decide(one, now) for one in wanted]
        await live.move_pace(tx, {account_id: state.next_free_at for account_id, state in states.items()})
        return answers

    async def _states(self, tx: Tx, account_ids: Sequence[UUID], now: datetime) -> dict[UUID, _State]:
        pace = await live.lock_pace(tx, account_ids, now)
        usage = await live.usage(tx, account_ids, now)
        spent = await live.spent(tx, account_ids, now.date())
        states = {}
        for account_id in account_ids:
            settings = await self._accounts.settings(tx, account_id)
            calls, held = usage[account_id]
            states[account_id] = _State(
                most_calls=_or(settings.concurrent_calls, self._limits.concurrent_calls),
                step=_BURST // (settings.calls_per_second or self._limits.calls_per_second),
                caps=self.caps_of(settings),
                calls=calls,
                money=_sum(spent[account_id], held),
                next_free_at=pace[account_id],
            )
        return states

    def caps_of(self, settings: AccountSettings) -> SpendCaps:
        """What an account may spend a day."""
        return SpendCaps.parse(settings.daily_call_spend, settings.dialling_caps, self._limits.caps)


def _or(own: int | None, default: int) -> int:
    return default if own is None else own


def _sum(spent: Mapping[str, int], held: Mapping[str, int]) -> dict[str, int]:
    """What is spent and reserved by prefix; what is reserved counts for all calls too."""
    money: dict[str, int] = defaultdict(int, spent)
    for prefix, amount in held.items():
        for name in {prefix, ""}:
            money[name] += amount
    return dict(money)
