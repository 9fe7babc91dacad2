"""What IVRs ask beside their verbs: choices counted, workflows started."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.engines.callflow.commands import CountChoice, StartWorkflow
from cordboard.engines.callflow.events import WorkflowStarted
from cordboard.infra.db import Tx


class MenuStatistics(Protocol):
    """Counts what callers choose (`domain.ivr`)."""

    async def count(self, tx: Tx, account_id: UUID, ivr: str, version: int, menu: str, key: str) -> None:
        """One more choice of an option."""
        ...


class Menus:
    """The commands of IVRs."""

    def __init__(self, flow: Flow, statistics: MenuStatistics) -> None:
        self._flow = flow
        self._statistics = statistics

    def immediate(self) -> Handlers:
        """Both are quick."""
        return {CountChoice: self.count, StartWorkflow: self.start_workflow}

    async def count(self, command: CountChoice) -> None:
        """Counts a choice."""
        async with self._flow.services.database.transaction() as tx:
            await self._statistics.count(
                tx, self._flow.party.record.account_id, command.ivr, command.version, command.menu, command.key
            )

    async def start_workflow(self, command: StartWorkflow) -> None:
        """No workflow can be started yet: the flow is told so, and goes on."""
        error = "this installation has no workflows yet"
        self._flow.post(WorkflowStarted(step=command.step, error=error))
