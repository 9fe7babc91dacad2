"""Messages as SMPP carries them, and what SMPP says as the platform records it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cordboard.domain.messaging.models import Submission
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.smpp.mapping import canonical_id, inbound_of, outcome_of, receipt_of, submits_of
from cordboard.wire.smpp import DeliverSm, Options, Status
from cordboard.wire.sms.reassembly import Part, assemble
from cordboard.wire.sms.udh import split_user_data

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
CARRIER = CarrierSettings(name="acme", host="h", system_id="s")


def submission(text: str, **more: object) -> Submission:
    """A message to be handed over."""
    usual = {
        "account_id": UUID(int=1),
        "message_id": UUID(int=2),
        "created_at": NOW,
        "carrier": "acme",
        "attempt": 1,
        "sender": "+19495550100",
        "recipient": "+19492221234",
        "text": text,
    }
    return Submission(**{**usual, **more})  # type: ignore[arg-type]


def test_a_short_text_is_one_plain_submit() -> None:
    ((number, pdu),) = submits_of(submission("hi"), CARRIER, NOW)

    assert (number, pdu.short_message, pdu.data_coding, pdu.esm_class) == (1, b"hi", 0, 0)
    assert (pdu.source_addr, pdu.source_addr_ton, pdu.destination_addr) == ("19495550100", 1, "19492221234")
    assert pdu.registered_delivery == 1
    assert pdu.validity_period == ""


def test_parts_carry_a_header_and_join_to_the_text() -> None:
    text = "Grüße 😀 " * 30
    pdus = [pdu for _, pdu in submits_of(submission(text, parts=tuple(range(1, 6)), total_parts=5), CARRIER, NOW)]

    split = [split_user_data(pdu.short_message) for pdu in pdus]
    places = [one.concatenation for one in split if one.concatenation]
    assert [(place.number, place.total) for place in places] == [(number, 5) for number in range(1, 6)]
    assert len({place.reference for place in places}) == 1
    parts = {place.number: Part(one.body, 8) for place, one in zip(places, split, strict=True)}
    assert assemble(5, parts).text == text


def test_only_the_missing_parts_are_submitted_again_under_the_same_reference() -> None:
    text = "x" * 400
    first = submits_of(submission(text, parts=(1, 2, 3), total_parts=3), CARRIER, NOW)
    again = submits_of(submission(text, parts=(2,), total_parts=3, attempt=2), CARRIER, NOW)

    assert again == [first[1]]


def test_a_short_code_says_what_it_is() -> None:
    ((_, pdu),) = submits_of(submission("hi", sender="12345"), CARRIER, NOW)

    assert (pdu.source_addr, pdu.source_addr_ton, pdu.source_addr_npi) == ("12345", 3, 0)


def test_what_is_left_of_the_validity_goes_along() -> None:
    ((_, pdu),) = submits_of(submission("hi", valid_until=NOW + timedelta(minutes=90)), CARRIER, NOW)

    assert pdu.validity_period == "000000013000000R"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (Status.ESME_ROK, "accepted"),
        (Status.ESME_RTHROTTLED, "throttled"),
        (Status.ESME_RMSGQFUL, "throttled"),
        (Status.ESME_RSYSERR, "unavailable"),
        (Status.ESME_RINVDSTADR, "refused"),
        (0x0400, "refused"),
    ],
)
def test_what_a_status_means(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome


@pytest.mark.parametrize(
    ("given", "hexadecimal", "canonical"),
    [("00ABC1", False, "abc1"), ("0000", False, "0"), (" 7b ", True, "123"), ("not hex", True, "not hex")],
)
def test_ids_have_one_spelling(given: str, hexadecimal: bool, canonical: str) -> None:
    assert canonical_id(given, hexadecimal=hexadecimal) == canonical


def test_a_receipt_is_read_with_its_reason() -> None:
    text = b"id:00123 sub:001 dlvrd:000 submit date:2601051200 done date:2601051201 stat:UNDELIV err:027 text:"
    receipt = receipt_of(DeliverSm(esm_class=4, short_message=text), CARRIER)

    assert receipt is not None
    assert (receipt.remote_id, receipt.state, receipt.final, receipt.error_code) == ("123", "undelivered", True, "027")


@pytest.mark.parametrize(
    ("address", "ton", "number"),
    [
        ("19492221234", 1, "+19492221234"),
        ("19492221234", 0, "+19492221234"),
        ("9492221234", 2, "+19492221234"),
        ("+447911123456", 0, "+447911123456"),
        ("447911123456", 1, "+447911123456"),
        ("12345", 0, "12345"),
        ("ACME", 5, "ACME"),
    ],
)
def test_an_address_becomes_a_number_as_we_know_it(address: str, ton: int, number: str) -> None:
    message = DeliverSm(source_addr=address, source_addr_ton=ton, short_message=b"hi")

    assert inbound_of(message, CARRIER).sender == number


def test_sar_parameters_tie_parts_together_as_a_header_does() -> None:
    options = Options.of(sar=(7, 2, 1))
    part = inbound_of(DeliverSm(source_addr="19492221234", short_message=b"one", options=options), CARRIER)

    assert (part.text, part.payload, part.reference, part.number, part.total) == (None, b"one", "7/2", 1, 2)


def test_a_message_of_one_part_is_whole() -> None:
    header = bytes((5, 0, 3, 9, 1, 1))
    part = inbound_of(DeliverSm(esm_class=0x40, short_message=header + b"hi"), CARRIER)

    assert part.text == "hi"
