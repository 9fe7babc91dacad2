"""Ours: the account's SIP phones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.phones.models import Binding, PhoneChanges, SipPhone
from cordboard.domain.phones.registrations import RegistrationService
from cordboard.domain.phones.service import PhoneService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms

_TAG: Final = "SIP phones"
_PATH: Final = {"username": "front-desk"}
_BODY: Final = {"username": "front-desk", "displayName": "Front desk", "extension": "101", "enabled": True}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_BODY,
    "clientId": None,
    "callerId": "",
    "created": 1584459850921,
    "bindings": [],
}


class PhoneChangesBody(msgspec.Struct, rename="camel", kw_only=True):
    """What to set of a phone. `clientId` is the user whose it is, `callerId` the account's number that it calls from;
    "" takes them off.
    """

    password: str | None = None
    client_id: str | None = None
    display_name: str | None = None
    extension: str | None = None
    caller_id: str | None = None
    enabled: bool | None = None

    def changes(self) -> PhoneChanges:
        """In the domain's words."""
        return PhoneChanges(**{name: getattr(self, name) for name in PhoneChanges.__struct_fields__})


class PhoneBody(PhoneChangesBody, rename="camel", kw_only=True):
    """A new phone. Without a `password` one is made."""

    username: str


class SipPhonesResource:
    """`/v4/sip/phone`."""

    def __init__(self, phones: PhoneService, registrations: RegistrationService) -> None:
        self._phones = phones
        self._registrations = registrations

    async def get_phones(self, call: Call) -> Reply:
        """Every phone of the account, with where it is registered."""
        account_id = call.principal.account_id
        phones = await self._phones.all_of(call.tx, account_id)
        bindings = await self._registrations.bindings(call.tx, account_id, [phone.username for phone in phones])
        return Reply([render_phone(phone, bindings) for phone in phones])

    async def add_phone(self, call: Call) -> Reply:
        """A new phone; the answer shows its password, this once."""
        body: PhoneBody = call.body
        phone, password = await self._phones.add(call.tx, call.principal.account_id, body.username, body.changes())
        return Reply([{**render_phone(phone, ()), "password": password}])

    async def get_phone(self, call: Call) -> Reply:
        """One phone, with where it is registered."""
        return await self._shown(call, await self._phones.get(call.tx, call.principal.account_id, _name(call)))

    async def edit_phone(self, call: Call) -> Reply:
        """Changes what is given. A new password, or turning the phone off, ends its registrations."""
        body: PhoneChangesBody = call.body
        account_id = call.principal.account_id
        return await self._shown(call, await self._phones.edit(call.tx, account_id, _name(call), body.changes()))

    async def delete_phone(self, call: Call) -> Reply:
        """Removes a phone."""
        return await self._shown(call, await self._phones.delete(call.tx, call.principal.account_id, _name(call)))

    async def _shown(self, call: Call, phone: SipPhone) -> Reply:
        bindings = await self._registrations.bindings(call.tx, phone.account_id, [phone.username])
        return Reply([render_phone(phone, bindings)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/sip/phone", "/v4/sip/phone/{username}"
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=base,
                handler=self.get_phones,
                summary="Get SIP phones",
                privilege=Privilege.PHONE_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=base,
                handler=self.add_phone,
                summary="Add SIP phone",
                secret_answer=True,
                privilege=Privilege.PHONE_UPDATE,
                body=PhoneBody,
                tag=_TAG,
                example=Example(body=_BODY, response={**_SHOWN, "password": "kept-by-nobody-else"}),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one,
                handler=self.get_phone,
                summary="Get SIP phone",
                privilege=Privilege.PHONE_READ,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path=one,
                handler=self.edit_phone,
                summary="Edit SIP phone",
                privilege=Privilege.PHONE_UPDATE,
                body=PhoneChangesBody,
                tag=_TAG,
                example=Example(path=_PATH, body={"displayName": "Front desk"}, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_phone,
                summary="Delete SIP phone",
                privilege=Privilege.PHONE_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
        )


def render_phone(phone: SipPhone, bindings: Sequence[Binding]) -> dict[str, Any]:
    """A phone, never its password; of `bindings` those that are its."""
    return {
        "accountSid": phone.account_id,
        "username": phone.username,
        "clientId": phone.client_id,
        "displayName": phone.display_name,
        "extension": phone.extension,
        "callerId": phone.caller_id,
        "enabled": phone.enabled,
        "created": epoch_ms(phone.created_at),
        "bindings": [render_binding(one) for one in bindings if one.user_name == phone.username],
    }


def render_binding(one: Binding) -> dict[str, Any]:
    """Where a phone is registered."""
    return {
        "contact": one.contact,
        "userAgent": one.user_agent,
        "remote": one.remote,
        "serverId": one.node,
        "registered": epoch_ms(one.registered_at),
        "expires": epoch_ms(one.expires_at),
    }


def _name(call: Call) -> str:
    return call.path["username"]
