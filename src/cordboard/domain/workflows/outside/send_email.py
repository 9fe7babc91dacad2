"""Email nodes: a mail by the account's provider, tried for about an hour while the provider is away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import run_action
from cordboard.domain.emails.models import Address, Email
from cordboard.domain.emails.service import EmailService, Result
from cordboard.domain.workflows.outside.asking import Outside, asked_of
from cordboard.engines.workflow.effects import SendEmail
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import Job, RetryJob
from cordboard.kit.backoff import scheduled
from cordboard.kit.clock import Clock

RETRY_SECONDS: Final = (30.0, 120.0, 600.0, 1_200.0, 1_800.0)


@dataclass(frozen=True, slots=True)
class SendEmailJob:
    """Handler of jobs. The run does not wait; its history tells what became of the mail."""

    clock: Clock
    database: Database
    emails: EmailService

    async def __call__(self, job: Job) -> None:
        """One attempt."""
        asked = asked_of(job)
        if not isinstance(asked.effect, SendEmail):
            return
        mail = _mail(job, asked, asked.effect)
        result = await self.emails.send(mail)
        if result.again:
            wait = scheduled(job.attempts - 1, RETRY_SECONDS)
            if wait is not None:
                await self._note(job, asked, mail, result)
                raise RetryJob(wait, result.note)
            result = await self.emails.give_up(mail, result.note)
        await self._note(job, asked, mail, result)

    async def _note(self, job: Job, asked: Outside, mail: Email, result: Result) -> None:
        outcome = "tried again later" if result.again else result.state
        words = f"{outcome}, {mail.provider} to {mail.recipient or 'nobody'}: {result.note}"
        success = result.state == "sent"
        entry = run_action(job.account_id, asked.run_id, self.clock.now(), "email", None, words, success=success)
        async with self.database.transaction() as tx:
            await debuglog.record(tx, [entry])


def _mail(job: Job, asked: Outside, effect: SendEmail) -> Email:
    message = effect.message
    sender = message.get("from") or None
    return Email(
        account_id=job.account_id,
        key=effect.key,
        run_id=asked.run_id,
        campaign_id=asked.campaign_id,
        provider=effect.provider,
        recipient=asked.email.strip(),
        template_id=str(message.get("templateId", "")),
        subject=str(message.get("subject", "")),
        sender=_address(sender) if sender else None,
        cc=tuple(_address(one) for one in message.get("cc", ())),
        bcc=tuple(_address(one) for one in message.get("bcc", ())),
        replacements=dict(message.get("replacements", {})),
    )


def _address(given: Mapping[str, Any]) -> Address:
    return Address(str(given.get("email", "")), str(given.get("name", "")))
