"""Which zone of the table a number or a postal code lies in, and what clock a row has."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.kit import timezones
from cordboard.kit.timezones import (
    UNKNOWN,
    ZONES,
    timezone_of_number,
    timezone_of_zip,
    zone_info,
    zones_of_number,
)

IDS = {row.timezone_id for row in ZONES}


@pytest.mark.parametrize(
    ("number", "timezone_id"),
    [
        ("+12125550100", -20),
        ("+13125550100", -24),
        ("+13035550100", -28),
        ("+16025550100", -29),
        ("+19495550100", -32),
        ("+18765550100", -21),
        ("+50722345678", -21),
        ("+13065550100", -25),
        ("+19075550100", UNKNOWN),
        ("+18085550100", UNKNOWN),
        ("+17875550100", UNKNOWN),
        ("+442071234567", UNKNOWN),
        ("+18005550100", UNKNOWN),
        ("+15556901234", UNKNOWN),
        ("12345", UNKNOWN),
    ],
)
def test_a_number_lies_where_its_prefix_does(number: str, timezone_id: int) -> None:
    assert timezone_of_number(number) == timezone_id


@pytest.mark.parametrize(
    ("country", "code", "timezone_id"),
    [
        ("US", "65203", -24),
        ("us", " 92618-1234", -32),
        ("US", "10001", -20),
        ("US", "00501", -20),
        ("US", "37203", -24),
        ("US", "37402", -20),
        ("US", "79901", -28),
        ("US", "83814", -32),
        ("US", "83702", -28),
        ("US", "85001", -29),
        ("US", "86515", -28),
        ("US", "00901", UNKNOWN),
        ("US", "96813", UNKNOWN),
        ("US", "99501", UNKNOWN),
        ("CA", "M5V 3L9", -20),
        ("CA", "s4p 3y2", -25),
        ("CA", "V6B 1A1", -32),
        ("CA", "B3H 4R2", UNKNOWN),
        ("CA", "X1A 2P7", None),
        ("US", "09012", None),
        ("US", "34012", None),
        ("US", "6520", None),
        ("US", "M5V 3L9", None),
        ("US", "", None),
        ("CA", "", None),
        ("DE", "10115", None),
    ],
)
def test_a_postal_code_lies_where_most_of_its_people_live(country: str, code: str, timezone_id: int | None) -> None:
    assert timezone_of_zip(country, code) == timezone_id


@given(st.sampled_from(["US", "CA", "MX", ""]), st.text(max_size=12) | st.from_regex(r"\d{5}", fullmatch=True))
def test_any_postal_code_gives_a_row_of_the_table_or_nothing(country: str, code: str) -> None:
    assert timezone_of_zip(country, code) in IDS | {None}


@given(st.from_regex(r"\+[1-9]\d{6,14}", fullmatch=True))
def test_any_number_gives_a_row_of_the_table(number: str) -> None:
    assert timezone_of_number(number) in IDS


@pytest.mark.parametrize("row", [row for row in ZONES if row.system_name], ids=str)
def test_the_clock_of_a_row_shows_the_rows_offset_and_its_daylight_saving(row: tuple[int, str, str, int, int]) -> None:
    timezone_id, _, _, dst, offset = row
    clock = zone_info(timezone_id)
    assert clock is not None

    january, july = (datetime(2026, month, 15, 12, tzinfo=clock).utcoffset() for month in (1, 7))

    assert january == timedelta(hours=offset)
    assert july == timedelta(hours=offset + dst)


@pytest.mark.parametrize("timezone_id", [UNKNOWN, -130, 5])
def test_what_is_no_place_has_no_clock(timezone_id: int) -> None:
    assert zone_info(timezone_id) is None


def test_all_zones_of_a_number_are_told() -> None:
    assert zones_of_number("+19495550100") == (ZoneInfo("America/Los_Angeles"),)
    assert set(zones_of_number("+19075550100")) == {ZoneInfo("America/Adak"), ZoneInfo("America/Anchorage")}
    assert len(zones_of_number("+18005550100")) > 10


@pytest.mark.parametrize("number", ["", "12345", "+9991234567", "nonsense"])
def test_a_number_that_tells_nothing_has_no_zones(number: str) -> None:
    assert zones_of_number(number) == ()


KNOWN_PREFIXES = sorted(prefix for prefix in timezones._BY_PREFIX if prefix.startswith("1"))


def padded(prefix: str) -> str:
    """A number of the North American plan that begins so."""
    return f"+{prefix}".ljust(12, "2")


@given(st.from_regex(r"\+1[2-9]\d{9}", fullmatch=True) | st.sampled_from(KNOWN_PREFIXES).map(padded))
def test_the_prefix_tells_what_the_parsed_number_tells(number: str) -> None:
    """The short way for North American numbers answers what the long way does."""
    assert zones_of_number(number) == tuple(ZoneInfo(name) for name in timezones._names_of_parsed(number))
