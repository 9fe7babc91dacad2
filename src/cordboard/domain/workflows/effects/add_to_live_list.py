"""Live list: the contact in line for agents."""

from __future__ import annotations

from collections.abc import Sequence

from cordboard.domain.live_lists.models import NewEntry
from cordboard.domain.live_lists.service import LiveListService
from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.engines.workflow.effects import AddToLiveList
from cordboard.infra.db import Tx


class AddToLiveListEffects:
    """The handler."""

    def __init__(self, live_lists: LiveListService) -> None:
        self._live_lists = live_lists

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """A list that is not there, or is full, is noted, and the run goes on."""
        refusals = await self._live_lists.add(tx, [_entry(one) for one in wanted])
        return [Outcome(notes=(f"not added: {refusal}",) if refusal else ()) for refusal in refusals]


def _entry(one: Wanted) -> NewEntry:
    effect = one.of(AddToLiveList)
    return NewEntry(
        account_id=one.run.account_id,
        list_name=effect.list_name.strip(),
        key=effect.key,
        contact_id=one.run.contact_id,
        campaign_id=one.run.campaign_id,
        run_id=one.run.id,
        variables=effect.variables,
        expires_at=effect.expires_at,
    )
