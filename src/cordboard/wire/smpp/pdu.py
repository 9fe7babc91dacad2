"""The PDUs as frozen values: fields are named and ordered as in SMPP 3.4 section 4.

command_status and sequence_number belong to the header, not to a value: see `encoding` and `decoding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import Struct

from cordboard.wire.smpp.constants import RESPONSE_BIT, CommandId
from cordboard.wire.smpp.options import NO_OPTIONS, Options

BindMode = Literal["transmitter", "receiver", "transceiver"]
"""transmitter only submits, receiver is only delivered to, transceiver does both (2.2.1)."""

BIND_COMMANDS: Mapping[BindMode, CommandId] = {
    "receiver": CommandId.BIND_RECEIVER,
    "transmitter": CommandId.BIND_TRANSMITTER,
    "transceiver": CommandId.BIND_TRANSCEIVER,
}


class BindSettings(Struct, frozen=True, kw_only=True):
    """bind_transmitter, bind_receiver or bind_transceiver, by `mode` (4.1.1, 4.1.3, 4.1.5)."""

    system_id: str
    password: str = ""
    system_type: str = ""
    mode: BindMode = "transceiver"
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    @property
    def command_id(self) -> int:
        """The bind command of the mode."""
        return BIND_COMMANDS[self.mode]

    def __repr__(self) -> str:
        return f"BindSettings(system_id={self.system_id!r}, mode={self.mode!r}, password=...)"


class BindResp(Struct, frozen=True, kw_only=True):
    """The answer to a bind (4.1.2, 4.1.4, 4.1.6); `system_id` is the SMSC's, None without a body."""

    mode: BindMode
    system_id: str | None = None
    options: Options = NO_OPTIONS

    @property
    def command_id(self) -> int:
        """The answer to the bind command of the mode."""
        return BIND_COMMANDS[self.mode] | RESPONSE_BIT


class Outbind(Struct, frozen=True, kw_only=True):
    """The SMSC asks the ESME to bind as a receiver (4.1.7)."""

    command_id: ClassVar[int] = CommandId.OUTBIND

    system_id: str
    password: str = ""

    def __repr__(self) -> str:
        return f"Outbind(system_id={self.system_id!r}, password=...)"


class _ShortMessage(Struct, frozen=True, kw_only=True):
    """The layout that submit_sm and deliver_sm share."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""
    options: Options = NO_OPTIONS

    @property
    def user_data(self) -> bytes:
        """message_payload if there is one, otherwise short_message (5.3.2.32); a UDH is still in front."""
        return self.options.message_payload or self.short_message


class SubmitSm(_ShortMessage, frozen=True, kw_only=True):
    """A message to the SMSC (4.4.1). Times are made by `times`; `short_message` holds at most 254 octets."""

    command_id: ClassVar[int] = CommandId.SUBMIT_SM


class DeliverSm(_ShortMessage, frozen=True, kw_only=True):
    """A message or a receipt from the SMSC (4.6.1)."""

    command_id: ClassVar[int] = CommandId.DELIVER_SM


class DataSm(Struct, frozen=True, kw_only=True):
    """A message or a receipt in the leaner layout of data_sm (4.7.1); its text is in message_payload."""

    command_id: ClassVar[int] = CommandId.DATA_SM

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    options: Options = NO_OPTIONS

    @property
    def user_data(self) -> bytes:
        """The message_payload, empty when there is none; a UDH is still in front of it."""
        return self.options.message_payload or b""


class SubmitSmResp(Struct, frozen=True):
    """The answer to a submit_sm (4.4.2); `message_id` is None when a refusal has no body."""

    command_id: ClassVar[int] = CommandId.SUBMIT_SM_RESP

    message_id: str | None = None
    options: Options = NO_OPTIONS


class DeliverSmResp(Struct, frozen=True):
    """The answer to a deliver_sm (4.6.2); its `message_id` is unused and empty."""

    command_id: ClassVar[int] = CommandId.DELIVER_SM_RESP

    message_id: str | None = ""
    options: Options = NO_OPTIONS


class DataSmResp(Struct, frozen=True):
    """The answer to a data_sm (4.7.2)."""

    command_id: ClassVar[int] = CommandId.DATA_SM_RESP

    message_id: str | None = ""
    options: Options = NO_OPTIONS


class EnquireLink(Struct, frozen=True):
    """Are you there? (4.11.1)"""

    command_id: ClassVar[int] = CommandId.ENQUIRE_LINK


class EnquireLinkResp(Struct, frozen=True):
    """Yes (4.11.2)."""

    command_id: ClassVar[int] = CommandId.ENQUIRE_LINK_RESP


class Unbind(Struct, frozen=True):
    """The sender is about to end the session (4.2.1)."""

    command_id: ClassVar[int] = CommandId.UNBIND


class UnbindResp(Struct, frozen=True):
    """The answer to an unbind (4.2.2)."""

    command_id: ClassVar[int] = CommandId.UNBIND_RESP


class GenericNack(Struct, frozen=True):
    """The answer to what was not understood at all (4.3.1); the header's command_status says why."""

    command_id: ClassVar[int] = CommandId.GENERIC_NACK


class AlertNotification(Struct, frozen=True):
    """A subscriber has become reachable (4.12.1). It has no answer and nobody reads it: the body is raw."""

    command_id: ClassVar[int] = CommandId.ALERT_NOTIFICATION

    body: bytes = b""


class UnknownPdu(Struct, frozen=True):
    """A command that this library does not speak, to be answered with generic_nack ESME_RINVCMDID (4.3.1)."""

    command_id: int
    body: bytes = b""


Pdu = (
    BindSettings
    | BindResp
    | Outbind
    | SubmitSm
    | SubmitSmResp
    | DeliverSm
    | DeliverSmResp
    | DataSm
    | DataSmResp
    | EnquireLink
    | EnquireLinkResp
    | Unbind
    | UnbindResp
    | GenericNack
    | AlertNotification
    | UnknownPdu
)
