"""Requests 58 and 61, and ours beside them: who must not be contacted."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.compliance.models import GLOBAL_SELECTOR, DncEntry, Subtype
from cordboard.domain.compliance.service import ComplianceService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.paging import Page
from cordboard.kit.phone import parse_sender, require_number

_TAG: Final = "DNC"
_MOST_SELECTORS: Final = 100
_PATH: Final = {"endpoint": "+15558675309", "selector": GLOBAL_SELECTOR, "subtype": "sms"}
_EXAMPLE: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_PATH, "created": 1668038863426}


class DncBody(msgspec.Struct):
    """`selectors` and `subtypes` are taken with `selector` and `subtype`, each with each."""

    endpoint: str
    selector: str | None = None
    subtype: Subtype | None = None
    selectors: list[str] = []
    subtypes: list[Subtype] = []


class PageQuery(msgspec.Struct):
    """A page of the list."""

    size: int | None = None
    offset: int | None = None


class DncResource:
    """`/v4/dnc`."""

    def __init__(self, compliance: ComplianceService) -> None:
        self._compliance = compliance

    async def add_dnc(self, call: Call) -> Reply:
        """Lists a number; for all of the account's numbers and texts where nothing else is said."""
        body: DncBody = call.body
        selectors = [*([body.selector] if body.selector else []), *body.selectors] or [GLOBAL_SELECTOR]
        subtypes = [*([body.subtype] if body.subtype else []), *body.subtypes] or ["sms"]
        if len(selectors) > _MOST_SELECTORS:
            raise InvalidInputError.of("selectors", f"names {len(selectors)}; at most {_MOST_SELECTORS} go at once")
        added = await self._compliance.add(
            call.tx,
            call.principal.account_id,
            require_number("endpoint", body.endpoint),
            [_selector(one) for one in selectors],
            subtypes,
        )
        return Reply([render_entry(entry) for entry in added])

    async def get_dnc(self, call: Call) -> Reply:
        """A page of the account's entries."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._compliance.page(call.tx, call.principal.account_id, page)
        return Reply([render_entry(entry) for entry in found])

    async def is_listed(self, call: Call) -> Reply:
        """Whether a number is barred from anything: the answer is `status` itself. Its entries are the payload."""
        number = require_number("number", call.path["number"])
        found = await self._compliance.entries_for(call.tx, call.principal.account_id, number)
        barred = any(entry.subtype != "bypass" for entry in found)
        return Reply([render_entry(entry) for entry in found], extra={"status": barred})

    async def check_dnc(self, call: Call) -> Reply:
        """One entry."""
        return Reply([render_entry(await self._compliance.get(call.tx, call.principal.account_id, *_key(call)))])

    async def delete_dnc(self, call: Call) -> Reply:
        """Unlists a number."""
        return Reply([render_entry(await self._compliance.remove(call.tx, call.principal.account_id, *_key(call)))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/dnc", "/v4/dnc/{endpoint}/{selector}/{subtype}"
        return (
            Endpoint(
                number="58",
                method="POST",
                path=base,
                handler=self.add_dnc,
                summary="Add DNC",
                privilege=Privilege.DNC_UPDATE,
                body=DncBody,
                tag=_TAG,
                example=Example(body=_PATH, response=_EXAMPLE),
            ),
            Endpoint(
                number="61",
                method="GET",
                path=one,
                handler=self.check_dnc,
                summary="Check DNC",
                privilege=Privilege.DNC_READ,
                tag=_TAG,
                example=Example(path=_PATH, response=_EXAMPLE),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=base,
                handler=self.get_dnc,
                summary="List DNC",
                privilege=Privilege.DNC_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(query={"size": "100"}, response=_EXAMPLE),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path="/v4/dnc/{number}",
                handler=self.is_listed,
                summary="Is a number listed",
                privilege=Privilege.DNC_READ,
                tag=_TAG,
                example=Example(path={"number": "+15558675309"}, response=_EXAMPLE),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_dnc,
                summary="Delete DNC",
                privilege=Privilege.DNC_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_EXAMPLE),
            ),
        )


def render_entry(entry: DncEntry) -> dict[str, Any]:
    """An entry; `created` in epoch milliseconds."""
    return {
        "accountSid": entry.account_id,
        "endpoint": entry.endpoint,
        "selector": entry.selector,
        "subtype": entry.subtype,
        "created": epoch_ms(entry.created_at),
    }


def _selector(given: str) -> str:
    return given if given == GLOBAL_SELECTOR else parse_sender(given) or given


def _key(call: Call) -> tuple[str, str, str]:
    endpoint = call.path["endpoint"]
    return parse_sender(endpoint) or endpoint, _selector(call.path["selector"]), call.path["subtype"]
