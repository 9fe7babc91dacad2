"""Assistants, which texts with contacts for the workflows of campaigns; ours."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.assistants.models import Assistant, AssistantChanges
from cordboard.domain.assistants.service import AssistantService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.clock import epoch_ms
from cordboard.kit.paging import Page

_TAG: Final = "AI"
_ID: Final = {"aiAssistId": "0ade7370-be07-11e9-a801-4bd9a183fd0d"}
_BODY: Final = {
    "name": "Appointments",
    "instructions": (
        "You arrange a visit of our technician with %%FIRSTNAME|the customer%% in %%CITY%%. Find out on which weekday,"
        " and whether in the morning or the afternoon; call them day and half. Never promise a price."
    ),
    "greeting": "Hi %%FIRSTNAME|there%%, when may our technician come? Reply STOP to opt out.",
    "maxTurns": 8,
    "timeoutMinutes": 720,
    "outcomes": ["booked", "declined"],
    "model": "gpt-4o-mini",
}
_SHOWN: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_ID, **_BODY, "createdAt": 1764072000000}


class AssistantBody(msgspec.Struct, rename="camel"):
    """A new assistant has a name and instructions at least. Editing changes what is given."""

    name: str | None = None
    instructions: str | None = None
    greeting: str | None = None
    max_turns: int | None = None
    timeout_minutes: int | None = None
    outcomes: list[str] | None = None
    model: str | None = None

    def changes(self) -> AssistantChanges:
        """As assistants know it."""
        return AssistantChanges(**{name: getattr(self, name) for name in AssistantChanges.__struct_fields__})


class PageQuery(msgspec.Struct):
    """At most 1000 assistants at once."""

    size: int | None = None
    offset: int | None = None


class AssistantsResource:
    """`/v4/ai/assistant`."""

    def __init__(self, assistants: AssistantService) -> None:
        self._assistants = assistants

    async def get_assistants(self, call: Call) -> Reply:
        """The account's assistants, the oldest first."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._assistants.page(call.tx, call.principal.account_id, page)
        return Reply([_render(assistant) for assistant in found])

    async def add_assistant(self, call: Call) -> Reply:
        """A new assistant."""
        body: AssistantBody = call.body
        return Reply([_render(await self._assistants.add(call.tx, call.principal.account_id, body.changes()))])

    async def get_assistant(self, call: Call) -> Reply:
        """One assistant."""
        return Reply([_render(await self._assistants.get(call.tx, call.principal.account_id, _id(call)))])

    async def edit_assistant(self, call: Call) -> Reply:
        """Changes what is given. Conversations under way go on as they began."""
        body: AssistantBody = call.body
        edited = await self._assistants.edit(call.tx, call.principal.account_id, _id(call), body.changes())
        return Reply([_render(edited)])

    async def delete_assistant(self, call: Call) -> Reply:
        """Removes an assistant. Conversations under way go on; runs that come to it later have the outcome failed."""
        return Reply([_render(await self._assistants.delete(call.tx, call.principal.account_id, _id(call)))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/ai/assistant", "/v4/ai/assistant/{aiAssistId}"
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=base,
                handler=self.get_assistants,
                summary="Get assistants",
                privilege=Privilege.WORKFLOW_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=base,
                handler=self.add_assistant,
                summary="Add assistant",
                privilege=Privilege.WORKFLOW_UPDATE,
                body=AssistantBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one,
                handler=self.get_assistant,
                summary="Get assistant",
                privilege=Privilege.WORKFLOW_READ,
                tag=_TAG,
                example=Example(path=_ID, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path=one,
                handler=self.edit_assistant,
                summary="Edit assistant",
                privilege=Privilege.WORKFLOW_UPDATE,
                body=AssistantBody,
                tag=_TAG,
                example=Example(path=_ID, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_assistant,
                summary="Delete assistant",
                privilege=Privilege.WORKFLOW_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=_SHOWN),
            ),
        )


def _id(call: Call) -> UUID:
    return uuid_in_path(call, "aiAssistId")


def _render(assistant: Assistant) -> dict[str, Any]:
    """An assistant as it is shown, `createdAt` in epoch milliseconds."""
    return {
        "accountSid": assistant.account_id,
        "aiAssistId": assistant.id,
        "name": assistant.name,
        "instructions": assistant.instructions,
        "greeting": assistant.greeting,
        "maxTurns": assistant.max_turns,
        "timeoutMinutes": assistant.timeout_minutes,
        "outcomes": assistant.outcomes,
        "model": assistant.model,
        "createdAt": epoch_ms(assistant.created_at),
    }
