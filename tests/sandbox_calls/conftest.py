"""One media engine for all, a house for each."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.harness import Api
from tests.sandbox_calls.house import House, media_serving, opened


@pytest.fixture(scope="session")
def engine() -> Iterator[Path]:
    """The socket of a media engine."""
    with tempfile.TemporaryDirectory(prefix="cordboard-engine-") as folder:
        path = Path(folder) / "one.sock"
        with media_serving(path):
            yield path


@pytest.fixture
async def house(api: Api, engine: Path, tmp_path: Path) -> AsyncIterator[House]:
    """The platform's agent and the handsets, on the telephone."""
    async with opened(api, engine, tmp_path) as house:
        yield house
