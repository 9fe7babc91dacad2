"""What campaigns ask of contexts above and beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.infra.db import Tx


class EffectHandler(Protocol):
    """Carries out effects of one kind in the step's transaction: one outcome each, in order. What is refused is an
    outcome; what raises takes the whole step back.
    """

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> Sequence[Outcome]: ...


class StatusListeners(Protocol):
    """Knows which accounts want to be told of every change of a run."""

    async def listening(self, tx: Tx, account_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the accounts that have somebody who listens."""
        ...


class Asked(msgspec.Struct, frozen=True):
    """What a server answered. `error` None: it was a success; `variables` are what its mapping takes of the answer."""

    error: str | None
    variables: dict[str, str] = {}


class WorkflowCallbacks(Protocol):
    """Knows and calls the webhooks of the type campaign_workflow_callback."""

    async def unknown(self, tx: Tx, account_id: UUID, callback_ids: Sequence[UUID]) -> set[UUID]:
        """Those that are no such webhook of the account."""
        ...

    async def ask(self, account_id: UUID, callback_id: UUID, run_id: UUID, variables: dict[str, str]) -> Asked:
        """Makes the request with `variables`, and answers what came of it; steps go to the run's debug log. Opens its
        own transactions. Nothing that a server does raises.
        """
        ...
