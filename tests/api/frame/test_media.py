"""`/media/{name}`: stored files whole and in parts, from the disk and from an object store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.asset_files import WAV
from tests.harness import Api, open_api
from tests.object_store import ObjectStore, open_object_store

from cordboard.infra.blobs.objects import PIECE
from cordboard.infra.db import Database
from cordboard.kit.ids import Ids
from cordboard.run.api import build_api
from cordboard.testing.clock import VirtualClock

DATA = bytes(range(100))
SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "referrer-policy": "no-referrer",
    "cache-control": "private, max-age=300",
    "accept-ranges": "bytes",
}


@pytest.fixture(scope="module")
def object_server() -> Iterator[ObjectStore]:
    """A server of objects."""
    with open_object_store() as server:
        yield server


@pytest.fixture(params=["disk", "s3"])
async def stored(
    request: pytest.FixtureRequest, database: Database, clock: VirtualClock, tmp_path: Path
) -> AsyncIterator[Api]:
    """A platform on each kind of store."""
    changes: dict[str, Any] = {}
    if request.param == "s3":
        changes["storage"] = request.getfixturevalue("object_server").settings()
    async with open_api(database, clock, tmp_path, **changes) as opened:
        yield opened


def browser(api: Api) -> httpx.AsyncClient:
    """Whoever has a URL."""
    application: Any = build_api(api.platform)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://cordboard.test")


async def put(api: Api, data: bytes, suffix: str = ".wav") -> str:
    """The path of a new file."""
    return httpx.URL(await api.platform.blobs.put(Ids.token() + suffix, data)).path


def is_safe(answer: httpx.Response) -> bool:
    """Whether no browser takes the answer for a page of ours."""
    return SAFE.items() <= dict(answer.headers).items()


async def test_a_file_is_given_whole(stored: Api) -> None:
    for data in (DATA, b"", DATA * (PIECE // 100) + b"more than a piece"):
        path = await put(stored, data)
        async with browser(stored) as web:
            answer, head = await web.get(path), await web.head(path)

        assert (answer.status_code, answer.content) == (200, data)
        assert is_safe(answer)
        assert answer.headers["content-length"] == str(len(data))
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-length", "content-type", *SAFE):
            assert head.headers[name] == answer.headers[name], name


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=90-", (90, 99)),
        ("bytes=90-5000", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-5000", (0, 99)),
        ("bytes=99-99", (99, 99)),
        ("bytes = 0-0", (0, 0)),
    ],
)
async def test_a_part_is_given(stored: Api, asked: str, part: tuple[int, int]) -> None:
    path = await put(stored, DATA)
    async with browser(stored) as web:
        answer = await web.get(path, headers={"Range": asked})
        head = await web.head(path, headers={"Range": asked})

    first, last = part
    assert (answer.status_code, answer.content) == (206, DATA[first : last + 1])
    assert answer.headers["content-range"] == head.headers["content-range"] == f"bytes {first}-{last}/100"
    assert answer.headers["content-length"] == head.headers["content-length"] == str(last - first + 1)
    assert is_safe(answer)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
async def test_a_part_that_is_not_there_is_a_416(stored: Api, asked: str) -> None:
    path = await put(stored, DATA)
    async with browser(stored) as web:
        answer = await web.get(path, headers={"Range": asked})

    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */100")
    assert is_safe(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=9-0"},
        {"Range": "bytes=-"},
        {"Range": "bytes=a-b"},
        {"Range": "lines=0-9"},
        {"Range": "bytes=0-1,5-6"},
        {"Range": f"bytes={'9' * 30}-"},
        {"Range": "bytes=0-9", "If-Range": '"tag"'},
    ],
)
async def test_what_cannot_be_followed_gives_the_whole(stored: Api, headers: dict[str, str]) -> None:
    path = await put(stored, DATA)
    async with browser(stored) as web:
        answer = await web.get(path, headers=headers)

    assert (answer.status_code, answer.content) == (200, DATA)


async def test_what_is_not_there_is_a_404(stored: Api) -> None:
    async with browser(stored) as web:
        assert (await web.get(f"/media/{Ids.token()}.wav")).status_code == 404
        assert (await web.head(f"/media/{Ids.token()}.wav")).status_code == 404
        assert (await web.post(f"/media/{Ids.token()}.wav")).status_code == 405


async def test_documents_are_told_apart_and_never_shown(stored: Api) -> None:
    path = await put(stored, b"<Response/>", ".xml")
    async with browser(stored) as web:
        answer = await web.get(path)

    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["content-disposition"] == "attachment"
    assert is_safe(answer)


async def test_assets_live_in_the_store(stored: Api) -> None:
    tenant = await stored.account()
    made = await stored.call("POST", "/v4/asset", tenant, {"type": "audio"}, file=("file", "a.wav", WAV))
    url = made.only["publicUrl"]

    assert url.startswith(stored.platform.settings.http.public_url + "/media/")
    assert (await stored.platform.client.request("GET", url)).body == WAV
    async with browser(stored) as web:
        assert (await web.get(httpx.URL(url).path)).content == WAV
        await stored.delete("/v4/asset/audio/a.wav", tenant)
        await stored.settle()
        assert (await web.get(httpx.URL(url).path)).status_code == 404


async def test_readers_are_sent_to_the_store_when_it_is_set(
    object_server: ObjectStore, database: Database, clock: VirtualClock, tmp_path: Path
) -> None:
    async with open_api(database, clock, tmp_path, storage=object_server.settings(signed_seconds=60)) as api:
        path = await put(api, DATA)
        async with browser(api) as web:
            answer, head = await web.get(path), await web.head(path)

    assert answer.status_code == 307
    assert answer.headers["cache-control"] == "no-store"
    assert head.headers["content-length"] == "100"
    async with httpx.AsyncClient() as reader:
        assert (await reader.get(answer.headers["location"])).content == DATA


async def test_a_store_that_is_away_is_a_503(database: Database, clock: VirtualClock, tmp_path: Path) -> None:
    away = ObjectStore("http://127.0.0.1:9")  # the port of the discard protocol, where nobody listens
    async with open_api(database, clock, tmp_path, storage=away.settings()) as api:
        tenant = await api.account()
        made = await api.call("POST", "/v4/asset", tenant, {"type": "audio"}, file=("file", "a.wav", WAV))
        assert (made.status, made.errors) == (503, [("503", "the file store does not answer as it should")])
        assert await api.fetch("select 1 from assets") == []
        async with browser(api) as web:
            assert (await web.get(f"/media/{Ids.token()}.wav")).status_code == 503
