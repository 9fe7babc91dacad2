"""Requests 129 to 135: scripts, for administrators and for agents."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.scripts.models import Completion, Script, ScriptDraft
from cordboard.domain.scripts.service import ScriptService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.infra.http import check_url
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.paging import Page

_TAG: Final = "Scripts"
_LONGEST_URL: Final = 2048
_PATH: Final = {"scriptId": "be9c67a0-4d13-11ea-8a1f-6139612c1544"}
_CONTACT: Final = "daab0b00-631f-41ea-a59f-c5e932a2cc31"
_BODY: Final = {
    "name": "First call",
    "externalUrl": None,
    "questions": [
        {
            "context": "Ask when the name is not known.",
            "question": "What is your first name?",
            "type": "string",
            "variableName": "firstname",
            "save": True,
            "filters": [{"negated": True, "variable": "firstname", "operation": "exists"}],
        },
        {"question": "Hi %%FIRSTNAME|there%%, how would you rate this call?"},
        {
            "question": "From 1 to 5?",
            "type": "integer",
            "variableName": "call_rating",
            "minNumericValue": 1,
            "maxNumericValue": 5,
        },
    ],
    "completionOptions": [
        {
            "type": "transfer",
            "filters": [{"variable": "call_rating", "operation": "less_than", "value": "3"}],
            "details": {"transferNumber": "+17145551234"},
        },
        {"type": "hangup"},
    ],
}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_PATH,
    **_BODY,
    "externalURL": None,
    "callbackId": None,
    "created": 1584459850921,
    "modified": 1584459850921,
}
_RESPONSES: Final = {"contactId": _CONTACT, "responses": {"firstname": "John", "call_rating": "2"}}


class ScriptBody(msgspec.Struct, rename="camel"):
    """A script: an external page, questions, or both. Editing replaces all of it."""

    name: str
    external_url: str | None = None
    other_external_url: str | None = msgspec.field(name="externalURL", default=None)
    questions: list[Any] = []
    completion_options: list[Any] = []
    callback_id: UUID | None = None


class PageQuery(msgspec.Struct):
    """At most 1000 scripts at once."""

    size: int | None = None
    offset: int | None = None


class ContactQuery(msgspec.Struct, rename="camel"):
    """Whom the script is gone through with."""

    contact_id: UUID


class ResponsesBody(msgspec.Struct, rename="camel"):
    """What the contact answered, by the names of the questions' variables."""

    contact_id: UUID
    responses: dict[str, Any] = {}


