"""Configurations, common configurations and signing secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from cordboard.domain.webhooks.models import Connection, EndpointKey, SealedSecret, Webhook
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert
from cordboard.infra.db.rows import update_row

_CONNECTION: Final = ", ".join(Connection.__struct_fields__)
_WEBHOOK: Final = ", ".join(Webhook.__struct_fields__)
_insert_secrets: Final = BulkInsert(
    "webhook_account_secrets", {"account_id": "uuid", "secrets_sealed": "jsonb"}, "on conflict (account_id) do nothing"
)


async def connections_of(tx: Tx, account_id: UUID) -> list[Connection]:
    """The account's common configurations, the oldest first."""
    rows = await tx.fetch(
        f"select {_CONNECTION} from webhook_connections where account_id = $1 order by created_at, id", account_id
    )
    return [Connection(**dict(row)) for row in rows]


async def find_connection(tx: Tx, account_id: UUID, connection_id: UUID) -> Connection | None:
    """One of the account's, locked against being changed."""
    row = await tx.fetchrow(
        f"select {_CONNECTION} from webhook_connections where account_id = $1 and id = $2 for update",
        account_id,
        connection_id,
    )
    return Connection(**dict(row)) if row else None


async def insert_connection(tx: Tx, connection: Connection) -> None:
    """Adds a common configuration."""
    await _insert(tx, "webhook_connections", connection)


async def update_connection(tx: Tx, connection: Connection) -> None:
    """Writes what may change."""
    await tx.execute(
        "update webhook_connections set name = $3, description = $4, headers = $5, auth_headers_sealed = $6"
        " where account_id = $1 and id = $2",
        connection.account_id,
        connection.id,
        connection.name,
        connection.description,
        connection.headers,
        connection.auth_headers_sealed,
    )


async def delete_connection(tx: Tx, account_id: UUID, connection_id: UUID) -> None:
    """Removes a common configuration that is not in use."""
    await tx.execute("delete from webhook_connections where account_id = $1 and id = $2", account_id, connection_id)


async def users_of_connection(tx: Tx, account_id: UUID, connection_id: UUID) -> list[str]:
    """The names of the configurations that refer to a common one."""
    rows = await tx.fetch(
        "select name from webhooks where account_id = $1 and connection_id = $2 order by name",
        account_id,
        connection_id,
    )
    return [row["name"] for row in rows]


async def webhooks_of(tx: Tx, account_id: UUID) -> list[Webhook]:
    """The account's configurations, the oldest first."""
    rows = await tx.fetch(f"select {_WEBHOOK} from webhooks where account_id = $1 order by created_at, id", account_id)
    return [_webhook(row) for row in rows]


async def find_webhook(tx: Tx, account_id: UUID, webhook_id: UUID) -> Webhook | None:
    """One of the account's, locked against being changed."""
    row = await tx.fetchrow(
        f"select {_WEBHOOK} from webhooks where account_id = $1 and id = $2 for update", account_id, webhook_id
    )
    return _webhook(row) if row else None


async def insert_webhook(tx: Tx, webhook: Webhook) -> None:
    """Adds a configuration."""
    await _insert(tx, "webhooks", webhook)


async def update_webhook(tx: Tx, webhook: Webhook) -> None:
    """Writes everything but the keys."""
    names = [name for name in Webhook.__struct_fields__ if name not in ("account_id", "id", "created_at")]
    await update_row(tx, "webhooks", webhook, names)


async def delete_webhook(tx: Tx, account_id: UUID, webhook_id: UUID) -> None:
    """Removes a configuration; what waits for it is cancelled when its turn comes."""
    await tx.execute("delete from webhooks where account_id = $1 and id = $2", account_id, webhook_id)


async def count_of(tx: Tx, account_id: UUID) -> tuple[int, int]:
    """How many common configurations and configurations the account has."""
    row = await tx.fetchrow(
        "select (select count(*) from webhook_connections where account_id = $1) as connections,"
        " (select count(*) from webhooks where account_id = $1) as webhooks",
        account_id,
    )
    return (row["connections"], row["webhooks"]) if row else (0, 0)


