"""The small rules: failover, numbers, digits by INFO, timers, who may be told apart."""

from __future__ import annotations

import pytest

from cordboard.edge.sip.dtmf_info import digit_of
from cordboard.edge.sip.failover import is_global_failure, may_try_next, rest_seconds
from cordboard.edge.sip.flow import Endpoint
from cordboard.edge.sip.numbers import format_number
from cordboard.edge.sip.settings import NumberFormat
from cordboard.edge.sip.timers import Timers


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 403, 407, 488, 302])
def test_the_trunks_own_trouble_allows_the_next_trunk(status: int) -> None:
    assert may_try_next(status)


@pytest.mark.parametrize("status", [200, 404, 410, 480, 484, 486, 487, 600, 603, 604, 606])
def test_the_callees_answer_does_not(status: int) -> None:
    assert not may_try_next(status)


def test_some_failures_speak_for_every_way() -> None:
    assert [status for status in (404, 486, 487, 503, 600, 603) if is_global_failure(status)] == [486, 600, 603]


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (503, "", 5),
        (503, "20", 20),
        (503, "20 (busy);duration=60", 20),
        (503, "86400", 300),
        (503, "soon", 5),
        (500, "20", 0),
        (200, "", 0),
    ],
)
def test_how_long_a_trunk_rests(status: int, retry_after: str, seconds: float) -> None:
    assert rest_seconds(status, retry_after) == seconds


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        ("+19495551234", "e164", "+19495551234"),
        ("+19495551234", "digits", "19495551234"),
        ("+19495551234", "national", "9495551234"),
        ("+4930123456", "national", "30123456"),
        ("100", "national", "100"),
        ("+nonsense", "national", "nonsense"),
    ],
)
def test_numbers_as_trunks_want_them(number: str, form: NumberFormat, written: str) -> None:
    assert format_number(number, form) == written


@pytest.mark.parametrize(
    ("content_type", "body", "digit"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160", "5"),
        ("application/dtmf-relay", b"Duration=160\nSIGNAL = d\n", "D"),
        ("application/dtmf-relay", b"Signal=10", "*"),
        ("application/dtmf-relay", b"Signal=16", None),
        ("application/dtmf-relay", b"Signal=", None),
        ("application/dtmf", b" # ", "#"),
        ("application/dtmf", b"Signal=7", "7"),
        ("application/dtmf", b"\xff", None),
        ("", b"", None),
    ],
)
def test_digits_in_info(content_type: str, body: bytes, digit: str | None) -> None:
    assert digit_of(content_type, body) == digit


def test_timers_run_in_order_once_and_not_when_cancelled() -> None:
    now = [0.0]
    timers = Timers(lambda: now[0])
    ran: list[str] = []
    timers.after(2, lambda: ran.append("b"))
    timers.after(1, lambda: ran.append("a"))
    timers.after(1.5, lambda: ran.append("never")).cancel()
    assert timers.next_wake() == 1
    now[0] = 5
    timers.wake()
    timers.wake()
    assert ran == ["a", "b"]
    assert timers.next_wake() is None


def test_cancelled_timers_do_not_pile_up() -> None:
    timers = Timers(lambda: 0.0)
    for _ in range(10_000):
        timers.after(1800, lambda: None).cancel()
    assert len(timers) < 3000


def test_an_endpoint_as_text() -> None:
    assert [str(Endpoint(host, 5060)) for host in ("192.0.2.1", "::1")] == ["192.0.2.1:5060", "[::1]:5060"]
