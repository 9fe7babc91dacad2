"""The gate's rules, in the order in which they are asked. A new one is a function here and a line in `RULES`.

A rule gets the candidate and the facts that were read for its batch. It answers what it found, for the ledger, and a
decision when that settles the matter; the first one that does wins. Emergency numbers are not for a rule to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from cordboard.domain.compliance.models import GLOBAL_SELECTOR, Candidate, Decision
from cordboard.domain.compliance.quiet_hours import end_of_quiet
from cordboard.kit.timezones import zones_of_number

_EMERGENCY: Final = frozenset({"911", "112", "988", "999"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read for one candidate: the selectors under which its recipient is listed on its channel, and whether it
    is on the national list and not exempt from it.
    """

    now: datetime
    listed_for: Sequence[str]
    federally_listed: bool = False


Finding = tuple[str, Decision | None]
Rule = Callable[[Candidate, Facts], Finding]


def do_not_contact(candidate: Candidate, facts: Facts) -> Finding:
    """Listed for all of the account's numbers, or for the sender."""
    if not facts.listed_for:
        return "not listed", None
    whom = "this account" if GLOBAL_SELECTOR in facts.listed_for else candidate.sender
    reason = f"{candidate.recipient} has unsubscribed from {whom}"
    return "listed", Decision(verdict="refuse", code="opted_out", reason=reason)


def federal_list(candidate: Candidate, facts: Facts) -> Finding:
    """The national do-not-call list, for those who ask for it."""
    if not candidate.federal:
        return "not asked for", None
    if not facts.federally_listed:
        return "not listed", None
    reason = f"{candidate.recipient} is on the federal do-not-call list"
    return "listed", Decision(verdict="refuse", code="federal_dnc", reason=reason)


def quiet_hours(candidate: Candidate, facts: Facts) -> Finding:
    """Recipient-local hours of rest; one-time passwords are asked for and come at any time."""
    if candidate.quiet is None:
        return "not set", None
    if candidate.message_class == "otp":
        return "not for otp", None
    zones = zones_of_number(candidate.recipient)
    until = end_of_quiet(facts.now, candidate.quiet, zones)
    if until is None:
        return f"outside, {_place(zones)}", None
    reason = f"quiet hours of the recipient until {until:%Y-%m-%dT%H:%M}Z"
    return f"inside, {_place(zones)}", Decision(verdict="defer", code="quiet_hours", reason=reason, defer_until=until)


RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("dnc", do_not_contact),
    ("federalDnc", federal_list),
    ("quietHours", quiet_hours),
)


def decide(candidate: Candidate, facts: Facts) -> Decision:
    """The decision of the first rule that settles it, with what each rule that was asked found."""
    found: dict[str, str] = {"stage": candidate.at}
    if candidate.channel == "call" and candidate.recipient.lstrip("+") in _EMERGENCY:
        return Decision(verdict="allow", code="emergency", rules=found)
    for name, rule in RULES:
        found[name], decision = rule(candidate, facts)
        if decision is not None:
            return replace(decision, rules=found)
    return Decision(verdict="allow", rules=found)


def _place(zones: Sequence[ZoneInfo]) -> str:
    if not zones:
        return "zone unknown, taken as UTC"
    return zones[0].key if len(zones) == 1 else f"{len(zones)} zones"