async def listeners(tx: Tx, wanted: Sequence[tuple[UUID, str]]) -> list[tuple[UUID, str, UUID]]:
    """The enabled configurations for pairs of account and event type: account, event type, id."""
    rows = await tx.fetch(
        "select w.account_id, w.event_type, w.id from unnest($1::uuid[], $2::text[]) as e (account_id, event_type)"
        " join webhooks w on w.account_id = e.account_id and w.event_type = e.event_type and w.enabled"
        " order by w.created_at, w.id",
        [account_id for account_id, _ in wanted],
        [event_type for _, event_type in wanted],
    )
    return [(row["account_id"], row["event_type"], row["id"]) for row in rows]


async def enabled_endpoints(tx: Tx, wanted: Sequence[EndpointKey]) -> dict[EndpointKey, Webhook]:
    """Those of the endpoints that are configurations and turned on."""
    rows = await tx.fetch(
        f"select {', '.join(f'w.{name}' for name in Webhook.__struct_fields__)}"
        " from unnest($1::uuid[], $2::uuid[]) as e (account_id, id)"
        " join webhooks w on w.account_id = e.account_id and w.id = e.id and w.enabled",
        [account_id for account_id, _ in wanted],
        [endpoint_id for _, endpoint_id in wanted],
    )
    return {(row["account_id"], row["id"]): _webhook(row) for row in rows}


async def connections_by_key(tx: Tx, wanted: Sequence[EndpointKey]) -> dict[EndpointKey, Connection]:
    """Common configurations by account and id."""
    if not wanted:
        return {}
    rows = await tx.fetch(
        f"select {', '.join(f'c.{name}' for name in Connection.__struct_fields__)}"
        " from unnest($1::uuid[], $2::uuid[]) as e (account_id, id)"
        " join webhook_connections c on c.account_id = e.account_id and c.id = e.id",
        [account_id for account_id, _ in wanted],
        [connection_id for _, connection_id in wanted],
    )
    return {(row["account_id"], row["id"]): Connection(**dict(row)) for row in rows}


async def disable(tx: Tx, endpoints: Sequence[EndpointKey], reason: str) -> list[Webhook]:
    """Turns configurations off; answers those that were on."""
    rows = await tx.fetch(
        "update webhooks w set enabled = false, disabled_reason = $3 from unnest($1::uuid[], $2::uuid[])"
        " as e (account_id, id) where w.account_id = e.account_id and w.id = e.id and w.enabled"
        f" returning {', '.join(f'w.{name}' for name in Webhook.__struct_fields__)}",
        [account_id for account_id, _ in endpoints],
        [endpoint_id for _, endpoint_id in endpoints],
        reason,
    )
    return [_webhook(row) for row in rows]


async def account_secrets(tx: Tx, account_ids: Sequence[UUID]) -> dict[UUID, list[SealedSecret]]:
    """The secrets that sign callbacks which belong to no configuration, of the accounts that have some."""
    rows = await tx.fetch(
        "select account_id, secrets_sealed from webhook_account_secrets where account_id = any($1)", list(account_ids)
    )
    return {row["account_id"]: _secrets(row["secrets_sealed"]) for row in rows}


async def lock_account_secrets(tx: Tx, account_id: UUID) -> list[SealedSecret]:
    """An account's secrets, to be replaced."""
    stored = await tx.fetchval(
        "select secrets_sealed from webhook_account_secrets where account_id = $1 for update", account_id
    )
    return _secrets(stored or [])


async def add_account_secrets(tx: Tx, secrets: Sequence[tuple[UUID, SealedSecret]]) -> None:
    """First secrets of accounts; an account that got one meanwhile keeps it."""
    await _insert_secrets(tx, [(account_id, [secret]) for account_id, secret in secrets])


async def replace_account_secrets(tx: Tx, account_id: UUID, secrets: list[SealedSecret]) -> None:
    """Writes an account's secrets."""
    await tx.execute(
        "update webhook_account_secrets set secrets_sealed = $2 where account_id = $1", account_id, secrets
    )


async def _insert(tx: Tx, table: str, record: Connection | Webhook) -> None:
    names = record.__struct_fields__
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    await tx.execute(
        f"insert into {table} ({', '.join(names)}) values ({places})", *(getattr(record, name) for name in names)
    )


def _webhook(row: asyncpg.Record) -> Webhook:
    members = dict(row)
    return Webhook(**{**members, "secrets_sealed": _secrets(members["secrets_sealed"])})


def _secrets(stored: Any) -> list[SealedSecret]:
    return msgspec.convert(stored, list[SealedSecret])
