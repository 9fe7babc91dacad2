"""Bodies: compressed, too large, cut short."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.infra.http.servers import canned

from cordboard.infra.http import GuardedClient
from cordboard.infra.http.body import Inflater
from cordboard.infra.http.errors import HttpError, ProtocolError, ResponseTooLargeError
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

LIMIT = 10_000
TEXT = b"Hello, world. " * 100


def gzipped(data: bytes) -> bytes:
    """The same at any time of day: tests are named by it."""
    return gzip.compress(data, mtime=0)


def _raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzipped(TEXT)),
        ("x-gzip", gzipped(TEXT)),
        ("GZIP", gzipped(TEXT[:500]) + gzipped(TEXT[500:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", _raw_deflate(TEXT)),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
async def test_is_decompressed(encoding: str, data: bytes) -> None:
    async with (
        WebhookReceiver() as receiver,
        GuardedClient(allow_private=True, max_body_bytes=LIMIT) as client,
    ):
        receiver.default = Answer(data=data, headers={"Content-Encoding": encoding} if encoding else {})
        reply = await client.request("GET", receiver.url())
        assert reply.body == TEXT
        assert receiver.requests[0].headers["accept-encoding"] == "gzip, deflate"


async def test_encodings_not_asked_for_are_left_alone() -> None:
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True) as client:
        receiver.default = Answer(data=b"\x8b\x01", headers={"Content-Encoding": "br"})
        reply = await client.request("GET", receiver.url())
        assert (reply.body, reply.headers["content-encoding"]) == (b"\x8b\x01", "br")


async def test_a_bomb_is_stopped() -> None:
    bomb = gzipped(bytes(50_000_000))
    assert len(bomb) < 60_000
    async with (
        WebhookReceiver() as receiver,
        GuardedClient(allow_private=True, max_body_bytes=100_000) as client,
    ):
        receiver.default = Answer(data=bomb, headers={"Content-Encoding": "gzip"})
        with pytest.raises(ResponseTooLargeError, match="100000"):
            await client.request("GET", receiver.url())


async def test_exactly_the_limit_is_fine() -> None:
    async with (
        WebhookReceiver() as receiver,
        GuardedClient(allow_private=True, max_body_bytes=LIMIT) as client,
    ):
        for data, headers in (
            (bytes(LIMIT), {}),
            (gzipped(bytes(LIMIT)), {"Content-Encoding": "gzip"}),
        ):
            receiver.default = Answer(data=data, headers=headers)
            assert len((await client.request("GET", receiver.url())).body) == LIMIT
        receiver.default = Answer(data=bytes(LIMIT + 1))
        with pytest.raises(ResponseTooLargeError) as caught:
            await client.request("GET", receiver.url())
        assert caught.value.sent


async def test_a_stream_without_end_is_stopped() -> None:
    chunk = b"2000\r\n" + bytes(0x2000) + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    client = GuardedClient(allow_private=True, max_body_bytes=LIMIT)
    async with canned(head, *[chunk] * 1_000) as url, client:
        with pytest.raises(ResponseTooLargeError):
            await client.request("GET", url)


@pytest.mark.parametrize("data", [gzipped(TEXT)[:-20], b"not gzip at all", gzipped(TEXT) + b"rest"])
async def test_broken_compression(data: bytes) -> None:
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True) as client:
        receiver.default = Answer(data=data, headers={"Content-Encoding": "gzip"})
        with pytest.raises(ProtocolError):
            await client.request("GET", receiver.url())


async def test_no_body_but_an_encoding() -> None:
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True) as client:
        receiver.default = Answer(status=204, headers={"Content-Encoding": "gzip"})
        assert (await client.request("POST", receiver.url(), body=b"x")).body == b""
        receiver.default = Answer(data=gzipped(TEXT), headers={"Content-Encoding": "gzip"})
        assert (await client.request("HEAD", receiver.url())).body == b""


@given(st.binary(max_size=500), st.integers(1, 50), st.sampled_from(["gzip", "deflate"]))
def test_any_chunking_gives_the_same(data: bytes, size: int, encoding: str) -> None:
    packed = gzipped(data) if encoding == "gzip" else zlib.compress(data)
    inflater = Inflater(encoding, 500)
    pieces = [inflater.feed(packed[at : at + size]) for at in range(0, len(packed), size)]
    inflater.finish()
    assert b"".join(pieces) == data


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_garbage_never_escapes_the_errors(data: bytes, encoding: str) -> None:
    inflater = Inflater(encoding, 100)
    try:
        assert len(inflater.feed(data)) <= 100
        inflater.finish()
    except HttpError:
        pass
