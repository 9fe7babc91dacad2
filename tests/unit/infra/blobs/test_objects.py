"""Blobs in an object store: what the settings mean, and a store that is away or refuses us."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from tests.object_store import BUCKET, ObjectStore

from cordboard.infra.blobs import Blobs, BlobStoreError
from cordboard.infra.blobs.building import build_blobs
from cordboard.infra.blobs.settings import StorageSettings

NAME = "abcdefghijklmnop-_12345.wav"


def blobs_of(settings: StorageSettings) -> Blobs:
    """The store of some settings."""
    return build_blobs(settings, Path("/nowhere"), "https://cord.example")


async def fetch(url: str) -> httpx.Response:
    """What a stranger gets."""
    async with httpx.AsyncClient() as stranger:
        return (await stranger.get(url)).raise_for_status()


async def test_objects_lie_under_the_prefix_with_their_type(object_store: ObjectStore) -> None:
    await blobs_of(object_store.settings()).put(NAME, b"RIFF")

    answer = await fetch(f"{object_store.endpoint}/{BUCKET}/media/{NAME}")
    assert (answer.content, answer.headers["Content-Type"]) == (b"RIFF", "audio/wav")


async def test_what_could_act_in_a_browser_is_kept_as_a_download(object_store: ObjectStore) -> None:
    await blobs_of(object_store.settings()).put("abcdefghijklmnop.html", b"<script>")

    answer = await fetch(f"{object_store.endpoint}/{BUCKET}/media/abcdefghijklmnop.html")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


async def test_a_bucket_that_is_public_is_where_blobs_are_found(object_store: ObjectStore) -> None:
    blobs = blobs_of(object_store.settings(public_url=f"{object_store.endpoint}/{BUCKET}/media/"))

    url = await blobs.put(NAME, b"RIFF")

    assert url == f"{object_store.endpoint}/{BUCKET}/media/{NAME}"
    assert blobs.name_of(url) == NAME
    assert (await fetch(url)).content == b"RIFF"


async def test_readers_are_sent_to_signed_urls_when_it_is_set(object_store: ObjectStore) -> None:
    plain, signing = blobs_of(object_store.settings()), blobs_of(object_store.settings(signed_seconds=60))
    await plain.put(NAME, b"RIFF")

    assert await plain.signed_url(NAME) is None
    signed = await signing.signed_url(NAME)
    assert signed is not None
    assert "X-Amz-Expires=60" in signed
    assert "very" not in signed
    assert (await fetch(signed)).content == b"RIFF"


async def _use(blobs: Blobs, tmp_path: Path) -> list[str]:
    """What each verb answers for a store that fails."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    said = []
    for verb in (
        lambda: blobs.put(NAME, b"x"),
        lambda: blobs.put_file(NAME, path),
        lambda: blobs.get(NAME),
        lambda: blobs.size(NAME),
        lambda: blobs.stream(NAME).__anext__(),
        lambda: blobs.delete(NAME),
    ):
        with pytest.raises(BlobStoreError) as refused:
            await verb()
        assert refused.value.status == 503
        said.append(str(refused.value.more_info))
    return said


async def test_a_store_that_is_away_is_a_503_without_internals(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        away = ObjectStore(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with structlog.testing.capture_logs() as logged:
            said = await _use(blobs_of(away.settings()), tmp_path)

    assert set(said) == {"the file store does not answer as it should"}
    assert {line["event"] for line in logged} == {"blobs.failed"}
    assert "very secret" not in repr(logged)


async def test_wrong_keys_are_a_503_that_says_so(object_store: ObjectStore, tmp_path: Path) -> None:
    blobs = blobs_of(object_store.settings())
    with object_store.checking_keys(), structlog.testing.capture_logs() as logged:
        said = await _use(blobs, tmp_path)

    assert set(said) == {"the file store refuses the platform's keys"}
    assert "very secret" not in repr(logged)
    assert await blobs.size(NAME) is None


async def test_a_bucket_that_is_not_there_is_a_503(object_store: ObjectStore) -> None:
    blobs = blobs_of(object_store.settings(url="s3://no-such-bucket"))

    with pytest.raises(BlobStoreError, match="no such bucket"):
        await blobs.put(NAME, b"x")


async def test_options_that_the_store_does_not_know_are_named(object_store: ObjectStore) -> None:
    with pytest.raises(BlobStoreError, match="nonsense"):
        blobs_of(object_store.settings(options={"nonsense": "1"}))


@pytest.mark.parametrize("url", ["gs://bucket/prefix", "az://container/prefix"])
def test_the_other_clouds_can_be_named(url: str) -> None:
    settings = StorageSettings(url=url, access_key_id="name", secret_access_key="a2V5") if url[0] == "a" else None

    assert blobs_of(settings or StorageSettings(url=url)).url(NAME) == f"https://cord.example/media/{NAME}"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"url": "ftp://bucket"}, "url: write it as s3://"),
        ({"url": "s3://"}, "url: write it as s3://"),
        ({"endpoint": "localhost:9000"}, "endpoint: must start with http"),
        ({"public_url": "files.example"}, "public_url: must start with http"),
        ({"url": ""}, "endpoint: is of use with storage.url only"),
        ({"secret_access_key": ""}, "secret_access_key: set it together"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, Any], problem: str) -> None:
    problems = list(ObjectStore("http://127.0.0.1:9000").settings(**changes).problems())

    assert any(one.startswith(problem) for one in problems), problems


def test_right_settings_have_no_problems() -> None:
    assert list(StorageSettings().problems()) == []
    assert list(ObjectStore("http://127.0.0.1:9000").settings().problems()) == []
