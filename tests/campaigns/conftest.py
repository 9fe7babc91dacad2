"""What tests of campaigns start from."""

from __future__ import annotations

import pytest
from tests.campaigns.house import Business, open_business
from tests.harness import Api


@pytest.fixture
async def business(api: Api) -> Business:
    """A business."""
    return await open_business(api)
