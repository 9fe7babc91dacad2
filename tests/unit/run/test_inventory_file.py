"""The CSV file of `cordboard numbers import`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.domain.numbers.models import OfferedNumber
from cordboard.kit.errors import InvalidInputError
from cordboard.run.inventory_file import read_inventory

_HEAD = "phone_number,carrier,attributes\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "numbers.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_numbers_are_normalised_and_attributes_split(tmp_path: Path) -> None:
    text = (
        "\ufeff"
        + _HEAD
        + '(949) 555-1234,acme,sms-enabled mms-enabled\n12345,acme,\n"+19495551235",acme,voice-enabled;sms-enabled\n'
    )
    assert read_inventory(_file(tmp_path, text), ["acme"]) == [
        OfferedNumber("+19495551234", "acme", ["sms-enabled", "mms-enabled"]),
        OfferedNumber("12345", "acme", ["sms-enabled"]),
        OfferedNumber("+19495551235", "acme", ["voice-enabled", "sms-enabled"]),
    ]


def test_attributes_may_be_left_out(tmp_path: Path) -> None:
    text = "carrier,phone_number\nacme,+19495551234\n"
    assert read_inventory(_file(tmp_path, text), ["acme"]) == [OfferedNumber("+19495551234", "acme", ["sms-enabled"])]


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    text = _HEAD + "555,acme,\nx,acme,\n+19495551234,other,\n+19495551234,acme,fax-enabled\n+19495551234\n"
    with pytest.raises(InvalidInputError) as caught:
        read_inventory(_file(tmp_path, text), ["acme"])
    assert [(error.field, error.problem.split(";")[0]) for error in caught.value.errors] == [
        ("line 3", "phone_number 'x' is neither a number such as +19495551234 nor a short code"),
        ("line 4", "carrier 'other' is not configured"),
        ("line 5", "attribute 'fax-enabled' is unknown"),
        ("line 6", "carrier '' is not configured"),
    ]


def test_twenty_errors_are_enough(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_inventory(_file(tmp_path, _HEAD + "x,acme,\n" * 50), ["acme"])
    assert len(caught.value.errors) == 20


@pytest.mark.parametrize("text", ["", "number,carrier\n+19495551234,acme\n"])
def test_columns_are_asked_for(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInputError, match="phone_number"):
        read_inventory(_file(tmp_path, text), ["acme"])
