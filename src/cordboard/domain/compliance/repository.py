"""The SQL of DNC entries, opt-out words and the decision ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, get_args
from uuid import UUID

from cordboard.domain.compliance.models import (
    GLOBAL_SELECTOR,
    Candidate,
    Decision,
    DncEntry,
    OptOutWord,
    Stage,
    StoredDecision,
)
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert
from cordboard.kit.paging import Page

_ENTRY: Final = ", ".join(DncEntry.__struct_fields__)
_WORD: Final = ", ".join(OptOutWord.__struct_fields__)
_DECISION: Final = ", ".join(StoredDecision.__struct_fields__)
_add_decisions = BulkInsert(
    "decisions",
    {
        "account_id": "uuid",
        "subject_id": "uuid",
        "decided_at": "timestamptz",
        "channel": "text",
        "verdict": "text",
        "code": "text",
        "reason": "text",
        "defer_until": "timestamptz",
        "rules": "jsonb",
        "rules_version": "text",
    },
)


async def selectors_listed(tx: Tx, candidates: Sequence[Candidate]) -> dict[int, list[str]]:
    """By a candidate's place: the selectors under which its recipient is listed for its account, sender and channel."""
    rows = await tx.fetch(
        "select c.idx, d.selector from unnest($1::int[], $2::uuid[], $3::text[], $4::text[], $5::text[])"
        " as c (idx, account_id, recipient, sender, channel) join dnc d on d.account_id = c.account_id"
        " and d.endpoint = c.recipient and d.selector in (c.sender, $6) and d.subtype = c.channel",
        list(range(len(candidates))),
        [candidate.account_id for candidate in candidates],
        [candidate.recipient for candidate in candidates],
        [candidate.sender for candidate in candidates],
        [candidate.channel for candidate in candidates],
        GLOBAL_SELECTOR,
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["idx"]].append(row["selector"])
    return found


async def federally_listed(tx: Tx, candidates: Sequence[Candidate]) -> set[int]:
    """The places of candidates whose recipient is on the national list, unless the account exempts it."""
    rows = await tx.fetch(
        "select c.idx from unnest($1::int[], $2::uuid[], $3::text[]) as c (idx, account_id, recipient)"
        " join federal_dnc f on f.phone_number = c.recipient where not exists (select from dnc d where"
        " d.account_id = c.account_id and d.endpoint = c.recipient and d.subtype = 'bypass')",
        list(range(len(candidates))),
        [candidate.account_id for candidate in candidates],
        [candidate.recipient for candidate in candidates],
    )
    return {row["idx"] for row in rows}


async def has_federal_list(tx: Tx) -> bool:
    """Whether a national list was loaded."""
    return bool(await tx.fetchval("select exists (select from federal_dnc)"))


async def replace_federal_list(tx: Tx, numbers: Iterable[str]) -> int:
    """Puts another national list in the place of the one that is there; answers how many numbers it has."""
    await tx.execute("create temporary table new_federal_dnc (phone_number text) on commit drop")
    await tx.copy_records_to_table("new_federal_dnc", records=((number,) for number in numbers))
    await tx.execute("truncate federal_dnc")
    await tx.execute("insert into federal_dnc select distinct phone_number from new_federal_dnc")
    return int(await tx.fetchval("select count(*) from federal_dnc"))


async def add_decisions(tx: Tx, decided: Sequence[tuple[Candidate, Decision]], now: datetime) -> None:
    """Writes decisions into the ledger."""
    await _add_decisions(
        tx,
        [
            (
                c.account_id,
                c.subject_id,
                now,
                c.channel,
                d.verdict,
                d.code,
                d.reason,
                d.defer_until,
                d.rules,
                d.rules_version,
            )
            for c, d in decided
        ],
    )


async def decisions_of(tx: Tx, account_id: UUID, subject_id: UUID) -> list[StoredDecision]:
    """What was decided about a subject, oldest first; at the same moment, in the order of the stages."""
    rows = await tx.fetch(
        f"select {_DECISION} from decisions where account_id = $1 and subject_id = $2"
        " order by decided_at, array_position($3::text[], rules ->> 'stage') limit 1000",
        account_id,
        subject_id,
        list(get_args(Stage)),
    )
    return [StoredDecision(**dict(row)) for row in rows]


