"""Conferences and who is in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.voice.models import Conference, Member
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_CONFERENCE: Final = Conference.__struct_fields__
_MEMBER: Final = Member.__struct_fields__


async def insert(tx: Tx, conference: Conference) -> bool:
    """Adds a conference; False when one of that name is live."""
    return await insert_row(tx, "conferences", conference, _CONFERENCE, unless_there=True)


async def find(tx: Tx, account_id: UUID, conference_id: UUID) -> Conference | None:
    """A live conference."""
    row = await tx.fetchrow(
        f"select {', '.join(_CONFERENCE)} from conferences where account_id = $1 and id = $2 and ended_at is null",
        account_id,
        conference_id,
    )
    return Conference(**dict(row)) if row else None


async def named(tx: Tx, account_id: UUID, name: str) -> Conference | None:
    """The live conference of a name."""
    row = await tx.fetchrow(
        f"select {', '.join(_CONFERENCE)} from conferences where account_id = $1 and name = $2 and ended_at is null",
        account_id,
        name,
    )
    return Conference(**dict(row)) if row else None


async def end(tx: Tx, account_id: UUID, conference_id: UUID, at: datetime) -> bool:
    """Ends a conference and forgets its members; False when it was over."""
    ended = await tx.fetchval(
        "update conferences set ended_at = $3 where account_id = $1 and id = $2 and ended_at is null returning true",
        account_id,
        conference_id,
        at,
    )
    await tx.execute(
        "delete from conference_members where account_id = $1 and conference_id = $2", account_id, conference_id
    )
    return bool(ended)


async def end_of_nodes_gone(tx: Tx, at: datetime) -> list[Conference]:
    """Ends the conferences of processes that are gone."""
    rows = await tx.fetch(
        "update conferences c set ended_at = $1 where ended_at is null and not exists"
        f" (select from voice_nodes n where n.node = c.node) returning {', '.join(_CONFERENCE)}",
        at,
    )
    await tx.execute(
        "delete from conference_members m using unnest($1::uuid[], $2::uuid[]) as k (account_id, id)"
        " where m.account_id = k.account_id and m.conference_id = k.id",
        [row["account_id"] for row in rows],
        [row["id"] for row in rows],
    )
    return [Conference(**dict(row)) for row in rows]


async def add_member(tx: Tx, member: Member) -> None:
    """Puts somebody into a conference."""
    await insert_row(tx, "conference_members", member, _MEMBER)


async def change_member(tx: Tx, member: Member) -> None:
    """Writes whether a member is muted or deaf."""
    await tx.execute(
        "update conference_members set mute = $4, deaf = $5"
        " where account_id = $1 and conference_id = $2 and member_id = $3",
        member.account_id,
        member.conference_id,
        member.member_id,
        member.mute,
        member.deaf,
    )


async def remove_member(tx: Tx, account_id: UUID, conference_id: UUID, member_id: int) -> bool:
    """Takes somebody out; False when nobody of that number was in."""
    removed = await tx.fetchval(
        "delete from conference_members where account_id = $1 and conference_id = $2 and member_id = $3 returning true",
        account_id,
        conference_id,
        member_id,
    )
    return bool(removed)


async def members(tx: Tx, account_id: UUID, conference_id: UUID) -> Sequence[Member]:
    """Who is in a conference, in the order of their numbers."""
    rows = await tx.fetch(
        f"select {', '.join(_MEMBER)} from conference_members where account_id = $1 and conference_id = $2"
        " order by member_id",
        account_id,
        conference_id,
    )
    return [Member(**dict(row)) for row in rows]
