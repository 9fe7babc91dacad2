"""One state out of parts, attempts, answers and receipts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.domain.messaging.folding import Conclusion, Policy, Retry, fold
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.repository.sends import SendRow

ACCOUNT, MESSAGE = UUID(int=1), UUID(int=2)
START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
NOW = START + timedelta(seconds=5)
RECORD = MessageRecord(
    account_id=ACCOUNT,
    id=MESSAGE,
    created_at=START,
    parent_account_id=ACCOUNT,
    direction="outbound",
    state="queued",
    sender="+19495550100",
    recipient="+19492221234",
    body="hi",
    sms_type="so",
    message_class="transactional",
    carrier="acme",
)


def part(number: int = 1, state: str = "accepted", *, attempt: int = 1, carrier: str = "acme", **more: Any) -> SendRow:
    """One part of an attempt."""
    return SendRow(
        account_id=ACCOUNT,
        message_id=MESSAGE,
        attempt=attempt,
        part=number,
        carrier=carrier,
        state=state,
        submitted_at=START,
        **more,
    )


def receipted(number: int, receipt: str, **more: Any) -> SendRow:
    """An accepted part with its final receipt."""
    return part(number, receipt=receipt, receipt_final=True, **more)


def step(*rows: SendRow, record: MessageRecord = RECORD, policy: Policy | None = None, now: datetime = NOW) -> Any:
    """What follows."""
    return fold(record, rows, policy or Policy(), now)


def test_nothing_is_concluded_while_a_part_is_under_way() -> None:
    assert step(part(1), part(2, "submitting")) is None
    assert step(part(1, "refused"), part(2, "submitting")) is None


def test_every_part_accepted_is_sent() -> None:
    assert step(part(1), part(2)) == Conclusion("sent", "Sent", 2, 2)


def test_delivered_only_when_every_part_is() -> None:
    assert step(receipted(1, "delivered"), part(2)) == Conclusion("sent", "Sent", 2, 2)
    assert step(receipted(1, "delivered"), receipted(2, "delivered")) == Conclusion("delivered", "Delivered", 2, 2)


def test_a_receipt_that_is_not_final_says_nothing() -> None:
    assert step(part(1, receipt="enroute")) == Conclusion("sent", "Sent", 1, 1)


@pytest.mark.parametrize(
    ("receipt", "word"),
    [("undelivered", "Undelivered"), ("expired", "Expired"), ("rejected", "Rejected"), ("failed", "Failed")],
)
def test_a_failed_part_of_a_partly_delivered_message_fails_it(receipt: str, word: str) -> None:
    ended = step(receipted(1, "delivered"), receipted(2, receipt, receipt_error="027"))

    assert (ended.state, ended.delivery_status, ended.error_code) == ("undelivered", word, "027")


def test_an_undelivered_message_goes_to_another_carrier_within_the_budget() -> None:
    again = step(receipted(1, "undelivered"))

    assert isinstance(again, Retry)
    assert (again.elsewhere, again.attempt, again.tried) == (True, 2, frozenset({"acme"}))
    assert again.otherwise is not None
    assert again.otherwise.state == "undelivered"


def test_the_budget_ends_by_time_and_by_attempts() -> None:
    late = step(receipted(1, "undelivered"), now=START + timedelta(seconds=301))
    assert late.state == "undelivered"
    twice = step(receipted(1, "undelivered"), receipted(1, "undelivered", attempt=2, carrier="beta"), policy=Policy())
    assert twice.state == "undelivered"


def test_a_second_carrier_starts_anew() -> None:
    rows = (part(1, "refused"), part(2, "refused"), part(1, attempt=2, carrier="http"))

    assert step(*rows) == Conclusion("sent", "Sent", 1, 1)


def test_an_unanswered_part_makes_the_message_uncertain_and_is_not_sent_again() -> None:
    ended = step(part(1), part(2, "unknown"))

    assert (ended.state, ended.accepted, ended.total) == ("uncertain", 1, 2)


def test_a_class_may_ask_to_send_unanswered_messages_again() -> None:
    policy = Policy(resend_uncertain=frozenset({"otp"}))

    again = step(part(1), part(2, "unknown"), record=replace(RECORD, message_class="otp"), policy=policy)

    assert isinstance(again, Retry)
    assert again.parts == (2,)
    assert step(part(1, "unknown"), policy=policy).state == "uncertain"


def test_a_late_answer_ends_the_uncertainty() -> None:
    uncertain = replace(RECORD, state="uncertain")

    assert step(part(1), record=uncertain) == Conclusion("sent", "Sent", 1, 1)
    assert step(part(1, "unknown"), record=uncertain) is None


def test_a_partly_refused_message_is_not_sent_elsewhere() -> None:
    ended = step(part(1), part(2, "refused", error_code="0x0b"))

    assert (ended.state, ended.accepted, ended.error_code) == ("failed", 1, "0x0b")


def test_throttled_parts_are_tried_again_by_the_same_carrier_more_and_more_slowly() -> None:
    first = step(part(1), part(2, "throttled"))
    second = step(part(1), part(2, "throttled"), part(2, "throttled", attempt=2))

    assert (first.parts, first.elsewhere, first.delay) == ((2,), False, 1.0)
    assert (second.parts, second.attempt, second.delay) == ((2,), 3, 2.0)


def test_a_carrier_that_stays_away_gives_way_to_another() -> None:
    assert step(part(1, "unavailable")).elsewhere is False
    second = step(part(1, "unavailable"), part(1, "unavailable", attempt=2))
    assert (second.elsewhere, second.otherwise, second.carrier) == (True, None, "acme")


def test_patience_ends() -> None:
    ended = step(part(1, "throttled", error_code="0x58"), now=START + timedelta(hours=5))

    assert (ended.state, ended.error_code) == ("failed", "0x58")


@pytest.mark.parametrize("state", ["delivered", "undelivered", "failed", "expired"])
def test_what_is_settled_stays_settled(state: str) -> None:
    assert step(receipted(1, "delivered"), record=replace(RECORD, state=state)) is None


def test_the_same_conclusion_twice_is_nothing_new() -> None:
    assert step(part(1), record=replace(RECORD, state="sent", delivery_status="Sent")) is None


_states = st.sampled_from(["submitting", "accepted", "refused", "throttled", "unavailable", "unknown"])
_receipts = st.sampled_from([None, "enroute", "delivered", "undelivered", "expired"])


@given(st.lists(st.tuples(_states, _receipts), min_size=1, max_size=6), st.integers(0, 20_000))
def test_an_accepted_part_is_never_handed_over_again_unless_the_carrier_gave_it_up(
    parts: list[tuple[str, str | None]], seconds: int
) -> None:
    rows = [
        part(number, state, receipt=receipt, receipt_final=receipt not in (None, "enroute"))
        if state == "accepted"
        else part(number, state)
        for number, (state, receipt) in enumerate(parts, 1)
    ]
    again = step(*rows, now=START + timedelta(seconds=seconds))
    if isinstance(again, Retry):
        accepted = {row.part for row in rows if row.state == "accepted"}
        given_up = len(accepted) == len(rows) and not any(row.receipt == "delivered" for row in rows)
        assert given_up or not accepted & set(again.parts)
