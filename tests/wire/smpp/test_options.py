"""The typed readers of optional parameters."""

from __future__ import annotations

import pytest

from cordboard.wire.smpp import NO_OPTIONS, DataSm, DeliverSm, NetworkError, Options, Tag


def test_absent_parameters_are_none() -> None:
    options = NO_OPTIONS
    assert len(options) == 0
    assert options.message_payload is None
    assert options.receipted_message_id is None
    assert options.message_state is None
    assert options.network_error_code is None
    assert options.sar_msg_ref_num is None
    assert options.sar_total_segments is None
    assert options.sar_segment_seqnum is None
    assert options.user_message_reference is None
    assert options.more_messages_to_send is None
    assert options.sc_interface_version is None


def test_made_parameters_are_read_back() -> None:
    options = Options.of(
        message_payload=b"text",
        user_message_reference=0xABCD,
        sar=(0x1234, 3, 2),
        more_messages_to_send=False,
    )
    assert options.message_payload == b"text"
    assert options.user_message_reference == 0xABCD
    assert (options.sar_msg_ref_num, options.sar_total_segments, options.sar_segment_seqnum) == (0x1234, 3, 2)
    assert options.more_messages_to_send is False
    assert options[Tag.SAR_MSG_REF_NUM] == b"\x12\x34"
    assert options[Tag.SAR_TOTAL_SEGMENTS] == b"\x03"
    assert options[Tag.SAR_SEGMENT_SEQNUM] == b"\x02"
    assert options[Tag.USER_MESSAGE_REFERENCE] == b"\xab\xcd"
    assert options[Tag.MORE_MESSAGES_TO_SEND] == b"\x00"


@pytest.mark.parametrize(
    ("raw", "read"), [(b"abc\0", "abc"), (b"abc", "abc"), (b" abc \0junk", "abc"), (b"\0", None), (b"", None)]
)
def test_receipted_message_id_with_or_without_nul(raw: bytes, read: str | None) -> None:
    assert Options({Tag.RECEIPTED_MESSAGE_ID: raw}).receipted_message_id == read


@pytest.mark.parametrize(("raw", "read"), [(b"\x02", 2), (b"\0\0\0\x02", 2), (b"", None)])
def test_integers_of_any_width(raw: bytes, read: int | None) -> None:
    assert Options({Tag.MESSAGE_STATE: raw}).message_state == read


@pytest.mark.parametrize(
    ("raw", "read"), [(b"\x03\x01\x02", NetworkError(3, 0x0102)), (b"\x03\x01", None), (b"\0\0\0\0", None)]
)
def test_network_error_code(raw: bytes, read: NetworkError | None) -> None:
    assert Options({Tag.NETWORK_ERROR_CODE: raw}).network_error_code == read


def test_user_data_prefers_the_payload() -> None:
    payload = Options.of(message_payload=b"long")
    assert DeliverSm(short_message=b"short").user_data == b"short"
    assert DeliverSm(short_message=b"short", options=payload).user_data == b"long"
    assert DeliverSm(short_message=b"short", options=Options.of(message_payload=b"")).user_data == b"short"
    assert DataSm().user_data == b""
    assert DataSm(options=payload).user_data == b"long"


def test_options_do_not_follow_the_callers_dict() -> None:
    values = {1: b"a"}
    options = Options(values)
    values[1] = b"b"
    assert options[1] == b"a"
    assert options == Options({1: b"a"}) != Options({1: b"b"})
    assert repr(options) == "Options({0x0001: b'a'})"
