"""A pytest plugin (`-p only_database_tests`): leaves out every test that does not use the database, and those of the
HTTP frame, which run no SQL of their own.
"""

from __future__ import annotations

import pytest

_FIXTURE = "server_url"
_FRAME = ("tests/api/frame/", "tests/api/test_walk.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests that ask for the server, directly or by way of other fixtures."""
    kept = [item for item in items if _FIXTURE in getattr(item, "fixturenames", ()) and not _is_frame(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _is_frame(item: pytest.Item) -> bool:
    return item.nodeid.startswith(_FRAME)
