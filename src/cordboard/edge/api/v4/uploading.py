"""What the requests that bring files have in common."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.contacts.models import ConflictMode
from cordboard.domain.uploads.events import in_wire_form, progress_of
from cordboard.domain.uploads.models import Listed, Upload, UploadKind
from cordboard.domain.uploads.service import LARGEST_FILE, GivenFile, Uploaded, UploadService
from cordboard.edge.api.frame.endpoint import Call, Reply
from cordboard.edge.api.frame.forms import FormRules
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import CordboardError
from cordboard.kit.paging import Page

CONTACTS_FORM: Final = FormRules(("parts", "file"), largest=LARGEST_FILE)
DNC_FORM: Final = FormRules(("file", "parts"), largest=LARGEST_FILE)
_NOTHING: Final = Page()


class AsyncQuery(msgspec.Struct, rename="camel"):
    """`callback` is `websocket`, the id of a webhook of the type api_callback, or a URL; it is told of the end, and
    with `incrementalCallback` of progress, about once a second.
    """

    callback: str | None = None
    incremental_callback: bool | None = None


async def start(
    uploads: UploadService, database: Database, call: Call, kind: UploadKind, mode: ConflictMode, query: AsyncQuery
) -> Reply:
    """Has the request's file worked off in the background. The file is kept outside of any transaction of ours; under
    an idempotency key, the upload shares the key's.
    """
    account_id = call.principal.account_id
    if query.callback is not None:
        async with database.connection() as connection:
            await uploads.check_callback(connection, account_id, query.callback)
    upload = await uploads.prepare(
        account_id,
        kind,
        given_file(call),
        mode,
        callback=query.callback,
        incremental=bool(query.incremental_callback),
    )
    try:
        await _start(uploads, database, call.transaction, upload)
    except CordboardError:
        await uploads.discard(upload)
        raise
    return Reply([render_upload(upload, Listed(None if kind == "dnc" else {}, {}), _NOTHING)])


async def _start(uploads: UploadService, database: Database, shared: Tx | None, upload: Upload) -> None:
    if shared is not None:
        await uploads.start(shared, upload)
        return
    async with database.transaction() as tx:
        await uploads.start(tx, upload)


def given_file(call: Call) -> GivenFile:
    """The file of a form that requires one."""
    if call.file is None:
        raise RuntimeError("this endpoint's form has no required file")
    return GivenFile(call.file.field, call.file.filename, call.file.path)


def render_uploaded(uploaded: Uploaded) -> dict[str, Any]:
    """What came of a file at once (requests 52 and 59); `encoding` is ours."""
    ids, errors = in_wire_form(uploaded.listed)
    shown: dict[str, Any] = {
        "processedRows": uploaded.rows,
        "successRows": uploaded.rows - len(uploaded.listed.errors),
        "failedRows": len(uploaded.listed.errors),
    }
    if ids is not msgspec.UNSET:
        shown["contactIds"] = ids
    return {**shown, "errors": errors, "encoding": uploaded.encoding}


def render_upload(upload: Upload, listed: Listed, page: Page) -> dict[str, Any]:
    """An upload with a page of what became of its rows; times in epoch milliseconds."""
    progress: dict[str, Any] = msgspec.to_builtins(progress_of(upload, listed, page))
    return {**progress, **_described(upload)}


def render_summary(upload: Upload) -> dict[str, Any]:
    """An upload as its list shows it: without what became of single rows."""
    progress: dict[str, Any] = msgspec.to_builtins(progress_of(upload, Listed(None, {}), _NOTHING))
    left_out = ("errors", "next", "contactIds")
    return {name: value for name, value in progress.items() if name not in left_out} | _described(upload)


def _described(upload: Upload) -> dict[str, Any]:
    return {
        "filename": upload.filename,
        "size": upload.size,
        "processedBytes": upload.size if upload.status == "completed" else upload.position,
        "encoding": upload.encoding,
        "delimiter": upload.delimiter,
        "columns": upload.columns,
        "conflictMode": upload.mode if upload.kind == "contacts" else None,
        "created": epoch_ms(upload.created_at),
        "finished": epoch_ms(upload.finished_at) if upload.finished_at else None,
    }
