"""Requests 62 to 68: route tags, and the numbers that carry them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.sets import NumberSetService
from cordboard.domain.routing.models import RouteTag
from cordboard.domain.routing.tags import RouteTagService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.numbers import numbers_in
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError

_TAG: Final = "Inbound routing"
_MOST_NUMBERS: Final = 1000
_PATH: Final = {"routeTag": "buffalo"}
_BODY: Final = {"routeTag": "buffalo", "description": "Texts about buffalos", "distributionType": 2}
_SHOWN: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_BODY, "created": 1584459850921}
_NUMBERS: Final = {"phoneNumbers": ["+17145550100"]}


class TagBody(msgspec.Struct, rename="camel"):
    """`distribution_type`: 1 in the order of priority, 2 round robin, 3 at random, 4 all at once."""

    route_tag: str
    description: str | None = None
    distribution_type: int | None = None


class NumbersBody(msgspec.Struct, rename="camel"):
    """Numbers by themselves, or those that are in a set just now."""

    phone_numbers: list[str] | None = None
    number_set_id: UUID | None = None


class AssignBody(msgspec.Struct, rename="camel"):
    """A tag for numbers by themselves, or for those that are in a set just now."""

    route_tag: str
    phone_numbers: list[str] | None = None
    number_set_id: UUID | None = None


class RouteTagsResource:
    """`/v4/route/tag`."""

    def __init__(self, tags: RouteTagService, sets: NumberSetService) -> None:
        self._tags = tags
        self._sets = sets

    async def get_tags(self, call: Call) -> Reply:
        """Every tag of the account."""
        return Reply([render_tag(tag) for tag in await self._tags.all_of(call.tx, call.principal.account_id)])

    async def get_tag(self, call: Call) -> Reply:
        """One tag."""
        return Reply([render_tag(await self._tags.get(call.tx, call.principal.account_id, call.path["routeTag"]))])

    async def delete_tag(self, call: Call) -> Reply:
        """Removes a tag with its destinations, and takes it off its numbers."""
        return Reply([render_tag(await self._tags.delete(call.tx, call.principal.account_id, call.path["routeTag"]))])

    async def add_tag(self, call: Call) -> Reply:
        """A new tag; `distributionType` is 1 unless given."""
        body: TagBody = call.body
        kind = 1 if body.distribution_type is None else body.distribution_type
        new = await self._tags.add(
            call.tx, call.principal.account_id, body.route_tag.strip(), body.description or "", kind
        )
        return Reply([render_tag(new)])

    async def edit_tag(self, call: Call) -> Reply:
        """Changes what is given of the tag that the body names."""
        body: TagBody = call.body
        changed = await self._tags.edit(
            call.tx, call.principal.account_id, body.route_tag.strip(), body.description, body.distribution_type
        )
        return Reply([render_tag(changed)])

    async def assign(self, call: Call) -> Reply:
        """Gives numbers a tag in place of any other. Of a set, those that are in it now; later members are not."""
        body: AssignBody = call.body
        numbers = await self._numbers(call, body.phone_numbers, body.number_set_id)
        changed = await self._tags.assign(call.tx, call.principal.account_id, body.route_tag.strip(), numbers)
        return Reply([render_assignment(number) for number in changed])

    async def unassign(self, call: Call) -> Reply:
        """Takes any tag off numbers."""
        body: NumbersBody = call.body
        numbers = await self._numbers(call, body.phone_numbers, body.number_set_id)
        changed = await self._tags.unassign(call.tx, call.principal.account_id, numbers)
        return Reply([render_assignment(number) for number in changed])

    async def _numbers(self, call: Call, given: list[str] | None, set_id: UUID | None) -> list[str]:
        """The numbers meant. Raises InvalidInputError, NumberSetNotFoundError."""
        if (given is None) == (set_id is None):
            raise InvalidInputError.of("phoneNumbers", "give either phoneNumbers or numberSetId")
        if set_id is not None:
            return list((await self._sets.get(call.tx, call.principal.account_id, set_id)).phone_numbers)
        return numbers_in(given or [], "phoneNumbers", most=_MOST_NUMBERS)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one, numbers = "/v4/route/tag", "/v4/route/tag/{routeTag}", "/v4/route/tag/assign"
        return (
            Endpoint(
                number="62",
                method="GET",
                path=base,
                handler=self.get_tags,
                summary="Get all route tags",
                privilege=Privilege.ROUTE_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="63",
                method="GET",
                path=one,
                handler=self.get_tag,
                summary="Get route tag",
                privilege=Privilege.ROUTE_READ,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="64",
                method="DELETE",
                path=one,
                handler=self.delete_tag,
                summary="Delete route tag",
                privilege=Privilege.ROUTE_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="65",
                method="POST",
                path=base,
                handler=self.add_tag,
                summary="Add route tag",
                privilege=Privilege.ROUTE_UPDATE,
                body=TagBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="66",
                method="PUT",
                path=base,
                handler=self.edit_tag,
                summary="Update route tag",
                privilege=Privilege.ROUTE_UPDATE,
                body=TagBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="67",
                method="POST",
                path=numbers,
                handler=self.assign,
                summary="Assign route tag to numbers",
                privilege=Privilege.ROUTE_UPDATE,
                body=AssignBody,
                tag=_TAG,
                example=Example(
                    body={**_NUMBERS, **_PATH},
                    response={"accountSid": _SHOWN["accountSid"], "phoneNumber": "+17145550100", **_PATH},
                ),
            ),
            Endpoint(
                number="68",
                method="DELETE",
                path=numbers,
                handler=self.unassign,
                summary="Delete route tag from numbers",
                privilege=Privilege.ROUTE_UPDATE,
                body=NumbersBody,
                tag=_TAG,
                example=Example(
                    body=_NUMBERS,
                    response={
                        "accountSid": _SHOWN["accountSid"],
                        "phoneNumber": "+17145550100",
                        "routeTag": None,
                    },
                ),
            ),
        )


def render_tag(tag: RouteTag) -> dict[str, Any]:
    """A tag."""
    return {
        "accountSid": tag.account_id,
        "routeTag": tag.route_tag,
        "description": tag.description,
        "distributionType": tag.distribution_type,
        "created": epoch_ms(tag.created_at),
    }


def render_assignment(number: OwnedNumber) -> dict[str, Any]:
    """Which tag a number carries."""
    return {"accountSid": number.account_id, "phoneNumber": number.phone_number, "routeTag": number.route_tag}
