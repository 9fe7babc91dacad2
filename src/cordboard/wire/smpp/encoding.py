"""From PDUs to octets (section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct, error
from typing import Any

from cordboard.wire.smpp.constants import CommandId
from cordboard.wire.smpp.errors import InvalidFieldError
from cordboard.wire.smpp.fields import (
    ADDRESS_RANGE_SIZE,
    ADDRESS_SIZE,
    CREDENTIAL_SIZE,
    DATA_SM_ADDRESS_SIZE,
    MESSAGE_ID_SIZE,
    SERVICE_TYPE_SIZE,
    SYSTEM_TYPE_SIZE,
    TIME_SIZE,
    write_text,
)
from cordboard.wire.smpp.framing import HEADER_SIZE, MAX_PDU_SIZE
from cordboard.wire.smpp.options import NO_OPTIONS, write_options
from cordboard.wire.smpp.pdu import (
    AlertNotification,
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

MAX_SHORT_MESSAGE_SIZE = 254
"""Octets that short_message may hold (5.2.21); longer texts are segmented or travel as message_payload."""

_HEADER = Struct(">IIII")
_ANSWERS_WITH_MESSAGE_ID = frozenset({CommandId.DELIVER_SM_RESP, CommandId.DATA_SM_RESP})


def encode(pdu: Pdu, sequence: int, status: int = 0) -> bytes:
    """The whole PDU, with `status` as its command_status. Raises InvalidFieldError, naming the field."""
    body = _WRITERS[type(pdu)](pdu)
    size = HEADER_SIZE + len(body)
    if size > MAX_PDU_SIZE:
        raise InvalidFieldError("PDU", f"{size} octets, at most {MAX_PDU_SIZE} are allowed")
    return _header(size, pdu.command_id, status, sequence) + body


def encode_answer(command_id: int, sequence: int, status: int = 0) -> bytes:
    """A response that says nothing but its status, such as deliver_sm_resp or generic_nack.

    Raises InvalidFieldError for a status that is not 32 bits.
    """
    if command_id in _ANSWERS_WITH_MESSAGE_ID:
        return _header(HEADER_SIZE + 1, command_id, status, sequence) + b"\0"
    return _header(HEADER_SIZE, command_id, status, sequence)


def _header(size: int, command_id: int, status: int, sequence: int) -> bytes:
    try:
        return _HEADER.pack(size, command_id, status, sequence)
    except error:
        raise InvalidFieldError("header", f"status {status} or sequence {sequence} is not 32 bits") from None


def _write_message(pdu: SubmitSm | DeliverSm) -> bytes:
    text = pdu.short_message
    if len(text) > MAX_SHORT_MESSAGE_SIZE:
        raise InvalidFieldError("short_message", f"{len(text)} octets, at most {MAX_SHORT_MESSAGE_SIZE} are allowed")
    options = b"" if pdu.options is NO_OPTIONS else write_options(pdu.options)
    if options and text and pdu.options.message_payload:
        raise InvalidFieldError("short_message", "must be empty beside message_payload (5.3.2.32)")
    try:
        return b"".join(
            (
                write_text(pdu.service_type, "service_type", SERVICE_TYPE_SIZE),
                bytes((pdu.source_addr_ton, pdu.source_addr_npi)),
                write_text(pdu.source_addr, "source_addr", ADDRESS_SIZE),
                bytes((pdu.dest_addr_ton, pdu.dest_addr_npi)),
                write_text(pdu.destination_addr, "destination_addr", ADDRESS_SIZE),
                bytes((pdu.esm_class, pdu.protocol_id, pdu.priority_flag)),
                write_text(pdu.schedule_delivery_time, "schedule_delivery_time", TIME_SIZE),
                write_text(pdu.validity_period, "validity_period", TIME_SIZE),
                bytes(
                    (
                        pdu.registered_delivery,
                        pdu.replace_if_present_flag,
                        pdu.data_coding,
                        pdu.sm_default_msg_id,
                        len(text),
                    )
                ),
                text,
                options,
            )
        )
    except ValueError:
        raise _not_an_octet(pdu) from None


def _write_data_sm(pdu: DataSm) -> bytes:
    try:
        return b"".join(
            (
                write_text(pdu.service_type, "service_type", SERVICE_TYPE_SIZE),
                bytes((pdu.source_addr_ton, pdu.source_addr_npi)),
                write_text(pdu.source_addr, "source_addr", DATA_SM_ADDRESS_SIZE),
                bytes((pdu.dest_addr_ton, pdu.dest_addr_npi)),
                write_text(pdu.destination_addr, "destination_addr", DATA_SM_ADDRESS_SIZE),
                bytes((pdu.esm_class, pdu.registered_delivery, pdu.data_coding)),
                write_options(pdu.options),
            )
        )
    except ValueError:
        raise _not_an_octet(pdu) from None


def _write_answer(pdu: SubmitSmResp | DeliverSmResp | DataSmResp) -> bytes:
    if pdu.message_id is None:
        return b""
    return write_text(pdu.message_id, "message_id", MESSAGE_ID_SIZE) + write_options(pdu.options)


def _write_bind(pdu: BindSettings) -> bytes:
    try:
        return b"".join(
            (
                write_text(pdu.system_id, "system_id", CREDENTIAL_SIZE),
                write_text(pdu.password, "password", CREDENTIAL_SIZE),
                write_text(pdu.system_type, "system_type", SYSTEM_TYPE_SIZE),
                bytes((pdu.interface_version, pdu.addr_ton, pdu.addr_npi)),
                write_text(pdu.address_range, "address_range", ADDRESS_RANGE_SIZE),
            )
        )
    except ValueError:
        raise _not_an_octet(pdu) from None


def _write_bind_resp(pdu: BindResp) -> bytes:
    if pdu.system_id is None:
        return b""
    return write_text(pdu.system_id, "system_id", CREDENTIAL_SIZE) + write_options(pdu.options)


def _write_outbind(pdu: Outbind) -> bytes:
    system_id = write_text(pdu.system_id, "system_id", CREDENTIAL_SIZE)
    return system_id + write_text(pdu.password, "password", CREDENTIAL_SIZE)


def _write_raw(pdu: AlertNotification | UnknownPdu) -> bytes:
    return pdu.body


def _write_nothing(_: Pdu) -> bytes:
    return b""


def _not_an_octet(pdu: SubmitSm | DeliverSm | DataSm | BindSettings) -> InvalidFieldError:
    """Names the integer that does not fit; only called when one does not."""
    fields = ((name, getattr(pdu, name)) for name in pdu.__struct_fields__)
    name, value = next((n, v) for n, v in fields if isinstance(v, int) and not 0 <= v <= 0xFF)
    return InvalidFieldError(name, f"{value} does not fit into one octet")


# Each writer takes the type that it is filed under, which a mapping's type cannot say: hence Any.
_WRITERS: Mapping[type, Callable[[Any], bytes]] = {
    SubmitSm: _write_message,
    DeliverSm: _write_message,
    DataSm: _write_data_sm,
    SubmitSmResp: _write_answer,
    DeliverSmResp: _write_answer,
    DataSmResp: _write_answer,
    BindSettings: _write_bind,
    BindResp: _write_bind_resp,
    Outbind: _write_outbind,
    AlertNotification: _write_raw,
    UnknownPdu: _write_raw,
    EnquireLink: _write_nothing,
    EnquireLinkResp: _write_nothing,
    Unbind: _write_nothing,
    UnbindResp: _write_nothing,
    GenericNack: _write_nothing,
}
