"""What the send ledger of a message means: one state out of parts, attempts, answers and receipts. Pure.

A part stands as its latest attempt left it. While one is under way nothing is concluded. A part that a carrier accepted
is never
handed over again, save when the carrier itself reports the whole message undelivered and another one may try. A part
that
was asked and never answered is `unknown`: the message is then `uncertain`, unless its class says to send such again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cordboard.domain.messaging.models import MessageClass
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.repository.sends import SendRow

DELIVERY_WORDS: Final = {
    "delivered": "Delivered",
    "undelivered": "Undelivered",
    "failed": "Failed",
    "rejected": "Rejected",
    "expired": "Expired",
}
"""Receipts as logs and callbacks show them."""

HANDED_OVER: Final = frozenset({"sent", "delivered", "undelivered"})
"""States of a message that the carrier has in full."""

_SETTLED: Final = frozenset({"delivered", "undelivered", "failed", "expired"})
_TEMPORARY: Final = frozenset({"throttled", "unavailable"})
_PATIENCE: Final = timedelta(hours=4)
_LONGEST_DELAY: Final = 60.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Classes whose unanswered messages are sent again, and how long and how often a second carrier may try."""

    resend_uncertain: frozenset[MessageClass] = frozenset()
    failover_seconds: int = 300
    failover_attempts: int = 2


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The message's new state. `accepted` of `total` parts are with the carrier, which is what is charged."""

    state: str
    delivery_status: str | None
    accepted: int
    total: int
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Hand `parts` over again as `attempt`: at once by a carrier that was not `tried`, if `elsewhere` and there is one.

    Without one the message ends as `otherwise` says, or, where that is None, `carrier`, the same as before, tries after
    `delay` seconds.
    """

    parts: tuple[int, ...]
    carrier: str
    attempt: int
    delay: float
    tried: frozenset[str]
    elsewhere: bool = False
    otherwise: Conclusion | None = None


Step = Conclusion | Retry | None


def fold(record: MessageRecord, sends: Sequence[SendRow], policy: Policy, now: datetime) -> Step:
    """The next step of a message; None when nothing is to be done. `sends` are all of its parts, by attempt."""
    # A second carrier starts anew: it was asked because the first one has nothing, or gave up what it had.
    current = [send for send in sends if send.carrier == sends[-1].carrier]
    latest = {send.part: send for send in current}
    parts = [latest[number] for number in sorted(latest)]
    if not parts or record.state in _SETTLED or any(part.state == "submitting" for part in parts):
        return None
    step = _step(record, parts, sends, policy, now)
    if isinstance(step, Conclusion) and (step.state, step.delivery_status) == (record.state, record.delivery_status):
        return None
    return step


def _step(
    record: MessageRecord, parts: Sequence[SendRow], sends: Sequence[SendRow], policy: Policy, now: datetime
) -> Step:
    missing = [part for part in parts if part.state != "accepted"]
    if not missing:
        return _by_receipts(parts, sends, policy, now)
    if any(part.state == "unknown" for part in missing):
        if record.message_class in policy.resend_uncertain:
            return _retry(missing, sends, delay=0.0)
        return _conclude("uncertain", parts, None, "unknown", "the carrier never answered; it may have been sent")
    refused = next((part for part in missing if part.state == "refused"), None)
    if refused is not None:
        failure = _conclude("failed", parts, None, refused.error_code, refused.error_message)
        return _elsewhere(parts, sends, policy, now, failure)
    return _later(parts, missing, sends, policy, now)


def _by_receipts(parts: Sequence[SendRow], sends: Sequence[SendRow], policy: Policy, now: datetime) -> Step:
    final = [part for part in parts if part.receipt_final]
    bad = next((part for part in final if part.receipt != "delivered"), None)
    if bad is not None:
        word = DELIVERY_WORDS[bad.receipt or "failed"]
        failure = _conclude("undelivered", parts, word, bad.receipt_error, f"the carrier reports it {bad.receipt}")
        if any(part.receipt == "delivered" for part in final):
            return failure
        return _elsewhere(parts, sends, policy, now, failure)
    if len(final) == len(parts):
        return _conclude("delivered", parts, DELIVERY_WORDS["delivered"])
    return _conclude("sent", parts, "Sent")


def _elsewhere(
    parts: Sequence[SendRow],
    sends: Sequence[SendRow],
    policy: Policy,
    now: datetime,
    failure: Conclusion,
) -> Step:
    """Another carrier, if the budget allows and no part is with the first one (or all are, and it gave them up)."""
    partly = 0 < failure.accepted < failure.total
    tried = {send.carrier for send in sends}
    started = min(send.submitted_at for send in sends)
    if partly or len(tried) >= policy.failover_attempts or now - started > timedelta(seconds=policy.failover_seconds):
        return failure
    return _retry(parts, sends, delay=0.0, elsewhere=True, otherwise=failure)


def _later(
    parts: Sequence[SendRow],
    missing: Sequence[SendRow],
    sends: Sequence[SendRow],
    policy: Policy,
    now: datetime,
) -> Step:
    """Temporary failures: the same carrier after a while, another one when it keeps failing, at last the end."""
    last = missing[0]
    started = min(send.submitted_at for send in sends)
    failure = _conclude("failed", parts, None, last.error_code, last.error_message)
    if now - started > _PATIENCE:
        return failure
    tries = sum(1 for send in sends if send.part == last.part and send.carrier == last.carrier)
    delay = min(_LONGEST_DELAY, 2.0 ** min(tries - 1, 10))
    if last.state == "unavailable" and tries > 1:
        other = _elsewhere(parts, sends, policy, now, failure)
        if isinstance(other, Retry):
            return _retry(parts, sends, delay=delay, elsewhere=True)
    return _retry(missing, sends, delay=delay)


def _retry(
    parts: Sequence[SendRow],
    sends: Sequence[SendRow],
    *,
    delay: float,
    elsewhere: bool = False,
    otherwise: Conclusion | None = None,
) -> Retry:
    return Retry(
        parts=tuple(part.part for part in parts),
        carrier=sends[-1].carrier,
        attempt=max(send.attempt for send in sends) + 1,
        delay=delay,
        tried=frozenset(send.carrier for send in sends),
        elsewhere=elsewhere,
        otherwise=otherwise,
    )


def _conclude(
    state: str,
    parts: Sequence[SendRow],
    delivery_status: str | None,
    error_code: str | None = None,
    error_message: str | None = None,
) -> Conclusion:
    accepted = sum(1 for part in parts if part.state == "accepted")
    return Conclusion(state, delivery_status, accepted, len(parts), error_code, error_message)
