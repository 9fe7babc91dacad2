"""Assistants: kept by customers, and asked what they say next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.assistants import repository
from cordboard.domain.assistants.conversation import LONGEST_OUTCOME, RESERVED, question, read_answer
from cordboard.domain.assistants.errors import AssistantNotFoundError, SilentError
from cordboard.domain.assistants.models import LONGEST_TEXT, Assistant, AssistantChanges, Briefing, Line, Said
from cordboard.domain.assistants.ports import Model
from cordboard.infra.chat import ChatError
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import Ids, parse_uuid
from cordboard.kit.paging import Page

NO_PROVIDER: Final = "no AI provider is configured: set [ai] base_url"
LONGEST_INSTRUCTIONS: Final = 8000
LONGEST_NAME: Final = 255
MOST_TURNS: Final = 50
LONGEST_PATIENCE: Final = 7 * 24 * 60
"""Minutes; a run waits no longer for an assistant."""
MOST_OUTCOMES: Final = 20


class AssistantService:
    """The verbs. `model` None: this installation has no provider."""

    def __init__(self, clock: Clock, ids: Ids, model: Model | None) -> None:
        self._clock = clock
        self._ids = ids
        self._model = model

    @property
    def can_talk(self) -> bool:
        """Whether there is a provider."""
        return self._model is not None

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[Assistant]:
        """The account's assistants, the oldest first."""
        return await repository.page(tx, account_id, wanted)

    async def get(self, tx: Tx, account_id: UUID, assistant_id: UUID) -> Assistant:
        """One of them. Raises AssistantNotFoundError."""
        found = await repository.find(tx, account_id, assistant_id)
        if found is None:
            raise AssistantNotFoundError("aiAssistId")
        return found

    async def add(self, tx: Tx, account_id: UUID, changes: AssistantChanges) -> Assistant:
        """A new one. Raises InvalidInputError."""
        blank = Assistant(account_id=account_id, id=self._ids.time_uuid(), created_at=self._clock.now())
        assistant = _checked(replace(blank, **changes.given()))
        await repository.insert(tx, assistant)
        return assistant

    async def edit(self, tx: Tx, account_id: UUID, assistant_id: UUID, changes: AssistantChanges) -> Assistant:
        """Changes what is given; conversations under way go on as they began. Raises AssistantNotFoundError,
        InvalidInputError.
        """
        present = await repository.find(tx, account_id, assistant_id, lock=True)
        if present is None:
            raise AssistantNotFoundError("aiAssistId")
        changed = _checked(replace(present, **changes.given()))
        await repository.update(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, assistant_id: UUID) -> Assistant:
        """Removes one; conversations under way go on, and runs that come to it are told that it is gone. Raises
        AssistantNotFoundError.
        """
        gone = await repository.delete(tx, account_id, assistant_id)
        if gone is None:
            raise AssistantNotFoundError("aiAssistId")
        return gone

    async def unknown(self, tx: Tx, account_id: UUID, ids: Sequence[str]) -> set[str]:
        """Those of the ids, as texts, that are no assistant of the account's."""
        parsed = {one: parse_uuid(one) for one in ids}
        found = await repository.known(tx, account_id, [one for one in parsed.values() if one is not None])
        return {one for one, uuid in parsed.items() if uuid not in found}

    async def says(self, briefing: Briefing, lines: Sequence[Line], *, last: bool) -> Said:
        """What an assistant says next; `last`: it may only say how it went. Asks the provider, so no transaction may be
        open. Raises SilentError.
        """
        if self._model is None:
            raise SilentError(NO_PROVIDER)
        asked = question(briefing, lines, last=last)
        try:
            answer = await self._model.complete(asked, model=briefing.model, as_json=True)
        except ChatError as error:
            raise SilentError(str(error)) from error
        said = read_answer(answer, briefing.outcomes)
        if said.text is None and not said.done and not last:
            raise SilentError("the model's answer has neither a text nor an end")
        return said


def _checked(assistant: Assistant) -> Assistant:
    """Raises InvalidInputError naming each bad field."""
    if errors := [*_flaws(assistant), *_flaws_of_outcomes(assistant.outcomes)]:
        raise InvalidInputError(errors)
    return assistant


def _flaws(assistant: Assistant) -> Iterator[FieldError]:
    for field, text, longest in (
        ("name", assistant.name, LONGEST_NAME),
        ("instructions", assistant.instructions, LONGEST_INSTRUCTIONS),
    ):
        if not text.strip() or len(text) > longest:
            yield FieldError(field, f"must have 1 to {longest} characters")
    if len(assistant.greeting) > LONGEST_TEXT:
        yield FieldError("greeting", f"may have {LONGEST_TEXT} characters")
    if len(assistant.model) > LONGEST_NAME:
        yield FieldError("model", f"may have {LONGEST_NAME} characters")
    if not 1 <= assistant.max_turns <= MOST_TURNS:
        yield FieldError("maxTurns", f"must be from 1 to {MOST_TURNS}")
    if not 1 <= assistant.timeout_minutes <= LONGEST_PATIENCE:
        yield FieldError("timeoutMinutes", f"must be from 1 to {LONGEST_PATIENCE}, which are 7 days")


def _flaws_of_outcomes(outcomes: Sequence[str]) -> Iterator[FieldError]:
    if len(outcomes) > MOST_OUTCOMES:
        yield FieldError("outcomes", f"may have {MOST_OUTCOMES} words")
        return
    folded = [one.casefold() for one in outcomes]
    for place, word in enumerate(outcomes):
        field = f"outcomes[{place}]"
        if word != word.strip() or not 1 <= len(word) <= LONGEST_OUTCOME:
            yield FieldError(field, f"must have 1 to {LONGEST_OUTCOME} characters, without spaces around them")
        elif folded[place] in RESERVED:
            yield FieldError(field, f"is one of the platform's own outcomes: {', '.join(sorted(RESERVED))}")
        elif folded[place] in folded[:place]:
            yield FieldError(field, "is there twice")
