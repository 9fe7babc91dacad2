"""Requests 115 to 118: dispositions; and giving them to calls and messages, which is ours."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.dispositions.models import Assignment, Disposition
from cordboard.domain.dispositions.service import DispositionService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError

_TAG: Final = "Dispositions"
_PATH: Final = {"key": "major_sale"}
_BODY: Final = {
    "key": "major_sale",
    "description": "Major Sale",
    "tags": ["human", "sale"],
    "direction": "both",
    "triggeredCampaignId": "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf",
}
_SHOWN: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_BODY}

_ASSIGNMENT: Final = {
    "callSid": "af2c5810-52d6-11eb-8214-896651f1fc20",
    "dispositions": ["major_sale"],
    "contactId": "da54d682-4d48-4f13-a4ee-07c850c05bb8",
}
_ASSIGNED: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_ASSIGNMENT,
    "smsSid": None,
    "clientId": "e4a3b6a8-1f0c-4d39-9a0e-7b1f6f1d2c55",
    "dispoTimeMs": 1767614400000,
}


class DispositionBody(msgspec.Struct, rename="camel"):
    """A new disposition. `triggeredCampaignId` names the workflow to run when it is assigned."""

    key: str
    description: str
    tags: list[str] = []
    direction: str = "both"
    triggered_campaign_id: UUID | None = None


class DispositionChangesBody(msgspec.Struct, rename="camel"):
    """What to change. Without `triggeredCampaignId` no workflow is run any more; `key` cannot change."""

    key: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    direction: str | None = None
    triggered_campaign_id: UUID | None = None


class AssignmentBody(msgspec.Struct, rename="camel"):
    """Keys of dispositions, ten at most, for a call or for a message. `contactId`: with whom it was, where the call or
    the message does not know.
    """

    dispositions: list[str]
    call_sid: UUID | None = None
    sms_sid: UUID | None = None
    contact_id: UUID | None = None


class AssignmentQuery(msgspec.Struct, rename="camel", kw_only=True):
    """A call or a message."""

    call_sid: UUID | None = None
    sms_sid: UUID | None = None


class DispositionsResource:
    """`/v4/disposition`."""

    def __init__(self, dispositions: DispositionService) -> None:
        self._dispositions = dispositions

    async def get_dispositions(self, call: Call) -> Reply:
        """The built-in dispositions, then the account's own."""
        found = await self._dispositions.all_of(call.tx, call.principal.account_id)
        return Reply([render_disposition(one) for one in found])

    async def add_disposition(self, call: Call) -> Reply:
        """A new disposition."""
        body: DispositionBody = call.body
        made = await self._dispositions.add(
            call.tx,
            call.principal.account_id,
            key=body.key,
            description=body.description,
            tags=body.tags,
            direction=body.direction,
            campaign_id=body.triggered_campaign_id,
        )
        return Reply([render_disposition(made)])

    async def edit_disposition(self, call: Call) -> Reply:
        """Changes a disposition; of a built-in one only the workflow."""
        body: DispositionChangesBody = call.body
        key = call.path["key"]
        if body.key is not None and body.key.strip().lower() != key.strip().lower():
            raise InvalidInputError.of("key", f"cannot be changed: send {key}, or leave it out")
        changed = await self._dispositions.edit(
            call.tx,
            call.principal.account_id,
            key,
            description=body.description,
            tags=body.tags,
            direction=body.direction,
            campaign_id=body.triggered_campaign_id,
        )
        return Reply([render_disposition(changed)])

    async def delete_disposition(self, call: Call) -> Reply:
        """Removes one of the account's own."""
        return Reply(
            [render_disposition(await self._dispositions.delete(call.tx, call.principal.account_id, call.path["key"]))]
        )

    async def assign_dispositions(self, call: Call) -> Reply:
        """Says how a call or a conversation was concluded, instead of what was said before. Dispositions that it did
        not have yet start their workflows for the contact.
        """
        body: AssignmentBody = call.body
        subject_id = _subject(body.call_sid, body.sms_sid)
        assigned = await self._dispositions.assign(
            call.tx,
            call.principal.account_id,
            call.principal.client_id,
            "call" if body.call_sid else "sms",
            subject_id,
            keys=body.dispositions,
            contact_id=body.contact_id,
        )
        return Reply([render_assignment(assigned)])

    async def get_assigned(self, call: Call) -> Reply:
        """The dispositions that a call or a message has, and who gave them; nothing where it has none."""
        query: AssignmentQuery = call.query
        subject_id = _subject(query.call_sid, query.sms_sid)
        found = await self._dispositions.assignment_of(call.tx, call.principal.account_id, subject_id)
        return Reply([render_assignment(found)] if found else [])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/disposition", "/v4/disposition/{key}"
        return (
            Endpoint(
                number="115",
                method="GET",
                path=base,
                handler=self.get_dispositions,
                summary="Get dispositions",
                privilege=Privilege.DISPOSITION_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="116",
                method="POST",
                path=base,
                handler=self.add_disposition,
                summary="Create disposition",
                privilege=Privilege.DISPOSITION_UPDATE,
                body=DispositionBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="117",
                method="PUT",
                path=one,
                handler=self.edit_disposition,
                summary="Edit disposition",
                privilege=Privilege.DISPOSITION_UPDATE,
                body=DispositionChangesBody,
                tag=_TAG,
                example=Example(path=_PATH, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="118",
                method="DELETE",
                path=one,
                handler=self.delete_disposition,
                summary="Delete disposition",
                privilege=Privilege.DISPOSITION_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=f"{base}/assign",
                handler=self.assign_dispositions,
                summary="Assign dispositions",
                privilege=Privilege.DISPOSITION_READ,
                body=AssignmentBody,
                tag=_TAG,
                example=Example(body=_ASSIGNMENT, response=_ASSIGNED),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=f"{base}/assign",
                handler=self.get_assigned,
                summary="Get assigned dispositions",
                privilege=Privilege.DISPOSITION_READ,
                query=AssignmentQuery,
                tag=_TAG,
                example=Example(query={"callSid": "af2c5810-52d6-11eb-8214-896651f1fc20"}, response=_ASSIGNED),
            ),
        )


def render_disposition(one: Disposition) -> dict[str, Any]:
    """A disposition as the reference shows it."""
    return {
        "accountSid": one.account_id,
        "key": one.key,
        "description": one.description,
        "tags": one.tags,
        "direction": one.direction,
        "triggeredCampaignId": one.triggered_campaign_id,
    }


def _subject(call_sid: UUID | None, sms_sid: UUID | None) -> UUID:
    """The call or the message that is named. Raises InvalidInputError."""
    subject_id = call_sid or sms_sid
    if subject_id is None or (call_sid and sms_sid):
        raise InvalidInputError.of("callSid", "give callSid or smsSid, one of them")
    return subject_id


def render_assignment(one: Assignment) -> dict[str, Any]:
    """Dispositions as they were given."""
    return {
        "accountSid": one.account_id,
        "callSid": one.subject_id if one.subject_type == "call" else None,
        "smsSid": one.subject_id if one.subject_type == "sms" else None,
        "contactId": one.contact_id,
        "dispositions": one.dispositions,
        "clientId": one.client_id,
        "dispoTimeMs": epoch_ms(one.assigned_at),
    }
