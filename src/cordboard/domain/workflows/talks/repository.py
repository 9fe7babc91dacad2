"""The SQL of talks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from cordboard.domain.assistants.models import Briefing, Line
from cordboard.domain.workflows.models import RunKey
from cordboard.domain.workflows.talks.models import Talk, TalkKey
from cordboard.infra.db import Tx

_COLUMNS: Final = Talk.__struct_fields__
_NAMED: Final = ", ".join(_COLUMNS)
_decoders: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "briefing": msgspec.json.Decoder(Briefing),
    "lines": msgspec.json.Decoder(tuple[Line, ...]),
    "variables": msgspec.json.Decoder(dict[str, str]),
}
_encode = msgspec.json.Encoder().encode


async def insert(tx: Tx, talk: Talk) -> bool:
    """Adds a talk; False where it is there already."""
    places = ", ".join(f"${place}" for place in range(1, len(_COLUMNS) + 1))
    added = await tx.fetchval(
        f"insert into talks ({_NAMED}) values ({places}) on conflict do nothing returning true",
        *(_column(talk, name) for name in _COLUMNS),
    )
    return bool(added)


async def save(tx: Tx, talk: Talk) -> None:
    """Writes what changes as a talk goes on."""
    await tx.execute(
        "update talks set person = $4, number = $5, lines = $6, variables = $7, failures = $8, state = $9,"
        " outcome = $10, waits_until = $11 where account_id = $1 and run_id = $2 and token = $3",
        talk.account_id,
        talk.run_id,
        talk.token,
        talk.person,
        talk.number,
        _column(talk, "lines"),
        _column(talk, "variables"),
        talk.failures,
        talk.state,
        talk.outcome,
        talk.waits_until,
    )


async def find(tx: Tx, key: TalkKey, *, lock: bool = False) -> Talk | None:
    """One talk."""
    row = await tx.fetchrow(
        f"select {_NAMED} from talks where account_id = $1 and run_id = $2 and token = $3"
        + (" for update" if lock else ""),
        key.account_id,
        key.run_id,
        key.token,
    )
    return _talk(row) if row else None


async def open_of(tx: Tx, runs: Sequence[RunKey]) -> list[Talk]:
    """The talks of runs that are open, locked; the latest where a run has left one behind."""
    rows = await tx.fetch(
        f"select {_NAMED} from talks where (account_id, run_id) in"
        " (select * from unnest($1::uuid[], $2::uuid[])) and state = 'open'"
        " order by account_id, run_id, token for update",
        [account_id for account_id, _ in runs],
        [run_id for _, run_id in runs],
    )
    latest = {(row["account_id"], row["run_id"]): row for row in rows}
    return [_talk(row) for row in latest.values()]


async def forget(tx: Tx, before: datetime) -> None:
    """Removes talks that began before then."""
    await tx.execute("delete from talks where created_at < $1", before)


def _column(talk: Talk, name: str) -> object:
    value = getattr(talk, name)
    return _encode(value).decode() if name in _decoders else value


def _talk(row: asyncpg.Record) -> Talk:
    return Talk(**{name: _decoders[name].decode(value) if name in _decoders else value for name, value in row.items()})
