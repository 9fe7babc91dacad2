"""Request 28: what an account used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.billing.items import description_of
from cordboard.domain.billing.models import UsageLine
from cordboard.domain.billing.service import BillingService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import day_range
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.money import to_number

_MOST_DAYS: Final = 90
_EXAMPLE: Final = {
    "billedCount": 1173,
    "rowCount": 114,
    "totalDuration": 0,
    "finalCost": 9.3840,
    "cost": 8.7975,
    "serviceType": "sms",
    "subType": "so",
    "lob": "api",
    "description": "API local outbound SMS - US",
    "itemCode": "AsoUS",
}


class ReportQuery(msgspec.Struct, rename="camel"):
    """Days as `YYYY-MM-DD` or `YYYYMMDD`, UTC, both included; today where none is given. At most 90."""

    start_date: str | None = None
    end_date: str | None = None


class BillingResource:
    """`/v4/billing`."""

    def __init__(self, billing: BillingService, clock: Clock) -> None:
        self._billing = billing
        self._clock = clock

    async def get_usage(self, call: Call) -> Reply:
        """What was used in some days by item; `finalCost` is what it cost with surcharges. Two more lines say what was
        added to all items in surcharges, and what in taxes, where anything was.
        """
        errors: list[FieldError] = []
        start, end = day_range(call.query.start_date, call.query.end_date, self._clock.now(), errors)
        if not errors and (end - start).days > _MOST_DAYS:
            errors.append(FieldError("endDate", f"must be within {_MOST_DAYS} days, startDate and endDate included"))
        if errors:
            raise InvalidInputError(errors)
        last = (end - timedelta(days=1)).date()
        lines = await self._billing.usage(call.tx, call.principal.account_id, start.date(), last)
        return Reply([*map(_render, lines), *_totals(lines)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="28",
                method="GET",
                path="/v4/billing/report",
                handler=self.get_usage,
                summary="Get usage",
                privilege=Privilege.BILLING_READ,
                query=ReportQuery,
                tag="Billing",
                example=Example(query={"startDate": "2021-01-10", "endDate": "2021-01-11"}, response=_EXAMPLE),
            ),
        )


def _render(line: UsageLine) -> dict[str, Any]:
    return {
        "billedCount": line.quantity,
        "rowCount": line.entries,
        "totalDuration": line.seconds,
        "finalCost": to_number(line.cost + line.surcharge),
        "cost": to_number(line.cost),
        "serviceType": line.kind,
        "subType": line.sub_type,
        "lob": line.lob,
        "description": description_of(line.item_code),
        "itemCode": line.item_code,
    }


def _totals(lines: Sequence[UsageLine]) -> list[dict[str, Any]]:
    sums = {"Tax": sum(line.tax for line in lines), "Surcharge": sum(line.surcharge for line in lines)}
    return [
        {
            "finalCost": to_number(amount),
            "cost": to_number(amount),
            "description": f"{name} total",
            "itemCode": name,
        }
        for name, amount in sums.items()
        if amount
    ]
