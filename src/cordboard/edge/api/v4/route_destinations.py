"""Requests 69 to 74: route destinations."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.routing.destinations import DestinationService
from cordboard.domain.routing.models import (
    DestinationChanges,
    DestinationKey,
    DestinationType,
    RouteDestination,
    RouteKind,
)
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError, NotFoundError

_TAG: Final = "Inbound routing"
_KEY: Final = {"routeTag": "buffalo", "srcType": "sms", "dest": "chip", "destType": "inbox"}
_PATH: Final = {"routeTag": "buffalo", "sourceType": "sms", "destination": "chip", "destinationType": "inbox"}
_BODY: Final = {
    **_KEY,
    "name": "buffalo to inbox",
    "description": "",
    "distributionType": 1,
    "callbackUrl": "",
    "options": {},
    "applyTags": [],
    "priority": 1,
    "ruleSetId": "",
    "status": 1,
}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_BODY,
    "ruleSetId": None,
    "created": 1584459850921,
}


class DestinationKeyBody(msgspec.Struct, rename="camel", kw_only=True):
    """What names a destination. `srcType` is also spelled `scrType` and `sourceType`."""

    route_tag: str
    dest: str
    dest_type: DestinationType
    src_type: RouteKind | None = None
    scr_type: RouteKind | None = None
    source_type: RouteKind | None = None

    def key(self) -> DestinationKey:
        """In the domain's words. Raises InvalidInputError."""
        kind = self.src_type or self.scr_type or self.source_type
        if kind is None:
            raise InvalidInputError.of("srcType", "is required: call or sms")
        return DestinationKey(self.route_tag.strip(), kind, self.dest, self.dest_type)


class DestinationBody(DestinationKeyBody, rename="camel", kw_only=True):
    """A destination. `priority` 1 comes first; `status` 1 is on, 0 off; `rule_set_id` "" is none. `options` belong to
    the type: `callXml` is a document for `call`, `smsMethod` GET or POST for `sms`.
    """

    name: str | None = None
    description: str | None = None
    distribution_type: int | None = None
    callback_url: str | None = None
    options: dict[str, Any] | list[Any] | None = None
    apply_tags: list[str] | None = None
    priority: int | None = None
    rule_set_id: str | None = None
    status: int | None = None

    def changes(self) -> DestinationChanges:
        """In the domain's words."""
        return DestinationChanges(**{name: getattr(self, name) for name in DestinationChanges.__struct_fields__})


class RouteDestinationsResource:
    """`/v4/route/dest`."""

    def __init__(self, destinations: DestinationService) -> None:
        self._destinations = destinations

    async def get_of_tag(self, call: Call) -> Reply:
        """The destinations of a tag, the first priority first."""
        found = await self._destinations.of_tag(call.tx, call.principal.account_id, call.path["routeTag"])
        return Reply([render_destination(one) for one in found])

    async def delete_destination(self, call: Call) -> Reply:
        """Removes the destination that the body names."""
        body: DestinationKeyBody = call.body
        return _shown(await self._destinations.delete(call.tx, call.principal.account_id, body.key()))

    async def get_all(self, call: Call) -> Reply:
        """Every destination of the account."""
        found = await self._destinations.all_of(call.tx, call.principal.account_id)
        return Reply([render_destination(one) for one in found])

    async def get_destination(self, call: Call) -> Reply:
        """One destination. One whose name holds slashes, such as a URL, is found in the tag's list instead."""
        return _shown(await self._destinations.get(call.tx, call.principal.account_id, _key_in_path(call)))

    async def add_destination(self, call: Call) -> Reply:
        """A new destination of a tag. Calls can be taken by `call` (`options.callXml`, or `dest` a URL or the name of a
        document), `call-relay`, `ivr`, `voicemail`, `webrtc`, `campaign`, `workgroup` and `queue`; texts by `sms`
        (`dest` is a URL that is asked as an smsUrl), `sms-relay`, `inbox`, `campaign`, `workgroup` and `queue`. What
        cannot take what comes in is passed over.
        """
        body: DestinationBody = call.body
        return _shown(await self._destinations.add(call.tx, call.principal.account_id, body.key(), body.changes()))

    async def edit_destination(self, call: Call) -> Reply:
        """Changes what is given of the destination that the body names."""
        body: DestinationBody = call.body
        return _shown(await self._destinations.edit(call.tx, call.principal.account_id, body.key(), body.changes()))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/v4/route/dest"
        return (
            Endpoint(
                number="69",
                method="GET",
                path=base + "/{routeTag}",
                handler=self.get_of_tag,
                summary="Get destinations of a route tag",
                privilege=Privilege.ROUTE_READ,
                tag=_TAG,
                example=Example(path={"routeTag": "buffalo"}, response=_SHOWN),
            ),
            Endpoint(
                number="70",
                method="DELETE",
                path=base,
                handler=self.delete_destination,
                summary="Delete route destination",
                privilege=Privilege.ROUTE_UPDATE,
                body=DestinationKeyBody,
                tag=_TAG,
                example=Example(body=_KEY, response=_SHOWN),
            ),
            Endpoint(
                number="71",
                method="GET",
                path=base,
                handler=self.get_all,
                summary="Get all route destinations",
                privilege=Privilege.ROUTE_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="72",
                method="GET",
                path=base + "/{routeTag}/{sourceType}/{destination}/{destinationType}",
                handler=self.get_destination,
                summary="Get route destination",
                privilege=Privilege.ROUTE_READ,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="73",
                method="POST",
                path=base,
                handler=self.add_destination,
                summary="Add route destination",
                privilege=Privilege.ROUTE_UPDATE,
                body=DestinationBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="74",
                method="PUT",
                path=base,
                handler=self.edit_destination,
                summary="Update route destination",
                privilege=Privilege.ROUTE_UPDATE,
                body=DestinationBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
        )


def render_destination(one: RouteDestination) -> dict[str, Any]:
    """A destination as the reference shows it."""
    return {
        "accountSid": one.account_id,
        "routeTag": one.route_tag,
        "srcType": one.src_type,
        "dest": one.dest,
        "destType": one.dest_type,
        "name": one.name,
        "created": epoch_ms(one.created_at),
        "description": one.description,
        "distributionType": one.distribution_type,
        "callbackUrl": one.callback_url,
        "options": one.options,
        "applyTags": one.apply_tags,
        "priority": one.priority,
        "ruleSetId": one.rule_set_id,
        "status": one.status,
    }


def _shown(one: RouteDestination) -> Reply:
    return Reply([render_destination(one)])


def _key_in_path(call: Call) -> DestinationKey:
    """The destination that the path names. Raises NotFoundError for a type that there is not."""
    kind = next((one for one in get_args(RouteKind) if one == call.path["sourceType"]), None)
    dest_type = next((one for one in get_args(DestinationType) if one == call.path["destinationType"]), None)
    if kind is None or dest_type is None:
        raise NotFoundError("sourceType" if kind is None else "destinationType")
    return DestinationKey(call.path["routeTag"], kind, call.path["destination"], dest_type)
