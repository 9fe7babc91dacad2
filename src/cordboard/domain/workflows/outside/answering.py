"""Telling a run what the world outside said."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from cordboard.domain.workflows.repository import runs
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Answering:
    """The verb, in a transaction of its own."""

    database: Database
    clock: Clock

    async def __call__(self, account_id: UUID, run_id: UUID, answered: Answered) -> None:
        """Hands the answer over; one that comes too late changes nothing but the run's variables."""
        async with self.database.transaction() as tx:
            await runs.tell(tx, [((account_id, run_id), answered, self.clock.now())])

    async def waits(self, account_id: UUID, run_id: UUID, token: int) -> bool:
        """Whether the run still waits for this answer: nobody is asked for one that has gone on."""
        async with self.database.connection() as connection:
            run = await runs.find(connection, account_id, run_id)
        return run is not None and run.state.wait is not None and run.state.wait.token == token
