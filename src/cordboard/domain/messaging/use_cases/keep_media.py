"""Keeping the media of inbound messages: carriers delete theirs, and their links are not for customers."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from typing import Final

import structlog

from cordboard.domain.messaging.repository import messages
from cordboard.domain.messaging.use_cases.receive_messages import announce, finished
from cordboard.domain.numbers.service import NumberService
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database
from cordboard.infra.http import GuardedClient, HttpError
from cordboard.infra.jobs.queue import Job, RetryJob
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids, parse_uuid, time_of

_RETRY_SECONDS: Final = (2.0, 10.0, 30.0)
_HTTP_OK: Final = range(200, 300)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeepMedia:
    """The verb, as a handler of jobs. The message is told of when its media is kept, or cannot be after some tries."""

    clock: Clock
    ids: Ids
    database: Database
    client: GuardedClient
    blobs: Blobs
    numbers: NumberService

    async def __call__(self, job: Job) -> None:
        """Fetches a message's media and announces the message. Raises RetryJob while the carrier does not give it."""
        message_id = parse_uuid(job.payload["messageSid"])
        created_at = time_of(message_id) if message_id else None
        if message_id is None or created_at is None:
            return
        async with self.database.connection() as connection:
            record = await messages.find(connection, job.account_id, message_id, created_at)
        if record is None or record.state != "receiving":
            return
        kept = [await self._keep(url, job) for url in record.media_urls]
        async with self.database.transaction() as tx:
            (locked,) = await messages.lock(tx, [record.key])
            if locked.state != "receiving":
                return
            now = self.clock.now()
            done = finished(locked, kept, now)
            await messages.conclude(tx, [done])
            owners = await self.numbers.senders(tx, [(done.account_id, done.recipient)])
            await announce(tx, [done], {number: owned for (_, number), owned in owners.items()}, now)

    async def _keep(self, url: str, job: Job) -> str:
        """Our URL of a copy; the carrier's own when it cannot be had."""
        try:
            reply = await self.client.request("GET", url)
        except HttpError as error:
            reason = error.reason
        else:
            if reply.status in _HTTP_OK:
                kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                return await self.blobs.put(self.ids.token(24) + _suffix(kind), reply.body)
            reason = f"status {reply.status}"
        if job.attempts <= len(_RETRY_SECONDS):
            raise RetryJob(_RETRY_SECONDS[job.attempts - 1], f"media: {reason}")
        _log.warning("media.not_kept", reason=reason)
        return url


def _suffix(content_type: str) -> str:
    """The file name's ending for a type; none for what is unknown."""
    suffix = mimetypes.guess_extension(content_type) or ""
    return suffix if suffix[1:].isalnum() else ""
