"""Requests 59 and 60: files of numbers that are not to be contacted."""

from __future__ import annotations

from typing import Any, Final

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.uploads.service import UploadService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.uploading import DNC_FORM, AsyncQuery, given_file, render_uploaded, start
from cordboard.infra.db import Database, Tx

_TAG: Final = "DNC"
_ASYNC: Final = "/v4/dnc/bulkAsync"
_FILE: Final = ("dnc.csv", b"endpoint,subtype,selector\r\n+15558675309,sms,CUSTOMER_GLOBAL\r\n+15558675310,call,\r\n")
_ANSWER: Final[dict[str, Any]] = {
    "processedRows": 2,
    "successRows": 2,
    "failedRows": 0,
    "errors": None,
    "encoding": "utf-8",
}
_STARTED: Final[dict[str, Any]] = {
    "uploadId": "3539d410-5f65-11eb-a080-51e25f7d5918",
    "kind": "dnc",
    "status": "processing",
    "reason": None,
    "processedRows": 0,
    "successRows": 0,
    "failedRows": 0,
    "errors": None,
    "next": None,
    "filename": "dnc.csv",
    "size": 83,
}


class DncUploadsResource:
    """`/v4/dnc/bulk` and `/v4/dnc/bulkAsync`."""

    def __init__(self, uploads: UploadService, database: Database) -> None:
        self._uploads = uploads
        self._database = database

    async def upload_dnc(self, call: Call) -> Reply:
        """Lists the numbers of a file: at once, or in the background where a callback or progress is asked for. The
        columns are endpoint, subtype (`sms` where it is empty) and selector (all of the account's numbers).
        """
        query: AsyncQuery = call.query
        if query.callback is not None or query.incremental_callback is not None:
            return await self.upload_dnc_async(call)
        if call.transaction is not None:
            return await self._at_once(call, call.transaction)
        async with self._database.transaction() as tx:
            return await self._at_once(call, tx)

    async def upload_dnc_async(self, call: Call) -> Reply:
        """Lists the numbers of a file in the background."""
        return await start(self._uploads, self._database, call, "dnc", "APPEND", call.query)

    async def _at_once(self, call: Call, tx: Tx) -> Reply:
        uploaded = await self._uploads.at_once(
            tx, call.principal.account_id, "dnc", given_file(call), "APPEND", instead=f"POST {_ASYNC}"
        )
        return Reply([render_uploaded(uploaded)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="59",
                method="POST",
                path="/v4/dnc/bulk",
                handler=self.upload_dnc,
                summary="Upload DNC",
                privilege=Privilege.DNC_UPDATE,
                query=AsyncQuery,
                form=DNC_FORM,
                own_transactions=True,
                tag=_TAG,
                example=Example(file=_FILE, response=_ANSWER),
            ),
            Endpoint(
                number="60",
                method="POST",
                path=_ASYNC,
                handler=self.upload_dnc_async,
                summary="Upload DNC async",
                privilege=Privilege.DNC_UPDATE,
                query=AsyncQuery,
                form=DNC_FORM,
                own_transactions=True,
                tag=_TAG,
                example=Example(
                    query={"callback": "websocket", "incrementalCallback": "true"}, file=_FILE, response=_STARTED
                ),
            ),
        )
