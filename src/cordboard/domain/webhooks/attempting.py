"""One lane's turn: its deliveries are sent one after the other until one fails, the batch ends or time runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

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


class _Sent(msgspec.Struct, frozen=True):
    attempt: Attempt
    entries: list[Entry]
    hopeless: bool = False

    @property
    def good(self) -> bool:
        return self.attempt.error is None


class TakeTurn:
    """The verb: network only; what it answers is yet to be recorded."""

    def __init__(self, client: GuardedClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def __call__(self, turn: Turn) -> LaneResult:
        """Sends, and answers what became of it. A `probing` turn sends one delivery only."""
        started = monotonic()
        finished: list[tuple[Delivery, FinalState]] = []
        entries: list[Entry] = []
        successes = 0
        for delivery in turn.deliveries[:1] if turn.probing else turn.deliveries:
            if turn.target is None:
                finished.append((delivery, "cancelled"))
                continue
            if delivery.created_at <= self._clock.now() - GIVE_UP_AFTER:
                finished.append((delivery, "failed"))
                continue
            if monotonic() - started > TURN_SECONDS:
                break
            sent = await self._send(turn.target, delivery)
            entries += sent.entries
            tried = replace(delivery, attempts=[*delivery.attempts, sent.attempt])
            if not sent.good and not sent.hopeless:
                return self._failed(turn.lane, tried, finished, entries, successes)
            finished.append((tried, "delivered" if sent.good else "failed"))
            successes += sent.good
        return self._result(turn.lane, finished, entries, successes)

    def _failed(
        self,
        lane: Lane,
        tried: Delivery,
        finished: Sequence[tuple[Delivery, FinalState]],
        entries: list[Entry],
        successes: int,
    ) -> LaneResult:
        """After a failure the lane waits, or goes on without the delivery whose attempts are used up."""
        seconds = scheduled(len(tried.attempts) - 1, RETRY_SECONDS)
        if seconds is None:
            return self._result(lane, [*finished, (tried, "failed")], entries, successes, failures=1)
        due_at = self._clock.now() + timedelta(seconds=seconds)
        return self._result(lane, finished, entries, successes, failures=1, retry=tried, due_at=due_at)

    def _result(
        self,
        lane: Lane,
        finished: Sequence[tuple[Delivery, FinalState]],
        entries: list[Entry],
        successes: int,
        *,
        failures: int = 0,
        retry: Delivery | None = None,
        due_at: datetime | None = None,
    ) -> LaneResult:
        return LaneResult(
            lane=lane,
            finished=list(finished),
            retry=retry,
            due_at=due_at or self._clock.now(),
            successes=successes,
            failures=failures,
            entries=entries,
        )

    async def _send(self, target: Target | str, delivery: Delivery) -> _Sent:
        """One attempt; nothing that a receiver or a configuration does raises."""
        now = self._clock.now()
        try:
            request = compose(_meant(target, delivery), delivery, now)
        except UnsendableError as error:
            return _Sent(Attempt(time=epoch_ms(now), duration_ms=0, error=str(error)), [], hopeless=True)
        started = monotonic()
        reply: HttpReply | None = None
        try:
            reply = await self._client.request(
                request.method,
                request.url,
                headers=request.headers,
                body=request.body,
                timeout=TIMEOUT,
                sensitive=request.sensitive,
            )
            verdict = judge(_meant(target, delivery), reply.status, reply.body)
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
        return _Sent(attempt, _entries(delivery, request, now, reply, verdict))


def _meant(target: Target | str, delivery: Delivery) -> Target:
    """The target with a callback's own URL. Raises UnsendableError."""
    if isinstance(target, str):
        raise UnsendableError(target)
    if delivery.url is None:
        return target
    return replace(target, method=delivery.method or target.method, url=delivery.url)


def _entries(
    delivery: Delivery, request: Request, now: datetime, reply: HttpReply | None, verdict: Verdict
) -> list[Entry]:
    """The attempt as the debug log of the message tells it; a status of 0 is no answer, and the body says why."""
    if delivery.about is None:
        return []
    subject = (delivery.account_id, delivery.about, now)
    sent = (request.body or b"")[:_LONGEST_SHOWN].decode("utf-8", "replace")
    status, headers, body = (
        (reply.status, reply.headers, reply.body) if reply else (0, {}, (verdict.error or "").encode())
    )
    return [
        http_request(*subject, request.url, request.method, sent, request.shown_headers()),
        http_response(*subject, status, headers, body[:_LONGEST_SHOWN]),
    ]