class ScriptsResource:
    """`/v4/scriptadmin` and `/v4/script`."""

    def __init__(self, scripts: ScriptService) -> None:
        self._scripts = scripts

    async def get_scripts(self, call: Call) -> Reply:
        """The account's scripts, the oldest first."""
        page = Page.of(call.query.size, call.query.offset, usual=1000)
        return Reply([render_script(one) for one in await self._scripts.page(call.tx, _account(call), page)])

    async def get_script(self, call: Call) -> Reply:
        """A script as it was written."""
        return Reply([render_script(await self._scripts.get(call.tx, _account(call), _id(call)))])

    async def add_script(self, call: Call) -> Reply:
        """A new script."""
        return Reply([render_script(await self._scripts.add(call.tx, _account(call), _draft(call.body)))])

    async def edit_script(self, call: Call) -> Reply:
        """Replaces a script."""
        draft = _draft(call.body)
        return Reply([render_script(await self._scripts.edit(call.tx, _account(call), _id(call), draft))])

    async def delete_script(self, call: Call) -> Reply:
        """Removes a script."""
        return Reply([render_script(await self._scripts.delete(call.tx, _account(call), _id(call)))])

    async def present_script(self, call: Call) -> Reply:
        """A script to go through with a contact: the questions whose filters hold, with what is known of the contact
        put in; `value` is what the contact's data has for a question's variable.
        """
        script, data = await self._scripts.present(call.tx, _account(call), _id(call), call.query.contact_id)
        shown = render_script(script)
        for question in shown["questions"]:
            if (value := data.get(str(question.get("variableName", "")).lower())) is not None:
                question["value"] = value
        return Reply([shown | {"contactId": call.query.contact_id}])

    async def complete_script(self, call: Call) -> Reply:
        """Takes the responses: saves what is to be saved to the contact, tells the script's callback, and answers the
        completion options that hold.
        """
        body: ResponsesBody = call.body
        done = await self._scripts.complete(
            call.tx,
            _account(call),
            _id(call),
            contact_id=body.contact_id,
            client_id=call.principal.client_id,
            responses=body.responses,
        )
        return Reply([render_completion(done)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (*self._for_administrators(), *self._for_agents())

    def _for_administrators(self) -> tuple[Endpoint, ...]:
        base, one = "/v4/scriptadmin", "/v4/scriptadmin/{scriptId}"
        return (
            Endpoint(
                number="129",
                method="GET",
                path=base,
                handler=self.get_scripts,
                summary="Get scripts",
                privilege=Privilege.SCRIPT_ADMIN,
                query=PageQuery,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="130",
                method="GET",
                path=one,
                handler=self.get_script,
                summary="Get script by id",
                privilege=Privilege.SCRIPT_ADMIN,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="131",
                method="POST",
                path=base,
                handler=self.add_script,
                summary="Create script",
                privilege=Privilege.SCRIPT_ADMIN,
                body=ScriptBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="132",
                method="PUT",
                path=one,
                handler=self.edit_script,
                summary="Edit script",
                privilege=Privilege.SCRIPT_ADMIN,
                body=ScriptBody,
                tag=_TAG,
                example=Example(path=_PATH, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="133",
                method="DELETE",
                path=one,
                handler=self.delete_script,
                summary="Delete script",
                privilege=Privilege.SCRIPT_ADMIN,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
        )

    def _for_agents(self) -> tuple[Endpoint, ...]:
        one = "/v4/script/{scriptId}"
        return (
            Endpoint(
                number="134",
                method="GET",
                path=one,
                handler=self.present_script,
                summary="Get script for contact",
                privilege=Privilege.SCRIPT_RUN,
                query=ContactQuery,
                tag=_TAG,
                example=Example(path=_PATH, query={"contactId": _CONTACT}, response={**_SHOWN, "contactId": _CONTACT}),
            ),
            Endpoint(
                number="135",
                method="POST",
                path=one,
                handler=self.complete_script,
                summary="Execute script",
                privilege=Privilege.SCRIPT_RUN,
                body=ResponsesBody,
                tag=_TAG,
                example=Example(
                    path=_PATH,
                    body=_RESPONSES,
                    response={
                        **_PATH,
                        "contactId": _CONTACT,
                        "saved": {"firstname": "John"},
                        "completionOptions": [{"type": "transfer", "details": {"transferNumber": "+17145551234"}}],
                    },
                ),
            ),
        )


def render_script(script: Script) -> dict[str, Any]:
    """A script as the reference shows it; its URL under both spellings, as clients send both."""
    return {
        "accountSid": script.account_id,
        "scriptId": script.id,
        "name": script.name,
        "externalUrl": script.external_url,
        "externalURL": script.external_url,
        "questions": msgspec.to_builtins(script.questions),
        "completionOptions": msgspec.to_builtins(script.completion_options),
        "callbackId": script.callback_id,
        "created": epoch_ms(script.created_at),
        "modified": epoch_ms(script.modified_at),
    }


def render_completion(done: Completion) -> dict[str, Any]:
    """What came of a script: filters have done their work and are not shown."""
    options = [{"type": one.type, "details": one.details} for one in done.options]
    return {
        "scriptId": done.script.id,
        "contactId": done.contact_id,
        "saved": done.saved,
        "completionOptions": options,
    }


def _draft(body: ScriptBody) -> ScriptDraft:
    """What was written. The page is opened by the agent's browser, so private addresses are as good as others. Raises
    InvalidInputError.
    """
    url = body.external_url or body.other_external_url or None
    if url and (problem := _problem_of_url(url)):
        raise InvalidInputError.of("externalUrl", problem)
    return ScriptDraft(
        name=body.name,
        external_url=url,
        questions=body.questions,
        completion_options=body.completion_options,
        callback_id=body.callback_id,
    )


def _problem_of_url(url: str) -> str | None:
    return f"may have {_LONGEST_URL} characters" if len(url) > _LONGEST_URL else check_url(url, True)


def _account(call: Call) -> UUID:
    return call.principal.account_id


def _id(call: Call) -> UUID:
    return uuid_in_path(call, "scriptId")
