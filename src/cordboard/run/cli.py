"""The command line: `cordboard`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click
import msgspec

from cordboard import __version__
from cordboard.domain.accounts.models import ConfigEntry
from cordboard.domain.accounts.privileges import ROLES as ACCOUNT_ROLES
from cordboard.run.announcing import JsonLines, Words
from cordboard.run.billing_commands import account_billing_commands, rates
from cordboard.run.command_line import answer, config_option, failing_in_words, json_option, load, opened_platform
from cordboard.run.contacts_import import contacts
from cordboard.run.doctor import examine
from cordboard.run.federal_file import read_federal_list
from cordboard.run.findings import Finding
from cordboard.run.first_start import bring_up_to_date
from cordboard.run.inventory_file import read_inventory
from cordboard.run.opening import some_server
from cordboard.run.serve import serve as run_server
from cordboard.run.settings import ROLES

_KEY_DAYS = 365
_MARKS = {"good": "ok  ", "warning": "note", "bad": "BAD "}


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


@main.group()
def statistics() -> None:
    """What is counted of messages and calls."""


@main.command()
@config_option
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(ROLES), help="Run only this role; may be given several times."
)
@json_option
@failing_in_words
async def serve(config: Path | None, roles: Sequence[str], as_json: bool) -> None:
    """Run the platform until Ctrl-C or SIGTERM."""
    settings = load(config)
    await run_server(settings, roles, JsonLines(click.echo) if as_json else Words(click.echo))


@main.command()
@config_option
@json_option
@failing_in_words
async def migrate(config: Path | None, as_json: bool) -> None:
    """Bring the database to this version's schema."""
    async with some_server(load(config)) as url:
        revision = await bring_up_to_date(url)
    answer(as_json, f"The database is at revision {revision}.", revision=revision)


@main.command()
@config_option
@json_option
@failing_in_words
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
@config_option
@click.option("--name", required=True, help="The account's name.")
@click.option("--email", required=True, help="What its first user signs in with.")
@click.option("--password", help="At least 10 characters [default: a generated one, which is shown].")
@click.option("--parent", type=click.UUID, help="The account that it is a subaccount of.")
@click.option("--role", type=click.Choice(list(ACCOUNT_ROLES)), default="account-owner", show_default=True)
@json_option
@failing_in_words
async def create(
    config: Path | None, name: str, email: str, password: str | None, parent: UUID | None, role: str, as_json: bool
) -> None:
    """Make an account with its first user."""
    chosen = password or secrets.token_urlsafe(15)
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        if parent:
            await platform.accounts.get(tx, parent)
        made, user = await platform.accounts.create(
            tx, name=name, email=email, password=chosen, parent_id=parent, role=role
        )
    shown = {} if password else {"password": chosen}
    words = f"Account {made.id} of {name}; sign in as {email}"
    answer(
        as_json,
        words + (f" with the password {chosen}" if shown else ""),
        accountSid=str(made.id),
        userId=str(user.id),
        email=email,
        **shown,
    )


@account.command(name="set")
@config_option
@click.argument("account_id", type=click.UUID)
@click.argument("key")
@click.argument("value")
@json_option
@failing_in_words
async def set_account_config(config: Path | None, account_id: UUID, key: str, value: str, as_json: bool) -> None:
    """Set a configuration KEY of an account, its limits included; an empty VALUE unsets it."""
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        await platform.accounts.get(tx, account_id)
        given = [ConfigEntry(key, value)]
        (saved,) = await platform.people.config.save(tx, account_id, given, as_operator=True)
    answer(as_json, f"{saved.key} is {saved.value or 'unset'}.", key=saved.key, value=saved.value)


@keys.command(name="create")
@config_option
@click.option("--email", required=True, help="The user whom the key acts for.")
@click.option("--description", default="made on the command line", show_default=True)
@click.option("--role", "roles", multiple=True, type=click.Choice(list(ACCOUNT_ROLES)), help="[default: the user's]")
@click.option("--days", type=click.IntRange(1, 3650), default=_KEY_DAYS, show_default=True)
@json_option
@failing_in_words
async def create_key(
    config: Path | None, email: str, description: str, roles: Sequence[str], days: int, as_json: bool
) -> None:
    """Make a key. It is shown this once."""
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        user = await platform.accounts.user_named(tx, email)
        owner = await platform.accounts.get(tx, user.account_id)
        token = await platform.accounts.create_key(
            tx, user, owner, description=description, roles=list(roles) or user.roles, days=days
        )
    answer(as_json, token, token=token, accountSid=str(owner.id), days=days)


@numbers.command(name="import")
@config_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@failing_in_words
async def import_numbers(config: Path | None, file: Path, as_json: bool) -> None:
    """Add the numbers of a CSV FILE to the inventory: columns phone_number, carrier, attributes."""
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        settings = platform.settings
        carriers = [carrier.name for carrier in settings.carriers] + [trunk.name for trunk in settings.trunks]
        carriers += ["sandbox"] * settings.sandbox_enabled
        offers = read_inventory(file, carriers)
        await platform.numbers.import_inventory(tx, offers)
    answer(as_json, f"{len(offers)} numbers are on offer.", imported=len(offers))


@dnc.command(name="import")
@config_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@failing_in_words
async def import_federal_list(config: Path | None, file: Path, as_json: bool) -> None:
    """Replace the federal do-not-call list by FILE: a number a line, or an area code and a number with a comma
    between.
    """
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        count = await platform.compliance.load_federal_list(tx, read_federal_list(file))
    answer(as_json, f"{count} numbers are on the federal list.", numbers=count)


@statistics.command(name="rebuild")
@config_option
@json_option
@failing_in_words
async def rebuild_statistics(config: Path | None, as_json: bool) -> None:
    """Forget all statistics and count them anew from the logs, the newest hours first; the workers do it."""
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        begun = await platform.statistics.rebuild(tx)
    words = "The workers begin in a few minutes." if begun else "The logs are empty: there is nothing to count."
    answer(as_json, words, begun=begun)


main.add_command(rates)
main.add_command(contacts)
for command in account_billing_commands:
    account.add_command(command)


def _line_of(finding: Finding) -> str:
    line = f"{_MARKS[finding.state]}  {finding.subject}: {finding.text}"
    return f"{line}\n      -> {finding.fix}" if finding.fix else line
