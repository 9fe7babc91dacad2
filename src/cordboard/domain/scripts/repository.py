"""The SQL of scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from cordboard.domain.scripts.models import CompletionOption, Question, Script
from cordboard.infra.db import Tx
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(Script.__struct_fields__)


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[Script]:
    """The account's scripts, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from scripts where account_id = $1 order by created_at, id limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [_script(row) for row in rows]


async def find(tx: Tx, account_id: UUID, script_id: UUID, *, lock: bool = False) -> Script | None:
    """A script of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from scripts where account_id = $1 and id = $2" + (" for update" if lock else ""),
        account_id,
        script_id,
    )
    return _script(row) if row else None


async def those_there(tx: Tx, account_id: UUID, script_ids: Sequence[UUID]) -> set[UUID]:
    """Which of some ids are scripts of the account."""
    rows = await tx.fetch("select id from scripts where account_id = $1 and id = any($2)", account_id, list(script_ids))
    return {row["id"] for row in rows}


async def count(tx: Tx, account_id: UUID) -> int:
    """How many scripts the account has."""
    total: int = await tx.fetchval("select count(*) from scripts where account_id = $1", account_id)
    return total


async def insert(tx: Tx, new: Script) -> None:
    """Adds a script."""
    places = ", ".join(f"${place}" for place in range(1, len(Script.__struct_fields__) + 1))
    await tx.execute(f"insert into scripts ({_COLUMNS}) values ({places})", *_values(new))


async def update(tx: Tx, changed: Script) -> None:
    """Writes what may change."""
    await tx.execute(
        "update scripts set name = $3, external_url = $4, questions = $5, completion_options = $6, callback_id = $7,"
        " modified_at = $9 where account_id = $1 and id = $2 and created_at = $8",
        *_values(changed),
    )


async def delete(tx: Tx, account_id: UUID, script_id: UUID) -> None:
    """Removes a script."""
    await tx.execute("delete from scripts where account_id = $1 and id = $2", account_id, script_id)


def _values(script: Script) -> list[Any]:
    return [
        msgspec.to_builtins(value) if isinstance(value, tuple) else value
        for value in (getattr(script, name) for name in Script.__struct_fields__)
    ]


def _script(row: asyncpg.Record) -> Script:
    members = dict(row)
    members["questions"] = msgspec.convert(members["questions"], tuple[Question, ...])
    members["completion_options"] = msgspec.convert(members["completion_options"], tuple[CompletionOption, ...])
    return Script(**members)
