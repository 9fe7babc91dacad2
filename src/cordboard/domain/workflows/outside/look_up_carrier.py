"""Carrier lookup nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cordboard.domain.lookups.errors import LookupNotPaidError, LookupUnavailableError
from cordboard.domain.lookups.models import CarrierLookup
from cordboard.domain.lookups.service import LookupService
from cordboard.domain.workflows.outside.answering import Answering
from cordboard.domain.workflows.outside.asking import asked_of
from cordboard.engines.workflow.effects import LookUpCarrier
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.jobs.queue import Job, RetryJob

_MOST_ATTEMPTS: Final = 5
_WAIT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class LookUpCarrierJob:
    """Handler of jobs. A lookup that was made since the step asked is taken as its own, so that a repeat after a crash
    charges nothing.
    """

    lookups: LookupService
    answering: Answering

    async def __call__(self, job: Job) -> None:
        """Looks the contact's number up."""
        asked = asked_of(job)
        effect = asked.effect
        if not isinstance(effect, LookUpCarrier) or not await self.answering.waits(
            job.account_id, asked.run_id, effect.token
        ):
            return
        if not asked.phone:
            await self._fail(job, asked.run_id, effect, "the contact has no phonenumber1")
            return
        try:
            found = await self.lookups.look_up_once(job.account_id, asked.phone, asked.asked_at)
        except (LookupUnavailableError, LookupNotPaidError) as error:
            if isinstance(error, LookupUnavailableError) and job.attempts < _MOST_ATTEMPTS:
                raise RetryJob(_WAIT_SECONDS * job.attempts, str(error)) from error
            await self._fail(job, asked.run_id, effect, str(error))
        else:
            await self.answering(job.account_id, asked.run_id, Answered(effect.token, _variables(found), "success"))

    async def _fail(self, job: Job, run_id: UUID, effect: LookUpCarrier, why: str) -> None:
        answered = Answered(effect.token, {"lookup.error": why}, "failed")
        await self.answering(job.account_id, run_id, answered, (effect, f"not looked up: {why}"))


def _variables(found: CarrierLookup) -> dict[str, str]:
    wireless = "" if found.wireless is None else str(found.wireless).lower()
    facts = {
        "wireless": wireless,
        "city": found.city,
        "state": found.state,
        "country": found.country,
        "zip": found.zip_code,
        "network": found.network,
        "company": found.company,
    }
    return {f"phonenumber1.{name}": value for name, value in facts.items()}
