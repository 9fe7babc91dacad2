"""Scripts (requests 129 to 135): written by administrators, gone through by agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.contacts.models import Contact
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.scripts import repository
from cordboard.domain.scripts.checking import parse_completion_options, parse_questions
from cordboard.domain.scripts.events import COMPLETED, ScriptCompleted
from cordboard.domain.scripts.models import Completion, Question, Script, ScriptDraft
from cordboard.domain.scripts.ports import CallbackTargets
from cordboard.engines.rules.statements import all_hold
from cordboard.engines.templates.variables import render
from cordboard.infra.db import Tx
from cordboard.infra.events.outbox import Event, append
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

MOST: Final = 1000
MOST_RESPONSES: Final = 200
LONGEST_NAME: Final = 255
LONGEST_RESPONSE: Final = 4096


class ScriptService:
    """The verbs of scripts."""

    def __init__(self, *, clock: Clock, ids: Ids, contacts: ContactService, callbacks: CallbackTargets) -> None:
        self._clock = clock
        self._ids = ids
        self._contacts = contacts
        self._callbacks = callbacks

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[Script]:
        """The account's scripts, the oldest first."""
        return await repository.page(tx, account_id, wanted)

    async def get(self, tx: Tx, account_id: UUID, script_id: UUID) -> Script:
        """A script. Raises NotFoundError."""
        return await self._find(tx, account_id, script_id)

    async def add(self, tx: Tx, account_id: UUID, draft: ScriptDraft) -> Script:
        """A new script. Raises InvalidInputError."""
        now = self._clock.now()
        script = self._script(account_id, self._ids.time_uuid(), draft)
        script = replace(script, created_at=now, modified_at=now)
        await self._check_names(tx, script)
        await repository.insert(tx, script)
        if await repository.count(tx, account_id) > MOST:
            raise InvalidInputError.of("name", f"is one script too many: an account has {MOST} at most")
        return script

    async def edit(self, tx: Tx, account_id: UUID, script_id: UUID, draft: ScriptDraft) -> Script:
        """Replaces what a script says. Raises NotFoundError, InvalidInputError."""
        present = await self._find(tx, account_id, script_id, lock=True)
        changed = replace(self._script(account_id, script_id, draft), created_at=present.created_at)
        await self._check_names(tx, changed)
        await repository.update(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, script_id: UUID) -> Script:
        """Removes a script. Raises NotFoundError."""
        script = await self._find(tx, account_id, script_id, lock=True)
        await repository.delete(tx, account_id, script_id)
        return script

    async def present(
        self, tx: Tx, account_id: UUID, script_id: UUID, contact_id: UUID
    ) -> tuple[Script, Mapping[str, str]]:
        """A script for a contact, and the contact's data: the questions whose filters hold, their variables replaced.
        Raises NotFoundError.
        """
        script = await self._find(tx, account_id, script_id)
        data = (await self._contacts.get(tx, account_id, contact_id)).ext_data
        shown = tuple(_spoken(one, data) for one in script.questions if all_hold(one.filters, data))
        url = script.external_url and render(script.external_url, data, escape=lambda _, value: quote(value, safe=""))
        return replace(script, questions=shown, external_url=url), data

    async def complete(
        self,
        tx: Tx,
        account_id: UUID,
        script_id: UUID,
        *,
        contact_id: UUID,
        client_id: UUID,
        responses: Mapping[str, Any],
    ) -> Completion:
        """Saves to the contact what is to be saved, tells the callback, and answers the options that hold over the
        contact's data and the responses. Of two agents who answer at once for one contact the later one's answers stay
        where both gave one. Raises NotFoundError, InvalidInputError.
        """
        script = await self._find(tx, account_id, script_id)
        given = _clean(responses)
        wanted = {_variable(one) for one in script.questions if one.save}
        saved = {name: value for name, value in given.items() if name in wanted}
        contact = (
            await self._saved(tx, account_id, contact_id, saved)
            if saved
            else await self._contacts.get(tx, account_id, contact_id)
        )
        values = contact.ext_data | given
        options = tuple(option for option in script.completion_options if all_hold(option.filters, values))
        done = Completion(script=script, contact_id=contact_id, saved=saved, options=options)
        await self._tell(tx, done, client_id, given)
        return done

    async def _saved(self, tx: Tx, account_id: UUID, contact_id: UUID, saved: Mapping[str, str]) -> Contact:
        try:
            return await self._contacts.edit(
                tx, account_id, contact_id, ext_data=saved, keys=None, removed=(), mode="OVERWRITE"
            )
        except InvalidInputError as error:
            renamed = [FieldError(one.field.replace("extData.", "responses."), one.problem) for one in error.errors]
            raise InvalidInputError(renamed) from error

    async def _tell(self, tx: Tx, done: Completion, client_id: UUID, responses: dict[str, str]) -> None:
        now = self._clock.now()
        script = done.script
        told = ScriptCompleted(
            account_sid=str(script.account_id),
            script_id=str(script.id),
            script_name=script.name,
            contact_id=str(done.contact_id),
            client_id=str(client_id),
            callback_id=str(script.callback_id) if script.callback_id else None,
            responses=responses,
            completion_options=msgspec.to_builtins(done.options),
            created_at=epoch_ms(now),
        )
        await append(tx, [Event(COMPLETED, script.account_id, str(done.contact_id), msgspec.to_builtins(told), now)])

    def _script(self, account_id: UUID, script_id: UUID, draft: ScriptDraft) -> Script:
        """The script of a draft. Raises InvalidInputError."""
        if not 1 <= len(draft.name.strip()) <= LONGEST_NAME:
            raise InvalidInputError.of("name", f"must have 1 to {LONGEST_NAME} characters")
        questions = parse_questions(draft.questions)
        options = parse_completion_options(draft.completion_options)
        if not questions and not draft.external_url:
            raise InvalidInputError.of("questions", "is required unless an externalUrl is given")
        now = self._clock.now()
        return Script(
            account_id=account_id,
            id=script_id,
            name=draft.name.strip(),
            external_url=draft.external_url or None,
            questions=questions,
            completion_options=options,
            callback_id=draft.callback_id,
            created_at=now,
            modified_at=now,
        )

    async def _check_names(self, tx: Tx, script: Script) -> None:
        """Raises InvalidInputError when what the script names is not there."""
        errors = []
        if script.callback_id and not await self._callbacks.has_api_callback(tx, script.account_id, script.callback_id):
            errors.append(FieldError("callbackId", "names no webhook of the type api_callback"))
        named = {
            place: UUID(option.details["scriptId"])
            for place, option in enumerate(script.completion_options)
            if option.type == "script"
        }
        there = await repository.those_there(tx, script.account_id, list(named.values())) if named else set()
        errors += [
            FieldError(f"completionOptions[{place}].details.scriptId", "names no script of this account")
            for place, script_id in named.items()
            if script_id not in there | {script.id}
        ]
        if errors:
            raise InvalidInputError(errors)

    @staticmethod
    async def _find(tx: Tx, account_id: UUID, script_id: UUID, *, lock: bool = False) -> Script:
        script = await repository.find(tx, account_id, script_id, lock=lock)
        if script is None:
            raise NotFoundError("scriptId")
        return script


def _spoken(question: Question, data: Mapping[str, str]) -> Question:
    context = None if question.context is None else render(question.context, data)
    return replace(question, question=render(question.question, data), context=context)


def _variable(question: Question) -> str:
    return (question.variable_name or "").strip().lower()


def _clean(responses: Mapping[str, Any]) -> dict[str, str]:
    """Responses as texts, their names in lower case. Raises InvalidInputError naming each bad one."""
    if len(responses) > MOST_RESPONSES:
        raise InvalidInputError.of("responses", f"has {len(responses)} members; at most {MOST_RESPONSES} are taken")
    errors = []
    cleaned = {}
    for name, value in responses.items():
        if value is None:
            continue
        if not isinstance(value, str | int | float | bool):
            errors.append(FieldError(f"responses.{name}", "must be a text, a number, or true or false"))
        elif len(text := value if isinstance(value, str) else msgspec.json.encode(value).decode()) > LONGEST_RESPONSE:
            errors.append(FieldError(f"responses.{name}", f"may have {LONGEST_RESPONSE} characters"))
        else:
            cleaned[name.strip().lower()] = text
    if errors:
        raise InvalidInputError(errors)
    return cleaned
