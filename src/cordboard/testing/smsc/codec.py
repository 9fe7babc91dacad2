"""The SMSC's own SMPP 3.4 codec, written apart from the product's so that one judges the other.

Sections cited are of the Short Message Peer to Peer Protocol Specification v3.4, issue 1.2.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

GENERIC_NACK: Final = 0x80000000
BIND_RECEIVER: Final = 0x00000001
BIND_TRANSMITTER: Final = 0x00000002
SUBMIT_SM: Final = 0x00000004
DELIVER_SM: Final = 0x00000005
UNBIND: Final = 0x00000006
BIND_TRANSCEIVER: Final = 0x00000009
ENQUIRE_LINK: Final = 0x00000015
RESPONSE: Final = 0x80000000

ESME_ROK: Final = 0x00
ESME_RINVMSGLEN: Final = 0x01
ESME_RINVCMDLEN: Final = 0x02
ESME_RINVCMDID: Final = 0x03
ESME_RINVBNDSTS: Final = 0x04
ESME_RALYBND: Final = 0x05
ESME_RSYSERR: Final = 0x08
ESME_RINVSRCADR: Final = 0x0A
ESME_RINVDSTADR: Final = 0x0B
ESME_RINVPASWD: Final = 0x0E
ESME_RINVSYSID: Final = 0x0F
ESME_RMSGQFUL: Final = 0x14
ESME_RTHROTTLED: Final = 0x58
ESME_RINVSCHED: Final = 0x61
ESME_RINVEXPIRY: Final = 0x62
ESME_RX_T_APPN: Final = 0x64
ESME_ROPTPARAM: Final = 0xC0

TAG_RECEIPTED_MESSAGE_ID: Final = 0x001E
TAG_SAR_REFERENCE: Final = 0x020C
TAG_SAR_TOTAL: Final = 0x020E
TAG_SAR_NUMBER: Final = 0x020F
TAG_INTERFACE_VERSION: Final = 0x0210
TAG_NETWORK_ERROR: Final = 0x0423
TAG_PAYLOAD: Final = 0x0424
TAG_MESSAGE_STATE: Final = 0x0427

ESM_RECEIPT: Final = 0x04
ESM_UDH: Final = 0x40

MAX_PDU_BYTES: Final = 70_000
MAX_ADDRESS: Final = 20
MAX_SHORT_MESSAGE: Final = 254
_ABSOLUTE_OR_RELATIVE_TIME: Final = 16
_HEADER: Final = struct.Struct(">IIII")
_TLV: Final = struct.Struct(">HH")


class CodecError(Exception):
    """The peer's PDU cannot be read; `status` is the command_status to answer it with."""

    def __init__(self, status: int, problem: str) -> None:
        self.status = status
        super().__init__(problem)


class Pdu(NamedTuple):
    """One PDU: the header's fields and the body's bytes (3.2)."""

    command: int
    status: int
    sequence: int
    body: bytes


class Bind(NamedTuple):
    """What a bind request carries (4.1)."""

    system_id: str
    password: str
    system_type: str
    interface_version: int


class Message(NamedTuple):
    """The body that submit_sm and deliver_sm share (4.4.1, 4.6.1)."""

    service_type: str
    source_ton: int
    source_npi: int
    source: str
    destination_ton: int
    destination_npi: int
    destination: str
    esm_class: int
    protocol_id: int
    priority: int
    schedule: str
    validity_period: str
    registered_delivery: int
    replace_if_present: int
    data_coding: int
    default_message: int
    short_message: bytes
    tlvs: dict[int, bytes]


class Framer:
    """Cuts a byte stream into PDUs."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Pdu]:
        """The PDUs completed by `data`. Raises CodecError on an impossible command_length."""
        buffer = self._rest + data if self._rest else data
        pdus: list[Pdu] = []
        start, end = 0, len(buffer)
        while end - start >= _HEADER.size:
            length, command, status, sequence = _HEADER.unpack_from(buffer, start)
            if not _HEADER.size <= length <= MAX_PDU_BYTES:
                raise CodecError(ESME_RINVCMDLEN, f"command_length {length}")
            if end - start < length:
                break
            pdus.append(Pdu(command, status, sequence, buffer[start + _HEADER.size : start + length]))
            start += length
        self._rest = buffer[start:]
        return pdus


def pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """A PDU's bytes."""
    return _HEADER.pack(_HEADER.size + len(body), command, status, sequence) + body


