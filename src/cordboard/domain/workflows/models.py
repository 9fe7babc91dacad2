"""Campaigns, the versions of their workflows, and runs."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.effects import Effect
from cordboard.engines.workflow.inputs import Answered
from cordboard.engines.workflow.state import RunState
from cordboard.engines.workflow.windows import Window
from cordboard.engines.workflow.world import Person

NO_PROTECTION: Final = 0
RECIPIENT_PROTECTION: Final = 1
FIXED_PROTECTION: Final = 2
DEEPEST: Final = 20
"""So many campaigns may start each other for a contact in a row."""

Kind = TypeVar("Kind")
RunKey = tuple[UUID, UUID]
"""Account and run."""


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """`protection_type` 0: none; 1: on the recipient's clock, on that of `protection_timezone` where it is not known;
    2: on that of `protection_timezone`. `workflow_version` 0: it has no workflow yet.
    """

    account_id: UUID
    id: UUID
    name: str
    number_set_id: UUID | None = None
    protection_type: int = NO_PROTECTION
    protection_timezone: int | None = None
    protection_start: time | None = None
    protection_end: time | None = None
    display_type: int = 1
    workflow_version: int = 0
    last_used: datetime | None = None
    archived: bool = False
    created_at: datetime

    @property
    def protection(self) -> Window | None:
        """When it may write and call; None: always."""
        if self.protection_type == NO_PROTECTION or self.protection_start is None or self.protection_end is None:
            return None
        return Window(
            start=self.protection_start,
            end=self.protection_end,
            timezone_type="recipient" if self.protection_type == RECIPIENT_PROTECTION else "fixed",
            fixed_id=self.protection_timezone,
        )


class CampaignChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sets on a campaign; None leaves it as it is."""

    name: str | None = None
    number_set_id: UUID | None = None
    protection_type: int | None = None
    protection_timezone: int | None = None
    protection_start: time | None = None
    protection_end: time | None = None
    display_type: int | None = None

    def given(self) -> dict[str, Any]:
        """The members that are set, by name."""
        members = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in members.items() if value is not None}


class WaitingRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Runs under way at a node of an older version. `movable`: the newest version has the node, with the same type, and
    the repeaters whose rounds they are in.
    """

    version: int
    node: int | None
    count: int
    movable: bool


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it was, or would be, published, and who waits in older ones."""

    version: int
    definition: str
    waiting: list[WaitingRuns]


class WorkflowVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow as it was published; `definition` is the text as it came."""

    account_id: UUID
    campaign_id: UUID
    version: int
    definition: str
    client_id: UUID | None
    created_at: datetime


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A contact under way in a campaign. `batch_id` names the runner that started it; `depth` counts the campaigns
    that started each other up to it; `sender` is the number that the contact knows it by, empty before the first send.
    """

    account_id: UUID
    id: UUID
    campaign_id: UUID
    version: int
    contact_id: UUID
    batch_id: UUID | None = None
    depth: int = 0
    sender: str = ""
    state: RunState
    failures: int = 0
    created_at: datetime

    @property
    def key(self) -> RunKey:
        """What finds the row."""
        return self.account_id, self.id


class EndedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is over, and why."""

    account_id: UUID
    id: UUID
    campaign_id: UUID
    version: int
    contact_id: UUID
    batch_id: UUID | None
    sender: str
    state: RunState
    ending: str
    reason: str
    created_at: datetime
    ended_at: datetime


class StartRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that is to enter a campaign. `variables` are the campaign's own data; `sender`: the number to write
    from, where the contact wrote to one.
    """

    account_id: UUID
    campaign_id: UUID
    contact_id: UUID
    variables: dict[str, str] = {}
    sender: str = ""
    batch_id: UUID | None = None
    depth: int = 0


class StartedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is stored and begins at `starts_at`: now, or when the campaign's hours begin."""

    id: UUID
    campaign_id: UUID
    version: int
    contact_id: UUID
    starts_at: datetime


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """That a run wrote to or called somebody: what comes back is told under `reply_to`. `id` is the message's or the
    call's.
    """

    account_id: UUID
    person: str
    number: str
    id: UUID
    run_id: UUID
    campaign_id: UUID
    template_id: UUID | None = None
    reply_to: str
    sent_at: datetime


class Wanted(msgspec.Struct, frozen=True):
    """An effect of a step, and whose: `parent_account_id` as the ones who send want to know it."""

    effect: Effect
    run: Run
    campaign: Campaign
    person: Person
    definition: Definition
    parent_account_id: UUID

    def of(self, kind: type[Kind]) -> Kind:
        """The effect, which is of that kind. Raises TypeError."""
        if not isinstance(self.effect, kind):
            raise TypeError(f"{type(self.effect).__name__} is no {kind.__name__}")
        return self.effect


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an effect: variables that the run is told, an answer that it waits for, lines for its history, the
    number that the contact knows from now on, and the contact as it is now.
    """

    variables: dict[str, str] = {}
    answer: Answered | None = None
    notes: tuple[str, ...] = ()
    sender: str = ""
    person: Person | None = None
