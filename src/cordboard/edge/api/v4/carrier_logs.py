"""Request 105: the log of carrier lookups."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.lookups.models import CarrierLookup, LookupFilter
from cordboard.domain.lookups.service import LookupService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.carrier_lookup import FACTS_EXAMPLE, lookup_facts
from cordboard.edge.api.v4.days import day_range
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.money import to_number

_MOST: Final = 5000
_EXAMPLE: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "yearMonthDay": "20220627",
    **FACTS_EXAMPLE,
    "price": 0.004,
    "date": 1656288192309,
}


class CarrierLogQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Dates as YYYY-MM-DD or YYYYMMDD, UTC, both ends inclusive; today where none is given. `lastId` is the carrierSid
    at the end of the page before.
    """

    start_date: str | None = None
    end_date: str | None = None
    limit: int = 1000
    last_id: str | None = None


class CarrierLogsResource:
    """`/v4/logs/carrier`."""

    def __init__(self, lookups: LookupService, clock: Clock) -> None:
        self._lookups = lookups
        self._clock = clock

    async def get_carrier_logs(self, call: Call) -> Reply:
        """Lookups of a range of days, the newest first."""
        found = await self._lookups.page(call.tx, call.principal.account_id, self._filter(call.query))
        return Reply([render_logged(lookup) for lookup in found])

    def _filter(self, query: CarrierLogQuery) -> LookupFilter:
        errors: list[FieldError] = []
        start, end = day_range(query.start_date, query.end_date, self._clock.now(), errors)
        last_id = parse_uuid(query.last_id) if query.last_id else None
        if not 1 <= query.limit <= _MOST:
            errors.append(FieldError("limit", f"must be from 1 to {_MOST}"))
        if query.last_id and last_id is None:
            errors.append(FieldError("lastId", "must be the carrierSid of a lookup"))
        if errors:
            raise InvalidInputError(errors)
        return LookupFilter(start=start, end=end, limit=query.limit, last_id=last_id)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="105",
                method="GET",
                path="/v4/logs/carrier",
                handler=self.get_carrier_logs,
                summary="Get carrier lookup logs",
                privilege=Privilege.LOG_READ,
                query=CarrierLogQuery,
                tag="Logs",
                example=Example(
                    query={"startDate": "2026-01-01", "endDate": "2026-01-31", "limit": "5"}, response=_EXAMPLE
                ),
            ),
        )


def render_logged(lookup: CarrierLookup) -> dict[str, Any]:
    """A lookup in the log."""
    return {
        "accountSid": lookup.account_id,
        "yearMonthDay": f"{lookup.created_at:%Y%m%d}",
        **lookup_facts(lookup),
        "price": to_number(lookup.price),
        "date": epoch_ms(lookup.created_at),
    }
