"""Optional parameters, the TLVs at the end of a PDU (3.2.4, 5.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import NamedTuple

from cordboard.wire.smpp.constants import Status, Tag
from cordboard.wire.smpp.errors import InvalidFieldError, MalformedPduError

MAX_VALUE_SIZE = 0xFFFF

_TLV_HEAD = Struct(">HH")


class NetworkError(NamedTuple):
    """network_error_code (5.3.2.31): the kind of network (1 ANSI-136, 2 IS-95, 3 GSM) and its error code."""

    network_type: int
    code: int


class Options(Mapping[int, bytes]):
    """Tag to raw value, in the order of the wire, with readers for the parameters in use.

    The readers answer None when the parameter is absent. Peers differ, so integers are read whatever their
    width and strings with or without their NUL; a value that means nothing counts as absent. Of a repeated
    tag the last counts.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[int, bytes] | None = None) -> None:
        self._values = dict(values or ())

    @classmethod
    def of(
        cls,
        *,
        message_payload: bytes | None = None,
        user_message_reference: int | None = None,
        sar: tuple[int, int, int] | None = None,
        more_messages_to_send: bool | None = None,
    ) -> Options:
        """The parameters of a submit; `sar` is reference, total segments, this one from 1 (5.3.2.22 to 24).

        Raises InvalidFieldError for a number that does not fit its parameter.
        """
        values: dict[int, bytes] = {}
        if user_message_reference is not None:
            values[Tag.USER_MESSAGE_REFERENCE] = _unsigned("user_message_reference", user_message_reference, 2)
        if sar is not None:
            reference, total, segment = sar
            values[Tag.SAR_MSG_REF_NUM] = _unsigned("sar_msg_ref_num", reference, 2)
            values[Tag.SAR_TOTAL_SEGMENTS] = _unsigned("sar_total_segments", total, 1)
            values[Tag.SAR_SEGMENT_SEQNUM] = _unsigned("sar_segment_seqnum", segment, 1)
        if more_messages_to_send is not None:
            values[Tag.MORE_MESSAGES_TO_SEND] = _unsigned("more_messages_to_send", more_messages_to_send, 1)
        if message_payload is not None:
            values[Tag.MESSAGE_PAYLOAD] = message_payload
        return cls(values)

    def __getitem__(self, tag: int) -> bytes:
        return self._values[tag]

    def __iter__(self) -> Iterator[int]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Options({{{', '.join(f'0x{tag:04x}: {value!r}' for tag, value in self._values.items())}}})"

    @property
    def message_payload(self) -> bytes | None:
        """The whole user data, in place of short_message (5.3.2.32)."""
        return self._values.get(Tag.MESSAGE_PAYLOAD)

    @property
    def receipted_message_id(self) -> str | None:
        """The id of the message that a receipt is about (5.3.2.12)."""
        value = self._values.get(Tag.RECEIPTED_MESSAGE_ID)
        return value.split(b"\0", 1)[0].decode("latin-1").strip() or None if value else None

    @property
    def message_state(self) -> int | None:
        """The state in a receipt, by the numbers of 5.2.28 (5.3.2.35)."""
        return self._integer(Tag.MESSAGE_STATE)

    @property
    def network_error_code(self) -> NetworkError | None:
        """The network's own error in a receipt (5.3.2.31)."""
        value = self._values.get(Tag.NETWORK_ERROR_CODE, b"")
        return NetworkError(value[0], int.from_bytes(value[1:], "big")) if len(value) == 3 else None

    @property
    def sar_msg_ref_num(self) -> int | None:
        """The number that the segments of one message share (5.3.2.22)."""
        return self._integer(Tag.SAR_MSG_REF_NUM)

    @property
    def sar_total_segments(self) -> int | None:
        """How many segments the message has (5.3.2.23)."""
        return self._integer(Tag.SAR_TOTAL_SEGMENTS)

    @property
    def sar_segment_seqnum(self) -> int | None:
        """Which segment this is, from 1 (5.3.2.24)."""
        return self._integer(Tag.SAR_SEGMENT_SEQNUM)

    @property
    def user_message_reference(self) -> int | None:
        """A reference chosen by the sender (5.3.2.17)."""
        return self._integer(Tag.USER_MESSAGE_REFERENCE)

    @property
    def more_messages_to_send(self) -> bool | None:
        """Whether more messages follow for the same destination (5.3.2.34)."""
        value = self._integer(Tag.MORE_MESSAGES_TO_SEND)
        return None if value is None else value != 0

    @property
    def sc_interface_version(self) -> int | None:
        """The SMPP version of the SMSC, 0x34 for 3.4, in a bind's answer (5.3.2.25)."""
        return self._integer(Tag.SC_INTERFACE_VERSION)

    def _integer(self, tag: Tag) -> int | None:
        value = self._values.get(tag)
        return int.from_bytes(value, "big") if value else None


NO_OPTIONS = Options()


def write_options(options: Options) -> bytes:
    """The TLVs as they end a PDU. Raises InvalidFieldError for a tag or a value too large for its field."""
    if not options:
        return b""
    parts: list[bytes] = []
    for tag, value in options.items():
        if not 0 <= tag <= 0xFFFF:
            raise InvalidFieldError("options", f"tag {tag:#x} does not fit into 16 bits")
        if len(value) > MAX_VALUE_SIZE:
            raise InvalidFieldError(f"option 0x{tag:04x}", f"{len(value)} octets, at most {MAX_VALUE_SIZE}")
        parts += (_TLV_HEAD.pack(tag, len(value)), value)
    return b"".join(parts)


def read_options(data: bytes, at: int) -> Options:
    """The TLVs from `at` to the end of the PDU. Raises MalformedPduError if they do not end where it does."""
    end = len(data)
    if at == end:
        return NO_OPTIONS
    values: dict[int, bytes] = {}
    while at < end:
        if end - at < _TLV_HEAD.size:
            raise MalformedPduError(f"{end - at} stray octets at the end", Status.ESME_RINVOPTPARSTREAM)
        tag, length = _TLV_HEAD.unpack_from(data, at)
        at += _TLV_HEAD.size
        if length > end - at:
            reason = f"option 0x{tag:04x} claims {length} octets, {end - at} are left"
            raise MalformedPduError(reason, Status.ESME_RINVOPTPARSTREAM)
        values[tag] = data[at : at + length]
        at += length
    return Options(values)


def _unsigned(field: str, value: int, width: int) -> bytes:
    try:
        return value.to_bytes(width, "big")
    except OverflowError:
        raise InvalidFieldError(field, f"{value} does not fit into {width} octets") from None
