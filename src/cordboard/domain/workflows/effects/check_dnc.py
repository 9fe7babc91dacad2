"""DNC check: whether the contact's number is on the account's list or the national one. Answered at once."""

from __future__ import annotations

from collections.abc import Sequence

from cordboard.domain.compliance.models import Candidate
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.domain.workflows.rendering import phone_of
from cordboard.engines.workflow.effects import CheckDnc
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.db import Tx

FEDERAL = "federal"
_UNKNOWN = "the installation has no national list: nobody could say, which counts as listed"


class CheckDncEffects:
    """The handler. Where no national list is loaded, everybody counts as being on it."""

    def __init__(self, compliance: ComplianceService) -> None:
        self._compliance = compliance

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """`match` or `noMatch`."""
        listed = await self._compliance.listed(tx, [_candidate(one) for one in wanted])
        is_loaded = any(_check(one).dnc_list == FEDERAL for one in wanted) and await self._compliance.has_federal_list(
            tx
        )
        return [
            _outcome(_check(one), found, is_known=is_loaded or _check(one).dnc_list != FEDERAL)
            for one, found in zip(wanted, listed, strict=True)
        ]


def _check(one: Wanted) -> CheckDnc:
    return one.of(CheckDnc)


def _candidate(one: Wanted) -> Candidate:
    check = _check(one)
    return Candidate(
        subject_id=one.run.id,
        account_id=one.run.account_id,
        channel="call" if check.subtype == "call" else "sms",
        sender=one.run.sender,
        recipient=phone_of(one.person),
        message_class="marketing",
        quiet=None,
        at="accept",
        federal=check.dnc_list == FEDERAL,
    )


def _outcome(check: CheckDnc, found: bool, *, is_known: bool) -> Outcome:
    matches = found or not is_known
    answer = Answered(check.token, outcome="match" if matches else "noMatch")
    return Outcome(answer=answer, notes=() if is_known else (_UNKNOWN,))
