"""The SQL of an account's configuration, and of what it keeps for services outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.models import ExternalEntry
from cordboard.infra.db import Tx

_EXTERNAL: Final = ", ".join(ExternalEntry.__struct_fields__)


async def put_settings(tx: Tx, account_id: UUID, values: Mapping[str, str]) -> None:
    """Sets several settings, in an order that all writers share."""
    ordered = sorted(values)
    await tx.execute(
        "insert into account_settings (account_id, key, value)"
        " select $1, key, value from unnest($2::text[], $3::text[]) as v (key, value)"
        " on conflict (account_id, key) do update set value = excluded.value",
        account_id,
        ordered,
        [values[key] for key in ordered],
    )


async def delete_settings(tx: Tx, account_id: UUID, keys: Sequence[str]) -> None:
    """Removes settings."""
    await tx.execute("delete from account_settings where account_id = $1 and key = any($2)", account_id, list(keys))


async def external_settings(tx: Tx, account_id: UUID, provider: str | None = None) -> list[ExternalEntry]:
    """What the account keeps for a provider, or for all, by provider and key."""
    rows = await tx.fetch(
        f"select {_EXTERNAL} from external_settings where account_id = $1 and ($2::text is null or provider = $2)"
        " order by provider, key",
        account_id,
        provider,
    )
    return [ExternalEntry(**dict(row)) for row in rows]


async def put_external(tx: Tx, account_id: UUID, entries: Sequence[ExternalEntry]) -> None:
    """Sets what is kept for providers."""
    await tx.executemany(
        f"insert into external_settings (account_id, {_EXTERNAL}) values ($1, $2, $3, $4, $5)"
        " on conflict (account_id, provider, key) do update"
        " set value = excluded.value, value_sealed = excluded.value_sealed",
        [(account_id, entry.provider, entry.key, entry.value, entry.value_sealed) for entry in entries],
    )


async def delete_external(tx: Tx, account_id: UUID, provider: str, key: str | None) -> list[ExternalEntry]:
    """Removes what is kept for a provider under a key, or under all; answers what it was."""
    rows = await tx.fetch(
        "delete from external_settings where account_id = $1 and provider = $2 and ($3::text is null or key = $3)"
        f" returning {_EXTERNAL}",
        account_id,
        provider,
        key,
    )
    return [ExternalEntry(**dict(row)) for row in sorted(rows, key=lambda row: str(row["key"]))]
