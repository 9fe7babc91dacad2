"""SMPP 3.4 for an ESME, without I/O: bytes and time in, events and bytes out.

Theory of operation
-------------------
A `ClientSession` is one bind over one connection. It knows neither sockets nor clocks; whoever owns the
connection hands it what arrives and what time it is, and writes what it wants to say:

    session = ClientSession(BindSettings(system_id="esme", password="secret"), window=32)
    session.connected(now)
    write(session.take_output())            # bind_transceiver
    session.receive(data, now)              # [Bound("smsc", 0x34)]
    sequence = session.submit(SubmitSm(destination_addr="15551230000", short_message=b"hi"), now)
    write(session.take_output())            # submit_sm
    session.receive(data, now)              # [SubmitAnswered(sequence, 0, "id-1"), Delivered(7, ...)]
    session.answer(7)                       # once the delivery is stored
    write(session.take_output())            # deliver_sm_resp
    session.tick(now)                       # at next_deadline: timeouts, enquire_link

Its states are the table in `states`. The peer's mistakes never raise. A PDU whose body makes no sense is
refused and reported as PduRejected, and the session goes on; when the length of a PDU makes no sense the
stream is lost, and so is the session. Only the caller's mistakes raise (`errors.UsageError`).

A delivery is answered when the caller says so, because the answer takes over the responsibility for the
message. A submit that is not answered in time leaves its place in the window, but may have been accepted: an
answer that still comes is recognised.

Below the session lie `framing` (stream to PDUs), `decoding` and `encoding` (PDUs to the values of `pdu` and
back) and `options` (TLVs); beside it `receipts` (what became of a message) and `times` (validity periods).
"""

from cordboard.wire.smpp.constants import (
    CommandId,
    DataCoding,
    EsmClass,
    Npi,
    RegisteredDelivery,
    Status,
    Tag,
    Ton,
    command_name,
    describe_status,
)
from cordboard.wire.smpp.decoding import decode
from cordboard.wire.smpp.encoding import MAX_SHORT_MESSAGE_SIZE, encode
from cordboard.wire.smpp.errors import (
    FramingError,
    InvalidFieldError,
    MalformedPduError,
    NotBoundError,
    PeerError,
    SmppError,
    UnknownSequenceError,
    UsageError,
    WindowFullError,
)
from cordboard.wire.smpp.events import (
    BindRefused,
    Bound,
    Delivered,
    Event,
    NackReceived,
    PduIgnored,
    PduRejected,
    PeerUnbound,
    SessionLost,
    SubmitAnswered,
    SubmitTimedOut,
    Unbound,
)
from cordboard.wire.smpp.framing import MAX_PDU_SIZE, FrameSplitter, Header
from cordboard.wire.smpp.options import NO_OPTIONS, NetworkError, Options
from cordboard.wire.smpp.pdu import (
    AlertNotification,
    BindMode,
    BindResp,
    BindSettings,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    UnknownPdu,
)
from cordboard.wire.smpp.receipts import Receipt, ReceiptState, id_variants, is_receipt, parse_receipt
from cordboard.wire.smpp.session import MAX_SEQUENCE, MAX_UNANSWERED_DELIVERIES, ClientSession
from cordboard.wire.smpp.states import State
from cordboard.wire.smpp.times import absolute_time, relative_time

__all__ = [
    "MAX_PDU_SIZE",
    "MAX_SEQUENCE",
    "MAX_SHORT_MESSAGE_SIZE",
    "MAX_UNANSWERED_DELIVERIES",
    "NO_OPTIONS",
    "AlertNotification",
    "BindMode",
    "BindRefused",
    "BindResp",
    "BindSettings",
    "Bound",
    "ClientSession",
    "CommandId",
    "DataCoding",
    "DataSm",
    "DataSmResp",
    "DeliverSm",
    "DeliverSmResp",
    "Delivered",
    "EnquireLink",
    "EnquireLinkResp",
    "EsmClass",
    "Event",
    "FrameSplitter",
    "FramingError",
    "GenericNack",
    "Header",
    "InvalidFieldError",
    "MalformedPduError",
    "NackReceived",
    "NetworkError",
    "NotBoundError",
    "Npi",
    "Options",
    "Outbind",
    "Pdu",
    "PduIgnored",
    "PduRejected",
    "PeerError",
    "PeerUnbound",
    "Receipt",
    "ReceiptState",
    "RegisteredDelivery",
    "SessionLost",
    "SmppError",
    "State",
    "Status",
    "SubmitAnswered",
    "SubmitSm",
    "SubmitSmResp",
    "SubmitTimedOut",
    "Tag",
    "Ton",
    "Unbind",
    "UnbindResp",
    "Unbound",
    "UnknownPdu",
    "UnknownSequenceError",
    "UsageError",
    "WindowFullError",
    "absolute_time",
    "command_name",
    "decode",
    "describe_status",
    "encode",
    "id_variants",
    "is_receipt",
    "parse_receipt",
    "relative_time",
]
