"""A contact's free-form data: what is kept of it, what is refused, what is computed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.contacts.ext_data import (
    clean_ext_data,
    clean_keys,
    merge_ext_data,
    timezone_of,
    with_computed_keys,
)
from cordboard.domain.contacts.models import ConflictMode
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.timezones import UNKNOWN

PHONE = "+13105551234"
names = st.from_regex(r"[a-zA-Z][a-zA-Z_]{0,9}", fullmatch=True)
data = st.dictionaries(names.map(str.lower), st.text(max_size=8), max_size=6)


def problems(given_data: dict[str, Any]) -> dict[str, str]:
    """Each bad field with what is wrong with it."""
    with pytest.raises(InvalidInputError) as caught:
        clean_ext_data(given_data)
    return {error.field: error.problem for error in caught.value.errors}


def test_names_become_lower_case_and_scalars_texts() -> None:
    given_data = {" FirstName ": "John", "age": 41, "score": 1.5, "vip": True, "old": False, "gone": None, "empty": ""}

    assert clean_ext_data(given_data) == {
        "firstname": "John",
        "age": "41",
        "score": "1.5",
        "vip": "true",
        "old": "false",
        "empty": "",
    }


def test_fields_with_a_format_are_normalised_at_any_number() -> None:
    given_data = {
        "phonenumber1": "(310) 555-1234",
        "PhoneNumber12": "+44 20 7123 4567",
        "state1": "ca",
        "country2": "us",
    }

    assert clean_ext_data(given_data) == {
        "phonenumber1": PHONE,
        "phonenumber12": "+442071234567",
        "state1": "CA",
        "country2": "US",
    }


def test_fields_that_only_resemble_those_are_left_alone() -> None:
    free = {"phonenumber": "call me", "emails": "none", "state": "California", "country10x": "USA", "zip1": "x"}

    assert clean_ext_data(free) == free


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("phonenumber1", "12", "+19495551234"),
        ("phonenumber2", "nonsense", "+19495551234"),
        ("phonenumber1", 5551234, "+19495551234"),
        ("email1", "john", "name@example.com"),
        ("email3", "john@example", "name@example.com"),
        ("email1", "john doe@example.com", "name@example.com"),
        ("email1", "a@b@example.com", "name@example.com"),
        ("state1", "Cal", "two letters"),
        ("country1", "U1", "two letters"),
        ("notes", "x" * 4097, "at most 4096"),
        ("notes", ["x"], "must be a text"),
        ("notes", {"x": "y"}, "must be a text"),
        ("", "x", "1 to 64"),
        ("  ", "x", "1 to 64"),
    ],
)
def test_a_bad_field_is_refused_with_the_fix(name: str, value: Any, problem: str) -> None:
    found = problems({"good": "x", name: value})

    assert list(found) == [f"extData.{name}"]
    assert problem in found[f"extData.{name}"]


def test_every_bad_field_is_named() -> None:
    assert list(problems({"email1": "x", "notes": [], "state1": "?"})) == [
        "extData.email1",
        "extData.notes",
        "extData.state1",
    ]


def test_the_limits_are_the_last_that_is_kept() -> None:
    widest = {f"{number:064}": "x" * 4096 if number == 0 else "" for number in range(200)}

    assert clean_ext_data(widest) == widest
    assert "has 201 fields; at most 200" in problems({**widest, "more": "x"})["extData"]
    assert "1 to 64" in problems({"x" * 65: "x"})["extData." + "x" * 64]


@given(st.dictionaries(names, st.text(max_size=8) | st.integers() | st.booleans() | st.none(), max_size=6))
def test_clean_data_stays_as_it_is(given_data: dict[str, Any]) -> None:
    cleaned = clean_ext_data(given_data)

    assert clean_ext_data(cleaned) == cleaned
    assert all(name == name.lower() for name in cleaned)


def test_keys_lose_blanks_and_repeats_and_numbers_become_e164() -> None:
    given_keys = [" ext-1 ", "", "  ", "+1 (310) 555-1234", PHONE, "ext-1", "Ext-1", "3105551234", "+vanity"]

    assert clean_keys(given_keys, "keys") == ["ext-1", PHONE, "Ext-1", "3105551234", "+vanity"]


@pytest.mark.parametrize("keys", [[str(number) for number in range(21)], ["x" * 256]])
def test_too_many_or_too_long_keys_are_refused(keys: list[str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        clean_keys(keys, "rmkeys")

    assert [error.field for error in caught.value.errors] == ["rmkeys"]


def test_the_phone_is_a_key() -> None:
    assert with_computed_keys(["a"], {"phonenumber1": PHONE, "phonenumber2": "+13105550000"}) == ["a", PHONE]
    assert with_computed_keys([PHONE, "a"], {"phonenumber1": PHONE}) == [PHONE, "a"]
    assert with_computed_keys(["a"], {"phonenumber1": ""}) == ["a"]
    assert with_computed_keys([], {}) == []


@given(data, data)
def test_replace_keeps_the_given_append_the_present_and_overwrite_the_given_over_the_present(
    present: dict[str, str], new: dict[str, str]
) -> None:
    assert merge_ext_data(present, new, "REPLACE") == new
    assert merge_ext_data(present, new, "APPEND") == {
        name: present.get(name, new.get(name)) for name in present.keys() | new.keys()
    }
    assert merge_ext_data(present, new, "OVERWRITE") == {
        name: new.get(name, present.get(name)) for name in present.keys() | new.keys()
    }


@pytest.mark.parametrize("mode", ["APPEND", "OVERWRITE"])
def test_what_is_too_much_together_is_refused(mode: ConflictMode) -> None:
    present, new = ({f"{prefix}{number}": "x" for number in range(150)} for prefix in "ab")

    with pytest.raises(InvalidInputError, match="has 300 fields"):
        merge_ext_data(present, new, mode)
    assert len(merge_ext_data(present, new, "REPLACE")) == 150


@pytest.mark.parametrize(
    ("fields", "timezone_id"),
    [
        ({"phonenumber1": PHONE}, -32),
        ({"phonenumber1": PHONE, "country1": "US", "zip1": "65203"}, -24),
        ({"phonenumber1": PHONE, "zip1": "65203"}, -24),
        ({"phonenumber1": PHONE, "country1": "", "zip1": "65203"}, -24),
        ({"phonenumber1": PHONE, "country1": "CA", "zip1": "S4P 3Y2"}, -25),
        ({"phonenumber1": PHONE, "zip1": "96813"}, UNKNOWN),
        ({"phonenumber1": PHONE, "country1": "DE", "zip1": "10115"}, -32),
        ({"phonenumber1": PHONE, "country1": "US", "zip1": ""}, -32),
        ({"country1": "US"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_the_time_zone_is_the_postal_codes_else_the_phones(fields: dict[str, str], timezone_id: int) -> None:
    assert timezone_of(fields) == timezone_id
