"""The job that sends mail."""

from __future__ import annotations

from typing import Final

import msgspec
import structlog

from cordboard.infra.jobs.queue import Job, RetryJob
from cordboard.infra.mail.message import Mail
from cordboard.infra.mail.port import Mailer, MailRefusedError

_PAUSES: Final = (30.0, 120.0, 600.0, 1800.0, 7200.0, 14_400.0, 21_600.0)
_log = structlog.get_logger(__name__)


class SendMail:
    """Sends a queued mail. A server that is away, or does not take it now, is tried again for half a day of business
    time; a refused mail is logged and left.
    """

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    async def __call__(self, job: Job) -> None:
        """Sends the job's mail."""
        mail = msgspec.convert(job.payload, Mail)
        try:
            await self._mailer.send(mail, f"<{job.id}.{job.account_id}@cordboard>")
        except MailRefusedError as error:
            _log.warning("mail.refused", job=job.id, reason=str(error))
        except OSError as error:
            if job.attempts > len(_PAUSES):
                _log.error("mail.given_up", job=job.id, reason=str(error))
                return
            raise RetryJob(_PAUSES[job.attempts - 1], str(error)) from error
