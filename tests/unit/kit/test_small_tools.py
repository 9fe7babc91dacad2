"""Clock, ids, money, pages and pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.kit.backoff import exponential, jittered, scheduled
from cordboard.kit.clock import SystemClock, epoch_ms, from_epoch_ms, monotonic
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import Ids, parse_uuid, time_of, time_uuid_at
from cordboard.kit.money import from_micros, to_micros, to_number
from cordboard.kit.paging import Page
from cordboard.testing.clock import VirtualClock

moments = st.integers(0, 7 * 10**15).map(
    lambda micros: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


@given(st.integers(0, 7_000_000_000_000))
def test_milliseconds_survive_the_way_through_a_datetime(milliseconds: int) -> None:
    moment = from_epoch_ms(milliseconds)
    assert moment.tzinfo is UTC
    assert epoch_ms(moment) == milliseconds


def test_known_moments() -> None:
    assert epoch_ms(datetime(2026, 1, 5, 12, tzinfo=UTC)) == 1_767_614_400_000
    assert epoch_ms(datetime(2026, 1, 5, 12, 0, 0, 1999, tzinfo=UTC)) == 1_767_614_400_001


def test_the_system_clock_is_utc_and_can_be_moved() -> None:
    clock = SystemClock()
    before = datetime.now(UTC)
    assert before <= clock.now() <= before + timedelta(minutes=1)
    clock.offset = timedelta(days=3)
    assert before + timedelta(days=3) <= clock.now() <= before + timedelta(days=3, minutes=1)
    assert monotonic() <= monotonic()


@given(moments)
def test_a_time_uuid_tells_its_time(moment: datetime) -> None:
    identifier = time_uuid_at(moment)
    assert (identifier.version, identifier.variant) == (1, RFC_4122)
    assert time_of(identifier) == moment
    assert identifier.node & 1 << 40  # no network card's address


def test_time_uuids_of_one_instant_differ_and_of_two_are_in_order() -> None:
    clock = VirtualClock()
    ids = Ids(clock)
    first = {ids.time_uuid() for _ in range(10_000)}
    clock.advance(0.000001)
    later = ids.time_uuid()
    assert len(first) == 10_000
    assert {one.time for one in first} == {later.time - 10}


def test_other_uuids_tell_no_time() -> None:
    assert Ids.random_uuid().version == 4
    assert len({Ids.random_uuid() for _ in range(1000)}) == 1000
    assert time_of(Ids.random_uuid()) is None
    assert time_of(UUID(int=0)) is None


def test_tokens_are_unguessable_and_fit_a_url() -> None:
    token = Ids.token()
    assert len(token) == 43
    assert token.replace("-", "").replace("_", "").isalnum()
    assert Ids.token() != token
    assert len(Ids.token(24)) == 32


@pytest.mark.parametrize(
    "text", ["", "x", "123", "0198f9f4-0000-1000-8000-00000000000", "0198f9f4-0000-1000-8000-00000000000g"]
)
def test_what_is_no_uuid(text: str) -> None:
    assert parse_uuid(text) is None


def test_a_uuid_is_read_in_any_case() -> None:
    identifier = Ids.random_uuid()
    assert parse_uuid(str(identifier)) == parse_uuid(str(identifier).upper()) == identifier


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        ("0", 0),
        ("1", 1_000_000),
        ("0.0075", 7_500),
        ("-0.000001", -1),
        ("1e3", 1_000_000_000),
        (Decimal("12.34"), 12_340_000),
    ],
)
def test_amounts_are_whole_micro_units(amount: str | Decimal, micros: int) -> None:
    assert to_micros(amount) == micros


@pytest.mark.parametrize(
    "amount", ["0.0000001", "1.23456789", "", "abc", "NaN", "sNaN", "Infinity", "-Infinity", "1,5"]
)
def test_what_is_no_amount(amount: str) -> None:
    with pytest.raises(ValueError):
        to_micros(amount)


@given(st.integers(-(10**30), 10**30))
def test_money_is_exact_both_ways(micros: int) -> None:
    whole, rest = divmod(abs(micros), 1_000_000)
    text = f"{'-' if micros < 0 else ''}{whole}.{rest:06}"
    assert to_micros(text) == micros


@given(st.integers(-(10**15), 10**15))
def test_decimals_and_json_numbers(micros: int) -> None:
    assert to_micros(from_micros(micros)) == micros
    assert to_number(micros) == float(from_micros(micros))
    assert round(to_number(micros) * 1_000_000) == micros


@pytest.mark.parametrize(
    ("size", "offset", "page"),
    [(None, None, Page(100, 0)), (1, 0, Page(1, 0)), (1000, 5, Page(1000, 5)), (50, None, Page(50, 0))],
)
def test_pages(size: int | None, offset: int | None, page: Page) -> None:
    assert Page.of(size, offset) == page


def test_the_usual_and_the_largest_page_are_the_callers() -> None:
    assert Page.of(None, None, usual=20) == Page(20, 0)
    assert Page.of(5000, None, largest=5000).size == 5000
    with pytest.raises(InvalidInputError):
        Page.of(11, None, largest=10)


@pytest.mark.parametrize(
    ("size", "offset", "fields"),
    [(0, 0, ["size"]), (1001, 0, ["size"]), (-1, -1, ["size", "offset"]), (1, -1, ["offset"])],
)
def test_bad_pages_name_each_field(size: int, offset: int, fields: list[str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Page.of(size, offset)
    assert [error.field for error in caught.value.errors] == fields


def test_an_invalid_input_error_names_field_and_fix() -> None:
    error = InvalidInputError([FieldError("to", "is missing"), FieldError("from", "is short")])
    assert str(error) == "Validation error: to: is missing; from: is short"
    assert InvalidInputError.of("to", "is missing").errors == (FieldError("to", "is missing"),)


@pytest.mark.parametrize(("attempt", "usual"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (7, 60), (10_000, 60)])
def test_pauses_double_up_to_a_ceiling(attempt: int, usual: float) -> None:
    pauses = [exponential(attempt) for _ in range(200)]
    assert usual * 0.8 <= min(pauses) < max(pauses) <= usual * 1.2


def test_pauses_have_a_base_and_a_ceiling() -> None:
    assert 0.4 <= exponential(0, base=0.5, ceiling=10) <= 0.6
    assert 8 <= exponential(9, base=0.5, ceiling=10) <= 12


def test_a_schedule_is_used_up() -> None:
    first = scheduled(0, [5, 300])
    assert first is not None
    assert 4 <= first <= 6
    assert scheduled(2, [5, 300]) is None
    assert scheduled(0, []) is None


@given(st.floats(0, 1e6), st.floats(0, 1))
def test_jitter_stays_within_its_share(seconds: float, share: float) -> None:
    assert seconds * (1 - share) * 0.999999 <= jittered(seconds, share) <= seconds * (1 + share) * 1.000001
