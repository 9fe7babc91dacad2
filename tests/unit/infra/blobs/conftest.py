"""Every kind of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.object_store import ObjectStore, open_object_store

from cordboard.infra.blobs import Blobs
from cordboard.infra.blobs.building import build_blobs
from cordboard.infra.blobs.settings import StorageSettings

PUBLIC_URL = "https://cord.example/"


def files_in(folder: Path) -> list[str]:
    """Names of the files under a folder."""
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def object_server() -> Iterator[ObjectStore]:
    """One server for all tests of a session."""
    with open_object_store() as server:
        yield server


@pytest.fixture
def object_store(object_server: ObjectStore) -> ObjectStore:
    """It, with nothing in it."""
    object_server.empty()
    return object_server


@pytest.fixture(params=["disk", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """An empty store of each kind."""
    if request.param == "disk":
        return build_blobs(StorageSettings(), tmp_path / "media", PUBLIC_URL)
    store: ObjectStore = request.getfixturevalue("object_store")
    return build_blobs(store.settings(), tmp_path / "unused", PUBLIC_URL)
