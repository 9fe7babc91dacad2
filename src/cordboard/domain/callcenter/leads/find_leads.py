"""Finding leads by what programs know of them (request 244)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from cordboard.domain.callcenter.leads import repository
from cordboard.domain.callcenter.leads.models import Lead, Where
from cordboard.domain.callcenter.leads.scoping import scope_of
from cordboard.infra.db import Tx


class LeadSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for: each that is not None, in this order, until one finds leads; in the list, its campaign's
    lists or everywhere. At most `records`, the newest first.
    """

    lead_id: int | None = None
    vendor_lead_code: str | None = None
    phone_number: str | None = None
    location: Where = "SYSTEM"
    list_id: int = 0
    records: int = 1


@dataclass(frozen=True, slots=True)
class FindLeads:
    """The verb. What is found is locked until the transaction ends."""

    async def __call__(self, tx: Tx, account_id: UUID, search: LeadSearch) -> list[Lead]:
        """The leads, the newest first."""
        scope = await scope_of(tx, account_id, search.location, search.list_id)
        found: list[Lead] = []
        if search.lead_id is not None:
            found = await repository.by_id(tx, account_id, search.lead_id, scope)
        for by, value in (("vendor_lead_code", search.vendor_lead_code), ("phone", search.phone_number)):
            if not found and value:
                found = await repository.by_value(tx, account_id, by, value, scope, search.records)
        return found
