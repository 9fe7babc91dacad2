"""Calls: what is asked, what is live, what is kept."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

Direction = Literal["inbound", "outbound"]
Status = Literal[
    "in-queue",
    "dialing",
    "in-progress",
    "completed",
    "user_busy",
    "no_answer",
    "unallocated_numbers",
    "insufficient_funds",
    "canceled",
    "failed",
]
"""How a call is or ended. Hyphens and underscores are as callers of the API know them."""

LIVE: Final = ("in-queue", "dialing", "in-progress")
CallKind = Literal["call", "sip", "webrtc", "group"]
"""What kind of party it is: a telephone, a SIP address or phone, a browser phone, one of a group call."""

HangupBy = Literal["ORIGINATOR END", "TERMINATOR END", "SYSTEM END"]
"""Who ended the call: who called, who was called, or the platform."""

CallKey = tuple[UUID, UUID, datetime]
"""Account, call, and the moment inside the call's id: what finds a record."""


class ConferenceSeat(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a conference that a call is made for (requests 45, 46)."""

    conference_id: UUID
    mute: bool = False
    deaf: bool = False
    ghost: bool = False
    no_speak_to: list[str] = []


class CallOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a call is to be handled and who is told; empty URLs tell nobody. `timeout` is in seconds of ringing."""

    url: str = ""
    url_method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_callback_url: str = ""
    status_callback_method: str = "POST"
    heartbeat_url: str = ""
    heartbeat_method: str = "POST"
    record: bool = False
    record_callback_url: str = ""
    transcribe: bool = False
    transcribe_callback_url: str = ""
    if_machine: str | None = None
    if_machine_url: str = ""
    timeout: int = 60
    play_dtmf: str = ""
    hide_caller_id: bool = False
    caller_name: str = ""
    confirm_key: str = ""
    confirm_file: str = ""
    group_id: UUID | None = None
    seat: ConferenceSeat | None = None


class CallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A call to make. Of `to`, `contact_id` and `address` (a SIP address or a phone's user) one is given; of `caller`
    and `number_set_id` one. `node`: the voice process that makes it at once, for the legs of its own calls; `at_node`:
    the only one that may take it, for members of a conference that is held there.
    """

    account_id: UUID
    parent_account_id: UUID
    to: str | None = None
    contact_id: UUID | None = None
    address: str = ""
    caller: str | None = None
    number_set_id: UUID | None = None
    kind: CallKind = "call"
    options: CallOptions = CallOptions()
    check_federal_dnc: bool = False
    metadata: dict[str, Any] | None = None
    client_id: UUID | None = None
    campaign_id: UUID | None = None
    parent_call_id: UUID | None = None
    trusted_caller: bool = False
    """The caller id need not be a number of the account: a forwarded call shows its original caller."""
    node: str | None = None
    at_node: str | None = None
    request_id: str | None = None


class PlacedCall(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted call. `carrier` of the number that calls: the trunk to try first; `price` of a minute."""

    id: UUID
    created_at: datetime
    caller: str
    callee: str
    carrier: str
    price: int


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A leg as it is kept. `price` is a minute's, `cost` what it came to, `surcharge` what was added to
    that, in micro-units; `media` the statistics of its audio; `reason` why it ended as it did, for people.
    """

    account_id: UUID
    id: UUID
    created_at: datetime
    parent_account_id: UUID
    parent_call_id: UUID | None = None
    direction: Direction
    kind: CallKind = "call"
    caller: str
    callee: str
    status: Status
    reason: str | None = None
    hangup_by: str | None = None
    trunk: str | None = None
    node: str | None = None
    client_id: UUID | None = None
    contact_id: UUID | None = None
    number_set_id: UUID | None = None
    campaign_id: UUID | None = None
    conference_id: UUID | None = None
    answered_by: str | None = None
    digits: str = ""
    metadata: dict[str, Any] | None = None
    options: dict[str, Any] = {}
    media: dict[str, Any] | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    billed_seconds: int = 0
    price: int = 0
    cost: int = 0
    surcharge: int = 0
    request_id: str | None = None

    @property
    def key(self) -> CallKey:
        """What finds the row."""
        return self.account_id, self.id, self.created_at

    @property
    def seconds(self) -> int:
        """How long the parties talked, in whole seconds, begun ones counted."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return ceil((self.ended_at - self.answered_at).total_seconds())


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is not over. `node`: the process that has it, None while it waits; `at_node`: the only one that may
    take it. `price` is what a minute reserves, `held` what is reserved so far; `expires_at`: when it cannot be true any
    more.
    """

    account_id: UUID
    call_id: UUID
    created_at: datetime
    node: str | None
    at_node: str | None = None
    direction: Direction
    caller: str
    callee: str
    prefix: str = ""
    client_id: UUID | None = None
    answered_at: datetime | None = None
    price: int = 0
    held: int = 0
    expires_at: datetime


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A call goes on: it rings (`dialing`) or somebody answered (`in-progress`)."""

    key: CallKey
    status: Literal["dialing", "in-progress"]
    at: datetime
    trunk: str | None = None


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """A call is over, for one reason."""

    key: CallKey
    status: Status
    at: datetime
    reason: str
    hangup_by: HangupBy | None = None
    answered_by: str | None = None
    digits: str = ""
    conference_id: UUID | None = None
    media: dict[str, Any] | None = None


class Reaped(msgspec.Struct, frozen=True):
    """What dead processes left: how many calls were ended, and which processes are gone."""

    calls: int
    nodes: list[str]


class CallCommand(msgspec.Struct, frozen=True, kw_only=True):
    """What the API asks of a live call. `name` says what, `arguments` how."""

    account_id: UUID
    call_id: UUID
    name: str
    arguments: dict[str, Any] = {}
    request_id: str | None = None


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A finished recording; `size` in bytes. `status`: stored, or deleted."""

    account_id: UUID
    id: UUID
    created_at: datetime
    call_id: UUID
    parent_call_id: UUID | None = None
    direction: str
    file_format: str
    seconds: int
    url: str
    size: int = 0
    status: str = "stored"
    callback_url: str = ""
    transcription: str | None = None
    metadata: dict[str, Any] | None = None


class Conference(msgspec.Struct, frozen=True, kw_only=True):
    """A room of an account. `mini`: made for a bridged call, over when fewer than two are left."""

    account_id: UUID
    id: UUID
    name: str
    mini: bool
    node: str
    started_at: datetime
    ended_at: datetime | None = None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A call in a conference. `ghost`: it does not count as one of those who talk."""

    account_id: UUID
    conference_id: UUID
    member_id: int
    call_id: UUID
    name: str
    caller_id_name: str = ""
    caller_id_number: str = ""
    mute: bool = False
    deaf: bool = False
    ghost: bool = False
    joined_at: datetime


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What request 99 filters by; None means any. Times are half open."""

    start: datetime
    end: datetime
    limit: int
    offset: int = 0
    direction: str | None = None
    status: str | None = None
    kind: str | None = None
    campaign_id: UUID | None = None
    caller: str | None = None
    callee: str | None = None


class RecordingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What request 104 filters by; None means any. `after`: those that come after this recording, or after all of this
    call, the newest being first.
    """

    limit: int
    call_id: UUID | None = None
    recording_id: UUID | None = None
    start: datetime | None = None
    end: datetime | None = None
    after: UUID | None = None
