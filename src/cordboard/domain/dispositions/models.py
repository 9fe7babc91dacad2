"""Dispositions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec

Direction = Literal["inbound", "outbound", "both"]
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
SubjectType = Literal["call", "sms"]
TAGS: Final = (
    "human",
    "sale",
    "dnc",
    "contact",
    "not interested",
    "unworkable",
    "callback",
    "completed",
    "answering machine",
)
"""What a disposition may say of the call or conversation that it ends."""


class Disposition(msgspec.Struct, frozen=True, kw_only=True):
    """How something was concluded. `triggered_campaign_id`: the workflow to run with the contact when it is given."""

    account_id: UUID
    key: str
    description: str
    tags: list[str]
    direction: str
    triggered_campaign_id: UUID | None
    created_at: datetime


class Concluded(msgspec.Struct, frozen=True, kw_only=True):
    """A call or a message that is given dispositions. `contact_id`: who the other party is, where that is known."""

    type: SubjectType
    id: UUID
    direction: str
    sender: str
    recipient: str
    contact_id: UUID | None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What a user said last of a call or a message: keys of dispositions, in their order."""

    account_id: UUID
    subject_id: UUID
    subject_type: SubjectType
    dispositions: list[str]
    contact_id: UUID | None
    client_id: UUID
    assigned_at: datetime


def built_in(account_id: UUID) -> dict[str, Disposition]:
    """What every account has, by key; only the workflow of these may be set."""
    return {
        key: Disposition(
            account_id=account_id,
            key=key,
            description=description,
            tags=list(tags),
            direction=direction,
            triggered_campaign_id=None,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for key, description, tags, direction in _BUILT_IN
    }


_BUILT_IN: Final[tuple[tuple[str, str, tuple[str, ...], Direction], ...]] = (
    ("sale", "Sale", ("human", "contact", "sale", "completed"), "both"),
    ("not_interested", "Not Interested", ("human", "contact", "not interested", "completed"), "both"),
    ("callback", "Callback", ("human", "contact", "callback"), "both"),
    ("do_not_call", "Do Not Call", ("human", "dnc", "completed"), "both"),
    ("wrong_number", "Wrong Number", ("human", "unworkable"), "both"),
    ("resolved", "Resolved", ("human", "contact", "completed"), "both"),
    ("transferred", "Transferred", ("human", "contact"), "both"),
    ("answering_machine", "Answering Machine", ("answering machine",), "outbound"),
    ("no_answer", "No Answer", (), "outbound"),
    ("busy", "Busy", (), "outbound"),
    ("disconnected", "Disconnected Number", ("unworkable",), "outbound"),
    ("abandoned", "Caller Hung Up", (), "inbound"),
)
