"""Where live transactions are kept, found and timed."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count

from cordboard.wire.sip.effects import Flow, TransactionKey
from cordboard.wire.sip.matching import MergeKey
from cordboard.wire.sip.message import Message, Request
from cordboard.wire.sip.transactions import FIRST_STATE, Kind, State, Timer


@dataclass(slots=True, eq=False)
class Transaction:
    """One transaction. `last` is what is sent again; a `hidden` one is a CANCEL, of which the user hears nothing.

    `deadlines` holds the running timers, `intervals` the pause of each before it fires.
    """

    key: TransactionKey
    kind: Kind
    flow: Flow
    reliable: bool
    request: Request
    last: Message | None = None
    shared: MergeKey | None = None
    hidden: bool = False
    cancel_wanted: bool = False
    cancel_sent: bool = False
    state: State = field(init=False)
    deadlines: dict[Timer, float] = field(default_factory=dict)
    intervals: dict[Timer, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = FIRST_STATE[self.kind]


class TransactionStore:
    """The live transactions by key, flow and what makes requests the same, and a heap of their timers."""

    def __init__(self) -> None:
        self._transactions: dict[TransactionKey, Transaction] = {}
        self._by_flow: dict[Flow, set[TransactionKey]] = {}
        self._shared: dict[MergeKey, TransactionKey] = {}
        self._heap: list[tuple[float, int, TransactionKey, Timer]] = []
        self._order = count()
        self.servers = 0

    @property
    def clients(self) -> int:
        """How many are for requests of ours; `servers` for those that came."""
        return len(self._transactions) - self.servers

    def get(self, key: TransactionKey) -> Transaction | None:
        """The live transaction of that key."""
        return self._transactions.get(key)

    def of_flow(self, flow: Flow) -> list[TransactionKey]:
        """Those over a flow."""
        return sorted(self._by_flow.get(flow, ()))

    def has_shared(self, shared: MergeKey) -> bool:
        """Whether a request with these values is being answered."""
        return shared in self._shared

    def add(self, transaction: Transaction) -> None:
        """Keeps a new one."""
        key = transaction.key
        self._transactions[key] = transaction
        self._by_flow.setdefault(transaction.flow, set()).add(key)
        self.servers += key.side == "server"
        if transaction.shared is not None:
            self._shared[transaction.shared] = key

    def remove(self, transaction: Transaction) -> None:
        """Lets one go, with its timers."""
        key = transaction.key
        del self._transactions[key]
        self.servers -= key.side == "server"
        keys = self._by_flow[transaction.flow]
        keys.discard(key)
        if not keys:
            del self._by_flow[transaction.flow]
        if transaction.shared is not None:
            del self._shared[transaction.shared]

    def start(self, transaction: Transaction, timer: Timer, delay: float, now: float) -> None:
        """Starts a timer, or starts it anew. To stop one is to delete its deadline."""
        transaction.deadlines[timer] = now + delay
        transaction.intervals[timer] = delay
        heapq.heappush(self._heap, (now + delay, next(self._order), transaction.key, timer))

    def next_wake(self) -> float | None:
        """When the next timer fires. Entries of timers that were stopped leave the heap when they reach its top."""
        while self._heap:
            deadline, _, key, timer = self._heap[0]
            transaction = self._transactions.get(key)
            if transaction is not None and transaction.deadlines.get(timer) == deadline:
                return deadline
            heapq.heappop(self._heap)
        return None

    def pop_due(self, now: float) -> tuple[Transaction, Timer] | None:
        """The next timer that is due, stopped."""
        deadline = self.next_wake()
        if deadline is None or deadline > now:
            return None
        _, _, key, timer = heapq.heappop(self._heap)
        transaction = self._transactions[key]
        del transaction.deadlines[timer]
        return transaction, timer
