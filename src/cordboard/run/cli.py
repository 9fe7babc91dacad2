"""The command line: `cordboard`."""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec

from cordboard import __version__
from cordboard.domain.accounts.privileges import ROLES as ACCOUNT_ROLES
from cordboard.kit.errors import CordboardError
from cordboard.run.announcing import JsonLines, Words
from cordboard.run.doctor import examine
from cordboard.run.federal_file import read_federal_list
from cordboard.run.findings import Finding
from cordboard.run.first_start import bring_up_to_date
from cordboard.run.inventory_file import read_inventory
from cordboard.run.opening import StartError, open_platform, some_server
from cordboard.run.platform import Platform
from cordboard.run.role_process import configure_logs
from cordboard.run.serve import serve as run_server
from cordboard.run.settings import ROLES, Settings, SettingsError, load_settings

_KEY_DAYS = 365
_MARKS = {"good": "ok  ", "warning": "note", "bad": "BAD "}
_Command = Callable[..., Coroutine[Any, Any, None]]

_config = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The settings file [default: $CORDBOARD_CONFIG, else cordboard.toml where there is one].",
)
_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Cordboard: an open, self-hosted communications platform."""


@main.group()
def account() -> None:
    """Accounts of the installation."""


@main.group()
def numbers() -> None:
    """The inventory: numbers that can be bought."""


@main.group()
def keys() -> None:
    """Long-lived keys, for programs that call the API."""


@main.group()
def dnc() -> None:
    """The federal do-not-call list of this installation."""


def _failing_in_words(command: _Command) -> Callable[..., None]:
    """Runs an asynchronous command; what can be expected to fail ends in one line and exit code 1."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        try:
            asyncio.run(command(**options))
        except (SettingsError, StartError, CordboardError) as error:
            raise click.ClickException(str(error)) from error

    return run


@main.command()
@_config
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(ROLES), help="Run only this role; may be given several times."
)
@_json
@_failing_in_words
async def serve(config: Path | None, roles: Sequence[str], as_json: bool) -> None:
    """Run the platform until Ctrl-C or SIGTERM."""
    settings = _load(config)
    await run_server(settings, roles, JsonLines(click.echo) if as_json else Words(click.echo))


@main.command()
@_config
@_json
@_failing_in_words
async def migrate(config: Path | None, as_json: bool) -> None:
    """Bring the database to this version's schema."""
    async with some_server(_load(config)) as url:
        revision = await bring_up_to_date(url)
    _answer(as_json, f"The database is at revision {revision}.", revision=revision)


@main.command()
@_config
@_json
@_failing_in_words
async def doctor(config: Path | None, as_json: bool) -> None:
    """Look for what is wrong, and say how to put it right. Exit code 1 if anything is."""
    findings = await examine(config)
    if as_json:
        click.echo(msgspec.json.encode(findings))
    else:
        for finding in findings:
            click.echo(_line_of(finding))
    if any(finding.state == "bad" for finding in findings):
        raise click.exceptions.Exit(1)


@account.command()
@_config
@click.option("--name", required=True, help="The account's name.")
@click.option("--email", required=True, help="What its first user signs in with.")
@click.option("--password", help="At least 10 characters [default: a generated one, which is shown].")
@click.option("--parent", type=click.UUID, help="The account that it is a subaccount of.")
@click.option("--role", type=click.Choice(list(ACCOUNT_ROLES)), default="account-owner", show_default=True)
@_json
@_failing_in_words
async def create(
    config: Path | None, name: str, email: str, password: str | None, parent: UUID | None, role: str, as_json: bool
) -> None:
    """Make an account with its first user."""
    chosen = password or secrets.token_urlsafe(15)
    async with _platform(config) as platform, platform.database.transaction() as tx:
        if parent:
            await platform.accounts.get(tx, parent)
        made, user = await platform.accounts.create(
            tx, name=name, email=email, password=chosen, parent_id=parent, role=role
        )
    shown = {} if password else {"password": chosen}
    words = f"Account {made.id} of {name}; sign in as {email}"
    _answer(
        as_json,
        words + (f" with the password {chosen}" if shown else ""),
        accountSid=str(made.id),
        userId=str(user.id),
        email=email,
        **shown,
    )


@keys.command(name="create")
@_config
@click.option("--email", required=True, help="The user whom the key acts for.")
@click.option("--description", default="made on the command line", show_default=True)
@click.option("--role", "roles", multiple=True, type=click.Choice(list(ACCOUNT_ROLES)), help="[default: the user's]")
@click.option("--days", type=click.IntRange(1, 3650), default=_KEY_DAYS, show_default=True)
@_json
@_failing_in_words
async def create_key(
    config: Path | None, email: str, description: str, roles: Sequence[str], days: int, as_json: bool
) -> None:
    """Make a key. It is shown this once."""
    async with _platform(config) as platform, platform.database.transaction() as tx:
        user = await platform.accounts.user_named(tx, email)
        owner = await platform.accounts.get(tx, user.account_id)
        token = await platform.accounts.create_key(
            tx, user, owner, description=description, roles=list(roles) or user.roles, days=days
        )
    _answer(as_json, token, token=token, accountSid=str(owner.id), days=days)


@numbers.command(name="import")
@_config
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_json
@_failing_in_words
async def import_numbers(config: Path | None, file: Path, as_json: bool) -> None:
    """Add the numbers of a CSV FILE to the inventory: columns phone_number, carrier, attributes."""
    async with _platform(config) as platform, platform.database.transaction() as tx:
        settings = platform.settings
        carriers = [carrier.name for carrier in settings.carriers] + [trunk.name for trunk in settings.trunks]
        carriers += ["sandbox"] * settings.sandbox_enabled
        offers = read_inventory(file, carriers)
        await platform.numbers.import_inventory(tx, offers)
    _answer(as_json, f"{len(offers)} numbers are on offer.", imported=len(offers))


@dnc.command(name="import")
@_config
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_json
@_failing_in_words
async def import_federal_list(config: Path | None, file: Path, as_json: bool) -> None:
    """Replace the federal do-not-call list by FILE: a number a line, or an area code and a number with a comma
    between.
    """
    async with _platform(config) as platform, platform.database.transaction() as tx:
        count = await platform.compliance.load_federal_list(tx, read_federal_list(file))
    _answer(as_json, f"{count} numbers are on the federal list.", numbers=count)


def _load(config: Path | None) -> Settings:
    settings = load_settings(config)
    configure_logs(settings)
    return settings


@asynccontextmanager
async def _platform(config: Path | None) -> AsyncIterator[Platform]:
    """The platform, on a database that is up to date."""
    settings = _load(config)
    async with some_server(settings) as url:
        await bring_up_to_date(url)
        async with open_platform(settings, url) as platform:
            yield platform


def _answer(as_json: bool, words: str, **members: Any) -> None:
    click.echo(msgspec.json.encode(members) if as_json else words)


def _line_of(finding: Finding) -> str:
    line = f"{_MARKS[finding.state]}  {finding.subject}: {finding.text}"
    return f"{line}\n      -> {finding.fix}" if finding.fix else line
