"""What tests of live lists start from."""

from __future__ import annotations

import pytest
from tests.harness import Api
from tests.live_lists.house import Floor


@pytest.fixture
async def floor(api: Api) -> Floor:
    """An account with agents."""
    return Floor(api, await api.account(), {})
