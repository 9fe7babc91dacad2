"""What routing knows: carriers and prefixes on the way out; tags, destinations and rules on the way in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from cordboard.engines.rules.statements import Statement


class CarrierProfile(msgspec.Struct, frozen=True):
    """A configured carrier. `cost` is what it takes for a segment, in micro-units; `carries_media`: MMS too.

    `isolated`: messages of its senders never leave over another carrier (the sandbox).
    """

    name: str
    cost: int = 0
    carries_media: bool = False
    isolated: bool = False


class PrefixRule(msgspec.Struct, frozen=True):
    """Recipients that start with `prefix` go to `carriers`, tried in order. The longest prefix wins, then the lowest
    `priority`."""

    prefix: str
    carriers: tuple[str, ...]
    priority: int = 100


RouteKind = Literal["call", "sms"]
DestinationType = Literal[
    "call",
    "call-relay",
    "sms",
    "sms-relay",
    "inbox",
    "campaign",
    "ivr",
    "voicemail",
    "webrtc",
    "workgroup",
    "queue",
]

TAKES: Final[dict[RouteKind, frozenset[DestinationType]]] = {
    "call": frozenset({"call", "call-relay", "campaign", "ivr", "voicemail", "webrtc", "workgroup", "queue"}),
    "sms": frozenset({"sms", "sms-relay", "inbox", "campaign", "workgroup", "queue"}),
}
"""Which destinations can take a call and which a text; others may be configured and are passed over."""

IN_ORDER, ROUND_ROBIN, RANDOM, ALL_AT_ONCE = 1, 2, 3, 4
"""How a tag distributes (`distributionType`)."""

ACTIVE: Final = 1


class RouteTag(msgspec.Struct, frozen=True, kw_only=True):
    """A name that numbers share, under which their calls and texts are distributed to destinations."""

    account_id: UUID
    route_tag: str
    description: str = ""
    distribution_type: int = IN_ORDER
    created_at: datetime


class RouteDestination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tag leads. `priority` 1 comes first; `status` 0 is turned off; `options` belong to the destination's
    type, such as `callXml`, a document for `call`. Its own `distribution_type` is kept and shown: the tag's counts.
    """

    account_id: UUID
    route_tag: str
    src_type: RouteKind
    dest: str
    dest_type: DestinationType
    name: str = ""
    description: str = ""
    distribution_type: int = IN_ORDER
    callback_url: str = ""
    options: dict[str, Any] | list[Any] = {}
    apply_tags: list[str] = []
    priority: int = 1
    rule_set_id: UUID | None = None
    status: int = ACTIVE
    created_at: datetime

    @property
    def key(self) -> DestinationKey:
        """What names it in the account."""
        return DestinationKey(self.route_tag, self.src_type, self.dest, self.dest_type)


class DestinationKey(NamedTuple):
    """What names a destination in its account."""

    route_tag: str
    src_type: RouteKind
    dest: str
    dest_type: DestinationType


class DestinationChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a request sets of a destination, unchecked; None leaves it as it is. `rule_set_id` "" takes it off."""

    name: str | None = None
    description: str | None = None
    distribution_type: int | None = None
    callback_url: str | None = None
    options: dict[str, Any] | list[Any] | None = None
    apply_tags: list[str] | None = None
    priority: int | None = None
    rule_set_id: str | None = None
    status: int | None = None

    def given(self) -> dict[str, Any]:
        """The members that are set, by name."""
        members = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in members.items() if value is not None}


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """Statements that all have to hold for a destination to be taken."""

    account_id: UUID
    id: UUID
    name: str
    statements: tuple[Statement, ...]
    created_at: datetime


class InboundEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A call or a text for a number of an account, as rules see it: `fields` by their lower-case names, `timezone` the
    number's. `subject_id` is the call's or the message's.
    """

    account_id: UUID
    subject_id: UUID
    kind: RouteKind
    route_tag: str
    timezone: int
    fields: Mapping[str, str]
    contact_id: UUID | None = None


class RouteChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A destination that was chosen. `apply_tags` are for whatever takes the call or text to mark it with."""

    route_tag: str
    dest: str
    dest_type: DestinationType
    name: str = ""
    callback_url: str = ""
    options: dict[str, Any] | list[Any] = {}
    apply_tags: tuple[str, ...] = ()

    def option(self, name: str) -> str:
        """An option that is a text; empty when there is none."""
        value = self.options.get(name) if isinstance(self.options, dict) else None
        return value if isinstance(value, str) else ""
