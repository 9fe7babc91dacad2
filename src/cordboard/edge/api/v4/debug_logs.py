"""Request 106: the debug log of a message, call or run."""

from __future__ import annotations

from typing import Any

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import StoredEntry
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import NotFoundError
from cordboard.kit.ids import parse_uuid


def render_entry(entry: StoredEntry) -> dict[str, Any]:
    """An entry as the reference shows it: `uniqueid` is the entry's own time UUID, `level` always 1."""
    return {
        "accountSid": entry.account_id,
        "uniqueid": entry.entry_id,
        "data": entry.data,
        "level": 1,
        "clientId": entry.client_id,
        "type": entry.type,
        "date": epoch_ms(entry.date),
    }


async def get_debug_log(call: Call) -> Reply:
    """The steps of one subject, oldest first. Raises NotFoundError when there are none."""
    subject_id = parse_uuid(call.path["id"])
    entries = await debuglog.entries_of(call.tx, call.principal.account_id, subject_id) if subject_id else []
    if not entries:
        raise NotFoundError("id")
    return Reply([render_entry(entry) for entry in entries])


ENDPOINTS = (
    Endpoint(
        number="106",
        method="GET",
        path="/v4/logs/debug/{id}",
        handler=get_debug_log,
        summary="Get debug logs",
        privilege=Privilege.LOG_READ,
        tag="Logs",
        example=Example(
            path={"id": "b2c3f96e-608b-11ed-928b-90b11c3529e4"},
            response={
                "uniqueid": "b2c3f96e-608b-11ed-928b-90b11c3529e4",
                "type": "smsaction",
                "level": 1,
                "data": '{"action":"submit","parameter":"carrier sandbox","response":"accepted","success":true}',
                "date": 1668038863426,
            },
        ),
    ),
)
