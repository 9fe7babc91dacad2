"""The ledger of mails (`emails`)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.emails.models import EmailFilter, SentEmail, State
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row
from cordboard.kit.paging import Page

_FIELDS: Final = SentEmail.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)


async def claim(tx: Tx, mail: SentEmail) -> bool:
    """Writes down that a mail is about to go out; False when it was written down before."""
    return await insert_row(tx, "emails", mail, _FIELDS, unless_there=True)


async def find(tx: Tx, account_id: UUID, key: str) -> SentEmail | None:
    """A mail."""
    row = await tx.fetchrow(f"select {_COLUMNS} from emails where account_id = $1 and key = $2", account_id, key)
    return SentEmail(**dict(row)) if row else None


async def finish(
    tx: Tx, account_id: UUID, key: str, state: State, *, provider_id: str, error: str, at: datetime
) -> None:
    """Writes down what became of a mail."""
    await tx.execute(
        "update emails set state = $3, provider_id = $4, error = $5, finished_at = $6"
        " where account_id = $1 and key = $2",
        account_id,
        key,
        state,
        provider_id,
        error,
        at,
    )


async def withdraw(tx: Tx, account_id: UUID, key: str) -> None:
    """Takes back that a mail is about to go out: it surely did not, and is tried again."""
    await tx.execute("delete from emails where account_id = $1 and key = $2 and state = 'sending'", account_id, key)


async def page(tx: Tx, account_id: UUID, wanted: EmailFilter, page: Page) -> list[SentEmail]:
    """The account's mails, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from emails where account_id = $1 and ($2::uuid is null or run_id = $2)"
        " and ($3::timestamptz is null or created_at >= $3) and ($4::timestamptz is null or created_at < $4)"
        " order by created_at desc, key limit $5 offset $6",
        account_id,
        wanted.run_id,
        wanted.since,
        wanted.until,
        page.size,
        page.offset,
    )
    return [SentEmail(**dict(row)) for row in rows]


async def forget(tx: Tx, before: datetime) -> None:
    """Removes mails past the time that logs are kept."""
    await tx.execute("delete from emails where created_at < $1", before)
