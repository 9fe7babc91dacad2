"""The SQL of SIP phones, their registrations, webphone users and transfer presets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from cordboard.domain.phones.errors import ExtensionTakenError, UsernameTakenError
from cordboard.domain.phones.models import Binding, PresetType, SipPhone, TransferPreset, Webphone, WebphoneState
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row

_PHONE: Final = SipPhone.__struct_fields__
_PHONE_COLUMNS: Final = ", ".join(_PHONE)
_BINDING: Final = Binding.__struct_fields__
_BINDING_COLUMNS: Final = ", ".join(_BINDING)
_WEBPHONE: Final = Webphone.__struct_fields__
_WEBPHONE_COLUMNS: Final = ", ".join(_WEBPHONE)
_PRESET: Final = TransferPreset.__struct_fields__
_PRESET_COLUMNS: Final = ", ".join(_PRESET)
_EXTENSION_INDEX: Final = "sip_phones_extension"


async def phones_of(tx: Tx, account_id: UUID) -> list[SipPhone]:
    """The account's phones, by user name."""
    rows = await tx.fetch(
        f"select {_PHONE_COLUMNS} from sip_phones where account_id = $1 order by username", account_id
    )
    return [SipPhone(**dict(row)) for row in rows]


async def find_phone(tx: Tx, account_id: UUID, username: str, *, lock: bool = False) -> SipPhone | None:
    """A phone of the account."""
    row = await tx.fetchrow(
        f"select {_PHONE_COLUMNS} from sip_phones where account_id = $1 and username = $2"
        + (" for update" if lock else ""),
        account_id,
        username,
    )
    return SipPhone(**dict(row)) if row else None


async def phone_of_anybody(tx: Tx, username: str) -> SipPhone | None:
    """The phone of a name. A registration has no account yet: this look-up is what gives it one."""
    row = await tx.fetchrow(f"select {_PHONE_COLUMNS} from sip_phones where username = $1", username)
    return SipPhone(**dict(row)) if row else None


async def phones_named(tx: Tx, account_id: UUID, name: str) -> list[SipPhone]:
    """The account's enabled phones that have a user name or an extension; the user name first."""
    rows = await tx.fetch(
        f"select {_PHONE_COLUMNS} from sip_phones where account_id = $1 and enabled"
        " and (username = lower($2) or extension = $2) order by username <> lower($2)",
        account_id,
        name,
    )
    return [SipPhone(**dict(row)) for row in rows]


async def phones_of_user(tx: Tx, account_id: UUID, client_id: UUID) -> list[SipPhone]:
    """The enabled phones of a user."""
    rows = await tx.fetch(
        f"select {_PHONE_COLUMNS} from sip_phones where account_id = $1 and client_id = $2 and enabled"
        " order by username",
        account_id,
        client_id,
    )
    return [SipPhone(**dict(row)) for row in rows]


async def count_phones(tx: Tx, account_id: UUID) -> int:
    """How many phones the account has."""
    total: int = await tx.fetchval("select count(*) from sip_phones where account_id = $1", account_id)
    return total


async def insert_phone(tx: Tx, phone: SipPhone) -> None:
    """Adds a phone. Raises UsernameTakenError, ExtensionTakenError."""
    try:
        async with tx.transaction():
            await insert_row(tx, "sip_phones", phone, _PHONE)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == _EXTENSION_INDEX:
            raise ExtensionTakenError(f"extension {phone.extension} is another phone's") from error
        raise UsernameTakenError(f"username {phone.username!r} is another phone's; pick another one") from error


async def update_phone(tx: Tx, phone: SipPhone) -> None:
    """Writes what may change. Raises ExtensionTakenError."""
    names = [name for name in _PHONE if name not in ("username", "account_id", "created_at")]
    try:
        async with tx.transaction():
            await update_row(tx, "sip_phones", phone, names, key=("account_id", "username"))
    except asyncpg.UniqueViolationError as error:
        raise ExtensionTakenError(f"extension {phone.extension} is another phone's") from error


async def clear_caller_ids(tx: Tx, account_id: UUID, numbers: Sequence[str]) -> None:
    """Takes numbers from the phones that call from them."""
    await tx.execute(
        "update sip_phones set caller_id = '' where account_id = $1 and caller_id = any($2)", account_id, list(numbers)
    )


async def delete_phone(tx: Tx, account_id: UUID, username: str) -> None:
    """Removes a phone."""
    await tx.execute("delete from sip_phones where account_id = $1 and username = $2", account_id, username)


async def bindings_of(tx: Tx, account_id: UUID, users: Sequence[str], now: datetime) -> list[Binding]:
    """Where phones can be reached, the latest registration first."""
    rows = await tx.fetch(
        f"select {_BINDING_COLUMNS} from phone_bindings where account_id = $1 and user_name = any($2)"
        " and expires_at > $3 order by registered_at desc, contact",
        account_id,
        list(users),
        now,
    )
    return [Binding(**dict(row)) for row in rows]


