"""Blobs on the disk: whole or not there, under names that cannot lead elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cordboard.infra.blobs import LocalBlobs

NAME = "abcdefghijklmnop-_12345.png"


def files_in(folder: Path) -> list[str]:
    """Names of the files under a folder."""
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    """A store in a folder of its own."""
    return LocalBlobs(tmp_path / "media", "https://cord.example/")


async def test_what_was_put_is_found_under_its_url(blobs: LocalBlobs) -> None:
    assert await blobs.put(NAME, b"\x89PNG\x00") == f"https://cord.example/media/{NAME}"
    assert await blobs.get(NAME) == b"\x89PNG\x00"
    await blobs.put(NAME, b"new")
    assert await blobs.get(NAME) == b"new"


async def test_what_was_not_put_is_not_there(blobs: LocalBlobs) -> None:
    assert await blobs.get(NAME) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "short",
        "../../../../etc/passwd",
        f"/{NAME}",
        f"{NAME}/..",
        "a" * 65,
        f"{NAME}\n",
        f"{NAME}\0",
        ".." + "a" * 20,
    ],
)
async def test_odd_names_are_no_blobs(blobs: LocalBlobs, tmp_path: Path, name: str) -> None:
    assert await blobs.get(name) is None
    with pytest.raises(ValueError, match="blob name"):
        await blobs.put(name, b"x")
    assert files_in(tmp_path) == []


async def test_those_who_put_the_same_name_at_once_do_not_mix(blobs: LocalBlobs, tmp_path: Path) -> None:
    bodies = [bytes([number]) * 200_000 for number in range(8)]
    await asyncio.gather(*(blobs.put(NAME, body) for body in bodies))
    assert await blobs.get(NAME) in bodies
    assert files_in(tmp_path) == [NAME]


async def test_what_was_deleted_is_gone(blobs: LocalBlobs, tmp_path: Path) -> None:
    await blobs.put(NAME, b"x")
    await blobs.delete(NAME)
    await blobs.delete(NAME)
    await blobs.delete("../../etc/passwd")

    assert await blobs.get(NAME) is None
    assert files_in(tmp_path) == []
