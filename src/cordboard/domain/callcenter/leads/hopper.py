"""The hopper: leads in line to be dialled (`cc_hopper`)."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from cordboard.domain.callcenter.leads.models import Lead
from cordboard.infra.db import Tx

HIGHEST_PRIORITY: Final = 99
Source = Literal["S", "N", "R", "C", "P", "D", "A", "Q"]
"""How a lead came into the hopper: standard fill, new among others, recycled, callback, program, rescued drop,
alternate number, held for an agent.
"""


async def add(tx: Tx, lead: Lead, campaign_id: str, priority: int, source: Source) -> int | None:
    """Puts a lead in line; its place's id, or None where it stands in line already."""
    hopper_id: int | None = await tx.fetchval(
        "insert into cc_hopper (account_id, campaign_id, lead_id, list_id, priority, source, gmt_offset_now, state)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning hopper_id",
        lead.account_id,
        campaign_id,
        lead.lead_id,
        lead.list_id,
        max(-HIGHEST_PRIORITY, min(HIGHEST_PRIORITY, priority)),
        source,
        lead.gmt_offset_now,
        lead.state,
    )
    return hopper_id


async def remove_list(tx: Tx, account_id: UUID, list_id: int) -> None:
    """Takes a list's leads out that nobody has taken yet."""
    await tx.execute(
        "delete from cc_hopper where account_id = $1 and list_id = $2 and status = 'READY'", account_id, list_id
    )


async def remove_lead(tx: Tx, account_id: UUID, lead_id: int) -> None:
    """Takes a lead out that nobody has taken yet."""
    await tx.execute(
        "delete from cc_hopper where account_id = $1 and lead_id = $2 and status = 'READY'", account_id, lead_id
    )
