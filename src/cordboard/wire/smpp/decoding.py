"""From octets to PDUs (section 4).

Every `read_` function takes a whole PDU, header included. It raises MalformedPduError for a body that it
cannot read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from cordboard.wire.smpp.constants import RESPONSE_BIT, CommandId, Status
from cordboard.wire.smpp.errors import MalformedPduError
from cordboard.wire.smpp.fields import (
    ADDRESS_RANGE_SIZE,
    ADDRESS_SIZE,
    CREDENTIAL_SIZE,
    DATA_SM_ADDRESS_SIZE,
    MESSAGE_ID_SIZE,
    SERVICE_TYPE_SIZE,
    SYSTEM_TYPE_SIZE,
    TIME_SIZE,
    read_text,
)
from cordboard.wire.smpp.framing import HEADER_SIZE, Header, read_header
from cordboard.wire.smpp.options import NO_OPTIONS, Options, read_options
from cordboard.wire.smpp.pdu import (
    BIND_COMMANDS,
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

_Message = TypeVar("_Message", SubmitSm, DeliverSm)


def decode(frame: bytes) -> tuple[Header, Pdu]:
    """The header and the value of a whole PDU. Raises MalformedPduError for a body that cannot be read."""
    header = read_header(frame)
    read = _READERS.get(header.command_id)
    if read is None:
        return header, UnknownPdu(header.command_id, frame[HEADER_SIZE:])
    return header, read(frame)


def read_submit_sm(frame: bytes) -> SubmitSm:
    """The body of submit_sm (4.4.1)."""
    return _read_message(SubmitSm, frame)


def read_deliver_sm(frame: bytes) -> DeliverSm:
    """The body of deliver_sm (4.6.1)."""
    return _read_message(DeliverSm, frame)


def _read_message(make: type[_Message], frame: bytes) -> _Message:
    service_type, source = read_text(frame, HEADER_SIZE, "service_type", SERVICE_TYPE_SIZE)
    source_addr, dest = read_text(frame, source + 2, "source_addr", ADDRESS_SIZE)
    destination_addr, flags = read_text(frame, dest + 2, "destination_addr", ADDRESS_SIZE)
    schedule, after_schedule = read_text(frame, flags + 3, "schedule_delivery_time", TIME_SIZE)
    validity, tail = read_text(frame, after_schedule, "validity_period", TIME_SIZE)
    text = tail + 5
    _expect_room(frame, text)
    end = text + frame[tail + 4]
    if end > len(frame):
        reason = f"sm_length claims {end - text} octets, {len(frame) - text} are left"
        raise MalformedPduError(reason, Status.ESME_RINVMSGLEN)
    return make(
        service_type=service_type,
        source_addr_ton=frame[source],
        source_addr_npi=frame[source + 1],
        source_addr=source_addr,
        dest_addr_ton=frame[dest],
        dest_addr_npi=frame[dest + 1],
        destination_addr=destination_addr,
        esm_class=frame[flags],
        protocol_id=frame[flags + 1],
        priority_flag=frame[flags + 2],
        schedule_delivery_time=schedule,
        validity_period=validity,
        registered_delivery=frame[tail],
        replace_if_present_flag=frame[tail + 1],
        data_coding=frame[tail + 2],
        sm_default_msg_id=frame[tail + 3],
        short_message=frame[text:end],
        options=read_options(frame, end),
    )


def read_data_sm(frame: bytes) -> DataSm:
    """The body of data_sm (4.7.1)."""
    service_type, source = read_text(frame, HEADER_SIZE, "service_type", SERVICE_TYPE_SIZE)
    source_addr, dest = read_text(frame, source + 2, "source_addr", DATA_SM_ADDRESS_SIZE)
    destination_addr, flags = read_text(frame, dest + 2, "destination_addr", DATA_SM_ADDRESS_SIZE)
    _expect_room(frame, flags + 3)
    return DataSm(
        service_type=service_type,
        source_addr_ton=frame[source],
        source_addr_npi=frame[source + 1],
        source_addr=source_addr,
        dest_addr_ton=frame[dest],
        dest_addr_npi=frame[dest + 1],
        destination_addr=destination_addr,
        esm_class=frame[flags],
        registered_delivery=frame[flags + 1],
        data_coding=frame[flags + 2],
        options=read_options(frame, flags + 3),
    )


def read_submit_sm_resp(frame: bytes) -> SubmitSmResp:
    """The body of submit_sm_resp (4.4.2), which a refusal may lack."""
    return SubmitSmResp(*_read_answer(frame))


def _read_answer(frame: bytes) -> tuple[str | None, Options]:
    if len(frame) == HEADER_SIZE:
        return None, NO_OPTIONS
    message_id, end = read_text(frame, HEADER_SIZE, "message_id", MESSAGE_ID_SIZE)
    return message_id, read_options(frame, end)


def read_bind_resp(frame: bytes) -> BindResp:
    """The body of a bind's answer (4.1.2, 4.1.4, 4.1.6), which a refusal may lack."""
    mode = _BIND_MODES[read_header(frame).command_id ^ RESPONSE_BIT]
    if len(frame) == HEADER_SIZE:
        return BindResp(mode=mode)
    system_id, end = read_text(frame, HEADER_SIZE, "system_id", CREDENTIAL_SIZE)
    return BindResp(mode=mode, system_id=system_id, options=read_options(frame, end))


