"""Among which leads one is looked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cordboard.domain.callcenter.leads import repository
from cordboard.domain.callcenter.leads.models import Scope, Where
from cordboard.infra.db import Tx


async def scope_of(tx: Tx, account_id: UUID, where: Where, list_id: int, newer_than: datetime | None = None) -> Scope:
    """The leads of a list, of its campaign's lists or of the account, as far as they were loaded since then."""
    match where:
        case "SYSTEM":
            lists = None
        case "CAMPAIGN":
            lists = await repository.lists_around(tx, account_id, list_id)
        case "LIST":
            lists = [list_id]
    return Scope(list_ids=lists, newer_than=newer_than)
