"""What IVRs ask beside their verbs: choices counted, workflows started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from cordboard.domain.voice.models import CallRecord
from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.engines.callflow.commands import CountChoice, StartWorkflow
from cordboard.engines.callflow.events import WorkflowStarted
from cordboard.infra.db import Tx


class MenuStatistics(Protocol):
    """Counts what callers choose (`domain.ivr`)."""

    async def count(self, tx: Tx, account_id: UUID, ivr: str, version: int, menu: str, key: str) -> None:
        """One more choice of an option."""
        ...


class Workflows(Protocol):
    """Starts campaigns (`domain.workflows`)."""

    async def start(self, tx: Tx, call: CallRecord, campaign_id: str, variables: Mapping[str, str]) -> str | None:
        """Starts one for the other party of a call; answers why it cannot be, None when it is."""
        ...


class Menus:
    """The commands of IVRs."""

    def __init__(self, flow: Flow, statistics: MenuStatistics, workflows: Workflows) -> None:
        self._flow = flow
        self._statistics = statistics
        self._workflows = workflows
        self._chosen: dict[str, str] = {}

    def immediate(self) -> Handlers:
        """Both are quick."""
        return {CountChoice: self.count, StartWorkflow: self.start_workflow}

    async def count(self, command: CountChoice) -> None:
        """Counts a choice, and remembers it for the workflows of its option."""
        self._chosen = {"ivrname": command.ivr, "ivrmenu": command.menu, "digits": command.key}
        async with self._flow.services.database.transaction() as tx:
            await self._statistics.count(
                tx, self._flow.party.record.account_id, command.ivr, command.version, command.menu, command.key
            )

    async def start_workflow(self, command: StartWorkflow) -> None:
        """Starts a workflow with what was chosen last as its variables."""
        async with self._flow.services.database.transaction() as tx:
            error = await self._workflows.start(tx, self._flow.party.record, command.workflow_id, self._chosen)
        self._flow.post(WorkflowStarted(step=command.step, error=error))
