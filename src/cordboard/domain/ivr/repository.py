"""The SQL of IVRs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from cordboard.domain.ivr.models import ChoiceFilter, Choices, Ivr
from cordboard.engines.ivr import IvrDefinition
from cordboard.infra.db import Tx
from cordboard.kit.paging import Page


async def insert(tx: Tx, ivr: Ivr, now: datetime) -> bool:
    """Adds an IVR; False when there is one of its name."""
    added = await tx.fetchval(
        "insert into ivrs (account_id, name, version, definition, created_at, changed_at)"
        " values ($1, $2, $3, $4, $5, $5) on conflict do nothing returning true",
        *_values(ivr),
        now,
    )
    return bool(added)


async def update(tx: Tx, ivr: Ivr, now: datetime) -> None:
    """Writes a new version."""
    await tx.execute(
        "update ivrs set version = $3, definition = $4, changed_at = $5 where account_id = $1 and name = $2",
        *_values(ivr),
        now,
    )


async def archive(tx: Tx, ivr: Ivr, now: datetime) -> None:
    """Keeps a version that is not the present one any more."""
    await tx.execute(
        "insert into ivr_archives (account_id, name, version, definition, archived_at) values ($1, $2, $3, $4, $5)",
        *_values(ivr),
        now,
    )


async def delete(tx: Tx, account_id: UUID, name: str) -> None:
    """Removes an IVR; its archives stay."""
    await tx.execute("delete from ivrs where account_id = $1 and name = $2", account_id, name)


async def find(tx: Tx, account_id: UUID, name: str, *, lock: bool = False) -> Ivr | None:
    """An IVR of the account."""
    row = await tx.fetchrow(
        "select account_id, definition from ivrs where account_id = $1 and name = $2"
        + (" for no key update" if lock else ""),
        account_id,
        name,
    )
    return _ivr(dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, places: Page) -> list[Ivr]:
    """The account's IVRs by name."""
    rows = await tx.fetch(
        "select account_id, definition from ivrs where account_id = $1 order by name limit $2 offset $3",
        account_id,
        places.size,
        places.offset,
    )
    return [_ivr(dict(row)) for row in rows]


async def archived(tx: Tx, account_id: UUID, name: str, places: Page) -> list[Ivr]:
    """Earlier versions, the newest first."""
    rows = await tx.fetch(
        "select account_id, definition from ivr_archives where account_id = $1 and name = $2"
        " order by version desc limit $3 offset $4",
        account_id,
        name,
        places.size,
        places.offset,
    )
    return [_ivr(dict(row)) for row in rows]


async def last_version(tx: Tx, account_id: UUID, name: str) -> int:
    """The newest archived version of a name; 0 when there is none."""
    found: int | None = await tx.fetchval(
        "select max(version) from ivr_archives where account_id = $1 and name = $2", account_id, name
    )
    return found or 0


async def count_ivrs(tx: Tx, account_id: UUID) -> int:
    """How many IVRs the account has."""
    found: int = await tx.fetchval("select count(*) from ivrs where account_id = $1", account_id)
    return found


async def count_choice(tx: Tx, account_id: UUID, name: str, version: int, menu: str, key: str, day: date) -> None:
    """Counts a choice."""
    await tx.execute(
        "insert into ivr_choices (account_id, name, version, menu, key, day, choices)"
        " values ($1, $2, $3, $4, $5, $6, 1)"
        " on conflict (account_id, name, day, version, menu, key)"
        " do update set choices = ivr_choices.choices + 1",
        account_id,
        name,
        version,
        menu,
        key,
        day,
    )


async def choices(tx: Tx, account_id: UUID, name: str, wanted: ChoiceFilter) -> list[Choices]:
    """Counts by day, version, menu and key."""
    rows = await tx.fetch(
        "select name, version, menu, key, day, choices from ivr_choices where account_id = $1 and name = $2"
        " and day between $3 and $4 and ($5::int is null or version = $5) order by day, version, menu, key",
        account_id,
        name,
        wanted.first,
        wanted.last,
        wanted.version,
    )
    return [Choices(**dict(row)) for row in rows]


def _values(ivr: Ivr) -> tuple[UUID, str, int, Any]:
    definition = ivr.definition
    return ivr.account_id, definition.ivr_name, definition.version, msgspec.to_builtins(definition)


def _ivr(row: Mapping[str, Any]) -> Ivr:
    return Ivr(row["account_id"], msgspec.convert(row["definition"], IvrDefinition))
