"""What uploads tell higher contexts."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from cordboard.domain.uploads.models import Listed, Upload, UploadKind, UploadStatus
from cordboard.kit.paging import Page

MOST_LISTED: Final = 1000
"""How many contactIds, and how many errors, a callback and a page hold."""

PROGRESSED: Final = "uploads.progressed"
"""An upload whose request named a callback got on, or ended: `UploadEvent`. The subject is its id. `callback` is
"websocket" (for the inbox's websocket, as a message of the type "upload"), the id of a webhook, or a URL.
"""


class UploadProgress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far an upload is (request 53), as callbacks and answers tell it. Row numbers count from 1, the header not
    included. `contact_ids` and `errors` hold a page of each, and are None where there are none; `next` is where the
    following page is. Uploads of DNC entries have no `contact_ids`.
    """

    upload_id: str
    kind: UploadKind
    status: UploadStatus
    reason: str | None
    processed_rows: int
    success_rows: int
    failed_rows: int
    contact_ids: dict[str, str] | UnsetType | None = UNSET
    errors: dict[str, str] | None
    next: str | None


class UploadEvent(UploadProgress, frozen=True, kw_only=True, rename="camel"):
    """The same, and whose upload it is and who is to be told."""

    account_sid: str
    callback: str


def progress_of(upload: Upload, listed: Listed, page: Page) -> UploadProgress:
    """How far an upload is, with a page of what became of its rows."""
    ids, errors = in_wire_form(listed)
    return UploadProgress(
        upload_id=str(upload.id),
        kind=upload.kind,
        status=upload.status,
        reason=upload.reason,
        processed_rows=upload.processed_rows,
        success_rows=upload.success_rows,
        failed_rows=upload.failed_rows,
        contact_ids=ids,
        errors=errors,
        next=_following(upload, page),
    )


def event_of(upload: Upload, listed: Listed, page: Page) -> dict[str, Any]:
    """The payload that tells of it."""
    progress = msgspec.structs.asdict(progress_of(upload, listed, page))
    event = UploadEvent(account_sid=str(upload.account_id), callback=upload.callback or "", **progress)
    payload: dict[str, Any] = msgspec.to_builtins(event)
    return payload


def in_wire_form(listed: Listed) -> tuple[dict[str, str] | UnsetType | None, dict[str, str] | None]:
    """`contactIds` and `errors` by the row's number."""
    errors = {str(row): text for row, text in listed.errors.items()} or None
    if listed.contact_ids is None:
        return UNSET, errors
    return {str(row): str(one) for row, one in listed.contact_ids.items()} or None, errors


def _following(upload: Upload, page: Page) -> str | None:
    """The path of the next page; None when this one is the last."""
    counted = upload.failed_rows if upload.kind == "dnc" else max(upload.failed_rows, upload.success_rows)
    seen = page.offset + page.size
    return f"/v4/upload/{upload.id}?size={page.size}&offset={seen}" if counted > seen else None
