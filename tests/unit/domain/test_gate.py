"""The gate's rules: what each finds, which wins, and what the ledger will say."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest

from cordboard.domain.compliance.models import Candidate, QuietHours
from cordboard.domain.compliance.rules import Facts, decide

NIGHT = QuietHours(time(21), time(8))
MIDNIGHT = datetime(2026, 1, 6, 5, tzinfo=UTC)  # in New York
MORNING = datetime(2026, 1, 6, 13, tzinfo=UTC)


def candidate(**changes: Any) -> Candidate:
    """A marketing text to New York, with some members changed."""
    usual: dict[str, Any] = {
        "subject_id": UUID(int=2),
        "account_id": UUID(int=1),
        "channel": "sms",
        "sender": "+17145550100",
        "recipient": "+12125550123",
        "message_class": "marketing",
        "quiet": None,
        "at": "accept",
    }
    return Candidate(**{**usual, **changes})


def test_who_is_not_listed_is_written_to() -> None:
    decision = decide(candidate(), Facts(MIDNIGHT, ()))

    assert (decision.verdict, decision.code, decision.reason, decision.defer_until) == ("allow", None, None, None)
    assert decision.rules == {
        "stage": "accept",
        "dnc": "not listed",
        "federalDnc": "not asked for",
        "quietHours": "not set",
    }
    assert decision.rules_version


@pytest.mark.parametrize(
    ("listed_for", "whom"),
    [
        (["CUSTOMER_GLOBAL"], "this account"),
        (["+17145550100"], "+17145550100"),
        (["+17145550100", "CUSTOMER_GLOBAL"], "this account"),
    ],
)
def test_who_is_listed_is_refused_in_words(listed_for: list[str], whom: str) -> None:
    decision = decide(candidate(), Facts(MORNING, listed_for))

    assert (decision.verdict, decision.code) == ("refuse", "opted_out")
    assert decision.reason == f"+12125550123 has unsubscribed from {whom}"
    assert decision.rules["dnc"] == "listed"


def test_the_first_rule_that_settles_it_wins_and_the_rest_is_not_asked() -> None:
    decision = decide(candidate(quiet=NIGHT), Facts(MIDNIGHT, ["CUSTOMER_GLOBAL"]))

    assert decision.verdict == "refuse"
    assert list(decision.rules) == ["stage", "dnc"]


@pytest.mark.parametrize("message_class", ["marketing", "transactional"])
def test_quiet_hours_put_off_until_they_end(message_class: str) -> None:
    decision = decide(candidate(quiet=NIGHT, message_class=message_class), Facts(MIDNIGHT, ()))

    assert (decision.verdict, decision.code, decision.defer_until) == ("defer", "quiet_hours", MORNING)
    assert decision.reason == "quiet hours of the recipient until 2026-01-06T13:00Z"
    assert decision.rules["quietHours"] == "inside, America/New_York"


def test_a_password_comes_at_any_time() -> None:
    decision = decide(candidate(quiet=NIGHT, message_class="otp"), Facts(MIDNIGHT, ()))

    assert decision.verdict == "allow"
    assert decision.rules["quietHours"] == "not for otp"


def test_outside_of_quiet_hours_nothing_waits() -> None:
    decision = decide(candidate(quiet=NIGHT), Facts(MORNING, ()))

    assert decision.verdict == "allow"
    assert decision.rules["quietHours"] == "outside, America/New_York"


def test_the_ledger_tells_when_nobody_knows_the_zone() -> None:
    decision = decide(candidate(quiet=NIGHT, recipient="12345"), Facts(MIDNIGHT, ()))

    assert decision.defer_until == datetime(2026, 1, 6, 8, tzinfo=UTC)
    assert decision.rules["quietHours"] == "inside, zone unknown, taken as UTC"


def test_the_ledger_tells_how_many_zones_a_number_may_be_in() -> None:
    decision = decide(candidate(quiet=NIGHT, recipient="+18005550100"), Facts(MIDNIGHT, ()))

    assert decision.rules["quietHours"].endswith(" zones")


@pytest.mark.parametrize("number", ["911", "112", "988", "+112"])
def test_nothing_keeps_anybody_from_calling_for_help(number: str) -> None:
    facts = Facts(MIDNIGHT, ["CUSTOMER_GLOBAL"])

    call = decide(candidate(channel="call", recipient=number, quiet=NIGHT), facts)
    text = decide(candidate(channel="sms", recipient=number, quiet=NIGHT), facts)

    assert (call.verdict, call.code) == ("allow", "emergency")
    assert text.verdict == "refuse"
