"""The doctor's look at calls: the SIP port, the trunks, the ports for media, the voice that speaks."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Final

import espeakng_loader

from cordboard.edge.sip.settings import TrunkSettings
from cordboard.kit.ids import Ids
from cordboard.run.findings import Finding
from cordboard.run.settings import Settings
from cordboard.wire.sip.message import Request

_SECONDS: Final = 3.0
_FEWEST_PORTS: Final = 100
_LARGEST_DATAGRAM: Final = 65_535


async def voice_findings(settings: Settings) -> AsyncIterator[Finding]:
    """The checks in the order in which one would put things right."""
    yield await _sip_port(settings)
    yield _media_ports(settings)
    yield _speech(settings)
    for trunk in settings.trunks:
        yield await _trunk(trunk)


async def _sip_port(settings: Settings) -> Finding:
    host, port = settings.sip.host, settings.sip.port
    subject = "sip"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            if await _answers_options(host, port):
                return Finding(subject, "good", f"SIP is answered at {host} port {port}")
            text = f"cannot listen on {host} port {port}: {error.strerror}"
            return Finding(subject, "bad", text, "end the program that does, or set sip.host and sip.port")
    return Finding(subject, "good", f"{host} port {port} is free for SIP")


def _media_ports(settings: Settings) -> Finding:
    ports = settings.media.port_range
    if len(ports) < _FEWEST_PORTS:
        fix = 'widen media.ports, such as "20000-29999": a call needs two pairs'
        return Finding("media", "warning", f"only {len(ports)} pairs of ports for media", fix)
    return Finding("media", "good", f"{len(ports)} pairs of ports for media at {settings.media.advertised_host}")


def _speech(settings: Settings) -> Finding:
    engine = settings.speech.engine
    return Finding("speech", "good", f"{engine} speaks; espeak-ng is at {espeakng_loader.get_library_path()}")


async def _trunk(trunk: TrunkSettings) -> Finding:
    """Whether the trunk answers: OPTIONS over UDP, a connection over TCP and TLS. No call is made."""
    subject, where = f"trunk {trunk.name}", f"{trunk.host} port {trunk.usual_port}"
    try:
        if trunk.transport == "udp":
            address = (await asyncio.get_running_loop().getaddrinfo(trunk.host, None, family=socket.AF_INET))[0][4][0]
            if await _answers_options(str(address), trunk.usual_port):
                return Finding(subject, "good", f"{where} answers OPTIONS")
            fix = (
                "check host and port, the firewall, and whether the trunk knows this address; some never answer OPTIONS"
            )
            return Finding(subject, "warning", f"{where} does not answer OPTIONS", fix)
        await _connect(trunk)
    except ssl.SSLError as error:
        fix = "check the trunk's certificate, or set tls_verify = false"
        return Finding(subject, "bad", f"{where} refuses TLS: {error.reason or error}", fix)
    except (OSError, TimeoutError) as error:
        text = f"no connection to {where}: {str(error) or 'no answer'}"
        return Finding(subject, "bad", text, "check host and port, and the firewall")
    return Finding(subject, "good", f"{where} takes connections")


async def _connect(trunk: TrunkSettings) -> None:
    context = ssl.create_default_context() if trunk.transport == "tls" else None
    if context is not None and not trunk.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    async with asyncio.timeout(_SECONDS):
        _, writer = await asyncio.open_connection(trunk.host, trunk.usual_port, ssl=context)
    writer.close()


async def _answers_options(host: str, port: int) -> bool:
    """Whether anything comes back for an OPTIONS over UDP."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        try:
            await loop.sock_connect(probe, (host, port))
            own = f"{probe.getsockname()[0]}:{probe.getsockname()[1]}"
            await loop.sock_sendall(probe, _options(host, port, own))
            async with asyncio.timeout(_SECONDS):
                return bool(await loop.sock_recv(probe, _LARGEST_DATAGRAM))
        except (OSError, TimeoutError):
            return False


def _options(host: str, port: int, own: str) -> bytes:
    request = Request("OPTIONS", f"sip:{host}:{port}")
    for name, value in (
        ("Via", f"SIP/2.0/UDP {own};rport;branch=z9hG4bK{Ids.token(8)}"),
        ("Max-Forwards", "70"),
        ("From", f"<sip:doctor@{own}>;tag={Ids.token(6)}"),
        ("To", f"<sip:{host}:{port}>"),
        ("Call-ID", Ids.token(12)),
        ("CSeq", "1 OPTIONS"),
        ("Contact", f"<sip:doctor@{own}>"),
    ):
        request.headers.add(name, value)
    return request.encode()