async def add_entries(tx: Tx, entries: Sequence[DncEntry]) -> list[DncEntry]:
    """Adds entries that are not there; answers those that it added."""
    rows = await tx.fetch(
        f"insert into dnc ({_ENTRY}) select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],"
        f" $6::timestamptz[]) order by 1, 2, 3, 4 on conflict do nothing returning {_ENTRY}",
        *([getattr(entry, name) for entry in entries] for name in DncEntry.__struct_fields__),
    )
    return [DncEntry(**dict(row)) for row in rows]


async def globally_listed(tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str, str]]:
    """The (account, endpoint, subtype) of entries for all of an account's numbers, for these (account, endpoint)."""
    rows = await tx.fetch(
        "select d.account_id, d.endpoint, d.subtype from unnest($1::uuid[], $2::text[]) as p (account_id, endpoint)"
        " join dnc d using (account_id, endpoint) where d.selector = $3",
        [account_id for account_id, _ in pairs],
        [endpoint for _, endpoint in pairs],
        GLOBAL_SELECTOR,
    )
    return {(row["account_id"], row["endpoint"], row["subtype"]) for row in rows}


async def entry(tx: Tx, account_id: UUID, endpoint: str, selector: str, subtype: str) -> DncEntry | None:
    """One entry of the account."""
    row = await tx.fetchrow(
        f"select {_ENTRY} from dnc where account_id = $1 and endpoint = $2 and selector = $3 and subtype = $4",
        account_id,
        endpoint,
        selector,
        subtype,
    )
    return DncEntry(**dict(row)) if row else None


async def entries_for(tx: Tx, account_id: UUID, endpoint: str) -> list[DncEntry]:
    """The account's entries about an endpoint."""
    rows = await tx.fetch(
        f"select {_ENTRY} from dnc where account_id = $1 and endpoint = $2 order by selector, subtype",
        account_id,
        endpoint,
    )
    return [DncEntry(**dict(row)) for row in rows]


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[DncEntry]:
    """The account's entries, the oldest first."""
    rows = await tx.fetch(
        f"select {_ENTRY} from dnc where account_id = $1 order by created_at, endpoint, selector, subtype"
        " limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [DncEntry(**dict(row)) for row in rows]


async def remove_entry(tx: Tx, account_id: UUID, endpoint: str, selector: str, subtype: str) -> DncEntry | None:
    """Removes an entry and answers it."""
    row = await tx.fetchrow(
        f"delete from dnc where account_id = $1 and endpoint = $2 and selector = $3 and subtype = $4 returning"
        f" {_ENTRY}",
        account_id,
        endpoint,
        selector,
        subtype,
    )
    return DncEntry(**dict(row)) if row else None


async def remove_channel(tx: Tx, pairs: Sequence[tuple[UUID, str]], subtype: str) -> list[DncEntry]:
    """Removes every entry of endpoints on a channel, whatever the selector."""
    columns = ", ".join(f"d.{name}" for name in DncEntry.__struct_fields__)
    rows = await tx.fetch(
        "delete from dnc d using unnest($1::uuid[], $2::text[]) as p (account_id, endpoint)"
        f" where d.account_id = p.account_id and d.endpoint = p.endpoint and d.subtype = $3 returning {columns}",
        [account_id for account_id, _ in pairs],
        [endpoint for _, endpoint in pairs],
        subtype,
    )
    return [DncEntry(**dict(row)) for row in rows]


async def words(tx: Tx, account_ids: Sequence[UUID]) -> list[OptOutWord]:
    """The accounts' own opt-out words."""
    rows = await tx.fetch(
        f"select {_WORD} from optout_words where account_id = any($1) order by created_at, match", list(account_ids)
    )
    return [OptOutWord(**dict(row)) for row in rows]


async def put_word(tx: Tx, word: OptOutWord) -> OptOutWord:
    """Adds a word, or changes one that differs in case or rule; answers what is stored now."""
    row = await tx.fetchrow(
        f"insert into optout_words ({_WORD}) values ($1, $2, $3, $4) on conflict (account_id, lower(match))"
        f" do update set match = excluded.match, match_rule = excluded.match_rule returning {_WORD}",
        word.account_id,
        word.match,
        word.match_rule,
        word.created_at,
    )
    return OptOutWord(**dict(row or {}))


async def remove_word(tx: Tx, account_id: UUID, match: str) -> OptOutWord | None:
    """Removes a word, in whatever case, and answers it."""
    row = await tx.fetchrow(
        f"delete from optout_words where account_id = $1 and lower(match) = lower($2) returning {_WORD}",
        account_id,
        match,
    )
    return OptOutWord(**dict(row)) if row else None
