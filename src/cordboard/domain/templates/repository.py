"""The SQL of SMS templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.templates.models import SmsTemplate
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(SmsTemplate.__struct_fields__)


async def insert(tx: Tx, template: SmsTemplate) -> None:
    """Adds a template."""
    await insert_row(tx, "sms_templates", template, SmsTemplate.__struct_fields__)


async def update(tx: Tx, template: SmsTemplate) -> None:
    """Writes what may change."""
    await update_row(tx, "sms_templates", template, ("text", "title", "media_url", "archived"))


async def find(tx: Tx, account_id: UUID, template_id: UUID, *, lock: bool = False) -> SmsTemplate | None:
    """A template of the account, archived or not."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from sms_templates where account_id = $1 and id = $2"
        + (" for no key update" if lock else ""),
        account_id,
        template_id,
    )
    return SmsTemplate(**dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[SmsTemplate]:
    """Templates that are not archived, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from sms_templates where account_id = $1 and not archived"
        " order by created_at, id limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [SmsTemplate(**dict(row)) for row in rows]


async def by_ids(tx: Tx, account_id: UUID, template_ids: Sequence[UUID]) -> list[SmsTemplate]:
    """Those of the account that are not archived."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from sms_templates where account_id = $1 and id = any($2) and not archived",
        account_id,
        list(template_ids),
    )
    return [SmsTemplate(**dict(row)) for row in rows]


async def touch(tx: Tx, pairs: Sequence[tuple[UUID, UUID]], now: datetime, since: datetime) -> None:
    """Notes the use of templates. One that was noted after `since`, or that somebody else is noting just now, is left
    alone: senders that share a template do not wait for each other.
    """
    await tx.execute(
        "with due as (select t.account_id, t.id from unnest($1::uuid[], $2::uuid[]) as u (account_id, id)"
        " join sms_templates t using (account_id, id) where t.last_used is null or t.last_used < $4"
        " for no key update of t skip locked)"
        " update sms_templates t set last_used = $3 from due where t.account_id = due.account_id and t.id = due.id",
        [account_id for account_id, _ in pairs],
        [template_id for _, template_id in pairs],
        now,
        since,
    )
