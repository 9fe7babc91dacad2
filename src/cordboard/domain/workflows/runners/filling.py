"""Filling runners: who enters is fixed when the runner is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.compliance.models import Candidate
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.models import Contact
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.workflows.runners import repository
from cordboard.domain.workflows.runners.models import Runner, RunnerRequest
from cordboard.engines.rules.statements import all_hold, parse_statements
from cordboard.infra.db import Database, Tx
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError

FILL_JOB: Final = "workflows.fill_runner"
_CHUNK: Final = 5000
_CHUNKS_AT_ONCE: Final = 4
"""So many chunks are looked at while the request waits; the rest is a job."""
_CHUNKS_OF_A_JOB: Final = 50
"""Well within a job's lease; then another job goes on."""
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class FillRunners:
    """Puts contacts in line: those of a list at once, those of statements as far as the request can wait, and the rest
    by a job, a chunk a transaction, so that memory stays flat and a crash repeats nothing.
    """

    clock: Clock
    database: Database
    contacts: ContactService
    compliance: ComplianceService

    async def fill(self, tx: Tx, runner: Runner, request: RunnerRequest, *, strict: bool = True) -> Runner:
        """The runner with its contacts. Raises InvalidInputError for contacts that the account has not, unless those
        are to be passed over.
        """
        if request.contact_ids:
            return await self._listed(tx, runner, request.contact_ids, strict=strict)
        for _ in range(_CHUNKS_AT_ONCE):
            runner = await self._chunk(tx, runner)
            if not runner.filling:
                return runner
        await enqueue(tx, [Job(FILL_JOB, runner.account_id, {"batchId": str(runner.id)}, self.clock.now())])
        return runner

    async def __call__(self, job: Job) -> None:
        """Handler of jobs: fills a runner to its end."""
        for _ in range(_CHUNKS_OF_A_JOB):
            async with self.database.transaction() as tx:
                runner = await repository.find(tx, job.account_id, UUID(job.payload["batchId"]), lock=True)
                if runner is None or not runner.filling:
                    return
                runner = await self._chunk(tx, runner)
                await repository.update(tx, runner)
                if not runner.filling:
                    return
        async with self.database.transaction() as tx:
            await enqueue(tx, [Job(FILL_JOB, job.account_id, job.payload, self.clock.now())])

    async def _listed(self, tx: Tx, runner: Runner, contact_ids: Sequence[UUID], *, strict: bool) -> Runner:
        wanted = list(dict.fromkeys(contact_ids))
        found = await self.contacts.by_ids(tx, runner.account_id, wanted)
        missing = [one for one in wanted if one not in found]
        if missing and strict:
            named = ", ".join(map(str, missing[:_MOST_NAMED]))
            raise InvalidInputError([FieldError("contactIds", f"names {len(missing)} unknown contacts: {named}")])
        return await self._add(tx, replace(runner, filling=False), [found[one] for one in wanted if one in found])

    async def _chunk(self, tx: Tx, runner: Runner) -> Runner:
        """Looks at some thousand contacts; who is newer than the runner is not of it."""
        statements = parse_statements(runner.statements)
        people = await self.contacts.scan(tx, runner.account_id, runner.scanned, _CHUNK)
        chosen = [one for one in people if one.created_at <= runner.created_at and all_hold(statements, _values(one))]
        runner = await self._add(tx, runner, chosen)
        if len(people) < _CHUNK:
            return replace(runner, filling=False)
        return replace(runner, scanned=people[-1].id)

    async def _add(self, tx: Tx, runner: Runner, people: Sequence[Contact]) -> Runner:
        allowed = await self._allowed(tx, runner, people)
        await repository.add_contacts(tx, runner, [one.id for one in allowed])
        return replace(runner, queued=runner.queued + len(allowed))

    async def _allowed(self, tx: Tx, runner: Runner, people: Sequence[Contact]) -> Sequence[Contact]:
        """Without those whom the account's list forbids to write to, or to call."""
        for channel in runner.dnc:
            listed = await self.compliance.listed(tx, [_candidate(runner, one, channel) for one in people])
            people = [one for one, is_listed in zip(people, listed, strict=True) if not is_listed]
        return people


def _values(contact: Contact) -> dict[str, str]:
    return {"dnc": str(contact.dnc), "timezone": str(contact.timezone), **contact.ext_data}


def _candidate(runner: Runner, contact: Contact, channel: str) -> Candidate:
    return Candidate(
        subject_id=runner.id,
        account_id=runner.account_id,
        channel="call" if channel == "call" else "sms",
        sender="",
        recipient=contact.phone or "",
        message_class="marketing",
        quiet=None,
        at="accept",
    )
