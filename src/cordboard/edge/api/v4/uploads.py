"""Ours: how far uploads are, and what became of their rows."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.uploads.models import UploadKind
from cordboard.domain.uploads.service import UploadService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.uploading import render_summary, render_upload
from cordboard.kit.errors import NotFoundError
from cordboard.kit.paging import Page

_TAG: Final = "Uploads"
_ID: Final = {"uploadId": "3539d410-5f65-11eb-a080-51e25f7d5918"}
_SUMMARY: Final[dict[str, Any]] = {
    **_ID,
    "kind": "contacts",
    "status": "completed",
    "reason": None,
    "processedRows": 3,
    "successRows": 2,
    "failedRows": 1,
    "filename": "contacts.csv",
    "size": 140,
    "processedBytes": 140,
    "encoding": "utf-8",
    "delimiter": ",",
    "columns": ["phonenumber1", "firstname", "lastname", "candy"],
    "conflictMode": "REJECT",
    "created": 1668038863426,
    "finished": 1668038864117,
}
_EXAMPLE: Final[dict[str, Any]] = {**_SUMMARY, "errors": {"3": "has 3 cells; the header has 4"}, "next": None}


class PageQuery(msgspec.Struct):
    """A page."""

    size: int | None = None
    offset: int | None = None


class UploadsResource:
    """`/v4/upload`."""

    def __init__(self, uploads: UploadService) -> None:
        self._uploads = uploads

    async def get_uploads(self, call: Call) -> Reply:
        """The account's uploads of the last 30 days, the newest first."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._uploads.page(call.tx, call.principal.account_id, _readable(call), page)
        return Reply([render_summary(upload) for upload in found])

    async def get_upload(self, call: Call) -> Reply:
        """How far an upload is, with a page of what became of its rows: `size` of the contacts that it made after the
        first `offset` of them, and as many of the errors after as many of those.
        """
        page = Page.of(call.query.size, call.query.offset)
        upload, listed = await self._uploads.get(
            call.tx, call.principal.account_id, uuid_in_path(call, "uploadId"), page
        )
        if upload.kind not in _readable(call):
            raise NotFoundError("uploadId")
        return Reply([render_upload(upload, listed, page)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="ours",
                method="GET",
                path="/v4/upload",
                handler=self.get_uploads,
                summary="List uploads",
                privilege=Privilege.CONTACT_READ,
                alternative=Privilege.DNC_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(query={"size": "20"}, response=_SUMMARY),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path="/v4/upload/{uploadId}",
                handler=self.get_upload,
                summary="Get upload",
                privilege=Privilege.CONTACT_READ,
                alternative=Privilege.DNC_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(path=_ID, query={"size": "100", "offset": "0"}, response=_EXAMPLE),
            ),
        )


def _readable(call: Call) -> list[UploadKind]:
    """The kinds of uploads that the caller may see."""
    kinds: list[UploadKind] = ["contacts"] if call.principal.may(Privilege.CONTACT_READ) else []
    return [*kinds, "dnc"] if call.principal.may(Privilege.DNC_READ) else kinds
