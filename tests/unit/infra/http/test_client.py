"""The guarded client over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from tests.unit.infra.http.servers import canned

from cordboard.infra.http import GuardedClient
from cordboard.infra.http.addresses import AddressPolicy
from cordboard.infra.http.errors import (
    BlockedAddressError,
    ConnectError,
    HttpTimeoutError,
    InvalidUrlError,
    ProtocolError,
    TooManyRedirectsError,
)
from cordboard.infra.http.guard import BlockedSocketError, SocketGuard
from cordboard.testing.certificates import self_signed
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver


async def test_asks_and_reads() -> None:
    async with (
        WebhookReceiver() as receiver,
        GuardedClient(allow_private=True, user_agent="Test/1") as client,
    ):
        receiver.answer("/hook", Answer(status=418, body="short", headers={"X-Tea": "pot"}))
        url = receiver.url("/hook?a=b%20c+d")
        reply = await client.request("post", url, headers={"X-A": "b"}, body=b"data")
        assert (reply.status, reply.body, reply.headers["x-tea"], reply.url) == (418, b"short", "pot", url)
        assert 0 <= reply.elapsed_ms < 5_000
        (request,) = receiver.requests
        assert (request.method, request.target, request.body) == ("POST", "/hook?a=b%20c+d", b"data")
        assert (request.headers["user-agent"], request.headers["x-a"]) == ("Test/1", "b")
        assert "content-type" not in request.headers


async def test_private_addresses_are_refused_before_a_connection() -> None:
    async with WebhookReceiver() as receiver, GuardedClient() as client:
        port = receiver.port
        for host in (
            "127.0.0.1",
            "localhost",
            "127.1",
            "0x7f000001",
            "2130706433",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
        ):
            with pytest.raises(BlockedAddressError) as caught:
                await client.request("GET", f"http://{host}:{port}/")
            assert not caught.value.sent
        with pytest.raises(BlockedAddressError, match="link-local"):
            await client.request("GET", "http://169.254.169.254/latest/meta-data/")
        assert receiver.requests == []


async def test_unspecified_is_refused_even_if_private_is_not() -> None:
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True) as client:
        for host in ("0.0.0.0", "[::]", "[::ffff:0.0.0.0]", "0"):
            with pytest.raises(BlockedAddressError):
                await client.request("GET", f"http://{host}:{receiver.port}/")


class _Names:
    """A resolver whose answers are told, one list a look-up; the last stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_names_of_private_addresses_are_refused() -> None:
    async with WebhookReceiver() as receiver:
        names = _Names(["127.0.0.1", "::1", "fd00::1"])
        async with GuardedClient(lookup=names) as client:
            with pytest.raises(BlockedAddressError, match=r"evil\.example: 127\.0\.0\.1 is not a public"):
                await client.request("GET", f"http://evil.example:{receiver.port}/")
        assert names.asked == ["evil.example"]
        assert receiver.requests == []


async def test_only_the_allowed_addresses_of_a_name_are_tried() -> None:
    async with WebhookReceiver() as receiver:
        names = _Names(["10.0.0.1", "127.0.0.1", "::1"])
        async with GuardedClient(lookup=names, allowed_networks=["127.0.0.1/32"]) as client:
            reply = await client.request("GET", f"http://half.example:{receiver.port}/")
            assert reply.status == 200
        assert receiver.requests[0].headers["host"] == f"half.example:{receiver.port}"


class _Liar(AbstractResolver):
    """A name whose address has changed by the time it is connected to."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing to release."""


async def test_the_socket_is_refused_whatever_the_resolver_said() -> None:
    connector = aiohttp.TCPConnector(resolver=_Liar(), socket_factory=SocketGuard(AddressPolicy()))
    async with WebhookReceiver() as receiver, aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(f"http://rebound.example:{receiver.port}/")
        assert isinstance(caught.value.os_error, BlockedSocketError)
        assert receiver.requests == []


async def test_redirects_into_private_networks_are_refused() -> None:
    targets = ("http://127.0.0.2/", "http://169.254.169.254/", "http://2130706434/", "http://inside.example/")
    names = _Names(["192.168.0.1"])
    client = GuardedClient(allowed_networks=["127.0.0.1/32"], lookup=names)
    async with WebhookReceiver() as receiver, client:
        for target in targets:
            receiver.default = Answer(status=302, headers={"Location": target})
            with pytest.raises(BlockedAddressError) as caught:
                await client.request("POST", receiver.url())
            assert caught.value.sent
        receiver.default = Answer(status=302, headers={"Location": "file:///etc/passwd"})
        with pytest.raises(InvalidUrlError):
            await client.request("POST", receiver.url())


async def test_redirects_are_followed() -> None:
    async with (
        WebhookReceiver() as one,
        WebhookReceiver() as two,
        GuardedClient(allow_private=True) as client,
    ):
        one.answer("/a", Answer(status=307, headers={"Location": "/b"}))
        one.answer("/b", Answer(status=302, headers={"Location": two.url("/c")}))
        two.answer("/c", Answer(body="here"))
        headers = {"Authorization": "Bearer t", "X-Key": "k", "X-Other": "o"}
        reply = await client.request("POST", one.url("/a"), headers=headers, body=b"data", sensitive=["X-Key"])
        assert (reply.body, reply.url) == (b"here", two.url("/c"))
        assert [(r.method, r.body, r.headers.get("authorization")) for r in one.requests] == [
            ("POST", b"data", "Bearer t"),
            ("POST", b"data", "Bearer t"),
        ]
        (last,) = two.requests
        assert (last.method, last.body) == ("GET", b"")
        assert "authorization" not in last.headers
        assert "x-key" not in last.headers
        assert last.headers["x-other"] == "o"


