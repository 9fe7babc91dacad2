"""One case for each way in which a PDU can be wrong: read from a peer, or asked for by the caller."""

from __future__ import annotations

import pytest

from cordboard.wire.smpp import (
    MAX_PDU_SIZE,
    BindResp,
    BindSettings,
    DataSm,
    DataSmResp,
    DeliverSm,
    InvalidFieldError,
    MalformedPduError,
    Options,
    Pdu,
    Status,
    SubmitSm,
    SubmitSmResp,
    command_name,
    decode,
    describe_status,
    encode,
)

ENDS_EARLY = Status.ESME_RINVCMDLEN
TOO_LONG = Status.ESME_RINVPARLEN
BAD_OPTIONS = Status.ESME_RINVOPTPARSTREAM


def frame(command_id: int, body: bytes) -> bytes:
    """A PDU with a right header around `body`."""
    size = 16 + len(body)
    return b"".join(number.to_bytes(4, "big") for number in (size, command_id, 0, 1)) + body


DELIVER = b"\0" + b"\1\1" + b"15\0" + b"\1\1" + b"16\0" + b"\0\0\0" + b"\0\0" + b"\0\0\0\0" + b"\2hi"
LONG = b"1" * 21 + b"\0"

MALFORMED = {
    "service_type too long": (5, b"CELLXX\0" + DELIVER[1:], TOO_LONG, "service_type is longer than 5"),
    "service_type cut off": (5, b"CMT", ENDS_EARLY, "service_type is cut off"),
    "no body": (5, b"", ENDS_EARLY, "service_type is cut off"),
    "source_addr too long": (5, b"\0\1\1" + LONG, TOO_LONG, "source_addr is longer than 20"),
    "source_addr cut off": (5, DELIVER[:4], ENDS_EARLY, "source_addr is cut off"),
    "ton cut off": (5, b"\0\1", ENDS_EARLY, "source_addr is cut off"),
    "destination_addr too long": (5, DELIVER[:8] + LONG, TOO_LONG, "destination_addr is longer than 20"),
    "destination_addr cut off": (5, DELIVER[:9], ENDS_EARLY, "destination_addr is cut off"),
    "schedule_delivery_time too long": (
        5,
        DELIVER[:14] + b"2" * 17 + b"\0",
        TOO_LONG,
        "schedule_delivery_time is longer than 16",
    ),
    "validity_period too long": (5, DELIVER[:15] + b"2" * 17 + b"\0", TOO_LONG, "validity_period is longer"),
    "validity_period cut off": (5, DELIVER[:15], ENDS_EARLY, "validity_period is cut off"),
    "flags cut off": (5, DELIVER[:18], ENDS_EARLY, "before its last mandatory field"),
    "sm_length missing": (5, DELIVER[:20], ENDS_EARLY, "before its last mandatory field"),
    "sm_length too large": (5, DELIVER[:-1], Status.ESME_RINVMSGLEN, "sm_length claims 2 octets, 1 are left"),
    "stray octets": (5, DELIVER + b"abc", BAD_OPTIONS, "3 stray octets"),
    "option longer than the PDU": (
        5,
        DELIVER + b"\x04\x24\0\5abcd",
        BAD_OPTIONS,
        "0x0424 claims 5 octets, 4 are",
    ),
    "stray octets after an option": (5, DELIVER + b"\x04\x27\0\1\2\0", BAD_OPTIONS, "1 stray octets"),
    "data_sm address too long": (
        0x103,
        b"\0\1\1" + b"1" * 65 + b"\0",
        TOO_LONG,
        "source_addr is longer than 64",
    ),
    "data_sm flags cut off": (0x103, b"\0\1\0011\0\1\0012\0\0\0", ENDS_EARLY, "before its last mandatory"),
    "data_sm stray octets": (0x103, b"\0\1\0011\0\1\0012\0\0\0\0\0", BAD_OPTIONS, "1 stray octets"),
    "message_id without NUL": (0x80000004, b"abc", ENDS_EARLY, "message_id is cut off"),
    "message_id too long": (0x80000004, b"1" * 65 + b"\0", TOO_LONG, "message_id is longer than 64"),
    "message_id with stray octets": (0x80000004, b"1\0\0", BAD_OPTIONS, "1 stray octets"),
    "bind_resp system_id without NUL": (0x80000009, b"smsc", ENDS_EARLY, "system_id is cut off"),
    "bind password cut off": (9, b"a\0b", ENDS_EARLY, "password is cut off"),
    "bind system_type too long": (
        9,
        b"a\0b\0" + b"t" * 13 + b"\0",
        TOO_LONG,
        "system_type is longer than 12",
    ),
    "bind version missing": (9, b"a\0b\0c\0", ENDS_EARLY, "address_range is cut off"),
    "bind address_range too long": (
        9,
        b"a\0\0\0\x34\0\0" + b"r" * 41 + b"\0",
        TOO_LONG,
        "address_range is longer",
    ),
    "bind with stray octets": (9, b"a\0\0\0\x34\0\0\0zz", ENDS_EARLY, "2 stray octets"),
    "outbind with stray octets": (0x0B, b"a\0\0z", ENDS_EARLY, "1 stray octets"),
    "enquire_link with a body": (0x15, b"x", ENDS_EARLY, "1 stray octets"),
    "unbind_resp with a body": (0x80000006, b"xy", ENDS_EARLY, "2 stray octets"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_unreadable_body_is_the_peers_fault(name: str) -> None:
    command_id, body, status, reason = MALFORMED[name]
    with pytest.raises(MalformedPduError) as caught:
        decode(frame(command_id, body))
    assert caught.value.status == status
    assert reason in caught.value.reason


def test_the_body_behind_the_malformed_ones_is_readable() -> None:
    _, pdu = decode(frame(5, DELIVER))
    assert isinstance(pdu, DeliverSm)
    assert (pdu.source_addr, pdu.destination_addr, pdu.short_message) == ("15", "16", b"hi")


@pytest.mark.parametrize("cut", range(len(DELIVER)))
def test_every_truncation_is_found(cut: int) -> None:
    with pytest.raises(MalformedPduError):
        decode(frame(5, DELIVER[:cut]))


MISUSED: dict[str, tuple[Pdu, str]] = {
    "text too long": (SubmitSm(short_message=b"x" * 255), "short_message"),
    "text beside a payload": (SubmitSm(short_message=b"x", options=Options({0x0424: b"y"})), "short_message"),
    "service_type too long": (SubmitSm(service_type="CELLXX"), "service_type"),
    "source_addr too long": (SubmitSm(source_addr="1" * 21), "source_addr"),
    "destination_addr too long": (SubmitSm(destination_addr="1" * 21), "destination_addr"),
    "address outside Latin-1": (SubmitSm(source_addr="Łódź"), "source_addr"),
    "address with NUL": (SubmitSm(destination_addr="1\x005"), "destination_addr"),
    "schedule_delivery_time too long": (SubmitSm(schedule_delivery_time="0" * 17), "schedule_delivery_time"),
    "validity_period too long": (SubmitSm(validity_period="0" * 17), "validity_period"),
    "octet too large": (SubmitSm(data_coding=256), "data_coding"),
    "octet negative": (SubmitSm(dest_addr_npi=-1), "dest_addr_npi"),
    "data_sm octet too large": (DataSm(esm_class=256), "esm_class"),
    "data_sm address too long": (DataSm(destination_addr="1" * 65), "destination_addr"),
    "bind octet too large": (BindSettings(system_id="a", interface_version=256), "interface_version"),
    "system_id too long": (BindSettings(system_id="a" * 65), "system_id"),
    "password too long": (BindSettings(system_id="a", password="p" * 65), "password"),
    "system_type too long": (BindSettings(system_id="a", system_type="t" * 13), "system_type"),
    "address_range too long": (BindSettings(system_id="a", address_range="r" * 41), "address_range"),
    "bind_resp system_id": (BindResp(mode="receiver", system_id="s" * 65), "system_id"),
    "message_id too long": (SubmitSmResp("1" * 65), "message_id"),
    "tag too large": (DataSmResp("1", Options({0x10000: b""})), "options"),
    "value too large": (DataSm(options=Options({0x0424: b"x" * 65536})), "option 0x0424"),
    "PDU too large": (DataSm(options=Options({0x0424: b"x" * 65535})), "PDU"),
}


@pytest.mark.parametrize("name", MISUSED)
def test_value_that_does_not_fit_is_our_fault(name: str) -> None:
    pdu, field = MISUSED[name]
    with pytest.raises(InvalidFieldError) as caught:
        encode(pdu, 1)
    assert caught.value.field == field
    assert field in str(caught.value)


@pytest.mark.parametrize(("sequence", "status"), [(-1, 0), (1 << 32, 0), (1, -1), (1, 1 << 32)])
def test_header_that_does_not_fit(sequence: int, status: int) -> None:
    with pytest.raises(InvalidFieldError, match="32 bits"):
        encode(SubmitSmResp("1"), sequence, status)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Options.of(user_message_reference=0x10000),
        lambda: Options.of(sar=(0x10000, 2, 1)),
        lambda: Options.of(sar=(1, 256, 1)),
        lambda: Options.of(sar=(1, 2, -1)),
    ],
)
def test_option_that_does_not_fit(make: type[Options]) -> None:
    with pytest.raises(InvalidFieldError, match="does not fit"):
        make()


