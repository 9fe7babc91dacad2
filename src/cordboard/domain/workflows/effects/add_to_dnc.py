"""DNC: the contact's number onto the account's do-not-call list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.compliance.models import GLOBAL_SELECTOR, DncKey
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.workflows.models import Outcome, Wanted
from cordboard.domain.workflows.rendering import phone_of
from cordboard.engines.workflow.effects import AddToDnc
from cordboard.infra.db import Tx

_DONE: Final = Outcome()
_NO_PHONE: Final = Outcome(notes=("not listed: the contact has no phonenumber1",))


class AddToDncEffects:
    """The handler."""

    def __init__(self, compliance: ComplianceService) -> None:
        self._compliance = compliance

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """Lists numbers for all numbers of their account."""
        keys: dict[UUID, list[DncKey]] = defaultdict(list)
        for one in wanted:
            effect = one.of(AddToDnc)
            if phone := phone_of(one.person):
                keys[one.run.account_id] += [DncKey(phone, GLOBAL_SELECTOR, kind) for kind in effect.subtypes]
        for account_id in sorted(keys):
            await self._compliance.add_many(tx, account_id, keys[account_id])
        return [_DONE if phone_of(one.person) else _NO_PHONE for one in wanted]
