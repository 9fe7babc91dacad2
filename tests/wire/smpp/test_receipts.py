"""Receipts as SMSCs write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.smpp import (
    DataSm,
    DeliverSm,
    Options,
    Receipt,
    ReceiptState,
    id_variants,
    is_receipt,
    parse_receipt,
)

DONE = datetime(2026, 1, 2, 15, 5, tzinfo=UTC)
STANDARD = (
    "id:0123456789 sub:001 dlvrd:001 submit date:2601021504 done date:2601021505 stat:DELIVRD err:000 "
    "text:Hello there, your a"
)


def receipt(text: str, *, esm_class: int = 4, data_coding: int = 0, options: Options | None = None) -> DeliverSm:
    return DeliverSm(
        esm_class=esm_class,
        data_coding=data_coding,
        short_message=text.encode("latin-1"),
        options=options or Options(),
    )


def parsed(text: str) -> Receipt:
    found = parse_receipt(receipt(text))
    assert found is not None
    return found


def test_standard_form() -> None:
    assert parsed(STANDARD) == Receipt(
        message_id="0123456789", state=ReceiptState.DELIVERED, error=None, done_at=DONE, final=True
    )


@pytest.mark.parametrize(
    "text",
    [
        STANDARD.upper(),
        STANDARD.lower(),
        STANDARD.replace(":", ": "),
        STANDARD.replace(":", " : "),
        STANDARD.replace(" ", "  \r\n"),
        STANDARD.replace(" date", "_date"),
        STANDARD.replace(" date", "date"),
        "id:0123456789, sub:001; done date:2601021505, stat:DELIVRD; err:000, text:Hello",
        "Your message: " + STANDARD,
        "id:0123456789 done date:2601021505 stat:DELIVRD",
        "stat:DELIVRD done date:2601021505 id:0123456789",
        "id:0123456789 sub: dlvrd: submit date: done date:2601021505 stat:DELIVRD err: text:",
        "id:0123456789 sub:001 submit date:260102150400 done date:260102150500 stat:DELIVRD err:000",
        "id:0123456789 submit date:20260102150400 done date:20260102150500 stat:DELIVERED err:0 Text:x",
        "id:0123456789 submit date:202601021504 done date:202601021505 stat:DELIVRD err:000",
        STANDARD + " id:666 stat:REJECTD err:999",
        STANDARD + "\0",
    ],
)
def test_other_hands(text: str) -> None:
    assert parsed(text) == parsed(STANDARD)


@pytest.mark.parametrize(
    ("word", "state", "final"),
    [
        ("ENROUTE", ReceiptState.ENROUTE, False),
        ("BUFFERED", ReceiptState.ENROUTE, False),
        ("DELIVRD", ReceiptState.DELIVERED, True),
        ("Delivered", ReceiptState.DELIVERED, True),
        ("EXPIRED", ReceiptState.EXPIRED, True),
        ("DELETED", ReceiptState.DELETED, True),
        ("UNDELIV", ReceiptState.UNDELIVERABLE, True),
        ("UNDELIVERED", ReceiptState.UNDELIVERABLE, True),
        ("FAILED", ReceiptState.UNDELIVERABLE, True),
        ("ACCEPTD", ReceiptState.ACCEPTED, False),
        ("UNKNOWN", ReceiptState.UNKNOWN, True),
        ("REJECTD", ReceiptState.REJECTED, True),
        ("REJECTED", ReceiptState.REJECTED, True),
        ("FROBBED", ReceiptState.UNKNOWN, False),
        ("", ReceiptState.UNKNOWN, False),
    ],
)
def test_states(word: str, state: ReceiptState, final: bool) -> None:
    found = parsed(f"id:1 stat:{word} err:000")
    assert (found.state, found.final) == (state, final)


@pytest.mark.parametrize(("number", "state"), [(int(state), state) for state in ReceiptState])
def test_states_by_number(number: int, state: ReceiptState) -> None:
    options = Options({0x001E: b"abc\0", 0x0427: bytes((number,))})
    found = parse_receipt(DataSm(esm_class=4, options=options))
    assert found is not None
    assert found.state is state
    assert found.final is (state not in (ReceiptState.ENROUTE, ReceiptState.ACCEPTED))


def test_options_win_over_the_text() -> None:
    options = Options({0x001E: b"abc\0", 0x0427: b"\x05", 0x0423: b"\x03\x00\x15"})
    found = parse_receipt(receipt(STANDARD.replace("err:000 ", ""), options=options))
    assert found == Receipt(message_id="abc", state=ReceiptState.UNDELIVERABLE, error="021", done_at=DONE, final=True)


def test_state_number_that_makes_no_sense_leaves_the_text() -> None:
    found = parse_receipt(receipt(STANDARD, options=Options({0x0427: b"\x63"})))
    assert found is not None
    assert found.state is ReceiptState.DELIVERED


@pytest.mark.parametrize(
    ("text", "error"),
    [("err:000", None), ("err:0", None), ("err:", None), ("", None), ("err:021", "021"), ("err:E1f", "E1f")],
)
def test_error_is_left_as_it_is_and_zero_is_none(text: str, error: str | None) -> None:
    assert parsed(f"id:1 stat:UNDELIV {text} text:x").error == error


@pytest.mark.parametrize(
    "date",
    ["", "2601", "2613011200", "260102150x", "9999999999", "20260230120000", "00000000000000", "-601021505"],
)
def test_date_that_is_none(date: str) -> None:
    assert parsed(f"id:1 done date:{date} stat:DELIVRD").done_at is None


def test_date_is_local_to_the_smsc() -> None:
    found = parse_receipt(receipt(STANDARD), zone=timezone(timedelta(hours=2)))
    assert found is not None
    assert found.done_at == DONE - timedelta(hours=2)
    assert found.done_at.utcoffset() == timedelta(0)


def test_date_at_the_edge_of_the_calendar() -> None:
    message = receipt("id:1 done date:00010101000000 stat:DELIVRD")
    found = parse_receipt(message, zone=timezone(timedelta(hours=2)))
    assert found is not None
    assert found.done_at is None


@pytest.mark.parametrize("text", ["", "hello", "stat:DELIVRD err:000", "id: sub:001 stat:DELIVRD", "id:"])
def test_without_an_id_there_is_no_receipt(text: str) -> None:
    assert parse_receipt(receipt(text)) is None


def test_text_in_ucs2_in_the_payload_and_behind_a_header() -> None:
    ucs2 = DeliverSm(esm_class=4, data_coding=8, short_message=STANDARD.encode("utf-16-be"))
    payload = DeliverSm(esm_class=4, options=Options.of(message_payload=STANDARD.encode()))
    headed = DeliverSm(esm_class=0x44, short_message=b"\x05\0\x03id:" + STANDARD.encode())
    for message in (ucs2, payload, headed):
        assert parse_receipt(message) == parsed(STANDARD)


@pytest.mark.parametrize(
    ("esm_class", "text", "expected"),
    [
        (0x04, STANDARD, True),
        (0x04, "unreadable", True),
        (0x20, STANDARD, True),
        (0x44, STANDARD, True),
        (0x07, STANDARD, True),
        (0x00, STANDARD, False),  # anybody can send such a text
        (0x40, STANDARD, False),
        (0x03, STANDARD, False),
        (0x08, STANDARD, True),
        (0x08, "thanks, got it", False),
        (0x10, STANDARD, True),
        (0x10, "id:5 without a state", False),
    ],
)
def test_what_is_a_receipt(esm_class: int, text: str, expected: bool) -> None:
    assert is_receipt(receipt(text, esm_class=esm_class)) is expected


def test_receipted_message_id_makes_a_receipt() -> None:
    assert is_receipt(DeliverSm(options=Options({0x001E: b"abc\0"})))
    assert is_receipt(DataSm(options=Options({0x001E: b"abc\0"})))
    assert not is_receipt(DeliverSm(options=Options({0x001E: b"\0"})))


def test_intermediate_notification_is_never_final() -> None:
    found = parse_receipt(receipt(STANDARD, esm_class=0x20))
    assert found is not None
    assert (found.state, found.final) == (ReceiptState.DELIVERED, False)


@given(st.binary(max_size=200), st.integers(0, 255), st.sampled_from([0, 3, 8]), st.binary(max_size=8))
def test_any_text_is_a_receipt_or_none(data: bytes, esm_class: int, data_coding: int, option: bytes) -> None:
    options = Options({0x001E: option, 0x0427: option[:1], 0x0423: option[:3]})
    message = DeliverSm(esm_class=esm_class, data_coding=data_coding, short_message=b"id:7 " + data, options=options)
    is_receipt(message)
    found = parse_receipt(message)
    assert found is None or found.message_id


@pytest.mark.parametrize(
    ("answered", "receipted"),
    [
        ("12AB", "12AB"),
        ("12ab", "12AB"),
        ("12AB", "12ab"),
        ("3039", "12345"),
        ("0x", "0X"),
        ("BC614E", "12345678"),
        ("00bc614e", "0012345678"),
        ("00BC614E", "12345678"),
        ("bc614e", "12345678"),
        ("12345678", "BC614E"),
        ("0012345678", "bc614e"),
        ("12345678", "0012345678"),
        ("0012345678", "12345678"),
        ("12345678", "00bc614e"),
        ("FFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("18446744073709551615", "ffffffffffffffff"),
    ],
)
def test_spellings_of_the_same_id_meet(answered: str, receipted: str) -> None:
    assert answered in id_variants(receipted)


@given(st.text(max_size=64))
def test_variants_are_few_distinct_and_begin_with_the_id(message_id: str) -> None:
    variants = id_variants(message_id)
    assert variants[0] == message_id
    assert len(set(variants)) == len(variants) <= 15


def test_names_are_not_numbers() -> None:
    assert id_variants("a1b2-c3") == ("a1b2-c3", "A1B2-C3")
    assert id_variants("1" * 21) == ("1" * 21,)
    assert id_variants("") == ("",)
