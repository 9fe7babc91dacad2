"""The SQL of numbers, their sets, the inventory and the pace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordboard.domain.numbers.models import NumberSet, OfferedNumber, OwnedNumber
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_NUMBER: Final = OwnedNumber.__struct_fields__
_COLUMNS: Final = ", ".join(_NUMBER)
_SET: Final = tuple(name for name in NumberSet.__struct_fields__ if name != "phone_numbers")
_SET_COLUMNS: Final = ", ".join(_SET)


async def keep_offers(tx: Tx, carrier: str, numbers: Sequence[str]) -> None:
    """Removes what a carrier no longer offers: all but `numbers` and what was imported."""
    await tx.execute(
        "delete from inventory where carrier = $1 and not imported and phone_number <> all($2)", carrier, list(numbers)
    )


async def offer(tx: Tx, carrier: str, numbers: Sequence[str], attributes: Sequence[str]) -> None:
    """Adds what a carrier offers, or offers it anew."""
    await tx.execute(
        "insert into inventory (phone_number, carrier, attributes) select number, $1, $3"
        " from unnest($2::text[]) as n (number)"
        " on conflict (phone_number) do update set carrier = excluded.carrier, attributes = excluded.attributes",
        carrier,
        list(numbers),
        list(attributes),
    )


async def import_inventory(tx: Tx, offers: Sequence[OfferedNumber]) -> None:
    """Adds offers that stay until their carrier goes; a number that was offered before is offered anew."""
    await tx.executemany(
        "insert into inventory (phone_number, carrier, attributes, imported) values ($1, $2, $3, true)"
        " on conflict (phone_number) do update"
        " set carrier = excluded.carrier, attributes = excluded.attributes, imported = true",
        [(offer.phone_number, offer.carrier, offer.attributes) for offer in offers],
    )


async def forget_carriers(tx: Tx, present: Sequence[str]) -> None:
    """Removes what carriers offered that are not configured any more."""
    await tx.execute("delete from inventory where carrier <> all($1)", list(present))


async def any_inventory(tx: Tx) -> bool:
    """Whether any carrier offers numbers."""
    return bool(await tx.fetchval("select exists (select from inventory)"))


async def offered(
    tx: Tx, area_codes: Sequence[str] | None, attribute: str | None, per_area: int
) -> list[OfferedNumber]:
    """Numbers that nobody owns and that do not rest, at most `per_area` of each area code; None asks for all areas, of
    which one holds the short codes.
    """
    rows = await tx.fetch(
        "select phone_number, carrier, attributes from ("
        " select i.*, row_number() over (partition by i.area order by i.phone_number) as place from inventory i"
        " where ($1::text[] is null or i.area = any($1)) and ($2::text is null or $2 = any(i.attributes))"
        " and not exists (select from numbers n where n.phone_number = i.phone_number)"
        " and not exists (select from number_quarantine q where q.phone_number = i.phone_number)) as ranked"
        " where place <= $3 order by phone_number",
        list(area_codes) if area_codes is not None else None,
        attribute,
        per_area,
    )
    return [OfferedNumber(**dict(row)) for row in rows]


async def offers_of(tx: Tx, numbers: Sequence[str]) -> dict[str, OfferedNumber]:
    """What the inventory says of numbers."""
    rows = await tx.fetch(
        "select phone_number, carrier, attributes from inventory where phone_number = any($1)", list(numbers)
    )
    return {row["phone_number"]: OfferedNumber(**dict(row)) for row in rows}


async def taken_among(tx: Tx, numbers: Sequence[str]) -> set[str]:
    """Which of the numbers somebody owns, or gave back lately."""
    rows = await tx.fetch(
        "select phone_number from numbers where phone_number = any($1)"
        " union select phone_number from number_quarantine where phone_number = any($1)",
        list(numbers),
    )
    return {row["phone_number"] for row in rows}


async def insert(tx: Tx, number: OwnedNumber) -> bool:
    """Adds a number; False when somebody owns it already."""
    return await insert_row(tx, "numbers", number, _NUMBER, unless_there=True)


async def delete(tx: Tx, account_id: UUID, number: str) -> None:
    """Takes a number from the account."""
    await tx.execute("delete from numbers where account_id = $1 and phone_number = $2", account_id, number)


async def find(tx: Tx, account_id: UUID, number: str) -> OwnedNumber | None:
    """A number of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from numbers where account_id = $1 and phone_number = $2", account_id, number
    )
    return OwnedNumber(**dict(row)) if row else None


async def lock(tx: Tx, account_id: UUID, number: str) -> OwnedNumber | None:
    """The same, for changing it."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from numbers where account_id = $1 and phone_number = $2 for update", account_id, number
    )
    return OwnedNumber(**dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, start: str, size: int) -> list[OwnedNumber]:
    """The account's numbers from `start` on, by number."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from numbers where account_id = $1 and phone_number >= $2 order by phone_number limit $3",
        account_id,
        start,
        size,
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def count(tx: Tx, account_id: UUID) -> int:
    """How many numbers the account has."""
    total: int = await tx.fetchval("select count(*) from numbers where account_id = $1", account_id)
    return total


