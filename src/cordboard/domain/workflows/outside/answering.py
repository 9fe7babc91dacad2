"""Telling a run what the world outside said."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.workflows.history import note_entry
from cordboard.domain.workflows.repository import runs
from cordboard.engines.workflow.effects import Effect
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Answering:
    """The verb, in a transaction of its own."""

    database: Database
    clock: Clock

    async def __call__(
        self, account_id: UUID, run_id: UUID, answered: Answered, failure: tuple[Effect, str] | None = None
    ) -> None:
        """Hands the answer over; what failed, and why, becomes a line of the run's history. A second answer, of a job
        that is repeated, is left out; one that comes too late changes nothing but the run's variables.
        """
        now = self.clock.now()
        async with self.database.transaction() as tx:
            run = await runs.find(tx, account_id, run_id, lock=True)  # two that repeat each other take turns
            if run is None or answered.token in await runs.answered(tx, account_id, run_id):
                return
            await runs.tell(tx, [(run.key, answered, now)])
            if failure is not None:
                effect, why = failure
                await debuglog.record(tx, [note_entry(run, now, effect, why, success=False)])

    async def waits(self, account_id: UUID, run_id: UUID, token: int) -> bool:
        """Whether the run still waits for this answer: nobody is asked for one that it has, or once it has gone on."""
        async with self.database.connection() as connection:
            run = await runs.find(connection, account_id, run_id)
            if run is None or run.state.wait is None or run.state.wait.token != token:
                return False
            return token not in await runs.answered(connection, account_id, run_id)
