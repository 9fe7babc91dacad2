"""Sockets for legs: a pair of UDP ports each, even for RTP and the next for RTCP (RFC 3550, section 11)."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import TypeAlias

from cordboard.edge.media.errors import BusyError

Address: TypeAlias = tuple[str, int]
"""An IPv4 address and a port, as the socket module gives it."""

_MOST_TRIES = 200
"""Ports that others hold are passed over, so many at a time."""


@dataclass(slots=True)
class LegSockets:
    """The sockets of a leg, neither of which blocks."""

    port: int
    rtp: socket.socket
    rtcp: socket.socket

    def close(self) -> None:
        """Gives both ports back."""
        self.rtp.close()
        self.rtcp.close()


class PortPool:
    """Goes round its ports, so that one that was just given back, to which packets may still come, is used last."""

    def __init__(self, host: str, ports: range) -> None:
        self._host = host
        self._ports = ports
        self._at = 0

    def open(self) -> LegSockets:
        """The next free pair. Raises BusyError."""
        for _ in range(min(_MOST_TRIES, len(self._ports))):
            port = self._ports[self._at]
            self._at = (self._at + 1) % len(self._ports)
            if (pair := self._try(port)) is not None:
                return pair
        raise BusyError("no free port for a leg: widen the range of media.ports")

    def _try(self, port: int) -> LegSockets | None:
        rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            rtp.bind((self._host, port))
            rtcp.bind((self._host, port + 1))
            rtp.setblocking(False)
            rtcp.setblocking(False)
            return LegSockets(port, rtp, rtcp)
        rtp.close()
        rtcp.close()
        return None


def to_address(host: str, port: int) -> Address:
    """An address as `recvfrom` will show it. Raises ValueError for what is none; call control resolves names."""
    try:
        packed = socket.inet_pton(socket.AF_INET, host)
    except OSError as error:
        raise ValueError(f"{host!r} is no IPv4 address") from error
    if not 0 < port < 1 << 16:
        raise ValueError(f"port {port} is not in 1..65535")
    return socket.inet_ntop(socket.AF_INET, packed), port
