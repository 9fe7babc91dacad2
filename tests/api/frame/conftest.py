"""The probes, served."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.api.frame.probes import Probes, serve
from tests.harness import Api


@pytest.fixture
def probes() -> Probes:
    """Handlers that remember their calls."""
    return Probes()


@pytest.fixture
async def probed(api: Api, probes: Probes) -> AsyncIterator[Api]:
    """The platform with the probes as its endpoints."""
    async with serve(api, probes.endpoints()) as served:
        yield served
