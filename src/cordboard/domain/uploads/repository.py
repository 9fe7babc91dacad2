"""The SQL of uploads and of what became of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.uploads.models import Listed, Outcome, Upload
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(Upload.__struct_fields__)


async def insert(tx: Tx, upload: Upload) -> None:
    """Adds an upload."""
    await insert_row(tx, "uploads", upload, Upload.__struct_fields__)


async def find(tx: Tx, account_id: UUID, upload_id: UUID, *, lock: bool = False) -> Upload | None:
    """An upload of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from uploads where account_id = $1 and id = $2" + (" for update" if lock else ""),
        account_id,
        upload_id,
    )
    return Upload(**dict(row)) if row else None


async def oldest_unfinished(tx: Tx, account_id: UUID) -> Upload | None:
    """The upload of the account whose turn it is, locked: one that is just being written to is waited for."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from uploads where account_id = $1 and finished_at is null"
        " order by created_at, id limit 1 for update",
        account_id,
    )
    return Upload(**dict(row)) if row else None


async def next_unfinished(tx: Tx, account_id: UUID) -> UUID | None:
    """The account's oldest upload that is not finished."""
    found: UUID | None = await tx.fetchval(
        "select id from uploads where account_id = $1 and finished_at is null order by created_at, id limit 1",
        account_id,
    )
    return found


async def count_unfinished(tx: Tx, account_id: UUID) -> int:
    """How many uploads of the account wait or are under way."""
    count: int = await tx.fetchval(
        "select count(*) from uploads where account_id = $1 and finished_at is null", account_id
    )
    return count


async def page(tx: Tx, account_id: UUID, kinds: Sequence[str], wanted: Page) -> list[Upload]:
    """Uploads of some kinds, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from uploads where account_id = $1 and kind = any($2)"
        " order by created_at desc, id desc limit $3 offset $4",
        account_id,
        list(kinds),
        wanted.size,
        wanted.offset,
    )
    return [Upload(**dict(row)) for row in rows]


async def update(tx: Tx, upload: Upload) -> None:
    """Writes how far it is."""
    await tx.execute(
        "update uploads set status = $3, reason = $4, told_at = $5, position = $6, success_rows = $7,"
        " failed_rows = $8, finished_at = $9 where account_id = $1 and id = $2",
        upload.account_id,
        upload.id,
        upload.status,
        upload.reason,
        upload.told_at,
        upload.position,
        upload.success_rows,
        upload.failed_rows,
        upload.finished_at,
    )


async def commit_lazily(tx: Tx) -> None:
    """Spares the commit the wait for the disk: what a crash of the server takes back is worked off again, for the
    position goes back with it.
    """
    await tx.execute("set local synchronous_commit = off")


async def add_outcome(tx: Tx, upload: Upload, outcome: Outcome) -> None:
    """Keeps what became of the rows after those that `upload` counts."""
    first = upload.processed_rows + 1
    await tx.execute(
        "insert into upload_results (account_id, upload_id, first_row, succeeded_before, failed_before, rows,"
        " contact_ids, error_rows, error_texts) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        upload.account_id,
        upload.id,
        first,
        upload.success_rows,
        upload.failed_rows,
        outcome.rows,
        outcome.contact_ids,
        [first + place for place in outcome.errors],
        list(outcome.errors.values()),
    )


async def listed(tx: Tx, upload: Upload, wanted: Page) -> Listed:
    """A page of the contacts that rows made, and the same page of what is wrong with others."""
    ids = None if upload.kind == "dnc" else await _contact_ids(tx, upload, wanted)
    return Listed(ids, await _errors(tx, upload, wanted))


async def forget(tx: Tx, before: datetime, most: int) -> list[str]:
    """Removes uploads that were made before a moment; answers the names of their files."""
    rows = await tx.fetch(
        "delete from uploads where (account_id, id) in (select account_id, id from uploads where created_at < $1"
        " order by created_at limit $2) returning blob",
        before,
        most,
    )
    return [row["blob"] for row in rows]


async def _contact_ids(tx: Tx, upload: Upload, wanted: Page) -> dict[int, UUID]:
    rows = await tx.fetch(
        "select first_row, succeeded_before, contact_ids from upload_results where account_id = $1 and upload_id = $2"
        " and succeeded_before < $4 and succeeded_before + rows - cardinality(error_rows) > $3 order by first_row",
        upload.account_id,
        upload.id,
        wanted.offset,
        wanted.offset + wanted.size,
    )
    found: dict[int, UUID] = {}
    for row in rows:
        made = [(row["first_row"] + place, one) for place, one in enumerate(row["contact_ids"]) if one is not None]
        start = max(0, wanted.offset - row["succeeded_before"])
        found |= dict(made[start : start + wanted.size - len(found)])
    return found


async def _errors(tx: Tx, upload: Upload, wanted: Page) -> dict[int, str]:
    rows = await tx.fetch(
        "select e.row, e.text from upload_results r,"
        " unnest(r.error_rows, r.error_texts) with ordinality as e (row, text, place)"
        " where r.account_id = $1 and r.upload_id = $2 and r.failed_before < $4"
        " and r.failed_before + cardinality(r.error_rows) > $3 and r.failed_before + e.place > $3"
        " and r.failed_before + e.place <= $4 order by e.row",
        upload.account_id,
        upload.id,
        wanted.offset,
        wanted.offset + wanted.size,
    )
    return {row["row"]: row["text"] for row in rows}
