"""UDP, TCP, TLS and the browsers' relay: answers find back, connections are reused, capped and dropped."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from ssl import SSLContext
from typing import Any

import pytest
from tests.sip.house import ACCOUNT, CALLER, event, opened
from tests.sip.test_dialogs import called

from cordboard.edge.sip.flow import Endpoint
from cordboard.edge.sip.port import Answered, Ended, PhoneSource, Refused, UriDestination
from cordboard.edge.sip.transport_stream import StreamTransport
from cordboard.testing.certificates import Certificate, self_signed
from cordboard.testing.sip.peer import ANSWER, OFFER, Peer
from cordboard.testing.sip.wires import BrowserWire, StreamWire
from cordboard.wire.sip.dialog import Dialog


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def files_of(certificate: Certificate, folder: Path) -> dict[str, Any]:
    """Settings for TLS."""
    (folder / "cert.pem").write_bytes(certificate.certificate)
    (folder / "key.pem").write_bytes(certificate.key)
    return {
        "tls_port": free_port(),
        "tls_certificate": str(folder / "cert.pem"),
        "tls_key": str(folder / "key.pem"),
    }


class Server:
    """Takes one connection for a peer: what a trunk over TCP or TLS is."""

    def __init__(self, certificate: Certificate | None = None, host: str = "127.0.0.2") -> None:
        self.peer = Peer("acme")
        self.count = 0
        self.came = asyncio.Event()
        self._tls = certificate.server_context() if certificate else None
        self._host = host

    async def open(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._made, self._host, 0, ssl=self._tls)
        return int(self._server.sockets[0].getsockname()[1])

    def _made(self) -> StreamWire:
        self.count += 1
        self.came.set()
        wire = StreamWire(self.peer.inbox.put_nowait, "TLS" if self._tls else "TCP")
        self.peer.wire = wire
        return wire

    def close(self) -> None:
        self._server.close()
        self.peer.close()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_trunk_over_a_connection_that_is_used_for_all_its_calls(transport: str) -> None:
    server = Server(self_signed() if transport == "tls" else None)
    trunk = {"transport": transport, "port": await server.open(), "tls_verify": False}
    async with opened(trunk=trunk) as house:
        for _ in range(2):
            leg = await house.call()
            invite = await server.peer.request("INVITE")
            assert invite.via.transport == transport.upper()
            assert f"transport={transport}" in invite.headers.get("Contact")
            call = await server.peer.picked_up(invite)
            await event(leg, Answered)
            await leg.hang_up()
            await call.is_hung_up()
        assert server.count == 1
    server.close()


async def test_a_trunk_whose_certificate_nobody_vouches_for_is_not_called() -> None:
    server = Server(self_signed())
    async with opened(trunk={"transport": "tls", "port": await server.open()}) as house:
        assert (await event(await house.call(), Refused)).status == 503
    server.close()


async def test_a_trunk_is_called_back_over_a_new_connection() -> None:
    server = Server()
    async with opened(trunk={"transport": "tcp", "port": await server.open()}) as house:
        leg = await house.call()
        invite = await server.peer.request("INVITE")
        listening = str(server._server.sockets[0].getsockname()[1])
        response = invite.reply(200, to_tag="peer", body=ANSWER, content_type="application/sdp")
        response.headers.set("Contact", f"<sip:acme@127.0.0.2:{listening};transport=tcp>")
        server.peer.send(response)
        await server.peer.request("ACK")
        await event(leg, Answered)
        server.came.clear()
        server.peer.close()
        async with asyncio.timeout(3):
            await server.came.wait()
        await house.settle()
        await leg.hang_up()
        await server.peer.request("BYE")
    server.close()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_phones_come_by_connections(transport: str, tmp_path: Path) -> None:
    certificate = self_signed()
    async with opened(**files_of(certificate, tmp_path)) as house:
        port = house.agent.port if transport == "tcp" else house.agent.tls_port
        tls = certificate.client_context() if transport == "tls" else None
        phone = await Peer.tcp(("127.0.0.1", port), "phone1", tls)
        invite = phone.invite()
        challenge = await phone.response(401)
        phone.acknowledge_failure(invite, challenge)
        again = phone.with_password(invite, challenge, "phone1", "secret-password")
        phone.send(again)
        leg = await house.next_call()
        await leg.answer(ANSWER)
        call = await phone.established(again)
        phone.send(phone.build("OPTIONS", "sip:x@127.0.0.1"))
        await phone.response(200)
        await leg.hang_up()
        await call.is_hung_up()
        phone.close()


async def test_an_answer_goes_where_its_request_came_from() -> None:
    async with opened() as house:
        peer = await house.peer()
        request = peer.build(
            "OPTIONS", "sip:127.0.0.1", headers=[("Via", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport")]
        )
        peer.send(request)
        via = (await peer.response(200)).via
        assert (via.param("received"), via.param("rport")) == ("127.0.0.1", str(peer.wire.address[1]))


async def test_without_rport_an_answer_goes_to_the_port_of_the_via() -> None:
    async with opened() as house:
        asking, listening = await house.peer(), await house.peer()
        via = f"SIP/2.0/UDP 10.0.0.1:{listening.wire.address[1]};branch=z9hG4bKb"
        asking.send(asking.build("OPTIONS", "sip:127.0.0.1", headers=[("Via", via)]))
        assert (await listening.response(200)).via.param("received") == "127.0.0.1"


async def test_what_is_no_message_is_counted_and_refused_where_that_is_possible() -> None:
    async with opened() as house:
        peer = await house.peer()
        peer.wire.send(b"\xff\x00garbage")
        peer.wire.send(b"SIP/2.0 999 what\r\n\r\n")
        broken = peer.build("OPTIONS", "sip:127.0.0.1").encode().replace(b"CSeq: 1 OPTIONS", b"CSeq: 1 INVITE")
        peer.wire.send(broken)
        await peer.response(400)
        peer.wire.send(b"\r\n\r\n")
        await peer.nothing()
        assert house.agent.statistics().malformed == 3


async def test_a_connection_that_loses_the_thread_is_closed() -> None:
    async with opened() as house:
        peer = await Peer.tcp(house.address)
        wire = stream_of(peer)
        peer.wire.send(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n")
        async with asyncio.timeout(3):
            await wire.closed.wait()


async def test_connections_are_capped_per_address_and_dropped_when_idle() -> None:
    async with opened(connections_per_address=2, idle_seconds=600) as house:
        talking, silent = await Peer.tcp(house.address), await Peer.tcp(house.address)
        talking.send(talking.build("OPTIONS", "sip:127.0.0.1"))
        await talking.response(200)
        surplus = await Peer.tcp(house.address)
        async with asyncio.timeout(3):
            await stream_of(surplus).closed.wait()
        assert house.agent.statistics().connections == 2
        assert house.agent.statistics().connections_refused == 1
        await house.advance(40)
        async with asyncio.timeout(3):
            await stream_of(silent).closed.wait()
        assert not stream_of(talking).closed.is_set()
        await house.advance(600)
        async with asyncio.timeout(3):
            await stream_of(talking).closed.wait()


async def test_a_ping_gets_its_pong() -> None:
    async with opened() as house:
        peer = await Peer.tcp(house.address)
        peer.wire.send(b"\r\n\r\n")
        await peer.nothing()
        assert stream_of(peer).pings == 1
        peer.close()


def stream_of(peer: Peer) -> StreamWire:
    assert isinstance(peer.wire, StreamWire)
    return peer.wire


# Browsers


async def test_a_browser_registers_without_a_password_calls_and_is_called(tmp_path: Path) -> None:
    relay = tmp_path / "browsers.sock"
    async with opened(relay=relay) as house:
        browser = await Peer.browser(relay, ACCOUNT, "agent7")
        browser.send(browser.build("REGISTER", "sip:cordboard", to="<sip:whatever@cordboard>"))
        await browser.response(200)
        (destination,) = house.agent.bindings(ACCOUNT, "agent7")
        assert house.agent.is_browser(destination)
        (told,) = house.phones.bindings.values()
        assert (told.browser, told.remote) == (True, "203.0.113.9:4711")

        leg = await house.agent.invite(destination, CALLER, OFFER)
        assert leg.browser
        invite = await browser.request("INVITE")
        assert invite.via.transport == "WS"
        assert "transport=ws" in invite.headers.get("Contact")
        call = await browser.picked_up(invite)
        await event(leg, Answered)
        await call.hang_up()

        invite = browser.invite("200")
        leg = await house.next_call()
        assert (leg.source, leg.browser) == (PhoneSource(ACCOUNT, "agent7"), True)
        await leg.answer(ANSWER)
        answer = await browser.response(200)
        Dialog.from_response(invite, answer)
        browser.close()
        await house.advance(31)
        assert (await event(leg, Ended)).by == "transport"
        assert house.agent.bindings(ACCOUNT, "agent7") == []


async def test_a_relay_that_does_not_say_whose_browser_it_is(tmp_path: Path) -> None:
    relay = tmp_path / "browsers.sock"
    async with opened(relay=relay):
        assert relay.stat().st_mode & 0o777 == 0o600
        for first in (b"\x00\x00\x00\x04nope", b"\xff\xff\xff\xff"):
            wire = BrowserWire(lambda _: None)
            await asyncio.get_running_loop().create_unix_connection(lambda wire=wire: wire, str(relay))  # type: ignore[misc]
            assert wire._transport is not None
            wire._transport.write(first)
            async with asyncio.timeout(3):
                await wire.closed.wait()


async def test_a_name_is_called_by_its_address() -> None:
    async with opened() as house:
        peer = await house.peer()
        leg = await house.agent.invite(UriDestination(f"sip:a@localhost:{peer.wire.address[1]}"), CALLER, OFFER)
        await peer.picked_up(await peer.request("INVITE"))
        await event(leg, Answered)
        gone = await house.agent.invite(UriDestination("sip:a@no.such.host.invalid"), CALLER, OFFER)
        assert (await event(gone, Refused)).status == 503


async def test_an_unreachable_udp_peer_does_no_harm() -> None:
    async with opened() as house:
        await house.agent.invite(UriDestination("sip:a@127.0.0.1:1"), CALLER, OFFER)
        leg, _ = await called(house)
        await leg.hang_up()


async def test_a_port_of_the_systems_choice_is_free_for_both_transports(monkeypatch: pytest.MonkeyPatch) -> None:
    listen = StreamTransport.listen
    taken: list[socket.socket] = []

    async def listening(self: StreamTransport, host: str, port: int, tls: SSLContext | None = None) -> Endpoint:
        if not taken:
            taken.append(socket.create_server((host, port)))  # somebody else came first
        return await listen(self, host, port, tls)

    monkeypatch.setattr(StreamTransport, "listen", listening)
    async with opened() as house:
        (other,) = taken
        assert house.agent.port != other.getsockname()[1]
        house.trunk.invite()
        await house.next_call()
        other.close()
