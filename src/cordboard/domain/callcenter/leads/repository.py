"""The SQL of lists and leads (`cc_lists`, `cc_leads`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.callcenter.leads.models import Found, Lead, LeadList, ListSettings, Scope
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row

LEAD_FIELDS: Final = Lead.__struct_fields__
_COLUMNS: Final = ", ".join(LEAD_FIELDS)
_LIST_COLUMNS: Final = "account_id, list_id, campaign_id, settings, resets_today, resets_day, created_at, modified_at"
_SCOPED: Final = " and ($3::bigint[] is null or list_id = any($3)) and ($4::timestamptz is null or entry_date >= $4)"
_BY: Final = {
    "phone": "phone_number = $2",
    "alt_phone": "alt_phone = $2",
    "vendor_lead_code": "vendor_lead_code = $2",
    "title_alt_phone": "alt_phone = $2 and title = $5",
    "name_phone": "phone_number = $2 and first_name = $5 and last_name = $6",
}


async def find_list(tx: Tx, account_id: UUID, list_id: int, *, lock: bool = False) -> LeadList | None:
    """One of an account."""
    row = await tx.fetchrow(
        f"select {_LIST_COLUMNS} from cc_lists where account_id = $1 and list_id = $2"
        + (" for update" if lock else ""),
        account_id,
        list_id,
    )
    return _list(row) if row else None


async def lists_around(tx: Tx, account_id: UUID, list_id: int) -> list[int]:
    """The lists of a list's campaign; of one that no campaign dials, it alone."""
    rows = await tx.fetch(
        "select other.list_id from cc_lists own join cc_lists other using (account_id, campaign_id)"
        " where own.account_id = $1 and own.list_id = $2 and campaign_id <> '' order by 1",
        account_id,
        list_id,
    )
    return [row["list_id"] for row in rows] or [list_id]


async def insert_list(tx: Tx, new: LeadList) -> bool:
    """Adds one; False when its id is taken."""
    added = await tx.fetchval(
        "insert into cc_lists (account_id, list_id, campaign_id, settings, created_at, modified_at)"
        " values ($1, $2, $3, $4, $5, $5) on conflict do nothing returning true",
        new.account_id,
        new.list_id,
        new.campaign_id,
        msgspec.to_builtins(new.settings),
        new.created_at,
    )
    return bool(added)


async def update_list(tx: Tx, changed: LeadList) -> None:
    """Writes one."""
    await tx.execute(
        "update cc_lists set campaign_id = $3, settings = $4, resets_today = $5, resets_day = $6, modified_at = $7"
        " where account_id = $1 and list_id = $2",
        changed.account_id,
        changed.list_id,
        changed.campaign_id,
        msgspec.to_builtins(changed.settings),
        changed.resets_today,
        changed.resets_day,
        changed.modified_at,
    )


async def delete_list(tx: Tx, account_id: UUID, list_id: int) -> None:
    """Removes one; its leads stay."""
    await tx.execute("delete from cc_lists where account_id = $1 and list_id = $2", account_id, list_id)


async def reset_leads(tx: Tx, account_id: UUID, list_id: int) -> int:
    """Has every lead of a list be one that was not called; answers how many are in it."""
    await tx.execute(
        "update cc_leads set called_since_last_reset = 'N' where account_id = $1 and list_id = $2"
        " and called_since_last_reset <> 'N'",
        account_id,
        list_id,
    )
    count: int = await tx.fetchval(
        "select count(*) from cc_leads where account_id = $1 and list_id = $2", account_id, list_id
    )
    return count


async def delete_leads_of(tx: Tx, account_id: UUID, list_id: int) -> int:
    """Removes a list's leads, and what belongs to them; answers how many there were."""
    status = await tx.execute("delete from cc_leads where account_id = $1 and list_id = $2", account_id, list_id)
    return int(status.split()[-1])


async def next_lead_id(tx: Tx) -> int:
    """An id that no lead has."""
    number: int = await tx.fetchval("select nextval('cc_lead_ids')")
    return number


async def insert(tx: Tx, lead: Lead) -> None:
    """Adds a lead."""
    await insert_row(tx, "cc_leads", lead, LEAD_FIELDS)


async def add_phones(tx: Tx, lead: Lead, phones: Sequence[tuple[str, str, str]]) -> None:
    """Adds other numbers of a lead: code, number, note."""
    rows = [(lead.account_id, lead.lead_id, place, *phone) for place, phone in enumerate(phones, 1)]
    await tx.executemany("insert into cc_lead_phones values ($1, $2, $3, $4, $5, $6)", rows)


async def update(tx: Tx, lead: Lead, columns: Sequence[str]) -> None:
    """Writes columns of a lead."""
    await update_row(tx, "cc_leads", lead, columns, key=("account_id", "lead_id"))


async def delete(tx: Tx, account_id: UUID, lead_id: int) -> None:
    """Removes a lead, and with it its numbers, its callbacks and its place in line."""
    await tx.execute("delete from cc_leads where account_id = $1 and lead_id = $2", account_id, lead_id)


async def by_id(tx: Tx, account_id: UUID, lead_id: int, scope: Scope) -> list[Lead]:
    """The one of the account with this id, locked, if it is in scope."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from cc_leads where account_id = $1 and lead_id = $2{_SCOPED} for update",
        account_id,
        lead_id,
        scope.list_ids,
        scope.newer_than,
    )
    return [Lead(**dict(row)) for row in rows]


async def by_value(tx: Tx, account_id: UUID, by: str, value: str, scope: Scope, limit: int) -> list[Lead]:
    """Those with a `phone` or `vendor_lead_code`, locked, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from cc_leads where account_id = $1 and {_BY[by]}{_SCOPED}"
        " order by entry_date desc, lead_id desc limit $5 for update",
        account_id,
        value,
        scope.list_ids,
        scope.newer_than,
        limit,
    )
    return [Lead(**dict(row)) for row in rows]


async def newest(tx: Tx, account_id: UUID, by: str, values: Sequence[str], scope: Scope) -> Found | None:
    """The newest lead with such values, the number first: of `phone`, `alt_phone`, `title_alt_phone`, `name_phone`."""
    row = await tx.fetchrow(
        f"select lead_id, list_id from cc_leads where account_id = $1 and {_BY[by]}{_SCOPED}"
        " order by entry_date desc, lead_id desc limit 1",
        account_id,
        values[0],
        scope.list_ids,
        scope.newer_than,
        *values[1:],
    )
    return Found(**dict(row)) if row else None


async def in_campaign_dnc(tx: Tx, account_id: UUID, campaign_id: str, numbers: Sequence[str]) -> bool:
    """Whether one of the numbers, or patterns of an area code, is on a campaign's list."""
    found: bool = await tx.fetchval(
        "select exists (select from cc_campaign_dnc where account_id = $1 and campaign_id = $2"
        " and phone_number = any($3))",
        account_id,
        campaign_id,
        list(numbers),
    )
    return found


async def add_campaign_dnc(tx: Tx, account_id: UUID, campaign_id: str, number: str, now: datetime) -> None:
    """Puts a number on a campaign's list."""
    await tx.execute(
        "insert into cc_campaign_dnc values ($1, $2, $3, $4) on conflict do nothing",
        account_id,
        campaign_id,
        number,
        now,
    )


def _list(row: Any) -> LeadList:
    return LeadList(
        account_id=row["account_id"],
        list_id=row["list_id"],
        campaign_id=row["campaign_id"],
        settings=msgspec.convert(row["settings"], ListSettings),
        resets_today=row["resets_today"],
        resets_day=row["resets_day"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )
