"""Entries of the debug log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

EntryType = Literal["httpreq", "httpresp", "smsaction", "callaction", "campaignaction"]


class Entry(msgspec.Struct, frozen=True):
    """One step of `subject_id` (a message, call or run). `data` is shown as escaped JSON."""

    account_id: UUID
    subject_id: UUID
    type: EntryType
    data: dict[str, Any]
    date: datetime
    client_id: UUID | None = None


class StoredEntry(msgspec.Struct, frozen=True):
    """An entry as it is read back; `entry_id` is a time UUID."""

    account_id: UUID
    subject_id: UUID
    entry_id: UUID
    type: str
    data: str
    client_id: UUID | None
    date: datetime


def sms_action(
    account_id: UUID, message_id: UUID, date: datetime, action: str, parameter: str, response: str, *, success: bool
) -> Entry:
    """A step of a message, in the shape that call actions have."""
    data = {
        "action": action,
        "parameter": parameter,
        "response": response,
        "actionTm": int(date.timestamp() * 1000),
        "success": success,
    }
    return Entry(account_id, message_id, "smsaction", data, date)


def run_action(
    account_id: UUID, run_id: UUID, date: datetime, action: str, node: int | None, response: str, *, success: bool
) -> Entry:
    """A step of a campaign's run, in the shape that call actions have; `node` is where it happened."""
    data = {
        "action": action,
        "parameter": "" if node is None else f"node {node}",
        "response": response,
        "actionTm": int(date.timestamp() * 1000),
        "success": success,
    }
    return Entry(account_id, run_id, "campaignaction", data, date)


def http_request(
    account_id: UUID, subject_id: UUID, date: datetime, url: str, method: str, parameters: str, headers: str = ""
) -> Entry:
    """A request that the platform made. `parameters` is the query or body, `headers` without secrets."""
    data = {"uri": url, "method": method, "headers": headers, "parameters": parameters}
    return Entry(account_id, subject_id, "httpreq", data, date)


def http_response(
    account_id: UUID, subject_id: UUID, date: datetime, status: int, headers: Mapping[str, str], body: bytes
) -> Entry:
    """What came back; the body is shown as far as it is text."""
    shown = "\n".join(f"{name.lower()}: {value}" for name, value in headers.items())
    data = {"headers": shown, "body": body.decode("utf-8", "replace").replace("\0", ""), "code": str(status)}
    return Entry(account_id, subject_id, "httpresp", data, date)
