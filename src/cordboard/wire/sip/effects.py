"""What the transaction layer asks and tells: to be carried out, or looked at, in order."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from cordboard.wire.sip.message import Message, Request, Response

Flow: TypeAlias = Hashable
"""Where a message came from or goes to. The layer only keeps it and compares it."""


class TransactionKey(NamedTuple):
    """What makes a transaction the one that it is (17.1.3, 17.2.3). `peer` is the sent-by of a request that came."""

    side: Literal["client", "server"]
    branch: str
    method: str
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send the message over the flow. A failure is told by `TransactionLayer.transport_failed`."""

    message: Message
    flow: Flow


@dataclass(frozen=True, slots=True)
class RequestArrived:
    """A new request, neither ACK nor CANCEL, whose main values can be read (`validation.check_request`). To be answered
    by `TransactionLayer.send_response`.
    """

    request: Request
    flow: Flow
    key: TransactionKey


@dataclass(frozen=True, slots=True)
class ResponseArrived:
    """A response to a request of ours: each provisional, the first final, and every 2xx to an INVITE, repeated ones
    included (each wants its ACK, 13.2.2.4).
    """

    response: Response
    key: TransactionKey


@dataclass(frozen=True, slots=True)
class AckArrived:
    """An ACK for a 2xx: the dialog's."""

    request: Request
    flow: Flow


@dataclass(frozen=True, slots=True)
class CancelArrived:
    """An INVITE that has no final answer yet is cancelled. The CANCEL is answered already; `key` is the INVITE's, which
    is to be answered with 487.
    """

    request: Request
    key: TransactionKey


@dataclass(frozen=True, slots=True)
class TransactionTimedOut:
    """Of a request of ours: no final answer came (as if 408). Of one that we answered: the ACK for a final answer to an
    INVITE did not come, or we did not answer in time.
    """

    key: TransactionKey


@dataclass(frozen=True, slots=True)
class TransportFailed:
    """A request of ours, or our answer, could not be sent (as if 503)."""

    key: TransactionKey


@dataclass(frozen=True, slots=True)
class TransactionTerminated:
    """Nothing more comes of this transaction; the last about it."""

    key: TransactionKey


Effect: TypeAlias = (
    Transmit
    | RequestArrived
    | ResponseArrived
    | AckArrived
    | CancelArrived
    | TransactionTimedOut
    | TransportFailed
    | TransactionTerminated
)
