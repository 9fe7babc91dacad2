"""What every store does: blobs whole or not there, under names that cannot lead elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.unit.infra.blobs.conftest import files_in

from cordboard.infra.blobs import Blobs
from cordboard.infra.blobs.objects import PART, PIECE

NAME = "abcdefghijklmnop-_12345.png"
ABSENT = "ponmlkjihgfedcba-_12345.png"
ODD_NAMES = [
    "",
    "short",
    "../../../../etc/passwd",
    f"/{NAME}",
    f"{NAME}/..",
    "a" * 65,
    f"{NAME}\n",
    f"{NAME}\0",
    ".." + "a" * 20,
    f"{NAME}?x",
]


async def read(blobs: Blobs, name: str, *, start: int = 0, length: int | None = None) -> bytes:
    """What streams, in one piece."""
    return b"".join([piece async for piece in blobs.stream(name, start=start, length=length)])


async def test_what_was_put_is_found_under_its_url(blobs: Blobs) -> None:
    assert await blobs.put(NAME, b"\x89PNG\x00") == f"https://cord.example/media/{NAME}" == blobs.url(NAME)
    assert await blobs.get(NAME) == b"\x89PNG\x00"
    assert await blobs.size(NAME) == 5
    await blobs.put(NAME, b"new")
    assert await blobs.get(NAME) == b"new"


async def test_a_file_is_copied(blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * (PART // 256) + b"and a second part")

    assert await blobs.put_file(NAME, path) == blobs.url(NAME)

    assert await blobs.size(NAME) == PART + 17
    assert await blobs.get(NAME) == path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1])
async def test_what_streams_is_what_was_put(blobs: Blobs, size: int) -> None:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    await blobs.put(NAME, data)

    assert await read(blobs, NAME) == data
    for start, length in ((0, 0), (0, 10), (size // 2, None), (size // 2, 5), (max(0, size - 3), 100)):
        wanted = data[start:] if length is None else data[start : start + length]
        assert await read(blobs, NAME, start=start, length=length) == wanted
    assert await read(blobs, NAME, start=size + 1) == b""


async def test_what_was_not_put_is_not_there(blobs: Blobs) -> None:
    assert await blobs.get(ABSENT) is None
    assert await blobs.size(ABSENT) is None
    with pytest.raises(FileNotFoundError):
        await read(blobs, ABSENT)
    await blobs.delete(ABSENT)


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_odd_names_are_no_blobs(blobs: Blobs, tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")

    assert await blobs.get(name) is None
    assert await blobs.size(name) is None
    assert await blobs.signed_url(name) is None
    assert blobs.name_of(f"https://cord.example/media/{name}") in (None, NAME)
    with pytest.raises(FileNotFoundError):
        await read(blobs, name)
    with pytest.raises(ValueError, match="blob name"):
        await blobs.put(name, b"x")
    with pytest.raises(ValueError, match="blob name"):
        await blobs.put_file(name, path)
    await blobs.delete(name)
    assert files_in(tmp_path) == ["file"]


async def test_those_who_put_the_same_name_at_once_do_not_mix(blobs: Blobs) -> None:
    bodies = [bytes([number]) * 200_000 for number in range(8)]
    await asyncio.gather(*(blobs.put(NAME, body) for body in bodies))
    assert await blobs.get(NAME) in bodies


async def test_what_was_deleted_is_gone(blobs: Blobs) -> None:
    await blobs.put(NAME, b"x")
    await blobs.delete(NAME)
    await blobs.delete(NAME)

    assert await blobs.get(NAME) is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"https://cord.example/media/{NAME}", NAME),
        (f"https://CORD.example/media/{NAME}?CallSid=1#x", NAME),
        (f"https://cord.example/other/{NAME}", None),
        (f"http://cord.example/media/{NAME}", None),
        (f"https://cord.example.evil.example/media/{NAME}", None),
        (f"https://cord.example@evil.example/media/{NAME}", None),
        ("https://cord.example/media/short", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_urls_of_blobs_are_told_from_others(blobs: Blobs, url: str, name: str | None) -> None:
    assert blobs.name_of(url) == name
