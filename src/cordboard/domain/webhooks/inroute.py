"""Asking the servers of an account's `inroute` configurations about a call or a text that is being routed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry
from cordboard.domain.routing.models import InboundEvent
from cordboard.domain.webhooks.asking import AskServer
from cordboard.domain.webhooks.models import INROUTE, Delivery
from cordboard.domain.webhooks.repository import configurations
from cordboard.domain.webhooks.targets import Targets
from cordboard.domain.webhooks.variables import text_of
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids

TIMEOUT: Final = 3.0
"""Seconds that a server has: a caller is waiting."""
_MOST_ASKED: Final = 20


@dataclass(frozen=True, slots=True)
class InrouteCallbacks:
    """`routing.ports.InrouteVariables` by webhooks: every enabled configuration of the type is asked at once, and its
    response mapping gives the variables. A server that fails, or is late, gives none.
    """

    database: Database
    clock: Clock
    ids: Ids
    targets: Targets
    ask_server: AskServer

    async def ask(self, event: InboundEvent) -> Mapping[str, str]:
        """The variables by name, those of later configurations in place of earlier ones."""
        async with self.database.connection() as connection:
            listening = await configurations.listeners(connection, [(event.account_id, INROUTE)])
            deliveries = [self._delivery(event, webhook_id) for _, _, webhook_id in listening[:_MOST_ASKED]]
            claimed = [((one.account_id, one.endpoint_id), [one]) for one in deliveries]
            targets = await self.targets.of(connection, claimed) if claimed else []
        answers = await asyncio.gather(
            *(
                self.ask_server(event.subject_id, one, target, TIMEOUT)
                for one, target in zip(deliveries, targets, strict=True)
            )
        )
        await self._save_log([entry for _, entries in answers for entry in entries])
        found: dict[str, str] = {}
        for verdict, _ in answers:
            if verdict.error is None:
                found.update((name, text_of(value)) for name, value in verdict.variables.items())
        return found

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
