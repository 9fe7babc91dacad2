"""What the commands of `cordboard` have in common."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from cordboard.kit.errors import CordboardError
from cordboard.run.first_start import bring_up_to_date
from cordboard.run.opening import StartError, open_platform, some_server
from cordboard.run.platform import Platform
from cordboard.run.role_process import configure_logs
from cordboard.run.settings import Settings, SettingsError, load_settings

_Command = Callable[..., Coroutine[Any, Any, None]]

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The settings file [default: $CORDBOARD_CONFIG, else cordboard.toml where there is one].",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")


def failing_in_words(command: _Command) -> Callable[..., None]:
    """Runs an asynchronous command; what can be expected to fail ends in one line and exit code 1."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        try:
            asyncio.run(command(**options))
        except (SettingsError, StartError, CordboardError) as error:
            raise click.ClickException(str(error)) from error

    return run


def load(config: Path | None) -> Settings:
    """The settings. Raises SettingsError."""
    settings = load_settings(config)
    configure_logs(settings)
    return settings


@asynccontextmanager
async def opened_platform(config: Path | None) -> AsyncIterator[Platform]:
    """The platform, on a database that is up to date."""
    settings = load(config)
    async with some_server(settings) as url:
        await bring_up_to_date(url)
        async with open_platform(settings, url) as platform:
            yield platform


def answer(as_json: bool, words: str, **members: Any) -> None:
    """Says what was done: in words, or its members as JSON."""
    click.echo(msgspec.json.encode(members) if as_json else words)
