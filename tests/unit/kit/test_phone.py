"""Phone numbers: whatever people type becomes E.164, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.kit import phone
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.phone import (
    Country,
    country_of,
    is_short_code,
    is_toll_free,
    parse_number,
    parse_sender,
    require_number,
)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+19495551234", "+19495551234"),
        ("19495551234", "+19495551234"),
        ("9495551234", "+19495551234"),
        ("949-555-1234", "+19495551234"),
        ("(949) 555-1234", "+19495551234"),
        ("949.555.1234", "+19495551234"),
        ("1 (949) 555-1234", "+19495551234"),
        ("  +1 949 555 1234  ", "+19495551234"),
        ("+1-949-555-1234", "+19495551234"),
        ("tel:+1-949-555-1234", "+19495551234"),
        ("011 44 20 7183 8750", "+442071838750"),
        ("+44 20 7183 8750", "+442071838750"),
        ("+49 (0)30 1234567", "+49301234567"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("1-800-356-9377", "+18003569377"),
        ("1-800-FLOWERS", "+18003569377"),
        ("+52 55 1234 5678", "+525512345678"),
        ("９４９５５５１２３４", "+19495551234"),
        ("+1 949 555 1234", "+19495551234"),
    ],
)
def test_what_people_type(typed: str, number: str) -> None:
    assert parse_number(typed) == number
    assert require_number("to", typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "+",
        "+1",
        "911",
        "20001",
        "5551234",
        "555-1234",
        "+15551234",
        "+1049555123",
        "+11495551234",
        "+10495551234",
        "0495551234",
        "+194955512345",
        "+1949555123",
        "hello",
        "+999 12345678",
        "+19495551234; drop table",
        "19495551234" * 5,
        "0" * 41,
        "+" + "1" * 1_000_000,
    ],
)
def test_what_is_no_number(typed: str) -> None:
    assert parse_number(typed) is None
    with pytest.raises(InvalidInputError) as caught:
        require_number("to", typed)
    (error,) = caught.value.errors
    assert error.field == "to"
    assert "+19495551234" in error.problem
    assert len(error.problem) < 200


@given(st.text(max_size=50))
def test_whatever_is_typed_becomes_e164_or_nothing(typed: str) -> None:
    number = parse_number(typed)
    if number is not None:
        assert number.startswith("+")
        assert number[1:].isascii()
        assert number[1:].isdecimal()
        assert 5 <= len(number) <= 18
        assert parse_number(number) == number


@given(st.integers(2_000_000_000, 9_999_999_999))
def test_ten_digits_are_a_number_of_the_home_country(digits: int) -> None:
    assert parse_number(f"+1{digits}") == f"+1{digits}"
    assert parse_number(f"1{digits}") in {f"+1{digits}", None}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("123", True),
        ("20001", True),
        ("123456", True),
        ("12", False),
        ("1234567", False),
        ("+2000", False),
        ("20 001", False),
        ("20001\n", False),
        ("２０００１", False),
        ("", False),
    ],
)
def test_short_codes(text: str, is_one: bool) -> None:
    assert is_short_code(text) is is_one


def test_senders_are_numbers_or_short_codes() -> None:
    assert parse_sender("20001") == "20001"
    assert parse_sender("(949) 555-1234") == "+19495551234"
    assert parse_sender("ACME") is None


@pytest.mark.parametrize(
    ("number", "free"),
    [(f"+1{code}5551234", True) for code in (800, 833, 844, 855, 866, 877, 888)]
    + [("+18805551234", False), ("+19495551234", False), ("+448005551234", False), ("20001", False)],
)
def test_toll_free_numbers(number: str, free: bool) -> None:
    assert is_toll_free(number) is free


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+19495551234", Country(1, "US")),
        ("+16045551234", Country(1, "CA")),
        ("+442071838750", Country(44, "GB")),
        ("+8613812345678", Country(86, "CN")),
        ("20001", Country(1, "US")),
        ("+", Country(1, "US")),
        ("+19999999999", Country(1, "US")),
    ],
)
def test_countries(number: str, country: Country) -> None:
    assert country_of(number) == country


@given(
    st.from_regex(r"(\+?1[ .-]?)?\(?[2-9]\d\d\)?[ .-]{0,2}\d{3}[ .-]?\d{4}", fullmatch=True)
    | st.from_regex(r"[+\d() .-]{0,20}", fullmatch=True)
)
def test_plain_numbers_are_read_as_the_numbering_plan_reads_them(typed: str) -> None:
    """The short way for what most lists hold answers what the long way does."""
    by_the_plan = phone._parse(typed)

    assert parse_number(typed) == by_the_plan
