"""Idempotency keys: a repeated POST gets the stored answer.

The answer is stored in the transaction of the effect, so a crash leaves either both or neither. While the first runs it
holds an advisory lock of its transaction, so a repeat that comes meanwhile is told so and nothing needs cleaning up.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from litestar.types import HTTPScope

from cordboard.infra.db import Tx
from cordboard.kit.errors import ConflictError, InvalidInputError

HEADER = "idempotency-key"
LIFETIME = timedelta(hours=24)
_LONGEST_KEY = 255


class Stored(msgspec.Struct, frozen=True):
    """An answer as it went out the first time."""

    status: int
    response: bytes


def fingerprint(scope: HTTPScope, body: bytes) -> bytes:
    """What makes a repeat the same request: its path as routed, its query and its body."""
    path: str = scope["path"]
    return hashlib.sha256(b"\0".join((path.encode(), scope["query_string"], body))).digest()


async def begin(tx: Tx, account_id: UUID, key: str, request: bytes, now: datetime) -> Stored | None:
    """Claims `key` for this transaction; answers what was stored for it. Raises ConflictError, InvalidInputError."""
    if not (1 <= len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidInputError.of("Idempotency-Key", f"must be 1 to {_LONGEST_KEY} printable ASCII characters")
    lock = int.from_bytes(hashlib.sha256(account_id.bytes + key.encode()).digest()[:8], signed=True)
    if not await tx.fetchval("select pg_try_advisory_xact_lock($1)", lock):
        raise ConflictError("the first request with this Idempotency-Key is still running")
    row = await tx.fetchrow(
        "select fingerprint, status, response from idempotency_keys where account_id = $1 and key = $2"
        " and created_at > $3",
        account_id,
        key,
        now - LIFETIME,
    )
    if row is None:
        return None
    if row["fingerprint"] != request:
        raise ConflictError("this Idempotency-Key was used with another request")
    return Stored(row["status"], row["response"])


async def store(tx: Tx, account_id: UUID, key: str, request: bytes, answer: Stored, now: datetime) -> None:
    """Keeps the answer with the effect."""
    await tx.execute(
        "insert into idempotency_keys (account_id, key, fingerprint, status, response, created_at) values ($1, $2, $3,"
        " $4, $5, $6)"
        " on conflict (account_id, key) do update set fingerprint = excluded.fingerprint, status = excluded.status,"
        " response = excluded.response, created_at = excluded.created_at",
        account_id,
        key,
        request,
        answer.status,
        answer.response,
        now,
    )


async def forget_old(tx: Tx, now: datetime) -> None:
    """Removes keys past their life."""
    await tx.execute("delete from idempotency_keys where created_at <= $1", now - LIFETIME)
