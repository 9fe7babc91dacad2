"""What routing tells higher contexts through the outbox."""

from __future__ import annotations

from typing import Any, Final

import msgspec

ROUTED: Final = "routing.routed"
"""A call or a text was given to a destination: `RoutedEvent`. The subject is the other party's number."""


class RoutedEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was routed where. `subject_sid` is the call's or the message's id; `fields` are what was known of it."""

    account_sid: str
    subject_sid: str
    src_type: str
    route_tag: str
    dest: str
    dest_type: str
    name: str
    callback_url: str
    options: dict[str, Any] | list[Any]
    apply_tags: list[str]
    contact_id: str | None
    fields: dict[str, str]
