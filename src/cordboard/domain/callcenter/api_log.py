"""What programs asked the text APIs for (`cc_api_log`); passwords are not in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A request: `result` is SUCCESS, NOTICE, ERROR or empty, `reason` the words after it, `data` what they tell of."""

    account_id: UUID
    at: datetime
    name: str
    agent: str
    script: str
    function: str
    value: str
    result: str
    reason: str
    source: str
    data: str
    seconds: float


async def record(tx: Tx, entry: Entry) -> None:
    """Writes one down."""
    await insert_row(tx, "cc_api_log", entry, Entry.__struct_fields__)
