"""Recordings of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.voice.models import Recording, RecordingFilter
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_FIELDS: Final = Recording.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)


async def insert(tx: Tx, recording: Recording) -> None:
    """Adds a recording."""
    await insert_row(tx, "recordings", recording, _FIELDS)


async def set_transcription(tx: Tx, account_id: UUID, recording_id: UUID, created_at: datetime, text: str) -> None:
    """Keeps what was said in it."""
    await tx.execute(
        "update recordings set transcription = $4 where account_id = $1 and id = $2 and created_at = $3",
        account_id,
        recording_id,
        created_at,
        text,
    )


async def search(tx: Tx, account_id: UUID, wanted: RecordingFilter) -> list[Recording]:
    """The account's recordings that fit, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from recordings where account_id = $1 and ($2::uuid is null or call_id = $2)"
        " and ($3::uuid is null or id = $3) and ($4::timestamptz is null or created_at >= $4)"
        " and ($5::timestamptz is null or created_at < $5) and ($6::uuid is null or (created_at, id) < (select"
        " created_at, id from recordings where account_id = $1 and (id = $6 or call_id = $6)"
        " order by created_at, id limit 1)) and status = 'stored' order by created_at desc, id desc limit $7",
        account_id,
        wanted.call_id,
        wanted.recording_id,
        wanted.start,
        wanted.end,
        wanted.after,
        wanted.limit,
    )
    return [Recording(**dict(row)) for row in rows]
