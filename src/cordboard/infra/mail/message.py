"""A mail, and how it is queued."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from cordboard.infra.db import Tx
from cordboard.infra.jobs.queue import Job, enqueue

MAIL_JOB: Final = "mail.send"


class Mail(msgspec.Struct, frozen=True):
    """A plain text to one address."""

    to: str
    subject: str
    text: str


async def queue_mail(tx: Tx, account_id: UUID, mail: Mail, now: datetime) -> None:
    """Sends `mail` once the transaction has committed, trying again until a server takes it."""
    await enqueue(tx, [Job(MAIL_JOB, account_id, msgspec.to_builtins(mail), now)])
