"""Blobs on the disk: nothing is left of what could not be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.infra.blobs.conftest import files_in

from cordboard.infra.blobs import BlobStoreError, LocalBlobs

NAME = "abcdefghijklmnop-_12345.png"


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    """A store in a folder of its own."""
    return LocalBlobs(tmp_path / "media", "https://cord.example/")


async def test_a_blob_is_one_file(blobs: LocalBlobs, tmp_path: Path) -> None:
    await blobs.put(NAME, b"x" * 300_000)
    await blobs.put(NAME, b"y")
    assert files_in(tmp_path) == [NAME]
    await blobs.delete(NAME)
    assert files_in(tmp_path) == []


async def test_a_disk_that_fails_says_so(blobs: LocalBlobs, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file where the folder should be")

    with pytest.raises(BlobStoreError, match="the disk: ") as refused:
        await blobs.put(NAME, b"x")
    assert refused.value.status == 503
    assert str(tmp_path) not in str(refused.value)
    assert files_in(tmp_path) == ["media"]


async def test_a_source_that_cannot_be_read_leaves_nothing(blobs: LocalBlobs, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await blobs.put_file(NAME, tmp_path / "absent")
    assert files_in(tmp_path) == []
