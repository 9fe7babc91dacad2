"""A pytest plugin (`-p only_database_tests`): leaves out every test that does not use the database, those of the HTTP
frame, which run no SQL of their own, and of the rest four in five: what a statement's dialect is shows at its first
use, and each file has several.
"""

from __future__ import annotations

import pytest

_FIXTURE = "server_url"
_FRAME = ("tests/api/frame/", "tests/api/test_walk.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps a fifth of the tests that ask for the server, directly or by way of other fixtures."""
    using = [item for item in items if _FIXTURE in getattr(item, "fixturenames", ()) and not _is_frame(item)]
    kept = using[::5]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _is_frame(item: pytest.Item) -> bool:
    return item.nodeid.startswith(_FRAME)
