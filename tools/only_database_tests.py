"""A pytest plugin (`-p only_database_tests`): leaves out every test that does not use the database."""

from __future__ import annotations

import pytest

_FIXTURE = "server_url"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests that ask for the server, directly or by way of other fixtures."""
    others = [item for item in items if _FIXTURE not in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
