"""Conversations as JSON: what lists, answers and sockets show of them in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.contacts.models import Contact
from cordboard.domain.inbox.models import ConversationEvent, LastUse, ShownEntry, Viewer
from cordboard.domain.inbox.shaping import day_of
from cordboard.kit.clock import epoch_ms

SOURCE: Final[Mapping[str, str]] = {"sourceId": "fsi"}
"""A constant of the reference, where it is used for internal routing."""


def viewer_of(caller: Principal) -> Viewer:
    """Who looks at inboxes."""
    return Viewer(caller.account_id, caller.client_id, caller.may(Privilege.INBOX_READ_ALL))


def render_snapshot(
    account_id: UUID, contact_id: UUID, contact: Contact | None, last_use: LastUse | None
) -> dict[str, Any]:
    """A contact as inboxes show it; little more than its id where there is no such contact any more."""
    shown: dict[str, Any] = {
        "accountSid": account_id,
        "contactId": contact_id,
        "extData": contact.ext_data if contact else {},
        "keys": contact.keys if contact else [],
        "dnc": contact.dnc if contact else 0,
    }
    if contact:
        shown["created"] = contact.created
    if last_use:
        shown |= {"lastUsed": last_use.time, "lastInbox": last_use.inbox, "lastMethod": last_use.method}
    return shown


def render_entry(shown: ShownEntry) -> dict[str, Any]:
    """A conversation as it stands in an inbox."""
    entry = shown.entry
    return {
        "accountSid": entry.account_id,
        "inbox": shown.inbox.name,
        "partition": day_of(entry.happened_at),
        "time": entry.time,
        "timestamp": epoch_ms(entry.happened_at),
        "contact": render_snapshot(entry.account_id, entry.contact_id, shown.contact, shown.last_use),
        "contactId": entry.contact_id,
        "event": entry.event,
        "source": SOURCE,
        "status": "unread" if entry.is_unread else "read",
        "open": "open" if entry.is_open else "closed",
        "type": entry.type,
    }


def render_event(contact_id: UUID, event: ConversationEvent) -> dict[str, Any]:
    """An event of a conversation."""
    return {
        "accountSid": event.account_id,
        "contactId": contact_id,
        "time": event.time,
        "event": event.event,
        "status": event.status,
        "type": event.type,
    }
