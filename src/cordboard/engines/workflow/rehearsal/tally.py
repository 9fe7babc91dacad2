"""Counting what happens in a rehearsal."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Final

from cordboard.engines.workflow.rehearsal.report import (
    Bucket,
    EdgeFigures,
    Fault,
    SendFigures,
    WindowFigures,
)
from cordboard.engines.workflow.rehearsal.staging import Written

_MOST_FAULTS: Final = 500
_MORE_FAULTS: Final = "more problems of other kinds"
_BY_HOUR: Final = timedelta(days=14)
"""A longer timeline has a bucket a day."""


class Tally:
    """The counters."""

    def __init__(self) -> None:
        self.entered: Counter[int] = Counter()
        self.edges: Counter[tuple[int, int]] = Counter()
        self.calls: Counter[str] = Counter()
        self.live_lists: Counter[str] = Counter()
        self.campaigns: Counter[str] = Counter()
        self.emails = 0
        self.replies = 0
        self.opt_outs = 0
        self.waiting = 0
        self.held_by_quiet_hours = 0
        self.longest = timedelta(0)
        self._templates: Counter[str] = Counter()
        self._refused = 0
        self._opted_out = 0
        self._money = (0, 0, 0, 0)
        self._last_at: datetime | None = None
        self._longest_line = timedelta(0)
        self._hours: defaultdict[datetime, list[int]] = defaultdict(lambda: [0, 0])
        self._windows: dict[int | None, tuple[int, timedelta]] = {}
        self._faults: defaultdict[tuple[int, str], set[int]] = defaultdict(set)

    def sent(self, template_id: str, written: Written, now: datetime) -> None:
        """A message that leaves."""
        self._templates[template_id] += 1
        segments, cost, surcharge, tax = self._money
        self._money = (
            segments + written.segments,
            cost + written.cost,
            surcharge + written.surcharge,
            tax + written.tax,
        )
        self._last_at = now
        self._hours[_hour(now)][0] += 1

    def lined_up(self, wait: timedelta) -> None:
        """A message that the campaign's numbers will come to after a while."""
        self._longest_line = max(self._longest_line, wait)

    def refused(self, *, opted_out: bool = False) -> None:
        """A message that is not sent."""
        self._refused += 1
        self._opted_out += opted_out

    def called(self, end: str, now: datetime) -> None:
        """A call."""
        self.calls[end] += 1
        self._hours[_hour(now)][1] += 1

    def waited(self, node: int | None, wait: timedelta) -> None:
        """A wait for the campaign's hours."""
        waits, longest = self._windows.get(node, (0, timedelta(0)))
        self._windows[node] = (waits + 1, max(longest, wait))

    def fault(self, node: int, problem: str, person: int) -> None:
        """A problem of somebody at a node."""
        key = (node, problem)
        if key not in self._faults and len(self._faults) >= _MOST_FAULTS:
            key = (node, _MORE_FAULTS)
        self._faults[key].add(person)

    def edge_figures(self) -> tuple[EdgeFigures, ...]:
        """The ways that were taken, by their nodes."""
        return tuple(EdgeFigures(start, end, count) for (start, end), count in sorted(self.edges.items()))

    def send_figures(self) -> SendFigures:
        """The messages."""
        segments, cost, surcharge, tax = self._money
        return SendFigures(
            total=self._templates.total(),
            by_template=dict(sorted(self._templates.items())),
            refused=self._refused,
            opted_out=self._opted_out,
            waiting=self.waiting,
            held_by_quiet_hours=self.held_by_quiet_hours,
            last_at=self._last_at,
            longest_backlog_seconds=self._longest_line.total_seconds(),
            segments=segments,
            cost=cost,
            surcharge=surcharge,
            tax=tax,
        )

    def timeline(self) -> tuple[Bucket, ...]:
        """Hours, or days where there are many."""
        if not self._hours:
            return ()
        if max(self._hours) - min(self._hours) <= _BY_HOUR:
            return tuple(Bucket(at, *counts) for at, counts in sorted(self._hours.items()))
        days: defaultdict[datetime, list[int]] = defaultdict(lambda: [0, 0])
        for at, (sends, calls) in self._hours.items():
            day = days[at.replace(hour=0)]
            day[0] += sends
            day[1] += calls
        return tuple(Bucket(at, *counts) for at, counts in sorted(days.items()))

    def window_figures(self) -> tuple[WindowFigures, ...]:
        """The waits for hours, that before the first node first."""
        nodes = sorted(self._windows, key=lambda node: -1 if node is None else node)
        return tuple(
            WindowFigures(node, waits, longest.total_seconds())
            for node in nodes
            for waits, longest in (self._windows[node],)
        )

    def fault_figures(self) -> tuple[Fault, ...]:
        """The problems, by node, those of most people first."""
        found = [Fault(node, problem, len(people)) for (node, problem), people in self._faults.items()]
        return tuple(sorted(found, key=lambda one: (one.node, -one.count, one.problem)))


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
