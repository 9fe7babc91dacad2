"""Webhook nodes: the request is made until it succeeds, or for a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordboard.domain.workflows.outside.answering import Answering
from cordboard.domain.workflows.outside.asking import asked_of
from cordboard.domain.workflows.ports import WorkflowCallbacks
from cordboard.engines.workflow.effects import CallWebhook
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.jobs.queue import Job, RetryJob
from cordboard.kit.backoff import scheduled
from cordboard.kit.ids import parse_uuid

RETRY_SECONDS: Final = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0)
"""Waits before the second and each later attempt; after the last one the run goes on without an answer."""


@dataclass(frozen=True, slots=True)
class CallWebhookJob:
    """Handler of jobs. The answer has the variables of the webhook's mapping, and `callback.error` where it failed for
    good.
    """

    callbacks: WorkflowCallbacks
    answering: Answering

    async def __call__(self, job: Job) -> None:
        """One attempt."""
        asked = asked_of(job)
        effect = asked.effect
        if not isinstance(effect, CallWebhook) or not await self.answering.waits(
            job.account_id, asked.run_id, effect.token
        ):
            return
        callback_id = parse_uuid(effect.callback_id)
        if callback_id is None:
            raise ValueError(f"{effect.callback_id!r} is no id of a webhook")
        result = await self.callbacks.ask(job.account_id, callback_id, asked.run_id, effect.key, effect.variables)
        wait = scheduled(job.attempts - 1, RETRY_SECONDS)
        if result.error is not None and not result.is_final and wait is not None:
            raise RetryJob(wait, result.error)
        if result.error is None:
            answered, failure = Answered(effect.token, result.variables, "success"), None
        else:
            told = {**result.variables, "callback.error": result.error}
            answered, failure = Answered(effect.token, told, "failed"), (effect, f"given up: {result.error}")
        await self.answering(job.account_id, asked.run_id, answered, failure)
