"""The commands about money: `cordboard account credit`, `cordboard account funds` and `cordboard rates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
import msgspec

from cordboard.domain.billing.models import EVERY_SERVICE, NUMBER_TYPES, SERVICES, Balance, Mode, Rate
from cordboard.infra.db import Tx
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.money import from_micros, to_micros
from cordboard.run.command_line import answer, config_option, failing_in_words, json_option, opened_platform
from cordboard.run.platform import Platform
from cordboard.run.rates_file import COLUMNS, rate_of, read_rates, texts_of

_LARGEST = to_micros("1000000000")
_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


@click.group()
def rates() -> None:
    """Rate cards: prices, surcharges and taxes."""


def _of_a_line(command: _Decorated) -> _Decorated:
    """The options that say where a line of a rate card stands."""
    for option in (
        click.option("--prefix", default="", help="For numbers that start so [default: all]."),
        click.option("--number-type", type=click.Choice(NUMBER_TYPES), default=None, help="[default: any]"),
        click.option("--account", type=click.UUID, help="For this account [default: all]."),
        click.argument("service", type=click.Choice([*SERVICES, EVERY_SERVICE])),
    ):
        command = option(command)
    return command


@click.command()
@config_option
@click.argument("account_id", type=click.UUID)
@click.argument("amount")
@click.option("--description", default="", help="What the ledger says of it.")
@click.option("--reference", default="", help="Such as an invoice's number: a payment of it is booked once.")
@click.option("--refund", is_flag=True, help="The money goes back to the customer.")
@json_option
@failing_in_words
async def credit(
    config: Path | None,
    account_id: UUID,
    amount: str,
    description: str,
    reference: str,
    refund: bool,
    as_json: bool,
) -> None:
    """Book money that came in from a customer: AMOUNT in the account's currency, such as 25.00."""
    micros = _amount(amount)
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        await maintain_partitions(tx, platform.clock.now())  # nothing may have run on this database yet
        await platform.accounts.get(tx, account_id)
        book = platform.billing.refund if refund else platform.billing.credit
        words = description or ("refund" if refund else "payment")
        balance = await book(tx, account_id, micros, words, reference)
    _show_balance(balance, as_json)


@click.command()
@config_option
@click.argument("account_id", type=click.UUID)
@click.option("--mode", type=click.Choice(["prepaid", "postpaid"]), help="How it pays from now on.")
@json_option
@failing_in_words
async def funds(config: Path | None, account_id: UUID, mode: Mode | None, as_json: bool) -> None:
    """Show an account's balance, or change how it pays."""
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        await platform.accounts.get(tx, account_id)
        if mode:
            await platform.billing.set_mode(tx, account_id, mode)
        balance = await platform.billing.balance(tx, account_id)
    _show_balance(balance, as_json)


account_billing_commands = (credit, funds)


@rates.command(name="set")
@config_option
@_of_a_line
@click.option("--price", help="Of a unit: a segment, message, minute, month or lookup.")
@click.option("--surcharge", help="Added to each unit.")
@click.option("--surcharge-percent", help="Added to the cost.")
@click.option("--tax-percent", help="Added to cost and surcharge.")
@json_option
@failing_in_words
async def set_rate(
    config: Path | None,
    service: str,
    account: UUID | None,
    number_type: str | None,
    prefix: str,
    as_json: bool,
    **values: str | None,
) -> None:
    """Set what SERVICE costs, or what is added to it; * is every service. What is not given stays as it was."""
    place = {"account": str(account or ""), "service": service, "number_type": number_type, "prefix": prefix}
    line = rate_of({**place, **values})
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        await _put(platform, tx, [line])
    answer(as_json, "Set. Running processes follow within ten seconds.", **texts_of(line))


@rates.command(name="remove")
@config_option
@_of_a_line
@json_option
@failing_in_words
async def remove_rate(
    config: Path | None, service: str, account: UUID | None, number_type: str | None, prefix: str, as_json: bool
) -> None:
    """Remove a line of a rate card."""
    line = Rate(account_id=account, service=service, number_type=number_type or "", prefix=prefix)
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        await platform.billing.remove_rate(tx, line)
    answer(as_json, "Removed. Running processes follow within ten seconds.", removed=1)


@rates.command(name="list")
@config_option
@click.option("--account", type=click.UUID, help="Only the lines of this account.")
@json_option
@failing_in_words
async def list_rates(config: Path | None, account: UUID | None, as_json: bool) -> None:
    """Show the rate cards, as a file that can be imported. Where they have no price, the settings' prices go."""
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        lines = [texts_of(rate) for rate in await platform.billing.rates(tx) if account in (None, rate.account_id)]
        defaults = {name: f"{from_micros(price):f}" for name, price in platform.settings.billing.micros().items()}
    if as_json:
        click.echo(msgspec.json.encode({"rates": lines, "defaults": defaults}))
        return
    click.echo(",".join(COLUMNS))
    for line in lines:
        click.echo(",".join(line[name] for name in COLUMNS))


@rates.command(name="import")
@config_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@failing_in_words
async def import_rates(config: Path | None, file: Path, as_json: bool) -> None:
    """Set the lines of a CSV FILE, all or none: columns account, service, number_type, prefix, price, surcharge,
    surcharge_percent, tax_percent. An empty cell leaves what was there.
    """
    lines = read_rates(file)
    async with opened_platform(config) as platform, platform.database.transaction() as tx:
        await _put(platform, tx, lines)
    answer(as_json, f"{len(lines)} lines are set. Running processes follow within ten seconds.", imported=len(lines))


async def _put(platform: Platform, tx: Tx, lines: Sequence[Rate]) -> None:
    for account_id in {line.account_id for line in lines if line.account_id}:
        await platform.accounts.get(tx, account_id)
    await platform.billing.put_rates(tx, lines)


def _amount(text: str) -> int:
    try:
        micros = to_micros(text)
    except ValueError as error:
        raise InvalidInputError.of("AMOUNT", f"must be a decimal such as 25.00: {error}") from error
    if not 0 < micros <= _LARGEST:
        raise InvalidInputError.of("AMOUNT", f"must be more than 0 and at most {_LARGEST // 10**6}")
    return micros


def _show_balance(balance: Balance, as_json: bool) -> None:
    amounts = {"balance": balance.balance, "held": balance.held, "available": balance.available}
    shown = {name: f"{from_micros(amount):f}" for name, amount in amounts.items()}
    words = f"{shown['balance']} {balance.currency}, of which {shown['held']} are held; {balance.mode}"
    answer(as_json, words, accountSid=str(balance.account_id), **shown, currency=balance.currency, mode=balance.mode)
