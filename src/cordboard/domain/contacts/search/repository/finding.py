"""Finding contacts by statements: those whose whole values are known by their tokens, those in the segments that may
hold some, or one contact after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import isqrt
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from cordboard.domain.contacts.search.folding import (
    SEGMENT_SIZE,
    SEPARATOR,
    folded_choices,
    needles,
    telling_parts,
    telling_wholes,
    tokens_of,
)
from cordboard.domain.contacts.search.models import PSEUDO_VARIABLES, FoundContact
from cordboard.domain.contacts.search.repository.conditions import Parameters, all_hold, matches
from cordboard.engines.rules.statements import Statement
from cordboard.infra.db import Tx
from cordboard.kit.paging import Page

# Microseconds that it takes to look into a segment, at a contact by its id, and at the next contact, as measured.
_SEGMENT_COST: Final = 50
_CANDIDATE_COST: Final = 5
_CONTACT_COST: Final = 2
# Past so many hits for the square root of how many are wanted, walking through a million contacts is quicker.
_FEWEST_HITS: Final = 5_000
_HITS_PER_ROOT: Final = 700
_CONTACTS: Final = f"({SEGMENT_SIZE} * segments + changes)"
_SHOWN: Final = "c.id, c.created, c.dnc, c.timezone, c.ext_data::text as ext_data, c.keys, c.removed_keys"
# Statements are planned for their values, on one core, and to go by indexes from what was found to its contacts,
# whatever the statistics say: those of what comes and goes are out of date most of the time.
_SETTINGS: Final = {
    "plan_cache_mode": "force_custom_plan",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "32MB",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_BE_BRIEF: Final = "select set_config('statement_timeout', $1, true)" + "".join(
    f", set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items()
)
_decode = msgspec.json.Decoder(dict[str, str]).decode


class Place(NamedTuple):
    """Where a contact stands in the order of answers."""

    created_at: datetime
    id: UUID


class Candidate(NamedTuple):
    """A contact for which the statements hold; when `values` are given that is to be seen by them. `number` counts the
    candidates from 1 after the place that was asked for.
    """

    row: asyncpg.Record
    number: int
    values: dict[str, str] | None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.row["created_at"], self.row["id"])


async def be_brief(tx: Tx, milliseconds: int) -> None:
    """Sets the transaction up for searches, and has them ended after a time (asyncpg.QueryCanceledError)."""
    await tx.execute(_BE_BRIEF, str(milliseconds))


async def candidates(
    tx: Tx, account_id: UUID, statements: Sequence[Statement], *, skip: int, want: int, after: Place | None
) -> list[Candidate]:
    """Of the first `skip + want` contacts after a place that are not archived and meet the statements, or may: the
    last `want`, and of the others those that only may.
    """
    asked = _Asked(account_id, statements, skip, want, after)
    if wholes := telling_wholes(statements):
        rows = await asked.by_tokens(tx, wholes)
        if not rows[0]["walks"]:
            return _read(rows)
    if parts := telling_parts(statements):
        rows = await asked.by_segments(tx, parts)
        if not rows[0]["walks"]:
            return _read(rows)
    return _read(await asked.one_by_one(tx))


def found_contact(account_id: UUID, row: asyncpg.Record) -> FoundContact:
    """A row as a contact."""
    return FoundContact(
        account_id,
        row["id"],
        row["created"],
        row["dnc"],
        row["timezone"],
        msgspec.Raw(row["ext_data"].encode()),
        row["keys"],
        row["removed_keys"],
    )


async def by_keys(tx: Tx, account_id: UUID, keys: Sequence[str]) -> list[FoundContact]:
    """The contacts that keys point to, the oldest first."""
    rows = await tx.fetch(
        f"select {_SHOWN} from contacts c where account_id = $1 and not archived and id = any(array("
        "select contact_id from contact_keys where account_id = $1 and key = any($2::text[])))"
        " order by created_at, id",
        account_id,
        list(keys),
    )
    return [found_contact(account_id, row) for row in rows]


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[FoundContact]:
    """Contacts that are not archived, the oldest first."""
    rows = await tx.fetch(
        f"select {_SHOWN} from contacts c where account_id = $1 and not archived"
        " order by created_at, id limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [found_contact(account_id, row) for row in rows]


class _Asked:
    """One question, and the ways to answer it. Of an answer that says `walks` the question is whether to go over all
    contacts in order until enough are found, which is quicker then; nothing was looked for, and it has one row.
    """

    def __init__(
        self, account_id: UUID, statements: Sequence[Statement], skip: int, want: int, after: Place | None
    ) -> None:
        self._account_id = account_id
        self._statements = statements
        self._skip = skip
        self._most = skip + want
        self._after = after

    async def one_by_one(self, tx: Tx) -> list[asyncpg.Record]:
        """Looks at one contact after the other."""
        parameters = Parameters(self._account_id)
        picked = self._picked("contacts c", parameters)
        skipped = parameters.add(self._skip, "bigint")
        return await tx.fetch(
            f"with {picked} select * from picked where number > {skipped} or unsure order by number",
            *parameters.values,
        )

    async def by_tokens(self, tx: Tx, wholes: Sequence[Statement]) -> list[asyncpg.Record]:
        """Looks at the contacts that have a token of each statement."""
        parameters = Parameters(self._account_id)
        most = max(_FEWEST_HITS, _HITS_PER_ROOT * isqrt(self._most))
        tests = (f"tokens && {parameters.add(tokens_of(self._account_id, one), 'int[]')}" for one in wholes)
        hits = f"select contact_id as id from contact_tokens where account_id = $1 and {' and '.join(tests)}"
        limit = parameters.add(most + 1, "bigint")
        share = f"(hits / {_CONTACTS})"
        plan = f"select hits >= {limit} or {self._is_dear(_CANDIDATE_COST, share, parameters)} as walks from counted"
        return await self._by_hits(tx, f"{hits} limit {limit}", plan, "select id from hits where", parameters)

    async def by_segments(self, tx: Tx, parts: Sequence[Statement]) -> list[asyncpg.Record]:
        """Looks at the contacts for whom the right values stand in the segments. How many contacts meet the statements
        shows in how many segments are hit.
        """
        parameters = Parameters(self._account_id)
        hits = _hit_segments(parts, parameters)
        share = f"(-ln(1 - least(hits / segments, 0.999)) / {SEGMENT_SIZE})"
        plan = f"select {self._is_dear(_SEGMENT_COST, share, parameters)} as walks from counted"
        return await self._by_hits(tx, hits, plan, _members(parts, parameters), parameters)

    def _is_dear(self, cost: float, share: str, parameters: Parameters) -> str:
        """Whether looking at the hits, at so much each, and at all that changed takes longer than walking, if such a
        share of the contacts meets the statements.
        """
        walked = f"case when hits = 0 then {_CONTACTS} else {parameters.add(self._most, 'float8')} / {share} end"
        return f"{cost} * hits + {_CANDIDATE_COST} * changes > {_CONTACT_COST} * least({_CONTACTS}, {walked})"

    async def _by_hits(
        self, tx: Tx, hits: str, plan: str, members: str, parameters: Parameters
    ) -> list[asyncpg.Record]:
        picked = self._picked("found f join contacts c on c.id = f.id", parameters)
        skipped = parameters.add(self._skip, "bigint")
        return await tx.fetch(
            f"with hits as materialized ({hits}), counted as materialized ("
            "select (select count(*) from hits)::float8 as hits,"
            " (select count(*) from contact_segments where account_id = $1)::float8 as segments,"
            " (select count(*) from contact_changes where account_id = $1)::float8 as changes),"
            f" plan as materialized ({plan}),"
            f" found as materialized ({members} not (select walks from plan)"
            " union select contact_id from contact_changes where account_id = $1 and not (select walks from plan)),"
            f" {picked} select walks, p.* from plan left join picked p on number > {skipped} or unsure order by number",
            *parameters.values,
        )

    def _picked(self, source: str, parameters: Parameters) -> str:
        """The first contacts of a source that meet the statements, or may."""
        condition = all_hold(self._statements, parameters)
        later = ""
        if self._after:
            moment, last = self._after
            later = (
                f" and (c.created_at, c.id) > ({parameters.add(moment, 'timestamptz')}, {parameters.add(last, 'uuid')})"
            )
        return (
            f"passed as materialized (select {_SHOWN}, c.created_at, ({condition}) is null as unsure from {source}"
            f" where c.account_id = $1 and not c.archived and ({condition}) is not false{later}"
            f" order by c.created_at, c.id limit {parameters.add(self._most, 'bigint')}),"
            " picked as (select *, row_number() over (order by created_at, id) as number from passed)"
        )


def _hit_segments(parts: Sequence[Statement], parameters: Parameters) -> str:
    """The ids of the segments in which every statement may hold for some contact."""
    tests, joins = ["t0.account_id = $1"], []
    for index, statement in enumerate(parts):
        found = (f"strpos(t{index}.texts, {parameters.add(one, 'text')}) > 0" for one in needles(statement))
        tests.append(f"({' or '.join(found)})")
        variable = f"t{index}.variable = {parameters.add(statement.variable, 'text')}"
        if index:
            joins.append(
                f"join contact_segment_texts t{index} on t{index}.account_id = $1"
                f" and t{index}.segment_id = t0.segment_id and {variable}"
            )
        else:
            tests.append(variable)
    return f"select t0.segment_id as id from contact_segment_texts t0 {' '.join(joins)} where {' and '.join(tests)}"


def _members(parts: Sequence[Statement], parameters: Parameters) -> str:
    """The ids of contacts in the segments that were hit, by the values that stand there. The texts begin with a
    separator: an empty value goes before the first contact's.
    """
    joins, columns, names, tests = [], [], [], []
    for index, statement in enumerate(parts):
        joins.append(
            f"join contact_segment_texts t{index} on t{index}.account_id = $1 and t{index}.segment_id = h.id"
            f" and t{index}.variable = {parameters.add(statement.variable, 'text')}"
        )
        columns.append(f"string_to_array(t{index}.texts, {parameters.add(SEPARATOR, 'text')})")
        names.append(f"v{index}")
        tests.append(matches(f"u.v{index}", statement, folded_choices(statement), parameters))
    return (
        f"select u.id from hits h join contact_segments s on s.account_id = $1 and s.id = h.id {' '.join(joins)}"
        f" cross join lateral unnest(null::uuid || s.contact_ids, {', '.join(columns)}) as u (id, {', '.join(names)})"
        f" where {' and '.join(tests)} and"
    )


def _read(rows: Sequence[asyncpg.Record]) -> list[Candidate]:
    return [
        Candidate(row, row["number"], _values(row) if row["unsure"] else None) for row in rows if row["id"] is not None
    ]


def _values(row: asyncpg.Record) -> dict[str, str]:
    """What statements see of a contact."""
    return {**{name: str(row[name]) for name in PSEUDO_VARIABLES}, **_decode(row["ext_data"])}
