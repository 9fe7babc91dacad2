"""What a `ClientSession` tells its caller."""

from __future__ import annotations

from msgspec import Struct

from cordboard.wire.smpp.pdu import DataSm, DeliverSm


class Bound(Struct, frozen=True):
    """The bind was accepted by the SMSC `system_id`, of SMPP `interface_version` (0x34 is 3.4) if it says."""

    system_id: str
    interface_version: int | None


class BindRefused(Struct, frozen=True):
    """The bind was refused; the session has ended."""

    status: int


class SubmitAnswered(Struct, frozen=True):
    """The answer to a submit: accepted when `status` is 0, as `message_id` if the SMSC names it.

    `late` answers come after their SubmitTimedOut.
    """

    sequence: int
    status: int
    message_id: str | None
    late: bool = False


class SubmitTimedOut(Struct, frozen=True):
    """No answer came in time: whether the message was accepted is unknown. Its place is free again."""

    sequence: int


class Delivered(Struct, frozen=True):
    """A message or receipt arrived; it stays the peer's to send again until `sequence` is answered with 0."""

    sequence: int
    message: DeliverSm | DataSm


class NackReceived(Struct, frozen=True):
    """The peer did not understand our PDU `sequence` (0: it could not even tell which).

    If that was a submit, SubmitAnswered tells of it too.
    """

    sequence: int
    status: int


class PduRejected(Struct, frozen=True):
    """The peer's PDU was of no use for the given reason. A request was answered with `status`."""

    command_id: int
    sequence: int
    status: int
    reason: str


class PduIgnored(Struct, frozen=True):
    """A PDU without answer and effect: a response that nothing waited for, an outbind, an alert."""

    command_id: int
    sequence: int
    status: int


class Unbound(Struct, frozen=True):
    """Our unbind was answered, or the peer hung up on it; the session has ended."""


class PeerUnbound(Struct, frozen=True):
    """The peer unbound, and was answered; the session has ended."""


class SessionLost(Struct, frozen=True):
    """The session has ended without an unbind, for the given reason."""

    reason: str


Event = (
    Bound
    | BindRefused
    | SubmitAnswered
    | SubmitTimedOut
    | Delivered
    | NackReceived
    | PduRejected
    | PduIgnored
    | Unbound
    | PeerUnbound
    | SessionLost
)