def tlv(tag: int, value: bytes) -> bytes:
    """An optional parameter's bytes (3.2.4.1)."""
    return _TLV.pack(tag, len(value)) + value


def c_string(text: str) -> bytes:
    """A C-Octet String."""
    return text.encode("latin-1") + b"\0"


def parse_bind(body: bytes) -> Bind:
    """A bind request's fields. Raises CodecError."""
    system_id, at = _c_string(body, 0)
    password, at = _c_string(body, at)
    system_type, at = _c_string(body, at)
    if len(body) < at + 3:
        raise CodecError(ESME_RINVCMDLEN, "the bind request ends early")
    return Bind(system_id, password, system_type, body[at])


def parse_message(body: bytes) -> Message:
    """The fields of a submit_sm or deliver_sm body. Raises CodecError."""
    try:
        message = _parse_message(body)
    except IndexError:
        raise CodecError(ESME_RINVCMDLEN, "the body ends early") from None
    _check(message)
    return message


def _parse_message(body: bytes) -> Message:
    service_type, at = _c_string(body, 0)
    source_ton, source_npi = body[at], body[at + 1]
    source, at = _c_string(body, at + 2)
    destination_ton, destination_npi = body[at], body[at + 1]
    destination, at = _c_string(body, at + 2)
    esm_class, protocol_id, priority = body[at], body[at + 1], body[at + 2]
    schedule, at = _c_string(body, at + 3)
    validity, at = _c_string(body, at)
    registered, replace, coding, default, length = (body[at + n] for n in range(5))
    at += 5
    if len(body) < at + length:
        raise CodecError(ESME_RINVMSGLEN, f"sm_length {length} passes the end")
    return Message(
        service_type,
        source_ton,
        source_npi,
        source,
        destination_ton,
        destination_npi,
        destination,
        esm_class,
        protocol_id,
        priority,
        schedule,
        validity,
        registered,
        replace,
        coding,
        default,
        body[at : at + length],
        _tlvs(body, at + length) if len(body) > at + length else {},
    )


def _check(message: Message) -> None:
    """The limits of 5.2 that SMSCs enforce."""
    if not message.destination or len(message.destination) > MAX_ADDRESS:
        raise CodecError(ESME_RINVDSTADR, "destination_addr")
    if len(message.source) > MAX_ADDRESS:
        raise CodecError(ESME_RINVSRCADR, "source_addr")
    if len(message.short_message) > MAX_SHORT_MESSAGE:
        raise CodecError(ESME_RINVMSGLEN, "sm_length")
    if message.schedule and len(message.schedule) != _ABSOLUTE_OR_RELATIVE_TIME:
        raise CodecError(ESME_RINVSCHED, "schedule_delivery_time")
    if message.validity_period and len(message.validity_period) != _ABSOLUTE_OR_RELATIVE_TIME:
        raise CodecError(ESME_RINVEXPIRY, "validity_period")


def build_message(message: Message) -> bytes:
    """The body's bytes, the inverse of `parse_message`."""
    return b"".join(
        (
            c_string(message.service_type),
            bytes((message.source_ton, message.source_npi)),
            c_string(message.source),
            bytes((message.destination_ton, message.destination_npi)),
            c_string(message.destination),
            bytes((message.esm_class, message.protocol_id, message.priority)),
            c_string(message.schedule),
            c_string(message.validity_period),
            bytes(
                (
                    message.registered_delivery,
                    message.replace_if_present,
                    message.data_coding,
                    message.default_message,
                    len(message.short_message),
                )
            ),
            message.short_message,
            *(tlv(tag, value) for tag, value in message.tlvs.items()),
        )
    )


def _c_string(body: bytes, start: int) -> tuple[str, int]:
    end = body.find(0, start)
    if end < 0:
        raise CodecError(ESME_RINVCMDLEN, "a string without its end")
    return body[start:end].decode("latin-1"), end + 1


def _tlvs(body: bytes, at: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at < len(body):
        if len(body) < at + _TLV.size:
            raise CodecError(ESME_ROPTPARAM, "the optional parameters end early")
        tag, length = _TLV.unpack_from(body, at)
        at += _TLV.size
        if len(body) < at + length:
            raise CodecError(ESME_ROPTPARAM, f"optional parameter {tag:#06x} passes the end")
        found[tag] = body[at : at + length]
        at += length
    return found