async def test_redirects_have_a_limit_and_can_be_left_alone() -> None:
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True, max_redirects=3) as client:
        receiver.default = Answer(status=301, body="gone", headers={"Location": "/again"})
        with pytest.raises(TooManyRedirectsError):
            await client.request("GET", receiver.url())
        assert len(receiver.requests) == 4
        reply = await client.request("GET", receiver.url(), follow_redirects=False)
        assert (reply.status, reply.body) == (301, b"gone")
        receiver.default = Answer(status=302)
        assert (await client.request("GET", receiver.url())).status == 302
        receiver.default = Answer(status=304, headers={"Location": "/again"})
        assert (await client.request("GET", receiver.url())).status == 304


async def test_no_cookies_are_kept_and_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True) as client:
        receiver.default = Answer(headers={"Set-Cookie": "a=b; Path=/"})
        for _ in range(2):
            await client.request("GET", receiver.url())
        assert all("cookie" not in request.headers for request in receiver.requests)


async def test_time_limits() -> None:
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True, total_timeout=0.05) as client:
        receiver.default = Answer(hang=True)
        with pytest.raises(HttpTimeoutError, match=r"within 0\.05 s") as caught:
            await client.request("GET", receiver.url())
        assert caught.value.sent
        with pytest.raises(HttpTimeoutError, match=r"within 0\.02 s"):
            await client.request("GET", receiver.url(), timeout=0.02)


async def test_half_a_body_runs_into_the_time_limit() -> None:
    client = GuardedClient(allow_private=True, total_timeout=0.05)
    async with canned(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", hold=True) as url, client:
        with pytest.raises(HttpTimeoutError):
            await client.request("GET", url)


async def test_connections_have_their_own_limit() -> None:
    """A TLS handshake that never comes counts as connecting."""
    async with canned(hold=True) as url, GuardedClient(allow_private=True, connect_timeout=0.05) as client:
        with pytest.raises(HttpTimeoutError, match="no connection to") as caught:
            await client.request("GET", url.replace("http://", "https://"))
        assert not caught.value.sent


async def test_no_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with GuardedClient(allow_private=True) as client:
            with pytest.raises(ConnectError, match="no connection to") as caught:
                await client.request("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/")
            assert not caught.value.sent


async def test_names_that_do_not_resolve() -> None:
    async with GuardedClient() as client:
        with pytest.raises(ConnectError, match="does not resolve"):
            await client.request("GET", "http://" + "a" * 64 + ".example/")
    async with GuardedClient(lookup=_Names([])) as client:
        with pytest.raises(ConnectError, match="does not resolve"):
            await client.request("GET", "http://nothing.example/")


async def test_certificates_are_checked() -> None:
    certificate = self_signed()
    async with WebhookReceiver(certificate=certificate) as receiver:
        async with GuardedClient(allow_private=True, tls=certificate.client_context()) as client:
            assert (await client.request("GET", receiver.url())).status == 200
            named = receiver.url().replace("127.0.0.1", "localhost")
            assert (await client.request("GET", named)).status == 200
        async with GuardedClient(allow_private=True) as client:
            with pytest.raises(ConnectError, match=r"certificate of 127\.0\.0\.1 is not trusted") as caught:
                await client.request("GET", receiver.url())
            assert not caught.value.sent
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True) as client:
        with pytest.raises(ConnectError, match="no TLS"):
            await client.request("GET", receiver.url().replace("http://", "https://"))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(1_000)) + b"\r\n",
        b"HTTP/1.1 200 " + b"a" * 20_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "ssh", "short", "bad chunk", "long header", "many headers", "long reason"],
)
async def test_broken_answers(answer: bytes) -> None:
    async with canned(answer) as url, GuardedClient(allow_private=True) as client:
        with pytest.raises(ProtocolError) as caught:
            await client.request("POST", url, body=b"x")
        assert caught.value.sent


@pytest.mark.parametrize("url", ["ftp://example.com/", "http://u:p@127.0.0.1/", "nonsense", "http://\r\n/"])
async def test_bad_urls(url: str) -> None:
    async with GuardedClient(allow_private=True) as client:
        with pytest.raises(InvalidUrlError):
            await client.request("GET", url)


async def test_headers_cannot_be_smuggled() -> None:
    async with WebhookReceiver() as receiver, GuardedClient(allow_private=True) as client:
        for method, headers in (("GET", {"X-A": "b\r\nX-C: d"}), ("GET", {"X\r\nY": "b"}), ("GE T", {})):
            with pytest.raises(ValueError):
                await client.request(method, receiver.url(), headers=headers)
        assert receiver.requests == []


async def test_many_at_once_share_connections() -> None:
    async with (
        WebhookReceiver() as receiver,
        GuardedClient(allow_private=True, connections_per_host=4) as client,
    ):
        url = receiver.url()
        replies = await asyncio.gather(*(client.request("POST", url, body=b"%d" % n) for n in range(200)))
        assert {reply.status for reply in replies} == {200}
        assert {int(request.body) for request in receiver.requests} == set(range(200))


async def test_close_is_safe_to_repeat() -> None:
    client = GuardedClient()
    await client.close()
    await client.close()
