"""Requests 159 to 161: webphone users and their status, at the reference's spelling and at the right one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.phones.models import WebphoneState, WebphoneUser
from cordboard.domain.phones.registrations import RegistrationService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import PermissionDeniedError

_TAG: Final = "User management"
_SPELLINGS: Final = ("webtrc", "webrtc")
_CLIENT: Final = "24554439-118f-4265-bde9-0789702990ac"
_PATH: Final = {"clientId": _CLIENT}
_SHOWN: Final = {
    "key": {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", "clientId": _CLIENT},
    "login": 1584459850921,
    "status": "available",
    "callsid": None,
    "confId": None,
    "lastAction": 1584459850921,
    "username": "ann@example.com",
    "number": "+12513561234",
    "numberSetId": None,
    "serverIds": ["voice-1"],
}


class StatusQuery(msgspec.Struct):
    """Only users of a status; all of them unless given."""

    status: WebphoneState | None = None


class StatusBody(msgspec.Struct):
    """The status to take."""

    status: WebphoneState


class WebphoneStatusResource:
    """`/ams/v3/users/webtrc` and `/ams/v3/users/webrtc`."""

    def __init__(self, registrations: RegistrationService) -> None:
        self._registrations = registrations

    async def get_statuses(self, call: Call) -> Reply:
        """Everybody who has used a webphone or has its number."""
        query: StatusQuery = call.query
        found = await self._registrations.users(call.tx, call.principal.account_id, query.status)
        return Reply([render_user(one) for one in found])

    async def get_status(self, call: Call) -> Reply:
        """One user; who has never used a webphone is unavailable."""
        client_id = uuid_in_path(call, "clientId")
        return Reply([render_user(await self._registrations.user(call.tx, call.principal.account_id, client_id))])

    async def change_status(self, call: Call) -> Reply:
        """Makes a user available or unavailable. For another user than the caller it needs the privilege
        `user-update`.
        """
        body: StatusBody = call.body
        principal = call.principal
        client_id = uuid_in_path(call, "clientId")
        if client_id != principal.client_id and not principal.may(Privilege.USER_UPDATE):
            raise PermissionDeniedError(f"needs the privilege {Privilege.USER_UPDATE.label}")
        changed = await self._registrations.set_status(call.tx, principal.account_id, client_id, body.status)
        return Reply([render_user(changed)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table: each request at both spellings."""
        return tuple(endpoint for spelling in _SPELLINGS for endpoint in self._at(f"/ams/v3/users/{spelling}"))

    def _at(self, base: str) -> Iterator[Endpoint]:
        yield Endpoint(
            number="159",
            method="GET",
            path=base + "/list",
            handler=self.get_statuses,
            summary="Get WebRTC user statuses",
            privilege=Privilege.WEBPHONE_USE,
            query=StatusQuery,
            session_only=True,
            tag=_TAG,
            example=Example(response=_SHOWN),
        )
        yield Endpoint(
            number="160",
            method="GET",
            path=base + "/{clientId}",
            handler=self.get_status,
            summary="Get WebRTC user status",
            privilege=Privilege.WEBPHONE_USE,
            session_only=True,
            tag=_TAG,
            example=Example(path=_PATH, response=_SHOWN),
        )
        yield Endpoint(
            number="161",
            method="PUT",
            path=base + "/{clientId}",
            handler=self.change_status,
            summary="Change user webphone status",
            privilege=Privilege.WEBPHONE_USE,
            body=StatusBody,
            session_only=True,
            tag=_TAG,
            example=Example(path=_PATH, body={"status": "available"}, response=_SHOWN),
        )


def render_user(one: WebphoneUser) -> dict[str, Any]:
    """A webphone user as the reference lists it; times are epoch milliseconds."""
    phone = one.webphone
    return {
        "key": {"accountSid": phone.account_id, "clientId": phone.client_id},
        "login": epoch_ms(phone.login_at) if phone.login_at else None,
        "status": phone.status,
        "callsid": phone.call_id,
        "confId": phone.conf_id,
        "lastAction": epoch_ms(phone.last_action_at) if phone.last_action_at else None,
        "username": one.username,
        "number": one.number,
        "numberSetId": one.number_set_id,
        "serverIds": one.nodes,
    }
