"""Scheduled callbacks (`cc_callbacks`)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

HELD: Final = "CBHOLD"
"""The status of a lead whose callback is not due."""
USUAL_STATUS: Final = "CALLBK"


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """A lead to call at a time: by `agent`, or by anyone. `lead_status` is the lead's once it is due."""

    account_id: UUID
    lead_id: int
    list_id: int
    campaign_id: str
    status: str = "ACTIVE"
    lead_status: str = USUAL_STATUS
    recipient: Literal["USERONLY", "ANYONE"] = "ANYONE"
    agent: str = ""
    comments: str = ""
    callback_time: datetime
    entry_time: datetime


async def put(tx: Tx, callback: Callback) -> None:
    """Schedules one in the place of what was scheduled for the lead."""
    await remove(tx, callback.account_id, callback.lead_id)
    await insert_row(tx, "cc_callbacks", callback, Callback.__struct_fields__)


async def remove(tx: Tx, account_id: UUID, lead_id: int) -> int:
    """Removes what is scheduled for a lead; answers how many."""
    status = await tx.execute("delete from cc_callbacks where account_id = $1 and lead_id = $2", account_id, lead_id)
    return int(status.split()[-1])
