"""What the gate is asked, what it answers, and the entries it goes by."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

Channel = Literal["sms", "call"]
Subtype = Literal["sms", "call", "bypass"]
Stage = Literal["accept", "release", "submit"]
"""Where on its way a message is: asked for, its wait over, about to go on the wire."""

Verdict = Literal["allow", "defer", "refuse"]
Source = Literal["api", "stop", "start"]
"""How an entry came or went: by a request, or by what the endpoint itself asked for in a text."""

Word = Literal["stop", "start", "help"]
MatchRule = Literal["exactMatch", "beginsWith"]

GLOBAL_SELECTOR = "CUSTOMER_GLOBAL"
RULES_VERSION = "2026-11"


class QuietHours(msgspec.Struct, frozen=True):
    """Recipient-local times between which messages wait; `end` before `start` means across midnight."""

    start: time
    end: time


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A contact about to be made. `federal`: the national list counts too."""

    subject_id: UUID
    account_id: UUID
    channel: Channel
    sender: str
    recipient: str
    message_class: Literal["otp", "transactional", "marketing"]
    quiet: QuietHours | None
    at: Stage
    federal: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's answer. `rules` is what each rule found, in the order in which they were asked; `rules_version` which
    rules those were.
    """

    verdict: Verdict
    code: str | None = None
    reason: str | None = None
    defer_until: datetime | None = None
    rules: dict[str, Any] = {}
    rules_version: str = RULES_VERSION


class StoredDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as the ledger keeps it."""

    account_id: UUID
    subject_id: UUID
    decided_at: datetime
    channel: str
    verdict: str
    code: str | None
    reason: str | None
    defer_until: datetime | None
    rules: dict[str, Any]
    rules_version: str


class DncEntry(msgspec.Struct, frozen=True, kw_only=True):
    """`endpoint` is not to be contacted on the channel `subtype` from `selector`: one of our numbers, or all of them.

    The subtype bypass bars nothing: it is kept for block lists of the installation, which then do not apply.
    """

    account_id: UUID
    endpoint: str
    selector: str
    subtype: str
    source: Source
    created_at: datetime


class DncKey(NamedTuple):
    """What tells one entry of an account from another."""

    endpoint: str
    selector: str
    subtype: Subtype


class OptOutWord(msgspec.Struct, frozen=True, kw_only=True):
    """An account's own word that means STOP."""

    account_id: UUID
    match: str
    match_rule: MatchRule
    created_at: datetime
