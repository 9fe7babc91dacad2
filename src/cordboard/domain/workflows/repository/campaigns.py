"""Campaigns and the versions of their workflows (`campaigns`, `workflow_versions`, `campaign_openings`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from cordboard.domain.workflows.models import Campaign, WorkflowVersion
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row
from cordboard.kit.paging import Page

_FIELDS: Final = Campaign.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_CHANGED: Final = tuple(name for name in _FIELDS if name not in ("account_id", "id", "created_at", "last_used"))
_OF_VERSIONS: Final = WorkflowVersion.__struct_fields__

CampaignKey = tuple[UUID, UUID]


async def insert(tx: Tx, campaign: Campaign) -> None:
    """Adds a campaign."""
    await insert_row(tx, "campaigns", campaign, _FIELDS)


async def update(tx: Tx, campaign: Campaign) -> None:
    """Writes all that `touch` does not."""
    await update_row(tx, "campaigns", campaign, _CHANGED)


async def find(tx: Tx, account_id: UUID, campaign_id: UUID, *, lock: bool = False) -> Campaign | None:
    """One campaign, archived or not."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from campaigns where account_id = $1 and id = $2" + (" for update" if lock else ""),
        account_id,
        campaign_id,
    )
    return _campaign(row) if row else None


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[Campaign]:
    """The account's campaigns that are not archived, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from campaigns where account_id = $1 and not archived order by created_at, id"
        " limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [_campaign(row) for row in rows]


async def by_keys(tx: Tx, keys: Sequence[CampaignKey]) -> dict[CampaignKey, Campaign]:
    """Campaigns of several accounts, archived ones too."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from unnest($1::uuid[], $2::uuid[]) as k (account_id, id)"
        " join campaigns using (account_id, id)",
        [account_id for account_id, _ in keys],
        [campaign_id for _, campaign_id in keys],
    )
    return {(row["account_id"], row["id"]): _campaign(row) for row in rows}


async def known(tx: Tx, account_id: UUID, campaign_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the campaigns that the account has."""
    rows = await tx.fetch(
        "select id from campaigns where account_id = $1 and id = any($2)", account_id, list(campaign_ids)
    )
    return {row["id"] for row in rows}


async def touch(tx: Tx, keys: Sequence[CampaignKey], now: datetime, before: datetime) -> None:
    """Notes that campaigns have sent something, where the note is older than `before`: a busy one is not written
    with each message.
    """
    await tx.execute(
        "update campaigns c set last_used = $3 from (select c.account_id, c.id"
        " from unnest($1::uuid[], $2::uuid[]) as k (account_id, id) join campaigns c using (account_id, id)"
        " where c.last_used is null or c.last_used < $4 order by c.account_id, c.id for update of c skip locked) as k"
        " where c.account_id = k.account_id and c.id = k.id",
        [account_id for account_id, _ in keys],
        [campaign_id for _, campaign_id in keys],
        now,
        before,
    )


async def add_version(tx: Tx, version: WorkflowVersion) -> None:
    """Adds a version of a workflow."""
    await insert_row(tx, "workflow_versions", version, _OF_VERSIONS)


async def version_of(tx: Tx, account_id: UUID, campaign_id: UUID, version: int) -> WorkflowVersion | None:
    """One version."""
    row = await tx.fetchrow(
        f"select {', '.join(_OF_VERSIONS)} from workflow_versions"
        " where account_id = $1 and campaign_id = $2 and version = $3",
        account_id,
        campaign_id,
        version,
    )
    return WorkflowVersion(**dict(row)) if row else None


async def take_places(
    tx: Tx, account_id: UUID, campaign_id: UUID, openings: Sequence[tuple[datetime, int]]
) -> dict[datetime, int]:
    """Places in the lines before openings of a campaign's hours, so many each: the first place that is now one's own,
    from 0.
    """
    rows = await tx.fetch(
        "insert into campaign_openings (account_id, campaign_id, opens_at, taken)"
        " select $1, $2, o.opens_at, o.wanted from unnest($3::timestamptz[], $4::bigint[]) as o (opens_at, wanted)"
        " order by o.opens_at"
        " on conflict (account_id, campaign_id, opens_at)"
        " do update set taken = campaign_openings.taken + excluded.taken returning opens_at, taken",
        account_id,
        campaign_id,
        [opens_at for opens_at, _ in openings],
        [wanted for _, wanted in openings],
    )
    wanted = dict(openings)
    return {row["opens_at"]: row["taken"] - wanted[row["opens_at"]] for row in rows}


async def forget_openings(tx: Tx, before: datetime) -> None:
    """Removes openings that are past."""
    await tx.execute("delete from campaign_openings where opens_at < $1", before)


def _campaign(row: asyncpg.Record) -> Campaign:
    return Campaign(**dict(row))
