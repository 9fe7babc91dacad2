"""Webhooks of workflows: a run asks a server and waits for what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.webhooks.asking import AskServer
from cordboard.domain.webhooks.models import Delivery
from cordboard.domain.webhooks.targets import Targets
from cordboard.domain.webhooks.variables import text_of
from cordboard.domain.workflows.ports import Asked
from cordboard.engines.workflow.turn import LONGEST_VALUE
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock

CALLBACK_TYPE: Final = "campaign_workflow_callback"
TIMEOUT: Final = 15.0


@dataclass(frozen=True, slots=True)
class WorkflowCallbacks:
    """`workflows.ports.WorkflowCallbacks` by webhooks of the type campaign_workflow_callback."""

    database: Database
    clock: Clock
    targets: Targets
    ask_server: AskServer

    async def ask(
        self, account_id: UUID, callback_id: UUID, run_id: UUID, key: str, variables: dict[str, str]
    ) -> Asked:
        """Makes the request, under an id that is the same whenever the same step asks again."""
        now = self.clock.now()
        delivery = Delivery(
            account_id=account_id,
            endpoint_id=callback_id,
            subject=str(run_id),
            message_id=uuid5(NAMESPACE_OID, key),
            event_type=CALLBACK_TYPE,
            payload=msgspec.json.encode(variables).decode(),
            about=run_id,
            occurred_at=now,
            created_at=now,
        )
        async with self.database.connection() as connection:
            (target,) = await self.targets.of(connection, [((account_id, callback_id), [delivery])])
        verdict, entries = await self.ask_server(run_id, delivery, target, TIMEOUT, LONGEST_VALUE)
        if entries:
            async with self.database.transaction() as tx:
                await debuglog.record(tx, entries)
        found = {name.lower(): text_of(value) for name, value in verdict.variables.items()}
        return Asked(error=verdict.error, variables=found, is_final=not entries)