def test_limits_are_inclusive() -> None:
    largest = SubmitSm(
        service_type="12345",
        source_addr="1" * 20,
        destination_addr="2" * 20,
        schedule_delivery_time="3" * 16,
        validity_period="4" * 16,
        short_message=b"x" * 254,
    )
    assert decode(encode(largest, 1))[1] == largest
    room = MAX_PDU_SIZE - len(encode(DataSm(), 1)) - 4
    full = DataSm(options=Options({0x0424: b"x" * room}))
    assert len(encode(full, 1)) == MAX_PDU_SIZE
    assert decode(encode(full, 1))[1] == full


def test_errors_do_not_share_state() -> None:
    with pytest.raises(MalformedPduError) as first:
        decode(frame(5, b""))
    with pytest.raises(MalformedPduError) as second:
        decode(frame(5, b""))
    assert first.value is not second.value


def test_status_is_described() -> None:
    assert describe_status(0x58).startswith("ESME_RTHROTTLED (throttled")
    assert describe_status(0x0401) == "0x00000401 (specific to this SMSC)"
    assert describe_status(0xFFFF) == "0x0000ffff (not defined by SMPP 3.4)"
    assert command_name(0x80000004) == "submit_sm_resp"
    assert command_name(0xAB) == "command 0x000000ab"
