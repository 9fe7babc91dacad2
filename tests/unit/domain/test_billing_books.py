"""The books under whatever happens: balances, holds, the ledger and the report of every day agree with each other and
with books kept by hand.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from cordboard.domain.billing.errors import NotRefundableError
from cordboard.domain.billing.items import item_of
from cordboard.domain.billing.models import SERVICES, Rate, Settlement, Usage
from cordboard.domain.billing.service import BillingService
from cordboard.infra.db import Tx
from cordboard.infra.db.pool import prepare_connection
from cordboard.kit.ids import Ids
from cordboard.testing.clock import VirtualClock

T = TypeVar("T")
PREPAID, POSTPAID = UUID(int=1), UUID(int=2)
ACCOUNTS = (PREPAID, POSTPAID)
NUMBERS = ("+19495550100", "+18885550100", "12345", "+442079460000", "+17875550100")
DEFAULTS: dict[str, int] = dict.fromkeys(SERVICES, 5)

_accounts = st.sampled_from(ACCOUNTS)
_amounts = st.integers(1, 500)
_usages = st.builds(
    Usage,
    account_id=_accounts,
    service=st.sampled_from(SERVICES),
    number=st.sampled_from(NUMBERS),
    own=st.sampled_from(NUMBERS),
    lob=st.sampled_from(["api", "broadcast"]),
)


class Books(RuleBasedStateMachine):
    """Billing on a real database, in one transaction that is never committed."""

    url = ""
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.clock = VirtualClock()
        self.balances: dict[UUID, int] = defaultdict(int)
        self.held: dict[UUID, int] = defaultdict(int)
        self.tx: Tx
        self.run(self.open())
        self.billing = BillingService(
            clock=self.clock, ids=Ids(self.clock), mode="postpaid", currency="USD", defaults=DEFAULTS
        )
        self.run(self.billing.set_mode(self.tx, PREPAID, "prepaid"))

    async def open(self) -> None:
        """The transaction, with the accounts in it."""
        self.tx = await asyncpg.connect(self.url)
        await prepare_connection(self.tx)
        self.never_committed = self.tx.transaction()
        await self.never_committed.start()
        for account_id in ACCOUNTS:
            await self.tx.execute(
                "insert into accounts (id, parent_id, name, created_at, modified_at) values ($1, $1, '', now(), now())",
                account_id,
            )

    def teardown(self) -> None:
        """Forgets it all."""
        self.run(self.never_committed.rollback())
        self.run(self.tx.close())
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does it."""
        return self.loop.run(work)

    @rule(account_id=_accounts, amount=_amounts)
    def credit(self, account_id: UUID, amount: int) -> None:
        """Money comes in."""
        self.balances[account_id] += amount
        after = self.run(self.billing.credit(self.tx, account_id, amount, ""))
        assert after.balance == self.balances[account_id]

    @rule(account_id=_accounts, amount=_amounts)
    def refund(self, account_id: UUID, amount: int) -> None:
        """Money goes back, if there is so much that nothing reserves."""
        if self.balances[account_id] - self.held[account_id] < amount:
            with pytest.raises(NotRefundableError):
                self.run(self.billing.refund(self.tx, account_id, amount, ""))
        else:
            self.balances[account_id] -= amount
            self.run(self.billing.refund(self.tx, account_id, amount, ""))

    @rule(target=holds, wanted=st.lists(st.tuples(_usages, st.integers(1, 9)), max_size=4))
    def hold(self, wanted: list[tuple[Usage, int]]) -> list[tuple[Usage, int, int]]:
        """Things begin: what they come to is held, in turn, where it is covered."""
        quotes = self.run(self.billing.quote(self.tx, wanted))
        asked = [(usage.account_id, quote.total) for (usage, _), quote in zip(wanted, quotes, strict=True)]
        granted = self.run(self.billing.hold(self.tx, asked))
        begun = []
        for (usage, units), quote, covered in zip(wanted, quotes, granted, strict=True):
            left = self.balances[usage.account_id] - self.held[usage.account_id]
            assert covered == (usage.account_id == POSTPAID or quote.total == 0 or quote.total <= left)
            if covered:
                self.held[usage.account_id] += quote.total
                begun.append((usage, units, quote.total))
        return begun

    @rule(begun=consumes(holds), part=st.integers(0, 9))
    def settle(self, begun: list[tuple[Usage, int, int]], part: int) -> None:
        """They end: so much of each is charged, at the cost that it was begun at, if that was held."""
        ended = []
        for usage, units, held in begun:
            used = min(part, units)
            cost = min(DEFAULTS[usage.service] * used, held)
            ended.append(self.settlement(usage, used, cost, held))
        self.book(ended)

    @rule(begun=consumes(holds))
    def release(self, begun: list[tuple[Usage, int, int]]) -> None:
        """They come to nothing."""
        for usage, _, held in begun:
            self.held[usage.account_id] -= held
        self.run(self.billing.release(self.tx, [(usage.account_id, held) for usage, _, held in begun]))

    @rule(usages=st.lists(_usages, min_size=1, max_size=3), price=st.integers(0, 20))
    def receive(self, usages: list[Usage], price: int) -> None:
        """Something comes in, which nobody held for: it is charged where the account pays later, else free."""
        costs = [price if usage.account_id == POSTPAID else 0 for usage in usages]
        if any(self.adds(usage) and usage.account_id == PREPAID for usage in usages):
            return
        self.book([self.settlement(usage, 1, cost, 0) for usage, cost in zip(usages, costs, strict=True)])

    @rule(usage=_usages, cost=st.integers(0, 300))
    def charge(self, usage: Usage, cost: int) -> None:
        """A month of a number, a lookup: charged if the balance covers it."""
        before = self.balances[usage.account_id] - self.held[usage.account_id]
        one = self.settlement(usage, 1, cost, 0)
        covered = self.run(self.billing.charge(self.tx, one))
        (booked,) = self.run(self.changes(usage.account_id))
        spent = self.balances[usage.account_id] - booked
        self.balances[usage.account_id] = booked
        if covered:
            assert spent >= cost
            assert usage.account_id == POSTPAID or spent <= max(before, 0)
        else:
            assert spent == 0
            assert usage.account_id == PREPAID

    @rule(
        account_id=st.sampled_from([*ACCOUNTS, None]),
        service=st.sampled_from(["*", "sms_out", "number_month"]),
        surcharge=st.integers(0, 40),
        percent=st.sampled_from([0, 1, 12_345_678]),
    )
    def add_on_top(self, account_id: UUID | None, service: str, surcharge: int, percent: int) -> None:
        """Surcharges and taxes change while holds are open."""
        line = Rate(
            account_id=account_id,
            service=service,
            surcharge=surcharge,
            surcharge_percent=percent,
            tax_percent=percent,
        )
        self.run(self.billing.put_rates(self.tx, [line]))

    @rule(days=st.integers(1, 20))
    def wait(self, days: int) -> None:
        """Days pass."""
        if self.clock.now() - VirtualClock().now() < timedelta(days=20):
            self.clock.advance(timedelta(days=days).total_seconds() * 0.9)

    @invariant()
    def balances_are_the_sums_of_their_entries_and_holds(self) -> None:
        """What is shown is what was booked and what is open; who pays before never owes."""
        for account_id in ACCOUNTS:
            shown = self.run(self.billing.balance(self.tx, account_id))
            assert (shown.balance, shown.held) == (self.balances[account_id], self.held[account_id])
            assert self.run(self.changes(account_id)) == [shown.balance]
            assert shown.held >= 0
        assert self.balances[PREPAID] >= self.held[PREPAID]

    @invariant()
    def every_transaction_comes_to_nothing(self) -> None:
        """Each entry has its other sides, and so have all books together."""
        rows = self.run(
            self.tx.fetch("select transaction_id from ledger_postings group by 1 having sum(amount) <> 0 limit 1")
        )
        assert rows == []
        assert not self.run(self.tx.fetchval("select sum(amount)::bigint from ledger_postings"))

    @invariant()
    def any_days_of_the_report_are_those_of_the_ledger(self) -> None:
        """From the first day to today, and without the first and the last."""
        first, last = VirtualClock().now().date(), self.clock.now().date()
        for start, end in ((first, last), (first + timedelta(days=1), last), (first, last - timedelta(days=1))):
            for account_id in ACCOUNTS:
                report = self.run(self.billing.usage(self.tx, account_id, start, end))
                lines = {one.item_code: tuple(getattr(one, n) for n in one.__struct_fields__[1:]) for one in report}
                assert lines == self.run(self.from_ledger(account_id, start, end))

    def settlement(self, usage: Usage, units: int, cost: int, held: int) -> Settlement:
        """The end of something."""
        return Settlement(
            usage=usage, held=held, cost=cost, quantity=units, seconds=7 * units, subject_id=None, description=""
        )

    def book(self, ended: list[Settlement]) -> None:
        """Settles, and takes from the balances by hand what the entries say, which no hold may fall short of."""
        self.run(self.billing.settle(self.tx, ended))
        for one in ended:
            self.held[one.usage.account_id] -= one.held
        for account_id in ACCOUNTS:
            (booked,) = self.run(self.changes(account_id))
            spent = self.balances[account_id] - booked
            mine = [one for one in ended if one.usage.account_id == account_id]
            assert spent >= sum(one.cost for one in mine if one.quantity)
            if all(one.held for one in mine):
                assert spent <= sum(one.held for one in mine)
            self.balances[account_id] = booked

    def adds(self, usage: Usage) -> int:
        """What is added to a free unit."""
        (quote,) = self.run(self.billing.quote(self.tx, [(usage, 1)]))
        return quote.total - quote.cost + (quote.surcharge or quote.tax)

    async def changes(self, account_id: UUID) -> list[int]:
        """The sum of the account's entries."""
        total = await self.tx.fetchval(
            "select coalesce(sum(amount), 0)::bigint from ledger_entries where account_id = $1", account_id
        )
        return [total]

    async def from_ledger(self, account_id: UUID, first: date, last: date) -> dict[str, tuple[Any, ...]]:
        """The report, from the entries."""
        rows = await self.tx.fetch(
            "select item_code, kind, sub_type, lob, count(*), sum(quantity)::bigint, sum(seconds)::bigint,"
            " sum(cost)::bigint, sum(surcharge)::bigint, sum(tax)::bigint from ledger_entries where account_id = $1"
            " and (booked_at at time zone 'UTC')::date between $2 and $3 and payment = 0 group by 1, 2, 3, 4",
            account_id,
            first,
            last,
        )
        return {row[0]: tuple(row)[1:] for row in rows}


def test_the_books_agree(database_url: str) -> None:
    class Here(Books):
        url = database_url

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_items_tell_services_apart() -> None:
    assert len({item_of(Usage(account_id=PREPAID, service=s, number=NUMBERS[0])).code for s in SERVICES}) == len(
        SERVICES
    )
