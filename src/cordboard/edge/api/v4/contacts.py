"""Requests 49, 50 and 54 to 57: contacts."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.contacts.models import ConflictMode, Contact
from cordboard.domain.contacts.search.models import FoundContact
from cordboard.domain.contacts.search.service import ContactSearch
from cordboard.domain.contacts.service import ContactService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.paging import Page

_TAG: Final = "Contacts"
_ID: Final = {"contactId": "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"}
CONTACT_EXAMPLE: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "contactId": _ID["contactId"],
    "created": "86b0cea0-5a80-11eb-a4f7-51ea502320d5",
    "dnc": 0,
    "timezone": -32,
    "extData": {"firstname": "John", "phonenumber1": "+16192331234"},
    "keys": ["+16192331234", "myuniqueid"],
}


class ContactBody(msgspec.Struct, rename="camel"):
    """`extData` is a map of names to texts; `phonenumber1` becomes a key by itself."""

    ext_data: dict[str, Any] | None = None
    keys: list[str] | None = None
    rmkeys: list[str] = []
    conflict_mode: ConflictMode | None = None


class EditQuery(msgspec.Struct, rename="camel"):
    """`conflictMode` may stand in the query or in the body."""

    conflict_mode: ConflictMode | None = None


class PageQuery(msgspec.Struct):
    """At most 1000 contacts at once."""

    size: int | None = None
    offset: int | None = None


class ShownContact(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A contact as the reference shows it."""

    account_sid: UUID
    contact_id: UUID
    created: UUID
    dnc: int
    timezone: int
    ext_data: msgspec.Raw
    keys: list[str]
    rmkeys: list[str] = []


class ContactsResource:
    """`/v4/contact`."""

    def __init__(self, contacts: ContactService, search: ContactSearch) -> None:
        self._contacts = contacts
        self._search = search

    async def get_contacts(self, call: Call) -> Reply:
        """Up to 1000 contacts, the oldest first."""
        page = Page.of(call.query.size, call.query.offset, usual=1000)
        found = await self._search.page(call.tx, call.principal.account_id, page)
        return Reply([show_found(contact) for contact in found])

    async def add_contact(self, call: Call) -> Reply:
        """A new contact; a key conflict names the contact that has the key."""
        body: ContactBody = call.body
        contact = await self._contacts.add(call.tx, call.principal.account_id, body.ext_data or {}, body.keys or [])
        return Reply([render_contact(contact)])

    async def edit_contact(self, call: Call) -> Reply:
        """Changes what is given, by `conflictMode`."""
        body: ContactBody = call.body
        contact = await self._contacts.edit(
            call.tx,
            call.principal.account_id,
            self._id(call),
            ext_data=body.ext_data,
            keys=body.keys,
            removed=body.rmkeys,
            mode=call.query.conflict_mode or body.conflict_mode or "REPLACE",
        )
        return Reply([render_contact(contact)])

    async def archive_contact(self, call: Call) -> Reply:
        """Hides a contact."""
        return Reply([render_contact(await self._contacts.archive(call.tx, call.principal.account_id, self._id(call)))])

    async def get_contact(self, call: Call) -> Reply:
        """One contact."""
        return Reply([render_contact(await self._contacts.get(call.tx, call.principal.account_id, self._id(call)))])

    async def unarchive_contact(self, call: Call) -> Reply:
        """Brings a contact back."""
        return Reply(
            [render_contact(await self._contacts.unarchive(call.tx, call.principal.account_id, self._id(call)))]
        )

    @staticmethod
    def _id(call: Call) -> UUID:
        return uuid_in_path(call, "contactId")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        one, body = "/v4/contact/{contactId}", {"extData": CONTACT_EXAMPLE["extData"], "keys": ["myuniqueid"]}
        return (
            Endpoint(
                number="49",
                method="GET",
                path="/v4/contact",
                handler=self.get_contacts,
                summary="Get contacts",
                privilege=Privilege.CONTACT_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(response=CONTACT_EXAMPLE),
            ),
            Endpoint(
                number="50",
                method="POST",
                path="/v4/contact",
                handler=self.add_contact,
                summary="Add contact",
                privilege=Privilege.CONTACT_UPDATE,
                body=ContactBody,
                tag=_TAG,
                example=Example(body=body, response=CONTACT_EXAMPLE),
            ),
            Endpoint(
                number="54",
                method="PUT",
                path=one,
                handler=self.edit_contact,
                summary="Edit contact",
                privilege=Privilege.CONTACT_UPDATE,
                body=ContactBody,
                query=EditQuery,
                tag=_TAG,
                example=Example(path=_ID, body={**body, "rmkeys": ["myolduniqueid"]}, response=CONTACT_EXAMPLE),
            ),
            Endpoint(
                number="55",
                method="DELETE",
                path=one,
                handler=self.archive_contact,
                summary="Archive contact",
                privilege=Privilege.CONTACT_DELETE,
                tag=_TAG,
                example=Example(path=_ID, response=CONTACT_EXAMPLE),
            ),
            Endpoint(
                number="56",
                method="GET",
                path=one,
                handler=self.get_contact,
                summary="Get contact",
                privilege=Privilege.CONTACT_READ,
                tag=_TAG,
                example=Example(path=_ID, response=CONTACT_EXAMPLE),
            ),
            Endpoint(
                number="57",
                method="PUT",
                path=one + "/unarchive",
                handler=self.unarchive_contact,
                summary="Unarchive contact",
                privilege=Privilege.CONTACT_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=CONTACT_EXAMPLE),
            ),
        )


def show_found(contact: FoundContact) -> ShownContact:
    """A contact as the reference shows it, its extData as it is stored."""
    return ShownContact(
        contact.account_id,
        contact.id,
        contact.created,
        contact.dnc,
        contact.timezone,
        contact.ext_data,
        contact.keys,
        contact.removed_keys,
    )


def render_contact(contact: Contact) -> dict[str, Any]:
    """A contact as the reference shows it."""
    shown: dict[str, Any] = {
        "accountSid": contact.account_id,
        "contactId": contact.id,
        "created": contact.created,
        "dnc": contact.dnc,
        "timezone": contact.timezone,
        "extData": contact.ext_data,
        "keys": contact.keys,
    }
    if contact.removed_keys:
        shown["rmkeys"] = contact.removed_keys
    return shown
