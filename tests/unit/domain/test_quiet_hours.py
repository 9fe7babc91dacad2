"""When quiet hours end: examples around daylight saving, and the law against a walk minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cordboard.domain.compliance.models import QuietHours
from cordboard.domain.compliance.quiet_hours import end_of_quiet
from cordboard.kit.timezones import zones_of_number

NEW_YORK, LOS_ANGELES = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
NIGHT = QuietHours(time(21), time(8))
MINUTE = timedelta(minutes=1)
WALKED = 2 * 24 * 60

# Clocks are set in these zones on these days of 2026: by an hour, by half an hour, early and late, or never.
ZONES = [
    NEW_YORK,
    LOS_ANGELES,
    *map(ZoneInfo, ("Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Phoenix", "America/St_Johns")),
]
CHANGES = [
    datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1))
]


def utc(text: str) -> datetime:
    """A moment of 2026, such as `01-06 03:00`, in UTC."""
    return datetime.fromisoformat(f"2026-{text}+00:00")


def at(text: str) -> time:
    """A time of the day."""
    return time.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "zones", "end"),
    [
        ("01-06 03:00", [NEW_YORK], "01-06 13:00"),  # 22:00, until 8:00 the next day
        ("01-06 12:59", [NEW_YORK], "01-06 13:00"),
        ("01-06 12:59:59.5", [NEW_YORK], "01-06 13:00"),
        ("01-06 13:00", [NEW_YORK], None),
        ("01-07 01:59", [NEW_YORK], None),
        ("01-07 02:00", [NEW_YORK], "01-07 13:00"),
        ("01-06 13:30", [NEW_YORK, LOS_ANGELES], "01-06 16:00"),  # open in New York, not yet in Los Angeles
        ("01-07 02:30", [NEW_YORK, LOS_ANGELES], "01-07 16:00"),  # open in Los Angeles, no more in New York
        ("01-06 22:00", [], "01-07 08:00"),  # nobody knows where: UTC
        ("03-08 03:00", [NEW_YORK], "03-08 12:00"),  # the night in which an hour is skipped
        ("11-01 03:00", [NEW_YORK], "11-01 13:00"),  # the night in which an hour comes twice
    ],
)
def test_a_night_ends_in_the_morning_of_the_recipient(now: str, zones: Sequence[ZoneInfo], end: str | None) -> None:
    assert end_of_quiet(utc(now), NIGHT, zones) == (utc(end) if end else None)


@pytest.mark.parametrize(
    ("start", "end", "now", "until"),
    [
        ("22:00", "02:30", "03-08 06:30", "03-08 07:00"),  # 2:30 does not exist: at 2:00 it is 3:00
        ("02:10", "02:50", "03-08 06:59", None),  # nor does this whole rest
        ("22:00", "01:30", "11-01 05:15", "11-01 05:30"),  # 1:15 for the first time
        ("22:00", "01:30", "11-01 05:45", None),
        ("22:00", "01:30", "11-01 06:15", "11-01 06:30"),  # 1:15 for the second time
        ("01:40", "02:20", "11-01 05:50", "11-01 06:00"),  # at 2:00 it is 1:00 again
        ("22:00", "02:00", "11-01 05:15", "11-01 07:00"),  # both hours from 1:00 are quiet
    ],
)
def test_skipped_and_repeated_hours_count_as_the_wall_shows_them(
    start: str, end: str, now: str, until: str | None
) -> None:
    found = end_of_quiet(utc(now), QuietHours(at(start), at(end)), [NEW_YORK])

    assert found == (utc(until) if until else None)


def test_a_rest_at_noon_does_not_cross_midnight() -> None:
    noon = QuietHours(at("12:00"), at("13:30"))

    assert end_of_quiet(utc("01-06 12:45"), noon, []) == utc("01-06 13:30")
    assert end_of_quiet(utc("01-06 23:00"), noon, []) is None
    assert end_of_quiet(utc("01-06 11:59"), noon, []) is None


def test_hours_that_end_when_they_start_are_never_quiet() -> None:
    assert end_of_quiet(utc("01-06 21:00"), QuietHours(at("21:00"), at("21:00")), []) is None


def test_where_no_time_suits_all_zones_the_middle_one_decides() -> None:
    everywhere = zones_of_number("+18005550100")
    assert len(everywhere) > 10

    long_night = QuietHours(at("18:00"), at("09:00"))

    until = end_of_quiet(utc("01-06 05:00"), long_night, everywhere)

    assert until == utc("01-06 14:00")  # nine o'clock in the east of America
    assert end_of_quiet(until, long_night, everywhere) is None


def test_a_toll_free_number_waits_until_it_is_day_from_puerto_rico_to_guam() -> None:
    until = end_of_quiet(utc("01-06 05:00"), NIGHT, zones_of_number("+18005550100"))

    assert until == utc("01-06 22:00")


def is_quiet(moment: datetime, quiet: QuietHours, zone: ZoneInfo) -> bool:
    """The meaning of quiet hours, told another way: how far into them a clock on the wall is."""
    wall = moment.astimezone(zone)
    into = (wall.hour * 60 + wall.minute - quiet.start.hour * 60 - quiet.start.minute) % 1440
    lasting = (quiet.end.hour * 60 + quiet.end.minute - quiet.start.hour * 60 - quiet.start.minute) % 1440
    return into < lasting


def first_open_minute(now: datetime, quiet: QuietHours, zones: Sequence[ZoneInfo]) -> datetime | None:
    """The first whole minute after `now` that is not quiet anywhere."""
    start = now.replace(second=0, microsecond=0)
    minutes = (start + count * MINUTE for count in range(1, WALKED))
    return next((minute for minute in minutes if not any(is_quiet(minute, quiet, zone) for zone in zones)), None)


times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
moments = st.builds(
    lambda day, offset: day + offset,
    st.sampled_from(CHANGES),
    st.timedeltas(min_value=timedelta(hours=-30), max_value=timedelta(hours=30)),
)


@settings(max_examples=150, deadline=None)
@given(moments, times, times, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True))
def test_the_end_is_the_first_minute_that_is_quiet_nowhere(
    now: datetime, start: time, end: time, zones: list[ZoneInfo]
) -> None:
    quiet = QuietHours(start, end)
    open_now = not any(is_quiet(now, quiet, zone) for zone in zones)
    expected = None if open_now else first_open_minute(now, quiet, zones)
    assume(open_now or expected is not None)

    assert end_of_quiet(now, quiet, zones) == expected


@settings(max_examples=100, deadline=None)
@given(
    st.timedeltas(timedelta(0), timedelta(days=29)).map(lambda past: datetime(2026, 6, 1, tzinfo=UTC) + past),
    times,
    times,
    st.lists(st.sampled_from([*ZONES, ZoneInfo("Pacific/Guam"), ZoneInfo("Asia/Tokyo")]), max_size=6, unique=True),
)
def test_what_was_put_off_is_not_put_off_again(now: datetime, start: time, end: time, zones: list[ZoneInfo]) -> None:
    quiet = QuietHours(start, end)

    until = end_of_quiet(now, quiet, zones)

    assert until is None or (until > now and end_of_quiet(until, quiet, zones) is None)
