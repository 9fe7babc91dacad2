"""PDUs set down by hand from the layouts of section 4: read, and written back octet for octet."""

from __future__ import annotations

from typing import NamedTuple, get_args

import pytest

from cordboard.wire.smpp import (
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
    Header,
    Options,
    Outbind,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    UnknownPdu,
    decode,
    encode,
)


class Golden(NamedTuple):
    octets: str
    header: Header
    pdu: Pdu


GOLDENS = {
    "bind_transmitter, the example of 3.2.3": Golden(
        "0000002f 00000002 00000000 00000001534d50503354455354 00  7365637265743038 00  5355424d495431 00  50 01 01 00",
        Header(0x02, 0, 1),
        BindSettings(
            system_id="SMPP3TEST",
            password="secret08",
            system_type="SUBMIT1",
            mode="transmitter",
            interface_version=0x50,
            addr_ton=1,
            addr_npi=1,
        ),
    ),
    "bind_receiver with an address range": Golden(
        "00000021 00000001 00000000 00000002  65736d65 00  7077 00  00  34 05 09  5e313535 00",
        Header(0x01, 0, 2),
        BindSettings(system_id="esme", password="pw", mode="receiver", addr_ton=5, addr_npi=9, address_range="^155"),
    ),
    "bind_transceiver, smallest": Golden(
        "00000018 00000009 00000000 7fffffff  61 00  00  00  34 00 00  00",
        Header(0x09, 0, 0x7FFFFFFF),
        BindSettings(system_id="a"),
    ),
    "bind_transmitter_resp": Golden(
        "00000015 80000002 00000000 00000001  736d7363 00",
        Header(0x80000002, 0, 1),
        BindResp(mode="transmitter", system_id="smsc"),
    ),
    "bind_receiver_resp, refused with a body": Golden(
        "00000011 80000001 0000000e 00000001  00",
        Header(0x80000001, 0x0E, 1),
        BindResp(mode="receiver", system_id=""),
    ),
    "bind_transceiver_resp with sc_interface_version": Golden(
        "0000001a 80000009 00000000 00000001  736d7363 00  0210 0001 34",
        Header(0x80000009, 0, 1),
        BindResp(mode="transceiver", system_id="smsc", options=Options({0x0210: b"\x34"})),
    ),
    "bind_transceiver_resp, refused without a body": Golden(
        "00000010 80000009 0000000d 00000001", Header(0x80000009, 0x0D, 1), BindResp(mode="transceiver")
    ),
    "outbind": Golden(
        "00000018 0000000b 00000000 00000001  736d7363 00  7077 00",
        Header(0x0B, 0, 1),
        Outbind(system_id="smsc", password="pw"),
    ),
    "submit_sm, every mandatory field": Golden(
        "0000005f 00000004 00000000 00000005"
        "434d54 00  01 01 3132313235353531323334 00  02 08 3133313035353539383736 00"
        "43 3f 02"
        "3236303130323135303430303030302b 00  3030303030333030303030303030305200"
        "01 01 08 07  05 48656c6c6f",
        Header(0x04, 0, 5),
        SubmitSm(
            service_type="CMT",
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="12125551234",
            dest_addr_ton=2,
            dest_addr_npi=8,
            destination_addr="13105559876",
            esm_class=0x43,
            protocol_id=0x3F,
            priority_flag=2,
            schedule_delivery_time="260102150400000+",
            validity_period="000003000000000R",
            registered_delivery=1,
            replace_if_present_flag=1,
            data_coding=8,
            sm_default_msg_id=7,
            short_message=b"Hello",
        ),
    ),
    "submit_sm with segments and a payload": Golden(
        "00000042 00000004 00000000 00000006"
        "00  05 00 41434d45 00  01 01 3135 00  00 00 00  00 00  01 00 00 00 00"
        "020c 0002 00ff  020e 0001 03  020f 0001 02  0426 0001 01  0424 0002 6869",
        Header(0x04, 0, 6),
        SubmitSm(
            source_addr_ton=5,
            source_addr="ACME",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="15",
            registered_delivery=1,
            options=Options.of(sar=(255, 3, 2), more_messages_to_send=True, message_payload=b"hi"),
        ),
    ),
    "submit_sm_resp": Golden(
        "00000016 80000004 00000000 00000005  3141324233 00", Header(0x80000004, 0, 5), SubmitSmResp("1A2B3")
    ),
    "submit_sm_resp, throttled without a body": Golden(
        "00000010 80000004 00000058 00000005", Header(0x80000004, 0x58, 5), SubmitSmResp()
    ),
    "submit_sm_resp, refused with a body": Golden(
        "00000011 80000004 00000058 00000005  00", Header(0x80000004, 0x58, 5), SubmitSmResp("")
    ),
    "deliver_sm, a receipt in TLVs": Golden(
        "0000003b 00000005 00000000 00000007"
        "00  01 01 3135 00  01 01 3136 00  04 00 00  00 00  00 00 00 00  02 6f6b"
        "001e 0004 61623100  0427 0001 02  0423 0003 030005",
        Header(0x05, 0, 7),
        DeliverSm(
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="15",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="16",
            esm_class=4,
            short_message=b"ok",
            options=Options({0x001E: b"ab1\0", 0x0427: b"\x02", 0x0423: b"\x03\x00\x05"}),
        ),
    ),
    "deliver_sm_resp": Golden("00000011 80000005 00000000 00000007  00", Header(0x80000005, 0, 7), DeliverSmResp()),
    "data_sm": Golden(
        "00000024 00000103 00000000 0000000800  01 01 3135 00  01 01 3136 00  00 01 08  0424 0002 0041",
        Header(0x103, 0, 8),
        DataSm(
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="15",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="16",
            registered_delivery=1,
            data_coding=8,
            options=Options({0x0424: b"\x00A"}),
        ),
    ),
    "data_sm_resp with delivery_failure_reason": Golden(
        "00000017 80000103 000000fe 00000008  39 00  0425 0001 01",
        Header(0x80000103, 0xFE, 8),
        DataSmResp("9", Options({0x0425: b"\x01"})),
    ),
    "enquire_link": Golden("00000010 00000015 00000000 00000009", Header(0x15, 0, 9), EnquireLink()),
    "enquire_link_resp": Golden("00000010 80000015 00000000 00000009", Header(0x80000015, 0, 9), EnquireLinkResp()),
    "unbind": Golden("00000010 00000006 00000000 0000000a", Header(0x06, 0, 10), Unbind()),
    "unbind_resp": Golden("00000010 80000006 00000000 0000000a", Header(0x80000006, 0, 10), UnbindResp()),
    "generic_nack": Golden("00000010 80000000 00000003 0000000b", Header(0x80000000, 3, 11), GenericNack()),
    "alert_notification": Golden(
        "0000001f 00000102 00000000 0000000c  01 01 3135 00  01 01 3136 00  0422 0001 00",
        Header(0x102, 0, 12),
        AlertNotification(bytes.fromhex("01013135000101313600 0422000100")),
    ),
    "query_sm, which an ESME never gets": Golden(
        "00000016 00000003 00000000 0000000d  3141 00 00 00 00",
        Header(0x03, 0, 13),
        UnknownPdu(0x03, b"1A\0\0\0\0"),
    ),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_length_field_is_the_length(name: str) -> None:
    octets = bytes.fromhex(GOLDENS[name].octets)
    assert int.from_bytes(octets[:4], "big") == len(octets)


@pytest.mark.parametrize("name", GOLDENS)
def test_decodes(name: str) -> None:
    golden = GOLDENS[name]
    assert decode(bytes.fromhex(golden.octets)) == (golden.header, golden.pdu)


@pytest.mark.parametrize("name", GOLDENS)
def test_encodes_octet_for_octet(name: str) -> None:
    golden = GOLDENS[name]
    written = encode(golden.pdu, golden.header.sequence, golden.header.status)
    assert written.hex() == bytes.fromhex(golden.octets).hex()


def test_every_pdu_has_a_golden() -> None:
    assert {type(golden.pdu) for golden in GOLDENS.values()} == set(get_args(Pdu))


def test_secrets_do_not_show() -> None:
    assert "hunter2" not in repr(BindSettings(system_id="a", password="hunter2"))
    assert "hunter2" not in repr(Outbind(system_id="a", password="hunter2"))
