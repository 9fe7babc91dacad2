"""Runners and schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

State = Literal["not_started", "in_progress", "stopped", "completed"]
Subtype = Literal["sms", "call"]
MANUAL: Final = 0
AUTOMATIC: Final = -1
LONGEST_PERIOD: Final = 86_400_000


class RunnerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A runner to make: of `contact_ids`, or of all for whom `statements` hold, without those whom `dnc` lists forbid.
    `period_ms` between two starts; 0: by hand, -1: as fast as the campaign's numbers send. What an edit does not give
    is None.
    """

    display_name: str | None = None
    contact_ids: tuple[UUID, ...] = ()
    statements: tuple[dict[str, Any], ...] = ()
    dnc: tuple[Subtype, ...] = ()
    start: bool = False
    period_ms: int | None = None


class Runner(msgspec.Struct, frozen=True, kw_only=True):
    """A runner. `started` of `queued` contacts have entered; `filling`: more are being looked for. `epoch` tells the
    timers of this start from those of earlier ones; `anchor`: when `anchor_started` had been started.
    """

    account_id: UUID
    id: UUID
    campaign_id: UUID
    display_name: str
    state: State = "not_started"
    period_ms: int
    statements: list[dict[str, Any]] = []
    dnc: list[Subtype] = []
    filling: bool = False
    scanned: UUID | None = None
    queued: int = 0
    started: int = 0
    epoch: int = 0
    anchor: datetime | None = None
    anchor_started: int = 0
    created_at: datetime


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When runners are made. `members` is what was asked for, as it came; `request` the runner's."""

    account_id: UUID
    id: UUID
    campaign_id: UUID
    members: dict[str, Any]
    request: dict[str, Any]
    active: bool = True
    epoch: int = 0
    next_at: datetime | None = None
    last_run: datetime | None = None
    created_at: datetime
