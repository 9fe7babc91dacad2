"""The SQL of segments, and of the changes that wait to be put into some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.contacts.search.folding import Segment
from cordboard.infra.db import Tx

_ACCOUNTS: Final = (
    "with recursive a (id) as ((select account_id from contact_changes order by account_id limit 1) union all"
    " select (select account_id from contact_changes where account_id > a.id order by account_id limit 1)"
    " from a where a.id is not null)"
    " select a.id from a where (select count(*) from"
    " (select from contact_changes where account_id = a.id limit $1) as few) = $1"
)


async def accounts_with_changes(connection: Tx, many: int) -> list[UUID]:
    """The accounts of which at least so many changes wait."""
    return [row["id"] for row in await connection.fetch(_ACCOUNTS, many)]


async def take_changes(tx: Tx, account_id: UUID, most: int, after: int) -> tuple[list[UUID], int]:
    """The contacts of the oldest changes after a number, each once, which nobody else takes, and the last number; the
    changes are gone with that.
    """
    rows = await tx.fetch(
        "with taken as (select account_id, number from contact_changes where account_id = $1 and number > $3"
        " order by number limit $2 for update skip locked)"
        " delete from contact_changes c using taken t where c.account_id = t.account_id and c.number = t.number"
        " returning c.number, c.contact_id",
        account_id,
        most,
        after,
    )
    in_order = sorted((row["number"], row["contact_id"]) for row in rows)
    return list(dict.fromkeys(contact_id for _, contact_id in in_order)), in_order[-1][0] if in_order else after


async def contents(tx: Tx, account_id: UUID, contact_ids: Sequence[UUID]) -> list[tuple[UUID, dict[str, str]]]:
    """Id and extData of contacts, archived or not, in the order of the ids. What was changed while changes were taken
    is seen, so this has to be a statement of its own.
    """
    rows = await tx.fetch(
        "select c.id, c.ext_data from unnest($2::uuid[]) with ordinality as w (id, place)"
        " join contacts c on c.account_id = $1 and c.id = w.id order by w.place",
        account_id,
        list(contact_ids),
    )
    return [(row["id"], row["ext_data"]) for row in rows]


async def add(tx: Tx, account_id: UUID, segments: Sequence[Segment]) -> None:
    """Writes segments."""
    ids = [
        row["id"]
        for row in await tx.fetch(
            "select nextval(pg_get_serial_sequence('contact_segments', 'id')) as id from generate_series(1, $1)",
            len(segments),
        )
    ]
    numbered = list(zip(ids, segments, strict=True))
    await tx.executemany(
        "insert into contact_segments (account_id, id, contact_ids) overriding system value values ($1, $2, $3)",
        [(account_id, number, one.contact_ids) for number, one in numbered],
    )
    await tx.copy_records_to_table(
        "contact_segment_texts",
        columns=("account_id", "variable", "segment_id", "texts"),
        records=[(account_id, name, number, text) for number, one in numbered for name, text in one.texts.items()],
    )
    await tx.copy_records_to_table(
        "contact_tokens",
        columns=("account_id", "contact_id", "tokens"),
        records=[
            (account_id, contact_id, tokens)
            for one in segments
            for contact_id, tokens in zip(one.contact_ids, one.tokens, strict=True)
        ],
    )


async def settle_tokens(connection: Tx) -> None:
    """Sorts the latest tokens into their index, where searches find them sooner."""
    await connection.execute("select gin_clean_pending_list('contact_tokens_tokens')")


async def worn_accounts(connection: Tx, size: int) -> list[UUID]:
    """The accounts whose segments, of `size` contacts each, hold contacts more than twice as often as there are any."""
    rows = await connection.fetch(
        "select account_id from (select account_id, count(*) as segments from contact_segments group by 1) s"
        " where segments * $1::bigint > 2 * $1"
        " + 2 * (select count(*) from contacts c where c.account_id = s.account_id)",
        size,
    )
    return [row["account_id"] for row in rows]


async def start_anew(tx: Tx, account_id: UUID) -> None:
    """Forgets an account's segments: all its contacts wait to be put into some."""
    await tx.execute("delete from contact_segments where account_id = $1", account_id)
    await tx.execute("delete from contact_tokens where account_id = $1", account_id)
    await tx.execute(
        "insert into contact_changes (account_id, contact_id)"
        " select account_id, id from contacts where account_id = $1 order by created_at, id",
        account_id,
    )
