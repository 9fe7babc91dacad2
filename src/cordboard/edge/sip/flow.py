"""Flows: where a message came from and its answers go (RFC 5626), and who is told of what comes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, NamedTuple, Protocol, TypeAlias

from cordboard.edge.sip.port import PhoneSource
from cordboard.wire.sip.message import Message
from cordboard.wire.sip.parsing import BadMessageError

Transport: TypeAlias = Literal["UDP", "TCP", "TLS", "WS"]
"""As in Via. WS is a browser's WebSocket, relayed to us by an API process."""


class Endpoint(NamedTuple):
    """An IP address (of a relayed flow: what its API process calls the browser's) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Flow(ABC):
    """One way to a peer. Hashable; a datagram flow is a value, a connection is itself. Sending never blocks and never
    raises: what cannot be sent is lost, as the network would lose it, and `is_closed` tells of a connection that is.
    """

    __slots__ = ()

    transport: Transport
    remote: Endpoint
    local: Endpoint

    @property
    def is_reliable(self) -> bool:
        """Whether the transport repeats what is lost."""
        return self.transport != "UDP"

    @property
    def is_browser(self) -> bool:
        """Whether a WebRTC party is at the other end."""
        return self.transport == "WS"

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return False

    @property
    def phone(self) -> PhoneSource | None:
        """Whose flow it is, where that was proved when it was opened."""
        return None

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Sends one message."""

    @abstractmethod
    def close(self) -> None:
        """Ends the connection; a datagram flow has none."""


class Receiver(Protocol):
    """Who is told of what comes."""

    def admits(self, remote: Endpoint) -> bool:
        """Whether anything from there is to be looked at; asked before a message is parsed."""
        ...

    def received(self, message: Message, flow: Flow) -> None:
        """A message came."""
        ...

    def malformed(self, error: BadMessageError, flow: Flow) -> None:
        """Something came that is no usable message."""
        ...

    def lost(self, flow: Flow) -> None:
        """A connection is gone."""
        ...
