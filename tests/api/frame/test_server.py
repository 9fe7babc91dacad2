"""The server on a real socket: heads that are too large or too slow, bodies that lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.harness import Api, Tenant

from cordboard.edge.api.frame import server as server_module
from cordboard.edge.api.frame.server import LARGEST_HEAD, listen, make_server
from cordboard.run.api import build_api

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def port(api: Api) -> AsyncIterator[int]:
    """Where the application listens."""
    server = make_server(build_api(api.platform), drain_seconds=1)
    listener = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve([listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer_to(port: int, *pieces: bytes) -> bytes:
    """Everything that comes back until the server closes the connection."""
    async with connected(port) as (reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()


def head(path: str = "/healthz", *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *lines, "", ""]).encode("latin-1")


async def test_a_usual_request(port: int) -> None:
    answer = await answer_to(port, head())

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nok")
    assert b"\r\nserver:" not in answer.lower()


async def test_a_large_head_within_the_limit(port: int) -> None:
    assert (await answer_to(port, head("/healthz", "X-Pad: " + "p" * (LARGEST_HEAD - 200)))).startswith(b"HTTP/1.1 200")


async def test_a_header_that_is_too_large_is_431(port: int) -> None:
    answer = await answer_to(port, head("/healthz", "X-Bomb: " + "b" * LARGEST_HEAD))

    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_many_headers_in_many_pieces_are_431(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        for number in range(LARGEST_HEAD // 20):
            writer.write(b"X-%d: %s\r\n" % (number, b"b" * 20))
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 431 ")


async def test_a_large_body_in_the_first_piece_is_not_taken_for_a_head(port: int) -> None:
    body = b"{" + b" " * (2 * LARGEST_HEAD) + b"}"
    request = head("/auth/v3/token", f"Content-Length: {len(body)}", method="POST") + body

    assert (await answer_to(port, request)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_an_end_of_head_that_comes_in_two_pieces(port: int, cut: int) -> None:
    body = b"{" + b" " * (2 * LARGEST_HEAD) + b"}"
    start = head("/auth/v3/token", f"Content-Length: {len(body)}", method="POST")
    async with connected(port) as (reader, writer):
        writer.write(start[:-cut])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(start[-cut:] + body)
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")


async def test_a_slow_head_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HEAD_SECONDS", 0.05)

    assert await answer_to(port, b"GET /healthz HTTP/1.1\r\nHost:") == b""


async def test_a_slow_second_head_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HEAD_SECONDS", 0.05)
    async with connected(port) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHo")
        async with asyncio.timeout(10):
            answer = await reader.read()

    assert answer.count(b"HTTP/1.1 200 OK") == 1


async def test_several_requests_on_one_connection(port: int) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    assert (await answer_to(port, one + one, head())).count(b"HTTP/1.1 200 OK") == 3


async def test_more_body_than_announced_is_not_a_part_of_it(port: int, api: Api) -> None:
    acme = await api.account()
    start = keep_alive(acme, "Content-Length: 2")

    answer = await answer_to(port, start + b'{}{"extData": {"smuggled": "yes"}}\r\n\r\n')

    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert await api.fetch("select from contacts where ext_data ? 'smuggled'") == []


async def test_less_body_than_announced_is_no_request(port: int, api: Api) -> None:
    acme = await api.account()
    async with connected(port) as (_, writer):
        writer.write(keep_alive(acme, "Content-Length: 500") + b'{"extData": {"a": "b"}}')
        await writer.drain()

    assert (await answer_to(port, head())).startswith(b"HTTP/1.1 200 OK")
    assert await api.fetch("select from contacts") == []


async def test_a_chunked_body_past_the_limit_is_413(port: int, api: Api) -> None:
    acme = await api.account()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    async with connected(port) as (reader, writer):
        writer.write(keep_alive(acme, "Transfer-Encoding: chunked"))
        writer.writelines(chunk for _ in range(17))
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", ["-1", "x", "1, 2"])
async def test_a_length_that_is_none_is_400(port: int, api: Api, length: str) -> None:
    acme = await api.account()

    answer = await answer_to(port, keep_alive(acme, f"Content-Length: {length}") + b"{}")

    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("line", ["Authorization: Bearer \xff\xfe", "X-Request-Id: \xe9", "Idempotency-Key: \xe9"])
async def test_headers_beyond_ascii(port: int, line: str) -> None:
    answer = await answer_to(port, head("/v4/contact", line))

    assert answer.startswith(b"HTTP/1.1 403 ")


async def test_a_path_beyond_ascii_is_refused(port: int) -> None:
    assert (await answer_to(port, b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))[9:12] in (
        b"400",
        b"404",
    )


def keep_alive(tenant: Tenant, *lines: str) -> bytes:
    """The head of a POST of a contact."""
    given = ["POST /v4/contact HTTP/1.1", "Host: x", f"Authorization: Bearer {tenant.token}", *lines, "", ""]
    return "\r\n".join(given).encode()
