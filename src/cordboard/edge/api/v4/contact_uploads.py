"""Requests 52 and 53: files of contacts."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.contacts.models import ConflictMode
from cordboard.domain.uploads.service import UploadService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.uploading import CONTACTS_FORM, AsyncQuery, given_file, render_uploaded, start
from cordboard.infra.db import Database

_TAG: Final = "Contacts"
_ASYNC: Final = "/v4/contact/uploadAsync"
_FILE: Final = (
    "contacts.csv",
    b"phonenumber1,firstname,lastname,candy\r\n+17148675309,Jenny,Doe,red hots\r\n+17148675310,John,Doe,snickers\r\n",
)
_ANSWER: Final[dict[str, Any]] = {
    "processedRows": 2,
    "successRows": 2,
    "failedRows": 0,
    "contactIds": {"1": "8f321ea8-ed31-4f47-8bde-7f70ab328145", "2": "0d4b7a5e-3a53-4a5c-9d2c-5b1f0a2f7c11"},
    "errors": None,
    "encoding": "utf-8",
}
_STARTED: Final[dict[str, Any]] = {
    "uploadId": "3539d410-5f65-11eb-a080-51e25f7d5918",
    "kind": "contacts",
    "status": "processing",
    "reason": None,
    "processedRows": 0,
    "successRows": 0,
    "failedRows": 0,
    "contactIds": None,
    "errors": None,
    "next": None,
    "filename": "contacts.csv",
    "size": 106,
}


class UploadQuery(msgspec.Struct, rename="camel"):
    """What becomes of a row whose keys are some contact's: REJECT unless said otherwise."""

    conflict_mode: ConflictMode = "REJECT"


class AsyncUploadQuery(AsyncQuery, rename="camel"):
    """The same, and who is told of progress."""

    conflict_mode: ConflictMode = "REJECT"


class ContactUploadsResource:
    """`/v4/contact/upload` and `/v4/contact/uploadAsync`."""

    def __init__(self, uploads: UploadService, database: Database) -> None:
        self._uploads = uploads
        self._database = database

    async def upload_contacts(self, call: Call) -> Reply:
        """Makes contacts of a file of few rows. The header names the fields of `extData`, in any case; the column
        `keys` holds look-up keys with `|` between them.
        """
        uploaded = await self._uploads.at_once(
            call.tx,
            call.principal.account_id,
            "contacts",
            given_file(call),
            call.query.conflict_mode,
            instead=f"POST {_ASYNC}",
        )
        return Reply([render_uploaded(uploaded)])

    async def upload_contacts_async(self, call: Call) -> Reply:
        """Makes contacts of a file in the background."""
        query: AsyncUploadQuery = call.query
        return await start(self._uploads, self._database, call, "contacts", query.conflict_mode, query)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="52",
                method="POST",
                path="/v4/contact/upload",
                handler=self.upload_contacts,
                summary="Upload contacts",
                privilege=Privilege.CONTACT_UPDATE,
                query=UploadQuery,
                form=CONTACTS_FORM,
                tag=_TAG,
                example=Example(query={"conflictMode": "REJECT"}, file=_FILE, response=_ANSWER),
            ),
            Endpoint(
                number="53",
                method="POST",
                path=_ASYNC,
                handler=self.upload_contacts_async,
                summary="Upload contacts async",
                privilege=Privilege.CONTACT_UPDATE,
                query=AsyncUploadQuery,
                form=CONTACTS_FORM,
                own_transactions=True,
                tag=_TAG,
                example=Example(
                    query={"conflictMode": "REJECT", "callback": "websocket", "incrementalCallback": "true"},
                    file=_FILE,
                    response=_STARTED,
                ),
            ),
        )
