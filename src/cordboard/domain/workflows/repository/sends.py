"""Who runs have written to and called (`run_sends`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from cordboard.domain.workflows.models import RunKey, Sent
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert

_insert: Final = BulkInsert(
    "run_sends",
    {
        "account_id": "uuid",
        "person": "text",
        "number": "text",
        "id": "uuid",
        "run_id": "uuid",
        "campaign_id": "uuid",
        "template_id": "uuid",
        "reply_to": "text",
        "sent_at": "timestamptz",
    },
)

Pair = tuple[UUID, str, str]
"""Account, person and number of ours."""


class Awaiting(NamedTuple):
    """Whose reply a message of a pair is: a run, and the variable that gets the text."""

    run: RunKey
    reply_to: str


async def insert(tx: Tx, sends: Sequence[Sent]) -> None:
    """Adds sends."""
    await _insert(tx, [[getattr(one, name) for name in Sent.__struct_fields__] for one in sends])


async def awaiting(tx: Tx, pairs: Sequence[Pair]) -> dict[Pair, Awaiting]:
    """Who gets a reply of each pair: the run that listens, or whose assistant does, and wrote last; else the one under
    way that wrote last.
    """
    rows = await tx.fetch(
        "select p.account_id, p.person, p.number, s.run_id, s.reply_to"
        " from unnest($1::uuid[], $2::text[], $3::text[]) as p (account_id, person, number)"
        " cross join lateral (select s.run_id, s.reply_to from run_sends s"
        " join runs r on r.account_id = s.account_id and r.id = s.run_id"
        " where s.account_id = p.account_id and s.person = p.person and s.number = p.number"
        " order by r.listening or exists (select 1 from talks t where t.account_id = s.account_id"
        " and t.run_id = s.run_id and t.state = 'open') desc, s.sent_at desc, s.id desc limit 1) s",
        *_columns(pairs),
    )
    return {
        (row["account_id"], row["person"], row["number"]): Awaiting((row["account_id"], row["run_id"]), row["reply_to"])
        for row in rows
    }


async def campaigns_of(tx: Tx, pairs: Sequence[Pair]) -> dict[Pair, tuple[UUID, UUID | None]]:
    """The campaign and template of the last send of each pair, whether its run is over or not."""
    rows = await tx.fetch(
        "select p.account_id, p.person, p.number, s.campaign_id, s.template_id"
        " from unnest($1::uuid[], $2::text[], $3::text[]) as p (account_id, person, number)"
        " cross join lateral (select s.campaign_id, s.template_id from run_sends s"
        " where s.account_id = p.account_id and s.person = p.person and s.number = p.number"
        " order by s.sent_at desc, s.id desc limit 1) s",
        *_columns(pairs),
    )
    return {(row["account_id"], row["person"], row["number"]): (row["campaign_id"], row["template_id"]) for row in rows}


async def of_calls(tx: Tx, calls: Sequence[tuple[UUID, str, str, UUID]]) -> dict[UUID, Awaiting]:
    """Whose calls these are, by the call's id; `calls` are account, person, number and call."""
    rows = await tx.fetch(
        "select s.id, s.account_id, s.run_id, s.reply_to"
        " from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) as c (account_id, person, number, id)"
        " join run_sends s using (account_id, person, number, id)",
        [one[0] for one in calls],
        [one[1] for one in calls],
        [one[2] for one in calls],
        [one[3] for one in calls],
    )
    return {row["id"]: Awaiting((row["account_id"], row["run_id"]), row["reply_to"]) for row in rows}


async def forget(tx: Tx, before: datetime) -> None:
    """Removes sends that nobody will reply to any more."""
    await tx.execute("delete from run_sends where sent_at < $1", before)


def _columns(pairs: Sequence[Pair]) -> tuple[list[UUID], list[str], list[str]]:
    return [one[0] for one in pairs], [one[1] for one in pairs], [one[2] for one in pairs]
