"""What a rehearsal came to."""

from __future__ import annotations

from datetime import datetime

import msgspec


class NodeFigures(msgspec.Struct, frozen=True):
    """How often a node was entered, and how many are at it when the rehearsal ends."""

    node: int
    entered: int
    waiting: int


class EdgeFigures(msgspec.Struct, frozen=True):
    """How often one node followed another."""

    start: int
    end: int
    count: int


class SendFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Messages; amounts in micro-units. `total` have left; `waiting` have not when the rehearsal ends. `refused` has
    those to people who had opted out, and all others that could not be sent. `held_by_quiet_hours` have left later for
    them, or wait still. `last_at` is when the last one left, `longest_backlog_seconds` the longest wait for those that
    the numbers had to send before.
    """

    total: int
    by_template: dict[str, int]
    refused: int
    opted_out: int
    waiting: int
    held_by_quiet_hours: int
    last_at: datetime | None
    longest_backlog_seconds: float
    segments: int
    cost: int
    surcharge: int
    tax: int


class Bucket(msgspec.Struct, frozen=True):
    """An hour or a day (UTC) in which something was sent or somebody called."""

    at: datetime
    sends: int
    calls: int


class WindowFigures(msgspec.Struct, frozen=True):
    """Waits for the campaign's hours at a node; before the first one where that is None."""

    node: int | None
    waits: int
    longest_seconds: float


class Fault(msgspec.Struct, frozen=True):
    """What went wrong at a node, and for how many people."""

    node: int
    problem: str
    count: int


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's way. `ending` is `waiting` where it has none."""

    person: str
    path: tuple[int, ...]
    ending: str
    reason: str
    texts: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole. Whoever has not ended is `waiting`, those among them who never started included. `cut_off` says which
    limit ended it; empty where none did.
    """

    people: int
    ended: dict[str, int]
    waiting: int
    not_started: int
    nodes: tuple[NodeFigures, ...]
    edges: tuple[EdgeFigures, ...]
    sends: SendFigures
    calls: dict[str, int]
    emails: int
    replies: int
    opt_outs: int
    live_lists: dict[str, int]
    campaigns: dict[str, int]
    timeline: tuple[Bucket, ...]
    windows: tuple[WindowFigures, ...]
    faults: tuple[Fault, ...]
    longest_seconds: float
    examples: tuple[Example, ...]
    steps: int
    cut_off: str