def _read_bind(frame: bytes) -> BindSettings:
    system_id, at = read_text(frame, HEADER_SIZE, "system_id", CREDENTIAL_SIZE)
    password, at = read_text(frame, at, "password", CREDENTIAL_SIZE)
    system_type, at = read_text(frame, at, "system_type", SYSTEM_TYPE_SIZE)
    address_range, end = read_text(frame, at + 3, "address_range", ADDRESS_RANGE_SIZE)
    _expect_end(frame, end)
    return BindSettings(
        system_id=system_id,
        password=password,
        system_type=system_type,
        mode=_BIND_MODES[read_header(frame).command_id],
        interface_version=frame[at],
        addr_ton=frame[at + 1],
        addr_npi=frame[at + 2],
        address_range=address_range,
    )


def _read_outbind(frame: bytes) -> Outbind:
    system_id, at = read_text(frame, HEADER_SIZE, "system_id", CREDENTIAL_SIZE)
    password, end = read_text(frame, at, "password", CREDENTIAL_SIZE)
    _expect_end(frame, end)
    return Outbind(system_id=system_id, password=password)


def _expect_room(frame: bytes, end: int) -> None:
    if end > len(frame):
        raise MalformedPduError("the PDU ends before its last mandatory field", Status.ESME_RINVCMDLEN)


def _expect_end(frame: bytes, end: int) -> None:
    if end != len(frame):
        raise MalformedPduError(f"{len(frame) - end} stray octets at the end", Status.ESME_RINVCMDLEN)


def _reader_of_empty(pdu: Pdu) -> Callable[[bytes], Pdu]:
    def read(frame: bytes) -> Pdu:
        _expect_end(frame, HEADER_SIZE)
        return pdu

    return read


_BIND_MODES: Mapping[int, BindMode] = {command: mode for mode, command in BIND_COMMANDS.items()}
_READERS: Mapping[int, Callable[[bytes], Pdu]] = {
    CommandId.SUBMIT_SM: read_submit_sm,
    CommandId.SUBMIT_SM_RESP: read_submit_sm_resp,
    CommandId.DELIVER_SM: read_deliver_sm,
    CommandId.DELIVER_SM_RESP: lambda frame: DeliverSmResp(*_read_answer(frame)),
    CommandId.DATA_SM: read_data_sm,
    CommandId.DATA_SM_RESP: lambda frame: DataSmResp(*_read_answer(frame)),
    CommandId.ENQUIRE_LINK: _reader_of_empty(EnquireLink()),
    CommandId.ENQUIRE_LINK_RESP: _reader_of_empty(EnquireLinkResp()),
    CommandId.UNBIND: _reader_of_empty(Unbind()),
    CommandId.UNBIND_RESP: _reader_of_empty(UnbindResp()),
    CommandId.GENERIC_NACK: _reader_of_empty(GenericNack()),
    CommandId.OUTBIND: _read_outbind,
    CommandId.ALERT_NOTIFICATION: lambda frame: AlertNotification(frame[HEADER_SIZE:]),
    **dict.fromkeys(_BIND_MODES, _read_bind),
    **{command | RESPONSE_BIT: read_bind_resp for command in _BIND_MODES},
}
