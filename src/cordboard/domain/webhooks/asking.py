"""Asking a server something now, and waiting for what it says: unlike an event, which is delivered in its own time."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog

from cordboard.domain.debuglog.models import Entry
from cordboard.domain.webhooks.attempting import log_entries
from cordboard.domain.webhooks.composing import Request, compose
from cordboard.domain.webhooks.errors import UnsendableError
from cordboard.domain.webhooks.judging import LONGEST_KEPT, Verdict, judge
from cordboard.domain.webhooks.models import Delivery, Target
from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.kit.clock import Clock

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AskServer:
    """The verb: network only."""

    client: GuardedClient
    clock: Clock

    async def __call__(
        self,
        subject: UUID,
        delivery: Delivery,
        target: Target | str | None,
        timeout: float,
        longest: int = LONGEST_KEPT,
    ) -> tuple[Verdict, list[Entry]]:
        """What a server answered, with mapped values of up to `longest` bytes as JSON, and the steps for the debug log
        of `subject`. Nothing that a server or a configuration does raises.
        """
        now = self.clock.now()
        request: Request | None = None
        reply: HttpReply | None = None
        try:
            opened = _opened(target)
            request = compose(opened, delivery, now)
            reply = await self.client.request(
                request.method,
                request.url,
                headers=request.headers,
                body=request.body,
                timeout=timeout,
                sensitive=request.sensitive,
            )
            verdict = judge(opened, reply.status, reply.body, longest)
        except (UnsendableError, HttpError) as error:
            verdict = Verdict(str(error))
        except Exception as error:  # noqa: BLE001  (one odd server must not keep others from going on)
            _log.exception("webhooks.asking_failed", endpoint=delivery.endpoint_id)
            verdict = Verdict(f"the request could not be made: {type(error).__name__}")
        if request is None:
            return verdict, []
        return verdict, log_entries(delivery.account_id, subject, now, request, reply, verdict)


def _opened(target: Target | str | None) -> Target:
    """Raises UnsendableError where there is nothing to ask."""
    if not isinstance(target, Target):
        raise UnsendableError(target or "the configuration is gone or turned off")
    return target
