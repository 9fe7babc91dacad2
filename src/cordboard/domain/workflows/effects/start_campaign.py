"""Campaign: another campaign begins for the contact."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cordboard.domain.workflows.models import DEEPEST, Outcome, StartedRun, StartRequest, Wanted
from cordboard.domain.workflows.use_cases.start_runs import StartRuns
from cordboard.engines.workflow.effects import StartCampaign
from cordboard.infra.db import Tx
from cordboard.kit.errors import CordboardError, RefusedError


class StartCampaignEffects:
    """The handler. Campaigns that start each other in a circle end after some rounds."""

    def __init__(self, start: StartRuns) -> None:
        self._start = start

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """The run goes on either way; its history tells what came of it."""
        requests = [_request(one) for one in wanted]
        asked = [request for request in requests if isinstance(request, StartRequest)]
        results = iter(await self._start(tx, asked))
        return [_outcome(next(results) if isinstance(one, StartRequest) else one) for one in requests]


def _request(one: Wanted) -> StartRequest | CordboardError:
    effect = one.of(StartCampaign)
    if one.run.depth >= DEEPEST:
        return RefusedError(f"{DEEPEST} campaigns have started each other already")
    return StartRequest(
        account_id=one.run.account_id,
        campaign_id=UUID(effect.campaign_id),
        contact_id=one.run.contact_id,
        variables=effect.variables,
        depth=one.run.depth + 1,
    )


def _outcome(result: StartedRun | CordboardError) -> Outcome:
    if isinstance(result, StartedRun):
        return Outcome(notes=(f"run {result.id} of campaign {result.campaign_id}",))
    return Outcome(notes=(f"not started: {result}",))
