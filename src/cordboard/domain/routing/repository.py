"""The SQL of inbound routing: tags, destinations, rule sets, and whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from cordboard.domain.routing.models import DestinationKey, RouteDestination, RouteKind, RouteTag, RuleSet
from cordboard.engines.rules.statements import Statement
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row

_TAG: Final = RouteTag.__struct_fields__
_TAG_COLUMNS: Final = ", ".join(_TAG)
_DESTINATION: Final = RouteDestination.__struct_fields__
_DESTINATION_COLUMNS: Final = ", ".join(_DESTINATION)
_KEY: Final = ("account_id", *DestinationKey._fields)
_CHANGEABLE: Final = tuple(name for name in _DESTINATION if name not in (*_KEY, "created_at"))
_BY_KEY: Final = " and ".join(f"{name} = ${place}" for place, name in enumerate(_KEY, 1))


async def tags_of(tx: Tx, account_id: UUID) -> list[RouteTag]:
    """The account's tags, by name."""
    rows = await tx.fetch(f"select {_TAG_COLUMNS} from route_tags where account_id = $1 order by route_tag", account_id)
    return [RouteTag(**dict(row)) for row in rows]


async def find_tag(tx: Tx, account_id: UUID, route_tag: str, *, keep: bool = False) -> RouteTag | None:
    """A tag of the account. `keep`: it cannot be deleted before the transaction ends."""
    row = await tx.fetchrow(
        f"select {_TAG_COLUMNS} from route_tags where account_id = $1 and route_tag = $2"
        + (" for key share" if keep else ""),
        account_id,
        route_tag,
    )
    return RouteTag(**dict(row)) if row else None


async def insert_tag(tx: Tx, tag: RouteTag) -> bool:
    """Adds a tag; False when there is one of that name."""
    return await insert_row(tx, "route_tags", tag, _TAG, unless_there=True)


async def update_tag(tx: Tx, tag: RouteTag) -> None:
    """Writes what may change."""
    await tx.execute(
        "update route_tags set description = $3, distribution_type = $4 where account_id = $1 and route_tag = $2",
        tag.account_id,
        tag.route_tag,
        tag.description,
        tag.distribution_type,
    )


async def delete_tag(tx: Tx, account_id: UUID, route_tag: str) -> None:
    """Removes a tag with its destinations and turns, and takes it off its numbers."""
    for table in ("route_tags", "route_turns"):
        await tx.execute(f"delete from {table} where account_id = $1 and route_tag = $2", account_id, route_tag)


async def count_tags(tx: Tx, account_id: UUID) -> int:
    """How many tags the account has."""
    total: int = await tx.fetchval("select count(*) from route_tags where account_id = $1", account_id)
    return total


async def destinations_of(
    tx: Tx, account_id: UUID, route_tag: str | None = None, src_type: RouteKind | None = None
) -> list[RouteDestination]:
    """The account's destinations, of one tag or one kind if asked so; the first priority of each tag first."""
    rows = await tx.fetch(
        f"select {_DESTINATION_COLUMNS} from route_destinations where account_id = $1"
        " and ($2::text is null or route_tag = $2) and ($3::text is null or src_type = $3)"
        " order by route_tag, priority, created_at, dest, dest_type, src_type",
        account_id,
        route_tag,
        src_type,
    )
    return [RouteDestination(**dict(row)) for row in rows]


async def find_destination(tx: Tx, account_id: UUID, key: DestinationKey) -> RouteDestination | None:
    """A destination of the account, locked against being changed."""
    row = await tx.fetchrow(
        f"select {_DESTINATION_COLUMNS} from route_destinations where {_BY_KEY} for update", account_id, *key
    )
    return RouteDestination(**dict(row)) if row else None


async def insert_destination(tx: Tx, new: RouteDestination) -> bool:
    """Adds a destination of a tag that is there; False when the tag has it already."""
    return await insert_row(tx, "route_destinations", new, _DESTINATION, unless_there=True)


async def update_destination(tx: Tx, changed: RouteDestination) -> None:
    """Writes what may change."""
    await update_row(tx, "route_destinations", changed, _CHANGEABLE, key=_KEY)


async def delete_destination(tx: Tx, account_id: UUID, key: DestinationKey) -> None:
    """Removes a destination."""
    await tx.execute(f"delete from route_destinations where {_BY_KEY}", account_id, *key)


async def rule_sets_of(tx: Tx, account_id: UUID, ids: Sequence[UUID] | None = None) -> list[RuleSet]:
    """The account's rule sets, those of `ids` if some are named; the oldest first."""
    rows = await tx.fetch(
        "select account_id, id, name, statements, created_at from route_rule_sets"
        " where account_id = $1 and ($2::uuid[] is null or id = any($2)) order by created_at, id",
        account_id,
        None if ids is None else list(ids),
    )
    return [_rule_set(row) for row in rows]


async def find_rule_set(tx: Tx, account_id: UUID, rule_set_id: UUID) -> RuleSet | None:
    """A rule set of the account, locked against being changed."""
    row = await tx.fetchrow(
        "select account_id, id, name, statements, created_at from route_rule_sets"
        " where account_id = $1 and id = $2 for update",
        account_id,
        rule_set_id,
    )
    return _rule_set(row) if row else None


async def insert_rule_set(tx: Tx, new: RuleSet) -> None:
    """Adds a rule set."""
    await tx.execute(
        "insert into route_rule_sets (account_id, id, name, statements, created_at) values ($1, $2, $3, $4, $5)",
        new.account_id,
        new.id,
        new.name,
        _stored(new),
        new.created_at,
    )


async def update_rule_set(tx: Tx, changed: RuleSet) -> None:
    """Writes what may change."""
    await tx.execute(
        "update route_rule_sets set name = $3, statements = $4 where account_id = $1 and id = $2",
        changed.account_id,
        changed.id,
        changed.name,
        _stored(changed),
    )


async def delete_rule_set(tx: Tx, account_id: UUID, rule_set_id: UUID) -> None:
    """Removes a rule set that no destination uses."""
    await tx.execute("delete from route_rule_sets where account_id = $1 and id = $2", account_id, rule_set_id)


async def users_of_rule_set(tx: Tx, account_id: UUID, rule_set_id: UUID) -> list[str]:
    """The tags whose destinations use a rule set."""
    rows = await tx.fetch(
        "select distinct route_tag from route_destinations where account_id = $1 and rule_set_id = $2 order by 1",
        account_id,
        rule_set_id,
    )
    return [row["route_tag"] for row in rows]


async def count_rule_sets(tx: Tx, account_id: UUID) -> int:
    """How many rule sets the account has."""
    total: int = await tx.fetchval("select count(*) from route_rule_sets where account_id = $1", account_id)
    return total


async def next_turn(tx: Tx, account_id: UUID, route_tag: str, src_type: RouteKind) -> int:
    """Counts one more of what a tag distributes; answers how many came before."""
    turn: int = await tx.fetchval(
        "insert into route_turns as t (account_id, route_tag, src_type, turn) values ($1, $2, $3, 1)"
        " on conflict (account_id, route_tag, src_type) do update set turn = t.turn + 1 returning turn - 1",
        account_id,
        route_tag,
        src_type,
    )
    return turn


def _stored(rules: RuleSet) -> Any:
    return msgspec.to_builtins(rules.statements)


def _rule_set(row: asyncpg.Record) -> RuleSet:
    members = dict(row)
    return RuleSet(**{**members, "statements": msgspec.convert(members["statements"], tuple[Statement, ...])})
