"""Brings a database up to what the roles need: migrations, partitions, inventory, the first administrator."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
from alembic.util import CommandError

from cordboard.domain.numbers.inventory import ATTRIBUTES, SANDBOX_CARRIER
from cordboard.infra.db import Tx
from cordboard.infra.db.migrate import migrate
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.kit.errors import CordboardError
from cordboard.run.opening import StartError, open_platform
from cordboard.run.platform import Platform
from cordboard.run.settings import Settings

OLDEST_POSTGRES: Final = 15
_USUAL_EMAIL = "admin@cordboard.localhost"


@dataclass(frozen=True, slots=True)
class AdminLogin:
    """The first administrator. `generated`: the password is known to nobody yet."""

    email: str
    password: str
    generated: bool


async def prepare(settings: Settings, url: str) -> AdminLogin | None:
    """Makes the database at `url` ready; answers the first administrator if it made one. Safe to repeat and to run on
    many machines at once. Raises StartError.
    """
    await bring_up_to_date(url)
    async with open_platform(settings, url) as platform, platform.database.transaction() as tx:
        await maintain_partitions(tx, platform.clock.now())
        await platform.numbers.sync_inventory(tx, _offers(settings))
        return await _make_admin(platform, tx)


async def bring_up_to_date(url: str) -> str:
    """Runs the migrations and answers the newest revision. Raises StartError."""
    try:
        connection = await asyncpg.connect(url)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartError(f"the database cannot be reached: {error}; check database.url and that it runs") from error
    version = connection.get_server_version()
    await connection.close()
    if version.major < OLDEST_POSTGRES:
        raise StartError(f"the database is PostgreSQL {version.major}; Cordboard needs {OLDEST_POSTGRES} or newer")
    try:
        return await migrate(url)
    except CommandError as error:
        raise StartError(f"migrations: {error}; a newer version of Cordboard may have been here") from error


def _offers(settings: Settings) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    """What carriers and trunks offer. A carrier and a trunk of one name are one provider, whose numbers text and
    call.
    """
    attributes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for carrier in settings.carriers:
        for number in carrier.inventory:
            attributes[carrier.name, number] += carrier.attributes
    for trunk in settings.trunks:
        for number in trunk.inventory:
            attributes[trunk.name, number].append(ATTRIBUTES["voice"])
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (name, number), can in attributes.items():
        alike[name, tuple(dict.fromkeys(can))].append(number)
    offers: list[tuple[str, Sequence[str], Sequence[str]]] = [
        (name, numbers, can) for (name, can), numbers in alike.items()
    ]
    offers += [(carrier.name, (), ()) for carrier in settings.carriers if not carrier.inventory]
    offers += [(trunk.name, (), ()) for trunk in settings.trunks if not trunk.inventory]
    if settings.sandbox_enabled:
        offers.append((SANDBOX_CARRIER, (), ()))
    return offers


async def _make_admin(platform: Platform, tx: Tx) -> AdminLogin | None:
    if await platform.accounts.any_exists(tx):
        return None
    wanted = platform.settings.admin
    login = AdminLogin(
        wanted.email or _USUAL_EMAIL, wanted.password or secrets.token_urlsafe(15), generated=not wanted.password
    )
    try:
        await platform.accounts.create(
            tx, name="Administration", email=login.email, password=login.password, role="platform-admin"
        )
    except CordboardError as error:
        raise StartError(f"admin: {error}") from error
    return login
