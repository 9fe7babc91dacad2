"""The rate cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.billing.models import Rate
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert

_PLACE: Final = ("account_id", "service", "number_type", "prefix")
_VALUES: Final = ("price", "surcharge", "surcharge_percent", "tax_percent")
_COLUMNS: Final = ", ".join((*_PLACE, *_VALUES))
_SET: Final = BulkInsert(
    "rates",
    {"account_id": "uuid", **dict.fromkeys(_PLACE[1:], "text"), **dict.fromkeys(_VALUES, "bigint")},
    f"on conflict ({', '.join(_PLACE)}) do update set "
    + ", ".join(f"{name} = coalesce(excluded.{name}, rates.{name})" for name in _VALUES),
)


async def every(tx: Tx) -> list[Rate]:
    """All lines of all cards."""
    rows = await tx.fetch(f"select {_COLUMNS} from rates order by {', '.join(_PLACE)}")
    return [Rate(**dict(row)) for row in rows]


async def put(tx: Tx, rates: Sequence[Rate]) -> None:
    """Writes lines, each of another place; what a line does not say stays as it was."""
    await _SET(tx, [[getattr(rate, name) for name in (*_PLACE, *_VALUES)] for rate in rates])


async def remove(tx: Tx, account_id: UUID | None, service: str, number_type: str, prefix: str) -> bool:
    """Removes a line; whether there was one."""
    removed = await tx.fetchval(
        "delete from rates where account_id is not distinct from $1 and service = $2 and number_type = $3"
        " and prefix = $4 returning true",
        account_id,
        service,
        number_type,
        prefix,
    )
    return bool(removed)
