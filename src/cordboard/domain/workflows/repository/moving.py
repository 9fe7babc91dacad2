"""Runs that are under way in older versions of a workflow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.workflows.models import Run
from cordboard.domain.workflows.repository.runs import COLUMNS, run_of
from cordboard.infra.db import Tx
from cordboard.kit.ids import NIL

_ROUNDS: Final = r'"loops":(\[[^]]*\])'
"""The rounds within a state. They are cut out before they are read: a variable may hold U+0000, which no JSON of the
database takes. Nothing else matches: within texts quotes are escaped.
"""


async def waiting(tx: Tx, account_id: UUID, campaign_id: UUID) -> list[tuple[int, int | None, int]]:
    """How many are at which node of which version."""
    rows = await tx.fetch(
        "select version, at_node, count(*) as count from runs where account_id = $1 and campaign_id = $2"
        " group by version, at_node order by version, at_node",
        account_id,
        campaign_id,
    )
    return [(row["version"], row["at_node"], row["count"]) for row in rows]


async def within(
    tx: Tx, account_id: UUID, campaign_id: UUID, version: int, repeaters: Sequence[int]
) -> dict[int | None, int]:
    """How many runs of a version are within rounds of any of these repeaters, by the node where they are."""
    rows = await tx.fetch(
        "select at_node, count(*) as count from runs where account_id = $1 and campaign_id = $2 and version = $3"
        " and exists (select from jsonb_array_elements(substring(state from $5)::jsonb) as l"
        " where (l ->> 'node')::integer = any($4::integer[])) group by at_node",
        account_id,
        campaign_id,
        version,
        list(repeaters),
        _ROUNDS,
    )
    return {row["at_node"]: row["count"] for row in rows}


async def lock_older(
    tx: Tx, account_id: UUID, campaign_id: UUID, version: int, after: UUID | None, limit: int
) -> list[Run]:
    """Runs of versions before `version`, in the order of their ids from `after` on, locked."""
    rows = await tx.fetch(
        f"select {COLUMNS} from runs where account_id = $1 and campaign_id = $2 and version < $3"
        " and id > $4 order by id limit $5 for update",
        account_id,
        campaign_id,
        version,
        after or NIL,  # a condition that may be absent could not be looked up in the index
        limit,
    )
    return [run_of(row) for row in rows]


async def move(tx: Tx, runs: Sequence[Run], version: int) -> None:
    """Has runs go on in another version; they are locked."""
    await tx.execute(
        "update runs r set version = $3 from unnest($1::uuid[], $2::uuid[]) as k (account_id, id)"
        " where r.account_id = k.account_id and r.id = k.id",
        [run.account_id for run in runs],
        [run.id for run in runs],
        version,
    )
