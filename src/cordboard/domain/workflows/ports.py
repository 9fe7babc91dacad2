"""What campaigns ask of contexts above and beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from cordboard.domain.voice.models import CallOptions
from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.infra.db import Tx
from cordboard.kit.errors import FieldError


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


class References(Protocol):
    """Knows what definitions name outside of themselves."""

    async def unknown(self, tx: Tx, account_id: UUID, kind: str, names: Sequence[str]) -> set[str]:
        """Those of the names that the account has not; `kind` is one of `checking.Reference`."""
        ...

    def call_faults(self, members: Mapping[str, Any]) -> Sequence[FieldError]:
        """What is wrong with the members of a call."""
        ...


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered. `error` None: it was a success; `variables` are what its mapping takes of the answer.
    `is_final`: nothing was asked, and asking again cannot help.
    """

    error: str | None
    variables: dict[str, str] = {}
    is_final: bool = False


class WorkflowCallbacks(Protocol):
    """Calls the webhooks of the type campaign_workflow_callback."""

    async def ask(
        self, account_id: UUID, callback_id: UUID, run_id: UUID, key: str, variables: dict[str, str]
    ) -> Asked:
        """Makes the request with `variables`, under an id that comes from `key`; its steps go to the run's debug log.
        Opens its own transactions. Nothing that a server does raises.
        """
        ...


class CallReader(Protocol):
    """Reads the members of a call as Make Call takes them."""

    def read(self, members: Mapping[str, Any]) -> ReadCall:
        """The options of a call. Raises InvalidInputError naming each bad member."""
        ...


class ReadCall(msgspec.Struct, frozen=True, kw_only=True):
    """What members of a call come to."""

    options: CallOptions
    check_federal_dnc: bool = False
    metadata: dict[str, Any] = {}