async def lock_user(tx: Tx, account_id: UUID, user_name: str) -> None:
    """Makes registrations of one phone take turns, so that signing in and out are each seen once."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"phone|{account_id}|{user_name}")


async def put_binding(tx: Tx, binding: Binding) -> None:
    """Adds a registration, or renews the one of the same contact."""
    places = ", ".join(f"${place}" for place in range(1, len(_BINDING) + 1))
    renewed = ", ".join(f"{name} = excluded.{name}" for name in _BINDING[3:])
    await tx.execute(
        f"insert into phone_bindings ({_BINDING_COLUMNS}) values ({places})"
        f" on conflict (account_id, user_name, contact) do update set {renewed}",
        *(getattr(binding, name) for name in _BINDING),
    )


async def delete_bindings(tx: Tx, account_id: UUID, user_name: str, contact: str | None = None) -> None:
    """Removes a phone's registrations, or one of them."""
    await tx.execute(
        "delete from phone_bindings where account_id = $1 and user_name = $2 and ($3::text is null or contact = $3)",
        account_id,
        user_name,
        contact,
    )


async def delete_lapsed(tx: Tx, now: datetime, nodes: Sequence[str]) -> list[tuple[UUID, str]]:
    """Removes what has run out, and all that was held by `nodes`, of every account; answers whose browser phones those
    were.
    """
    rows = await tx.fetch(
        "delete from phone_bindings where expires_at <= $1 or node = any($2) returning account_id, user_name, browser",
        now,
        list(nodes),
    )
    return sorted({(row["account_id"], row["user_name"]) for row in rows if row["browser"]})


async def nodes_of(tx: Tx, account_id: UUID, users: Sequence[str], now: datetime) -> dict[str, tuple[str, ...]]:
    """The voice processes that hold registrations, by user name."""
    rows = await tx.fetch(
        "select user_name, array_agg(distinct node order by node) as nodes from phone_bindings"
        " where account_id = $1 and user_name = any($2) and expires_at > $3 group by user_name",
        account_id,
        list(users),
        now,
    )
    return {row["user_name"]: tuple(row["nodes"]) for row in rows}


async def webphones_of(tx: Tx, account_id: UUID, status: WebphoneState | None) -> list[Webphone]:
    """The account's webphone users, of one status if asked so."""
    rows = await tx.fetch(
        f"select {_WEBPHONE_COLUMNS} from webphones where account_id = $1 and ($2::text is null or status = $2)"
        " order by client_id",
        account_id,
        status,
    )
    return [Webphone(**dict(row)) for row in rows]


async def find_webphone(tx: Tx, account_id: UUID, client_id: UUID, *, lock: bool = False) -> Webphone | None:
    """A webphone user."""
    row = await tx.fetchrow(
        f"select {_WEBPHONE_COLUMNS} from webphones where account_id = $1 and client_id = $2"
        + (" for update" if lock else ""),
        account_id,
        client_id,
    )
    return Webphone(**dict(row)) if row else None


async def add_webphone(tx: Tx, blank: Webphone) -> None:
    """Makes somebody a webphone user, unless that is so."""
    await insert_row(tx, "webphones", blank, _WEBPHONE, unless_there=True)


async def update_webphone(tx: Tx, changed: Webphone) -> None:
    """Writes everything but the keys."""
    await update_row(tx, "webphones", changed, _WEBPHONE[2:], key=_WEBPHONE[:2])


async def presets_of(tx: Tx, account_id: UUID, identifier: str | None = None) -> list[TransferPreset]:
    """The account's presets, of one identifier if asked so."""
    rows = await tx.fetch(
        f"select {_PRESET_COLUMNS} from transfer_presets where account_id = $1"
        " and ($2::text is null or identifier = $2) order by preset_type, identifier, created_at, destination",
        account_id,
        identifier,
    )
    return [TransferPreset(**dict(row)) for row in rows]


async def insert_preset(tx: Tx, preset: TransferPreset) -> bool:
    """Adds a preset; False when it is there."""
    return await insert_row(tx, "transfer_presets", preset, _PRESET, unless_there=True)


async def delete_preset(
    tx: Tx, account_id: UUID, preset_type: PresetType, identifier: str, destination: str
) -> TransferPreset | None:
    """Removes a preset; answers what it was."""
    row = await tx.fetchrow(
        "delete from transfer_presets where account_id = $1 and preset_type = $2 and identifier = $3"
        f" and destination = $4 returning {_PRESET_COLUMNS}",
        account_id,
        preset_type,
        identifier,
        destination,
    )
    return TransferPreset(**dict(row)) if row else None


async def delete_presets_of(tx: Tx, account_id: UUID, preset_type: PresetType, identifier: str) -> None:
    """Removes all presets of a user or work group that is gone."""
    await tx.execute(
        "delete from transfer_presets where account_id = $1 and preset_type = $2 and identifier = $3",
        account_id,
        preset_type,
        identifier,
    )


async def disown_phones(tx: Tx, account_id: UUID, client_id: str) -> None:
    """Makes the SIP phones of a user nobody's."""
    await tx.execute(
        "update sip_phones set client_id = null where account_id = $1 and client_id = $2", account_id, client_id
    )


async def count_presets(tx: Tx, account_id: UUID) -> int:
    """How many presets the account has."""
    total: int = await tx.fetchval("select count(*) from transfer_presets where account_id = $1", account_id)
    return total
