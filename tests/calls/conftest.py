"""One media engine and one voice process for all; each test finds it at rest, and has to leave it so."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.calls.house import House
from tests.calls.opening import fresh, opened
from tests.sandbox_calls.house import media_serving


@pytest.fixture(scope="session")
def engine() -> Iterator[Path]:
    """The socket of a media engine."""
    with tempfile.TemporaryDirectory(prefix="cordboard-engine-") as folder:
        path = Path(folder) / "one.sock"
        with media_serving(path):
            yield path


@pytest.fixture(scope="session")
async def exchange(
    server_url: str, template: str, engine: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """A voice process, with numbers, a network and a web."""
    async with (
        fresh(server_url, template) as database,
        opened(database, engine, tmp_path_factory.mktemp("calls")) as house,
    ):
        yield house


@pytest.fixture
async def house(exchange: House) -> AsyncIterator[House]:
    """The same, at rest before and after."""
    await exchange.begin()
    try:
        yield exchange
        await exchange.at_rest()
    finally:
        await exchange.clean_up()
