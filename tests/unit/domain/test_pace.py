"""The pace of senders: where a message stands in its sender's queue, and which sender of a set is picked."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.numbers.models import LONG_CODE, SHORT_CODE, TOLL_FREE, OwnedNumber, PaceRequest
from cordboard.domain.numbers.pace import LONGEST_QUEUE, SEGMENTS_PER_SECOND, pick, reserve

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ONE, OTHER = UUID(int=1), UUID(int=2)
LONG, SECOND_LONG, FREE, SHORT = "+17145550100", "+17145550101", "+18885550100", "12345"
TYPES = {LONG: LONG_CODE, SECOND_LONG: LONG_CODE, FREE: TOLL_FREE, SHORT: SHORT_CODE}


def request(number: str = LONG, segments: int = 1, *, account: UUID = ONE, bounded: bool = True) -> PaceRequest:
    """A message of `number`."""
    return PaceRequest(account, number, TYPES[number], segments, bounded)


def seconds(places: list[datetime | None]) -> list[float | None]:
    """Places as seconds from NOW."""
    return [None if place is None else (place - NOW).total_seconds() for place in places]


def owned(number: str) -> OwnedNumber:
    """A number of ONE."""
    return OwnedNumber(
        account_id=ONE,
        phone_number=number,
        phone_sid=UUID(int=9),
        friendly_name="",
        carrier="acme",
        number_type=TYPES[number],
        attributes=["sms-enabled"],
        region="",
        timezone=0,
        urls={},
        keyword_actions={},
        number_set_id=None,
        assigned_user=None,
        purchase_date=NOW,
        renewal_date=NOW,
    )


@pytest.mark.parametrize(
    ("number", "segments", "places"),
    [
        (LONG, 1, [0, 1, 2]),
        (LONG, 3, [0, 3, 6]),
        (FREE, 1, [0, 0.05, 0.1]),
        (FREE, 10, [0, 0.5, 1]),
        (SHORT, 1, [0, 0.01, 0.02]),
    ],
)
def test_messages_follow_at_the_rate_of_their_sender(number: str, segments: int, places: list[float]) -> None:
    assert seconds(reserve([request(number, segments)] * 3, {}, NOW)) == places


def test_senders_do_not_wait_for_each_other_and_neither_do_accounts() -> None:
    requests = [request(LONG), request(FREE), request(LONG), request(LONG, account=OTHER), request(SECOND_LONG)]

    assert seconds(reserve(requests, {}, NOW)) == [0, 0, 1, 0, 0]


def test_a_batch_goes_on_where_the_last_one_ended_and_an_idle_sender_saves_nothing_up() -> None:
    free_at = {(ONE, LONG): NOW + 5 * SECOND, (ONE, SECOND_LONG): NOW - 100 * SECOND}

    places = reserve([request(LONG, 2), request(SECOND_LONG), request(SECOND_LONG)], free_at, NOW)

    assert seconds(places) == [5, 0, 1]
    assert free_at == {(ONE, LONG): NOW + 7 * SECOND, (ONE, SECOND_LONG): NOW + 2 * SECOND}


def test_past_fifteen_minutes_only_the_unbounded_find_a_place() -> None:
    free_at = {(ONE, LONG): NOW + LONGEST_QUEUE}

    places = reserve([request(), request(), request(bounded=False), request(FREE)], free_at, NOW)

    assert seconds(places) == [900, None, 901, 0]
    assert free_at[ONE, LONG] == NOW + LONGEST_QUEUE + 2 * SECOND


@given(
    st.lists(
        st.builds(
            request,
            st.sampled_from(list(TYPES)),
            st.integers(1, 400),
            account=st.sampled_from([ONE, OTHER]),
            bounded=st.booleans(),
        ),
        max_size=40,
    ),
    st.dictionaries(
        st.tuples(st.sampled_from([ONE, OTHER]), st.sampled_from(list(TYPES))),
        st.integers(-3600, 3600).map(lambda ahead: NOW + ahead * SECOND),
    ),
)
def test_no_sender_is_ever_faster_than_its_rate(
    requests: list[PaceRequest], before: dict[tuple[UUID, str], datetime]
) -> None:
    places = reserve(requests, dict(before), NOW)

    busy_until: dict[tuple[UUID, str], datetime] = defaultdict(lambda: NOW, before)
    for wanted, place in zip(requests, places, strict=True):
        key = (wanted.account_id, wanted.phone_number)
        earliest = max(busy_until[key], NOW)
        if place is None:
            assert wanted.bounded
            assert earliest - NOW > LONGEST_QUEUE
            continue
        assert place == earliest
        assert not wanted.bounded or place - NOW <= LONGEST_QUEUE
        busy_until[key] = place + timedelta(seconds=wanted.segments / SEGMENTS_PER_SECOND[wanted.number_type])


def test_the_sender_that_is_free_soonest_is_picked() -> None:
    free_at = {LONG: NOW + 9 * SECOND, SECOND_LONG: NOW + 2 * SECOND}

    assert pick([owned(LONG), owned(SECOND_LONG)], free_at, 3, NOW) == [owned(SECOND_LONG)] * 3


def test_picks_are_shared_by_rate() -> None:
    picked = pick([owned(LONG), owned(FREE), owned(SHORT)], {}, 1210, NOW)

    shares = Counter(number.phone_number for number in picked)
    assert shares[LONG] == pytest.approx(10, abs=1)
    assert shares[FREE] == pytest.approx(200, abs=1)
    assert shares[SHORT] == pytest.approx(1000, abs=2)


def test_equals_are_picked_at_random() -> None:
    members = [owned(LONG), owned(SECOND_LONG)]

    picked = {pick(members, {}, 1, NOW)[0].phone_number for _ in range(100)}

    assert picked == {LONG, SECOND_LONG}
