"""Request 36: the carrier of a number."""

from __future__ import annotations

from typing import Any, Final

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.lookups.models import CarrierLookup
from cordboard.domain.lookups.service import LookupService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.phone import require_number

FACTS_EXAMPLE: Final = {
    "carrierSid": "58f04910-5502-11eb-8226-13e20bbc9f4f",
    "phoneNumber": "+15714345400",
    "network": "Level 3",
    "company": "Level 3 Communications LLC",
    "wireless": False,
    "zipCode": "20601",
    "city": "Waldorf",
    "state": "MD",
    "country": "US",
    "status": True,
}
_EXAMPLE: Final = {
    "apiVersion": "4",
    **FACTS_EXAMPLE,
    "dateCreated": "2020-11-05T13:47:31.996Z",
    "date": 1610475413537,
}


class CarrierLookupResource:
    """`/v4/carrier/lookup`."""

    def __init__(self, lookups: LookupService) -> None:
        self._lookups = lookups

    async def get_carrier(self, call: Call) -> Reply:
        """Looks up a number's carrier, which is charged. Facts of the last 30 days are not asked for again."""
        number = require_number("phoneNumber", call.path["number"].strip())
        return Reply([render_lookup(await self._lookups.look_up(call.principal.account_id, number))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="36",
                method="GET",
                path="/v4/carrier/lookup/{number}",
                handler=self.get_carrier,
                summary="Get carrier",
                privilege=Privilege.NUMBER_READ,
                own_transactions=True,
                tag="Carrier",
                example=Example(path={"number": "+15714345400"}, response=_EXAMPLE),
            ),
        )


def render_lookup(lookup: CarrierLookup) -> dict[str, Any]:
    """A lookup as the reference shows it. `dateCreated` is when the facts were had."""
    return {
        "apiVersion": "4",
        **lookup_facts(lookup),
        "dateCreated": lookup.updated_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "date": epoch_ms(lookup.created_at),
    }


def lookup_facts(lookup: CarrierLookup) -> dict[str, Any]:
    """What both the lookup and its line in the log tell; `wireless` is null where nobody knows."""
    return {
        "carrierSid": lookup.id,
        "phoneNumber": lookup.phone_number,
        "network": lookup.network,
        "company": lookup.company,
        "wireless": lookup.wireless,
        "zipCode": lookup.zip_code,
        "city": lookup.city,
        "state": lookup.state,
        "country": lookup.country,
        "status": True,
    }
