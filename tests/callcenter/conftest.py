"""The fixtures of the contact centre's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.callcenter.house import Center, open_center
from tests.harness import Api


@pytest.fixture
async def center(api: Api) -> AsyncIterator[Center]:
    """A contact centre."""
    opened = await open_center(api)
    yield opened
    await opened.http.aclose()
