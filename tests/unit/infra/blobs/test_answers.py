"""The platform's own files for its own requests, which need no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.infra.blobs import LocalBlobs
from cordboard.infra.blobs.answers import BlobAnswers
from cordboard.infra.http import GuardedClient, HttpError, check_url
from cordboard.infra.http.errors import BlockedAddressError, ConnectError, ResponseTooLargeError
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

HERE = "http://127.0.0.1:8000"
NAME = "abcdefghijklmnop.xml"


@pytest.fixture
def stored(tmp_path: Path) -> LocalBlobs:
    """Where the files are."""
    return LocalBlobs(tmp_path / "media", HERE)


async def test_own_files_are_read_where_they_lie(stored: LocalBlobs) -> None:
    url = await stored.put(NAME, b"<Response/>")
    async with GuardedClient(own=BlobAnswers(stored, 100)) as client:
        for method, asked in (("GET", url), ("POST", f"{url}?CallSid=1"), ("GET", f"{url}#end")):
            reply = await client.request(method, asked)
            assert (reply.status, reply.body, reply.url) == (200, b"<Response/>", asked)
            assert reply.headers["content-type"] == "application/xml"
            assert reply.headers["cache-control"] == "private, max-age=300"
        assert (await client.request("GET", f"{HERE}/media/ponmlkjihgfedcba.xml")).status == 404


@pytest.mark.parametrize(
    "path", ["/metrics", "/media/short", f"/other/{NAME}", f"/media/{NAME}/../x", f"/media//{NAME}"]
)
async def test_nothing_else_of_this_machine_is_reached(stored: LocalBlobs, path: str) -> None:
    await stored.put(NAME, b"<Response/>")
    async with GuardedClient(own=BlobAnswers(stored, 100)) as client:
        with pytest.raises(BlockedAddressError):
            await client.request("GET", HERE + path)


async def test_a_redirect_may_lead_to_an_own_file(stored: LocalBlobs) -> None:
    url = await stored.put(NAME, b"<Response/>")
    async with WebhookReceiver() as web, GuardedClient(allow_private=True, own=BlobAnswers(stored, 100)) as client:
        web.answer("/there", Answer(status=302, headers={"Location": url}))
        assert (await client.request("GET", web.url("/there"))).body == b"<Response/>"


async def test_own_files_have_a_limit(stored: LocalBlobs) -> None:
    url = await stored.put(NAME, b"x" * 101)
    async with GuardedClient(own=BlobAnswers(stored, 100)) as client:
        with pytest.raises(ResponseTooLargeError, match="101 bytes; at most 100"):
            await client.request("GET", url)


async def test_a_store_that_is_away_is_as_a_host_that_is_away(stored: LocalBlobs, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("no folder")
    async with GuardedClient(own=BlobAnswers(stored, 100)) as client:
        with pytest.raises(ConnectError, match="the disk") as failed:
            await client.request("GET", stored.url(NAME))
    assert isinstance(failed.value, HttpError)
    assert not failed.value.sent


@pytest.mark.parametrize(
    ("url", "may_be_saved"),
    [
        (f"{HERE}/media/{NAME}", True),
        (f"http://localhost:8000/media/{NAME}", True),
        (f"{HERE}/media/short", False),
        (f"{HERE}/v4/contact", False),
        (f"{HERE}/x/media/{NAME}", False),
        (f"ftp://127.0.0.1/media/{NAME}", False),
        (f"http://me@127.0.0.1/media/{NAME}", False),
    ],
)
def test_urls_of_own_files_may_be_saved_on_a_laptop(url: str, may_be_saved: bool) -> None:
    assert (check_url(url, allow_private=False) is None) is may_be_saved
