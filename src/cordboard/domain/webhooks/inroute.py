"""Asking the servers of an account's `inroute` configurations about a call or a text that is being routed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import structlog

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry
from cordboard.domain.routing.models import InboundEvent
from cordboard.domain.webhooks.attempting import log_entries
from cordboard.domain.webhooks.composing import Request, compose
from cordboard.domain.webhooks.errors import UnsendableError
from cordboard.domain.webhooks.judging import Verdict, judge
from cordboard.domain.webhooks.models import INROUTE, Delivery, Target
from cordboard.domain.webhooks.repository import configurations
from cordboard.domain.webhooks.targets import Targets
from cordboard.domain.webhooks.variables import text_of
from cordboard.infra.db import Database
from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids

TIMEOUT: Final = 3.0
"""Seconds that a server has: a caller is waiting."""
_MOST_ASKED: Final = 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InrouteCallbacks:
    """`routing.ports.InrouteVariables` by webhooks: every enabled configuration of the type is asked at once, and its
    response mapping gives the variables. A server that fails, or is late, gives none.
    """

    database: Database
    client: GuardedClient
    clock: Clock
    ids: Ids
    targets: Targets

    async def ask(self, event: InboundEvent) -> Mapping[str, str]:
        """The variables by name, those of later configurations in place of earlier ones."""
        async with self.database.connection() as connection:
            listening = await configurations.listeners(connection, [(event.account_id, INROUTE)])
            deliveries = [self._delivery(event, webhook_id) for _, _, webhook_id in listening[:_MOST_ASKED]]
            claimed = [((one.account_id, one.endpoint_id), [one]) for one in deliveries]
            targets = await self.targets.of(connection, claimed) if claimed else []
        answers = await asyncio.gather(
            *(self._ask(event.subject_id, one, target) for one, target in zip(deliveries, targets, strict=True))
        )
        await self._save_log([entry for _, entries in answers for entry in entries])
        found: dict[str, str] = {}
        for verdict, _ in answers:
            found.update((name, text_of(value)) for name, value in verdict.variables.items())
        return found

    async def _ask(self, subject: UUID, delivery: Delivery, target: Target | str | None) -> tuple[Verdict, list[Entry]]:
        """What one server answered, and the steps for the debug log. Nothing that a server or a configuration does
        raises.
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
                timeout=TIMEOUT,
                sensitive=request.sensitive,
            )
            verdict = judge(opened, reply.status, reply.body)
        except (UnsendableError, HttpError) as error:
            verdict = Verdict(str(error))
        except Exception as error:  # noqa: BLE001  (one odd server must not keep a call from being routed)
            _log.exception("webhooks.inroute_failed", endpoint=delivery.endpoint_id)
            verdict = Verdict(f"the request could not be made: {type(error).__name__}")
        given = Verdict(verdict.error) if verdict.error else verdict
        if request is None:
            return given, []
        return given, log_entries(delivery.account_id, subject, now, request, reply, verdict)

    def _delivery(self, event: InboundEvent, webhook_id: UUID) -> Delivery:
        payload = {
            "accountSid": str(event.account_id),
            "eventType": event.kind,
            "routeTag": event.route_tag,
            "contactId": str(event.contact_id) if event.contact_id else None,
            **event.fields,
        }
        now = self.clock.now()
        return Delivery(
            account_id=event.account_id,
            endpoint_id=webhook_id,
            subject=str(event.subject_id),
            message_id=self.ids.time_uuid(),
            event_type=INROUTE,
            payload=msgspec.json.encode(payload).decode(),
            about=event.subject_id,
            occurred_at=now,
            created_at=now,
        )

    async def _save_log(self, entries: list[Entry]) -> None:
        if entries:
            async with self.database.transaction() as tx:
                await debuglog.record(tx, entries)


def _opened(target: Target | str | None) -> Target:
    """Raises UnsendableError where there is nothing to ask."""
    if not isinstance(target, Target):
        raise UnsendableError(target or "the configuration is gone")
    return target
