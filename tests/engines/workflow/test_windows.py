"""Windows of time and wall times: over changes of the clocks, over midnight, by day masks; and the laws of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.engines.workflow.windows import EVERY_DAY, Window, at_wall, closes_at, is_allowed, opens_at, zone_of

NEW_YORK, LOS_ANGELES, PHOENIX, UNKNOWN = -20, -32, -29, -128
SUNDAY, MONDAY, SATURDAY, WEEKDAYS = 1, 2, 64, 62


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opens(window: Window, now: str, zone: int = NEW_YORK) -> str:
    """When a window opens on the clocks of UTC."""
    return f"{opens_at(window, utc(now), zone):%Y-%m-%d %H:%M:%S}"


def closes(window: Window, now: str, zone: int = NEW_YORK) -> str:
    return f"{closes_at(window, utc(now), zone):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("zone", "day", "wall", "moment"),
    [
        # forward: what the clocks skip comes with the jump
        ("America/New_York", "2026-03-08", time(2, 30), "2026-03-08 07:00:00"),
        ("America/New_York", "2026-03-08", time(2, 30, 30), "2026-03-08 07:00:00"),
        ("America/New_York", "2026-03-08", time(2), "2026-03-08 07:00:00"),
        ("America/New_York", "2026-03-08", time(1, 59, 59), "2026-03-08 06:59:59"),
        ("America/New_York", "2026-03-08", time(3), "2026-03-08 07:00:00"),
        ("Europe/Berlin", "2026-03-29", time(2, 59), "2026-03-29 01:00:00"),
        ("Australia/Lord_Howe", "2026-10-04", time(2, 15), "2026-10-03 15:30:00"),
        ("America/Santiago", "2026-09-06", time(0), "2026-09-06 04:00:00"),
        # back: what comes twice is taken the first time
        ("America/New_York", "2026-11-01", time(1, 30), "2026-11-01 05:30:00"),
        ("America/New_York", "2026-11-01", time(2), "2026-11-01 07:00:00"),
        ("Europe/Berlin", "2026-10-25", time(2, 30), "2026-10-25 00:30:00"),
        ("Australia/Lord_Howe", "2026-04-05", time(1, 45), "2026-04-04 14:45:00"),
        # nothing changes
        ("America/Phoenix", "2026-03-08", time(2, 30), "2026-03-08 09:30:00"),
        ("UTC", "2026-03-08", time(2, 30), "2026-03-08 02:30:00"),
    ],
)
def test_the_moment_of_a_wall_time(zone: str, day: str, wall: time, moment: str) -> None:
    assert f"{at_wall(datetime.fromisoformat(day), wall, ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}" == moment


@given(
    st.sampled_from(("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata")),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.times().map(lambda one: one.replace(microsecond=0)),
)
@settings(max_examples=200)
def test_the_clocks_show_the_wall_time_or_have_just_skipped_it(zone: str, day: date, wall: time) -> None:
    clocks = ZoneInfo(zone)
    moment = at_wall(datetime.combine(day, time(0)), wall, clocks)
    shown = moment.astimezone(clocks).replace(tzinfo=None)
    before = (moment - timedelta(seconds=1)).astimezone(clocks).replace(tzinfo=None)

    assert shown == datetime.combine(day, wall) or before < datetime.combine(day, wall) < shown


def test_the_zone_that_counts() -> None:
    assert zone_of("recipient", NEW_YORK, LOS_ANGELES).key == "America/Los_Angeles"
    assert zone_of("recipient", NEW_YORK, UNKNOWN).key == "America/New_York"
    assert zone_of("fixed", NEW_YORK, LOS_ANGELES).key == "America/New_York"
    assert zone_of("recipient", None, UNKNOWN).key == "UTC"
    assert zone_of("fixed", 77, LOS_ANGELES).key == "UTC"


OFFICE = Window(start=time(8), end=time(17), days=WEEKDAYS)
NIGHT = Window(start=time(22), end=time(2))


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2026-01-05T12:59:59", "2026-01-05 13:00:00"),
        ("2026-01-05T13:00:00", "2026-01-05 13:00:00"),
        ("2026-01-05T21:59:59", "2026-01-05 21:59:59"),
        ("2026-01-05T22:00:00", "2026-01-06 13:00:00"),
        ("2026-01-09T22:00:00", "2026-01-12 13:00:00"),  # Friday evening
        ("2026-03-06T22:00:00", "2026-03-09 12:00:00"),  # over the change to summer
        ("2026-10-30T21:00:00", "2026-11-02 13:00:00"),  # and back
    ],
)
def test_office_hours(now: str, moment: str) -> None:
    assert opens(OFFICE, now) == moment


@pytest.mark.parametrize(
    ("now", "moment", "end"),
    [
        ("2026-01-06T02:59:00", "2026-01-06 03:00:00", "2026-01-06 07:00:00"),
        ("2026-01-06T06:59:59", "2026-01-06 06:59:59", "2026-01-06 07:00:00"),
        ("2026-01-06T07:00:00", "2026-01-07 03:00:00", "2026-01-07 07:00:00"),
        ("2026-03-08T06:30:00", "2026-03-08 06:30:00", "2026-03-08 07:00:00"),  # its end is skipped by the clocks
        ("2026-11-01T05:30:00", "2026-11-01 05:30:00", "2026-11-01 07:00:00"),  # an hour comes twice
    ],
)
def test_a_window_over_midnight(now: str, moment: str, end: str) -> None:
    assert opens(NIGHT, now) == moment
    assert closes(NIGHT, now) == end


def test_the_day_of_a_window_over_midnight_is_the_one_it_opens_on() -> None:
    window = Window(start=time(22), end=time(2), days=SATURDAY)

    assert opens(window, "2026-01-11T06:00:00") == "2026-01-11 06:00:00"  # Sunday, 1 am
    assert opens(window, "2026-01-10T06:00:00") == "2026-01-11 03:00:00"  # Saturday, 1 am


def test_equal_ends_are_a_whole_day() -> None:
    window = Window(start=time(0), end=time(0), days=MONDAY)

    assert opens(window, "2026-01-05T05:00:00") == "2026-01-05 05:00:00"
    assert closes(window, "2026-01-05T05:00:00") == "2026-01-06 05:00:00"
    assert opens(window, "2026-01-06T05:00:00") == "2026-01-12 05:00:00"


def test_a_start_that_the_clocks_skip_opens_with_the_jump() -> None:
    window = Window(start=time(2, 30), end=time(9))

    assert opens(window, "2026-03-08T05:00:00") == "2026-03-08 07:00:00"


def test_a_window_that_the_clocks_skip_whole_stays_shut_that_day() -> None:
    window = Window(start=time(2, 10), end=time(2, 40))

    assert opens(window, "2026-03-08T05:00:00") == "2026-03-09 06:10:00"
    weekly = Window(start=time(2, 10), end=time(2, 40), days=SUNDAY)
    assert opens(weekly, "2026-03-01T08:00:00") == "2026-03-15 06:10:00"


def test_the_same_window_where_the_clocks_never_change() -> None:
    window = Window(start=time(2, 10), end=time(2, 40))

    assert opens(window, "2026-03-08T05:00:00", PHOENIX) == "2026-03-08 09:10:00"


@pytest.mark.parametrize("days", [0, 128])
def test_a_window_of_no_days_counts_as_open(days: int) -> None:
    assert opens(Window(start=time(8), end=time(9), days=days), "2026-03-08T05:00:00") == "2026-03-08 05:00:00"


def test_masks_begin_with_sunday() -> None:
    sunday = datetime(2026, 1, 4, tzinfo=UTC)

    for place in range(7):
        day = sunday + timedelta(days=place)
        assert is_allowed(1 << place, day)
        assert not is_allowed(EVERY_DAY - (1 << place), day)


def is_inside(window: Window, moment: datetime, zone: int) -> bool:
    """Whether a window is open, by the definition of it: the wall times of the day it opens on."""
    clocks = zone_of(window.timezone_type, window.fixed_id, zone)
    for before in (0, 1):
        day = moment.astimezone(clocks) - timedelta(days=before)
        last = day + timedelta(days=1) if window.end <= window.start else day
        if at_wall(day, window.start, clocks) <= moment < at_wall(last, window.end, clocks) and is_allowed(
            window.days, day
        ):
            return True
    return False


WALLS = st.sampled_from((time(0), time(1, 30), time(2), time(2, 10), time(2, 40, 30), time(3), time(12), time(23, 59)))
CHANGES = st.sampled_from(("2026-03-07", "2026-10-30", "2027-03-13", "2026-06-01")).map(utc)
NOWS = st.builds(lambda day, minutes: day + timedelta(minutes=minutes), CHANGES, st.integers(0, 4 * 1440))


@given(
    st.builds(Window, start=WALLS, end=WALLS, days=st.integers(1, 127), timezone_type=st.just("recipient")),
    NOWS,
    st.sampled_from((NEW_YORK, LOS_ANGELES, PHOENIX, 0)),
)
@settings(max_examples=200)
def test_the_laws_of_opening(window: Window, now: datetime, zone: int) -> None:
    moment = opens_at(window, now, zone)

    assert moment >= now
    assert is_inside(window, moment, zone)
    assert opens_at(window, moment, zone) == moment
    assert moment < closes_at(window, now, zone)
    earlier = now
    while earlier < moment:
        assert not is_inside(window, earlier, zone), f"it is open at {earlier} already"
        earlier += timedelta(minutes=30)
    assert moment == now or not is_inside(window, moment - timedelta(seconds=1), zone)
