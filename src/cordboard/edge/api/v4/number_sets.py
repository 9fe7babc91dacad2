"""Requests 119 to 125: number sets."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.numbers.models import NumberSet
from cordboard.domain.numbers.sets import NumberSetService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.number_fields import NumberSetBody, changes_of, render_urls
from cordboard.edge.api.v4.numbers import numbers_in

_TAG: Final = "Number sets"
_MOST_MEMBERS: Final = 1000
_PATH: Final = {"numberSetId": "0e275620-52a2-11ea-810d-915e5688a0a1"}
_BODY: Final = {
    "name": "My number set",
    "smsUrl": "https://example.com/sms",
    "smsMethod": "POST",
    "keywordActions": {"HI": {"campaignId": "e8861980-5165-11e9-b3b4-55cdbe9b37b5"}},
}
_LISTED: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_PATH, **_BODY}
_EXAMPLE: Final = {**_LISTED, "phoneNumbers": []}


class AddNumbersBody(msgspec.Struct, rename="camel"):
    """Numbers to put into a set."""

    number_set_id: UUID
    phone_numbers: list[str]


class NumberSetsResource:
    """`/v4/numberset`."""

    def __init__(self, sets: NumberSetService, *, allow_private_urls: bool) -> None:
        self._sets = sets
        self._allow_private = allow_private_urls

    async def get_number_sets(self, call: Call) -> Reply:
        """Every set, without its members."""
        found = await self._sets.all_of(call.tx, call.principal.account_id)
        return Reply([render_set(one, members=False) for one in found])

    async def add_number_set(self, call: Call) -> Reply:
        """A new set with its first members."""
        body: NumberSetBody = call.body
        numbers = _numbers(body.phone_numbers) if body.phone_numbers else []
        changes = changes_of(body, allow_private=self._allow_private)
        return Reply([render_set(await self._sets.add(call.tx, call.principal.account_id, changes, numbers))])

    async def add_numbers(self, call: Call) -> Reply:
        """Puts numbers into a set, which gives them its settings."""
        body: AddNumbersBody = call.body
        changed = await self._sets.add_numbers(
            call.tx, call.principal.account_id, body.number_set_id, _numbers(body.phone_numbers)
        )
        return Reply([render_set(changed)])

    async def get_number_set(self, call: Call) -> Reply:
        """One set with its members."""
        return Reply([render_set(await self._sets.get(call.tx, call.principal.account_id, _id(call)))])

    async def edit_number_set(self, call: Call) -> Reply:
        """Changes what is given and pushes it to every member; who is a member is not changed here."""
        changes = changes_of(call.body, allow_private=self._allow_private)
        return Reply([render_set(await self._sets.edit(call.tx, call.principal.account_id, _id(call), changes))])

    async def delete_number_set(self, call: Call) -> Reply:
        """Removes a set; its numbers stay the account's."""
        return Reply([render_set(await self._sets.delete(call.tx, call.principal.account_id, _id(call)))])

    async def delete_numbers(self, call: Call) -> Reply:
        """Takes numbers, with commas between them, out of a set."""
        numbers = _numbers(call.path["phoneNumbers"].split(","))
        changed = await self._sets.remove_numbers(call.tx, call.principal.account_id, _id(call), numbers)
        return Reply([render_set(changed)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/numberset", "/v4/numberset/{numberSetId}"
        return (
            Endpoint(
                number="119",
                method="GET",
                path=base,
                handler=self.get_number_sets,
                summary="Get number sets",
                privilege=Privilege.NUMBER_READ,
                tag=_TAG,
                example=Example(response=_LISTED),
            ),
            Endpoint(
                number="120",
                method="POST",
                path=base,
                handler=self.add_number_set,
                summary="Add number set",
                privilege=Privilege.NUMBER_UPDATE,
                body=NumberSetBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_EXAMPLE),
            ),
            Endpoint(
                number="121",
                method="POST",
                path=base + "/addnumber",
                handler=self.add_numbers,
                summary="Add number to set",
                privilege=Privilege.NUMBER_UPDATE,
                body=AddNumbersBody,
                tag=_TAG,
                example=Example(body={**_PATH, "phoneNumbers": ["+19892001234"]}, response=_EXAMPLE),
            ),
            Endpoint(
                number="122",
                method="GET",
                path=one,
                handler=self.get_number_set,
                summary="Get number set",
                privilege=Privilege.NUMBER_READ,
                tag=_TAG,
                example=Example(path=_PATH, response=_EXAMPLE),
            ),
            Endpoint(
                number="123",
                method="PUT",
                path=one,
                handler=self.edit_number_set,
                summary="Edit number set",
                privilege=Privilege.NUMBER_UPDATE,
                body=NumberSetBody,
                tag=_TAG,
                example=Example(path=_PATH, body=_BODY, response=_EXAMPLE),
            ),
            Endpoint(
                number="124",
                method="DELETE",
                path=one,
                handler=self.delete_number_set,
                summary="Delete number set",
                privilege=Privilege.NUMBER_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_EXAMPLE),
            ),
            Endpoint(
                number="125",
                method="DELETE",
                path=one + "/{phoneNumbers}",
                handler=self.delete_numbers,
                summary="Delete numbers from set",
                privilege=Privilege.NUMBER_UPDATE,
                tag=_TAG,
                example=Example(path={**_PATH, "phoneNumbers": "+19892001234"}, response=_EXAMPLE),
            ),
        )


def render_set(one: NumberSet, *, members: bool = True) -> dict[str, Any]:
    """A set as the reference shows it; `phoneNumbers` only where one set is asked for."""
    shown: dict[str, Any] = {
        "accountSid": one.account_id,
        "numberSetId": one.id,
        "name": one.name,
        "forwardNumber": one.forward_number,
        "callerIdName": one.caller_id_name,
        **render_urls(one.urls),
        "keywordActions": one.keyword_actions,
    }
    if members:
        shown["phoneNumbers"] = one.phone_numbers
    return shown


def _numbers(given: list[str]) -> list[str]:
    return numbers_in(given, "phoneNumbers", most=_MOST_MEMBERS)


def _id(call: Call) -> UUID:
    return uuid_in_path(call, "numberSetId")
