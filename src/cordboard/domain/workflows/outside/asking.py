"""Jobs of runs: what they carry, and how their answer comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.domain.workflows.rendering import phone_of
from cordboard.engines.workflow.effects import (
    AskAssistant,
    CallWebhook,
    DrawMeme,
    Effect,
    LookUpCarrier,
    SendEmail,
)
from cordboard.infra.db import Tx
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock

JOBS: Final[Mapping[type[Effect], str]] = {
    AskAssistant: "workflows.ask_assistant",
    CallWebhook: "workflows.call_webhook",
    DrawMeme: "workflows.draw_meme",
    LookUpCarrier: "workflows.look_up_carrier",
    SendEmail: "workflows.send_email",
}
"""The kind of job that carries out each kind of effect."""

_DONE: Final = Outcome()


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What a job knows: the effect, whose it is, and as of the step, which was at `asked_at`, the contact's number and
    mail address, and the number that the contact knows. `number_set_id`: the campaign's, where it has written nothing
    yet.
    """

    run_id: UUID
    campaign_id: UUID
    contact_id: UUID
    phone: str
    email: str
    sender: str
    number_set_id: UUID | None
    parent_account_id: UUID
    asked_at: datetime
    effect: Effect


class AskLater:
    """The handler of effects whose carrying out waits for somebody else: a job each, in the step's transaction. The
    effect's key is the same whenever the step is repeated, so whoever carries it out can tell a repeat.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """Nothing is known yet."""
        now = self._clock.now()
        await enqueue(
            tx,
            [
                Job(JOBS[type(one.effect)], one.run.account_id, msgspec.to_builtins(_outside(one, now)), now)
                for one in wanted
            ],
        )
        return [_DONE] * len(wanted)


def asked_of(job: Job) -> Outside:
    """What a job of a run carries."""
    return msgspec.convert(job.payload, Outside)


def _outside(one: Wanted, now: datetime) -> Outside:
    return Outside(
        run_id=one.run.id,
        campaign_id=one.run.campaign_id,
        contact_id=one.run.contact_id,
        phone=phone_of(one.person),
        email=one.person.ext_data.get("email", ""),
        sender=one.run.sender,
        number_set_id=one.campaign.number_set_id,
        parent_account_id=one.parent_account_id,
        asked_at=now,
        effect=one.effect,
    )
