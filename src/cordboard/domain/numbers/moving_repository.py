"""The SQL of numbers that leave an account: given back, resting, or taken over by another account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.numbers.models import OwnedNumber
from cordboard.infra.db import Tx

_COLUMNS: Final = ", ".join(OwnedNumber.__struct_fields__)


async def lock(tx: Tx, account_id: UUID, numbers: Sequence[str]) -> list[OwnedNumber]:
    """Those of the account, by number, in which order all lockers take them."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from numbers where account_id = $1 and phone_number = any($2)"
        " order by phone_number for update",
        account_id,
        list(numbers),
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def delete(tx: Tx, account_id: UUID, numbers: Sequence[str], now: datetime) -> None:
    """Takes numbers from the account. The pace of one that has texts queued stays, for the carrier's sake."""
    await tx.execute("delete from numbers where account_id = $1 and phone_number = any($2)", account_id, list(numbers))
    await tx.execute(
        "delete from number_pace where account_id = $1 and phone_number = any($2) and next_free_at <= $3",
        account_id,
        list(numbers),
        now,
    )


async def begin_quarantine(tx: Tx, account_id: UUID, numbers: Sequence[str], until: datetime) -> None:
    """Keeps numbers for the account that gave them back."""
    await tx.execute(
        "insert into number_quarantine (phone_number, account_id, until)"
        " select number, $1, $3 from unnest($2::text[]) as n (number) order by number"
        " on conflict (phone_number) do update set account_id = excluded.account_id, until = excluded.until",
        account_id,
        list(numbers),
        until,
    )


async def end_quarantine(tx: Tx, account_id: UUID, numbers: Sequence[str], *, at: datetime | None = None) -> None:
    """Ends what is kept for the account; with `at` only what was to end by then."""
    await tx.execute(
        "delete from number_quarantine where account_id = $1 and phone_number = any($2)"
        " and ($3::timestamptz is null or until <= $3)",
        account_id,
        list(numbers),
        at,
    )


async def resting_for_others(tx: Tx, account_id: UUID, numbers: Sequence[str]) -> list[str]:
    """Which of the numbers are kept for another account."""
    rows = await tx.fetch(
        "select phone_number from number_quarantine where phone_number = any($2) and account_id <> $1",
        account_id,
        list(numbers),
    )
    return [row["phone_number"] for row in rows]


async def move(tx: Tx, source_id: UUID, target_id: UUID, numbers: Sequence[str]) -> list[OwnedNumber]:
    """Gives numbers, which are locked, to another account. What names things of the one that they leave stays behind:
    the set, the route tag, the webphone's user, the keywords' campaigns. The pace goes along.
    """
    rows = await tx.fetch(
        "update numbers set account_id = $2, number_set_id = null, route_tag = null, assigned_user = null,"
        f" keyword_actions = '{{}}' where account_id = $1 and phone_number = any($3) returning {_COLUMNS}",
        source_id,
        target_id,
        list(numbers),
    )
    await tx.execute(
        "insert into number_pace (account_id, phone_number, next_free_at)"
        " select $2, phone_number, next_free_at from number_pace where account_id = $1 and phone_number = any($3)"
        " order by phone_number on conflict (account_id, phone_number)"
        " do update set next_free_at = greatest(number_pace.next_free_at, excluded.next_free_at)",
        source_id,
        target_id,
        list(numbers),
    )
    return [OwnedNumber(**dict(row)) for row in rows]