async def update(tx: Tx, number: OwnedNumber) -> None:
    """Writes what may change."""
    await tx.execute(
        "update numbers set friendly_name = $3, urls = $4, keyword_actions = $5, number_set_id = $6, renewal_date = $7"
        " where account_id = $1 and phone_number = $2",
        number.account_id,
        number.phone_number,
        number.friendly_name,
        number.urls,
        number.keyword_actions,
        number.number_set_id,
        number.renewal_date,
    )


async def senders(tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> list[OwnedNumber]:
    """Those of (account, number) that are so."""
    columns = ", ".join(f"n.{name}" for name in _NUMBER)
    rows = await tx.fetch(
        f"select {columns} from unnest($1::uuid[], $2::text[]) as w (account_id, phone_number)"
        " join numbers n using (account_id, phone_number)",
        [account_id for account_id, _ in pairs],
        [number for _, number in pairs],
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def sets_of_numbers(tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """The sets of those of (account, number) that are in one."""
    rows = await tx.fetch(
        "select account_id, phone_number, number_set_id from numbers"
        " join unnest($1::uuid[], $2::text[]) as w (account_id, phone_number) using (account_id, phone_number)"
        " where number_set_id is not null",
        [account_id for account_id, _ in pairs],
        [number for _, number in pairs],
    )
    return {(row["account_id"], row["phone_number"]): row["number_set_id"] for row in rows}


async def owners(tx: Tx, numbers: Sequence[str]) -> list[OwnedNumber]:
    """Whoever owns the numbers. Inbound traffic has no account yet: this look-up is what gives it one."""
    rows = await tx.fetch(f"select {_COLUMNS} from numbers where phone_number = any($1)", list(numbers))
    return [OwnedNumber(**dict(row)) for row in rows]


async def insert_set(tx: Tx, new: NumberSet) -> None:
    """Adds a set."""
    await insert_row(tx, "number_sets", new, _SET)


async def find_set(tx: Tx, account_id: UUID, set_id: UUID) -> NumberSet | None:
    """A set of the account with its members, locked against a change of either."""
    row = await tx.fetchrow(
        f"select {_SET_COLUMNS} from number_sets where account_id = $1 and id = $2 for update", account_id, set_id
    )
    if row is None:
        return None
    members = await tx.fetch(
        "select phone_number from numbers where account_id = $1 and number_set_id = $2 order by phone_number",
        account_id,
        set_id,
    )
    return NumberSet(**dict(row), phone_numbers=tuple(member["phone_number"] for member in members))


async def sets_of(tx: Tx, account_id: UUID) -> list[NumberSet]:
    """The account's sets, the oldest first, without their members."""
    rows = await tx.fetch(
        f"select {_SET_COLUMNS} from number_sets where account_id = $1 order by created_at, id", account_id
    )
    return [NumberSet(**dict(row)) for row in rows]


async def update_set(tx: Tx, changed: NumberSet) -> None:
    """Writes what may change."""
    await tx.execute(
        "update number_sets set name = $3, forward_number = $4, caller_id_name = $5, urls = $6, keyword_actions = $7"
        " where account_id = $1 and id = $2",
        changed.account_id,
        changed.id,
        changed.name,
        changed.forward_number,
        changed.caller_id_name,
        changed.urls,
        changed.keyword_actions,
    )


async def delete_set(tx: Tx, account_id: UUID, set_id: UUID) -> None:
    """Removes a set that has no members."""
    await tx.execute("delete from number_sets where account_id = $1 and id = $2", account_id, set_id)


async def join_set(tx: Tx, members: NumberSet, numbers: Sequence[str]) -> list[str]:
    """Puts numbers of the account into a set and gives them its settings; answers those that were found."""
    rows = await tx.fetch(
        "with joining as (select account_id, phone_number from numbers"
        " where account_id = $1 and phone_number = any($3) order by phone_number for update)"
        " update numbers n set number_set_id = $2, urls = $4, keyword_actions = $5"
        " from joining j where n.account_id = j.account_id and n.phone_number = j.phone_number"
        " returning n.phone_number",
        members.account_id,
        members.id,
        list(numbers),
        members.urls,
        members.keyword_actions,
    )
    return [row["phone_number"] for row in rows]


async def push_settings(tx: Tx, changed: NumberSet) -> None:
    """Gives a set's settings to those who are its members now."""
    await tx.execute(
        "with members as (select account_id, phone_number from numbers"
        " where account_id = $1 and number_set_id = $2 order by phone_number for update)"
        " update numbers n set urls = $3, keyword_actions = $4"
        " from members m where n.account_id = m.account_id and n.phone_number = m.phone_number",
        changed.account_id,
        changed.id,
        changed.urls,
        changed.keyword_actions,
    )


async def leave_set(tx: Tx, account_id: UUID, set_id: UUID, numbers: Sequence[str]) -> None:
    """Takes numbers out of a set; they keep their settings."""
    await tx.execute(
        "update numbers set number_set_id = null where account_id = $1 and number_set_id = $2"
        " and phone_number = any($3)",
        account_id,
        set_id,
        list(numbers),
    )


async def set_route_tag(tx: Tx, account_id: UUID, numbers: Sequence[str], route_tag: str | None) -> list[OwnedNumber]:
    """Gives numbers of the account a tag, or none; answers those that were found."""
    columns = ", ".join(f"n.{name}" for name in _NUMBER)
    rows = await tx.fetch(
        "with tagged as (select account_id, phone_number from numbers"
        " where account_id = $1 and phone_number = any($2) order by phone_number for update)"
        " update numbers n set route_tag = $3 from tagged t"
        f" where n.account_id = t.account_id and n.phone_number = t.phone_number returning {columns}",
        account_id,
        list(numbers),
        route_tag,
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def assign_user(tx: Tx, account_id: UUID, number: str, user_id: UUID) -> None:
    """Makes a number a user's, in place of the one that the user had."""
    await tx.execute(
        "with changed as (select account_id, phone_number from numbers where account_id = $1"
        " and (assigned_user = $3 or phone_number = $2) order by phone_number for update)"
        " update numbers n set assigned_user = case when n.phone_number = $2 then $3::uuid end from changed c"
        " where n.account_id = c.account_id and n.phone_number = c.phone_number",
        account_id,
        number,
        user_id,
    )


async def release_user(tx: Tx, account_id: UUID, user_id: UUID) -> None:
    """Takes the number that a user has away."""
    await tx.execute(
        "update numbers set assigned_user = null where account_id = $1 and assigned_user = $2", account_id, user_id
    )


async def assigned_to(tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> list[OwnedNumber]:
    """The numbers that belong to users."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from numbers where account_id = $1 and assigned_user = any($2)", account_id, list(user_ids)
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def members(tx: Tx, account_id: UUID, set_id: UUID) -> list[OwnedNumber]:
    """The numbers of a set that send texts."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from numbers where account_id = $1 and number_set_id = $2"
        " and 'sms-enabled' = any(attributes) and not suspended",
        account_id,
        set_id,
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def callers(tx: Tx, account_id: UUID, set_id: UUID) -> list[OwnedNumber]:
    """The numbers of a set that make calls, in a random order."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from numbers where account_id = $1 and number_set_id = $2"
        " and 'voice-enabled' = any(attributes) and not suspended order by random()",
        account_id,
        set_id,
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def read_pace(tx: Tx, account_id: UUID, numbers: Sequence[str]) -> dict[str, datetime]:
    """When numbers of an account are free again, as far as they have sent."""
    rows = await tx.fetch(
        "select phone_number, next_free_at from number_pace where account_id = $1 and phone_number = any($2)",
        account_id,
        list(numbers),
    )
    return {row["phone_number"]: row["next_free_at"] for row in rows}


async def lock_pace(tx: Tx, pairs: Sequence[tuple[UUID, str]], now: datetime) -> dict[tuple[UUID, str], datetime]:
    """When senders are free again, locked in an order that all lockers share; new ones are free now."""
    ordered = sorted(pairs)
    parameters: tuple[list[Any], list[Any]] = ([pair[0] for pair in ordered], [pair[1] for pair in ordered])
    rows = await _locked_pace(tx, parameters)
    if len(rows) < len(ordered):
        await tx.execute(
            "insert into number_pace (account_id, phone_number, next_free_at)"
            " select account_id, phone_number, $3 from unnest($1::uuid[], $2::text[]) as p (account_id, phone_number)"
            " order by 1, 2 on conflict do nothing",
            *parameters,
            now,
        )
        rows = await _locked_pace(tx, parameters)
    return {(row["account_id"], row["phone_number"]): row["next_free_at"] for row in rows}


async def move_pace(tx: Tx, free_at: Mapping[tuple[UUID, str], datetime]) -> None:
    """Writes when senders are free again; they are locked."""
    ordered = sorted(free_at)
    await tx.execute(
        "update number_pace p set next_free_at = n.next_free_at"
        " from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as n (account_id, phone_number, next_free_at)"
        " where p.account_id = n.account_id and p.phone_number = n.phone_number",
        [key[0] for key in ordered],
        [key[1] for key in ordered],
        [free_at[key] for key in ordered],
    )


async def _locked_pace(tx: Tx, parameters: tuple[list[Any], list[Any]]) -> list[Any]:
    rows: list[Any] = await tx.fetch(
        "select p.account_id, p.phone_number, p.next_free_at from number_pace p"
        " join unnest($1::uuid[], $2::text[]) as w (account_id, phone_number) using (account_id, phone_number)"
        " order by p.account_id, p.phone_number for update of p",
        *parameters,
    )
    return rows
