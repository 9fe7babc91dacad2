"""Publishing a version of a workflow (requests 187 and 188), and moving those who wait in older ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.workflows.checking import checked
from cordboard.domain.workflows.definitions import Definitions
from cordboard.domain.workflows.errors import CampaignNotFoundError
from cordboard.domain.workflows.models import Publication, Run, WaitingRuns, WorkflowVersion
from cordboard.domain.workflows.ports import References
from cordboard.domain.workflows.repository import campaigns, moving
from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.nodes.repeater import Repeater
from cordboard.infra.db import Database, Tx
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock
from cordboard.kit.errors import NotFoundError

MOVE_JOB: Final = "workflows.move_runs"
_CHUNK: Final = 2000
_NOW: Final = timedelta(0)
_LONGEST_START: Final = timedelta(minutes=1)
"""Whoever was being started by the version before while this one was published is there by then, and moved as well."""
Migrate = Literal["preview", "apply"]


@dataclass(frozen=True, slots=True)
class PublishWorkflow:
    """The verb, in the caller's transaction."""

    clock: Clock
    definitions: Definitions
    references: References

    async def __call__(
        self, tx: Tx, account_id: UUID, campaign_id: UUID, text: str, client_id: UUID | None, migrate: Migrate | None
    ) -> Publication:
        """Checks a workflow and publishes it as the next version. Who is under way stays in its version, with `apply`
        moves where its node is still there; with `preview` nothing is published. Raises CampaignNotFoundError,
        InvalidInputError.
        """
        campaign = await campaigns.find(tx, account_id, campaign_id, lock=True)
        if campaign is None or campaign.archived:
            raise CampaignNotFoundError("campaignId")
        definition = await checked(tx, account_id, text, self.references)
        now, version = self.clock.now(), campaign.workflow_version + 1
        waiting = await self._waiting(tx, account_id, campaign_id, definition)
        published = Publication(version=version, definition=text, waiting=waiting)
        if migrate == "preview":
            return published
        stored = WorkflowVersion(
            account_id=account_id,
            campaign_id=campaign_id,
            version=version,
            definition=text,
            client_id=client_id,
            created_at=now,
        )
        await campaigns.add_version(tx, stored)
        await campaigns.update(tx, replace(campaign, workflow_version=version))
        if migrate == "apply":
            payload = {"campaignId": str(campaign_id), "version": version}
            await enqueue(tx, [Job(MOVE_JOB, account_id, payload, now + later) for later in (_NOW, _LONGEST_START)])
        return published

    async def _waiting(self, tx: Tx, account_id: UUID, campaign_id: UUID, new: Definition) -> list[WaitingRuns]:
        found: list[WaitingRuns] = []
        by_version = groupby(await moving.waiting(tx, account_id, campaign_id), itemgetter(0))
        for version, rows in by_version:
            old = await self.definitions.of(tx, (account_id, campaign_id, version))
            gone = [
                one.id for one in old.nodes.values() if isinstance(one, Repeater) and not keeps_node(old, new, one.id)
            ]
            kept_back = await moving.within(tx, account_id, campaign_id, version, gone) if gone else {}
            for _, node, count in rows:
                staying = kept_back.get(node, 0) if keeps_node(old, new, node) else count
                counts = {True: count - staying, False: staying}
                found += [
                    WaitingRuns(version=version, node=node, count=some, movable=movable)
                    for movable, some in counts.items()
                    if some
                ]
        return found


@dataclass(frozen=True, slots=True)
class MoveRuns:
    """Handler of jobs: moves those whose node the version has. A job looks at two thousand and leaves the others to the
    next one, so that none outlives its lease, however many wait. A repeat finds those that are left.
    """

    database: Database
    definitions: Definitions

    async def __call__(self, job: Job) -> None:
        """Moves runs of older versions."""
        campaign_id, version = UUID(job.payload["campaignId"]), int(job.payload["version"])
        after = UUID(job.payload["after"]) if "after" in job.payload else None
        async with self.database.transaction() as tx:
            batch = await moving.lock_older(tx, job.account_id, campaign_id, version, after, _CHUNK)
            await self._move(tx, batch, campaign_id, version)
            if len(batch) == _CHUNK:
                payload = {**job.payload, "after": str(batch[-1].id)}
                await enqueue(tx, [Job(MOVE_JOB, job.account_id, payload, job.run_at)])

    async def _move(self, tx: Tx, batch: Sequence[Run], campaign_id: UUID, version: int) -> None:
        moved = []
        for run in batch:
            key = (run.account_id, campaign_id)
            new = await self.definitions.of(tx, (*key, version))
            old = await self.definitions.of(tx, (*key, run.version))
            if keeps_node(old, new, run.state.at) and all(keeps_node(old, new, loop.node) for loop in run.state.loops):
                moved.append(run)
        await moving.move(tx, moved, version)


async def newest(tx: Tx, account_id: UUID, campaign_id: UUID, version: int | None) -> WorkflowVersion:
    """A version of a campaign's workflow (request 186), the newest where none is named. Raises NotFoundError."""
    campaign = await campaigns.find(tx, account_id, campaign_id)
    if campaign is None or campaign.archived:
        raise CampaignNotFoundError("campaignId")
    if not campaign.workflow_version:
        path = f"/v4/campaign/{campaign_id}/workflow"
        raise NotFoundError(f"campaign {campaign_id} has no workflow yet; publish one with POST {path}")
    wanted = version or campaign.workflow_version
    found = await campaigns.version_of(tx, account_id, campaign_id, wanted)
    if found is None:
        newest_one = campaign.workflow_version
        raise NotFoundError(
            f"campaign {campaign_id} has no version {wanted} of its workflow; the newest is {newest_one}"
        )
    return found


def keeps_node(old: Definition, new: Definition, node: int | None) -> bool:
    """Whether a node of one definition is in another, with the same type."""
    there = new.nodes.get(node) if node is not None else None
    return there is not None and node in old.nodes and old.nodes[node].kind == there.kind
