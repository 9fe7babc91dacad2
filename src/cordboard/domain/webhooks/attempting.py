"""One lane's turn: its deliveries are sent one after the other until one fails, the batch ends or time runs out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog
from msgspec.structs import replace

from cordboard.domain.debuglog.models import Entry, http_request, http_response
from cordboard.domain.webhooks.composing import Request, compose
from cordboard.domain.webhooks.errors import UnsendableError
from cordboard.domain.webhooks.judging import Verdict, judge
from cordboard.domain.webhooks.models import Attempt, Delivery, FinalState, Target
from cordboard.domain.webhooks.recording import GIVE_UP_AFTER, LaneResult
from cordboard.domain.webhooks.repository.queue import Lane
from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.kit.backoff import scheduled
from cordboard.kit.clock import Clock, epoch_ms, monotonic

RETRY_SECONDS: Final = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
"""Waits before the second and each later attempt."""
TIMEOUT: Final = 15.0
TURN_SECONDS: Final = 30.0
"""After so long no further delivery of a lane is begun, so that a turn ends within its lease."""
_LONGEST_SHOWN: Final = 8 * 1024
_log = structlog.get_logger(__name__)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed lane, its oldest deliveries, and where they go: None cancels them, a text says why no attempt can
    help."""

    lane: Lane
    deliveries: list[Delivery]
    target: Target | str | None
    probing: bool = False


@dataclass(slots=True)
class _Outcome:
    """What a turn has come to so far."""

    due_at: datetime
    finished: list[tuple[Delivery, FinalState]] = field(default_factory=list)
    retry: Delivery | None = None
    successes: int = 0
    failures: int = 0
    entries: list[Entry] = field(default_factory=list)


class TakeTurn:
    """The verb: network only; what it answers is yet to be recorded."""

    def __init__(self, client: GuardedClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def __call__(self, turn: Turn) -> LaneResult:
        """Sends, and answers what became of it. A `probing` turn sends one delivery only."""
        started = monotonic()
        outcome = _Outcome(self._clock.now())
        for delivery in turn.deliveries[:1] if turn.probing else turn.deliveries:
            if turn.target is None:
                outcome.finished.append((delivery, "cancelled"))
            elif delivery.created_at <= self._clock.now() - GIVE_UP_AFTER:
                outcome.finished.append((delivery, "failed"))
            elif monotonic() - started > TURN_SECONDS or not await self._send(turn.target, delivery, outcome):
                break
        return LaneResult(
            lane=turn.lane,
            finished=outcome.finished,
            retry=outcome.retry,
            due_at=outcome.due_at,
            successes=outcome.successes,
            failures=outcome.failures,
            entries=outcome.entries,
        )

    async def _send(self, target: Target | str, delivery: Delivery, outcome: _Outcome) -> bool:
        """One attempt, into `outcome`; whether the lane may go on. Nothing that a receiver or a configuration does
        raises.
        """
        now, started = self._clock.now(), monotonic()
        request: Request | None = None
        reply: HttpReply | None = None
        hopeless = False
        try:
            meant = _meant(target, delivery)
            request = compose(meant, delivery, now)
            reply = await self._ask(request)
            verdict = judge(meant, reply.status, reply.body)
        except UnsendableError as error:
            verdict, hopeless = Verdict(str(error)), True
        except HttpError as error:
            verdict = Verdict(error.reason)
        except Exception as error:  # noqa: BLE001  (one odd delivery must not stop its neighbours; it counts as failed)
            _log.exception("webhooks.attempt_failed", endpoint=delivery.endpoint_id, message=delivery.message_id)
            verdict = Verdict(f"the request could not be made: {type(error).__name__}")
        attempt = Attempt(
            time=epoch_ms(now),
            duration_ms=round((monotonic() - started) * 1000),
            status_code=reply.status if reply else None,
            error=verdict.error,
            variables=verdict.variables,
        )
        if request and delivery.about:
            outcome.entries += log_entries(delivery.account_id, delivery.about, now, request, reply, verdict)
        tried = replace(delivery, attempts=[*delivery.attempts, attempt])
        return self._settle(tried, outcome, good=verdict.error is None, hopeless=hopeless)

    async def _ask(self, request: Request) -> HttpReply:
        return await self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            body=request.body,
            timeout=TIMEOUT,
            sensitive=request.sensitive,
        )

    def _settle(self, tried: Delivery, outcome: _Outcome, *, good: bool, hopeless: bool) -> bool:
        """After a failure the lane waits with its head, or rests for a moment once the head's attempts are used up."""
        if good or hopeless:
            outcome.finished.append((tried, "delivered" if good else "failed"))
            outcome.successes += good
            return True
        outcome.failures += 1
        seconds = scheduled(len(tried.attempts) - 1, RETRY_SECONDS)
        if seconds is None:
            outcome.finished.append((tried, "failed"))
        else:
            outcome.retry = tried
            outcome.due_at = self._clock.now() + timedelta(seconds=seconds)
        return False


def _meant(target: Target | str, delivery: Delivery) -> Target:
    """The target with a callback's own URL. Raises UnsendableError."""
    if isinstance(target, str):
        raise UnsendableError(target)
    if delivery.url is None:
        return target
    return replace(target, method=delivery.method or target.method, url=delivery.url)


def log_entries(
    account_id: UUID, subject: UUID, now: datetime, request: Request, reply: HttpReply | None, verdict: Verdict
) -> list[Entry]:
    """An attempt as the debug log tells it; a status of 0 is no answer, and the body says why."""
    sent = (request.body or b"")[:_LONGEST_SHOWN].decode("utf-8", "replace")
    asked = http_request(account_id, subject, now, request.url, request.method, sent, request.shown_headers())
    if reply is None:
        return [asked, http_response(account_id, subject, now, 0, {}, (verdict.error or "").encode())]
    return [asked, http_response(account_id, subject, now, reply.status, reply.headers, reply.body[:_LONGEST_SHOWN])]
