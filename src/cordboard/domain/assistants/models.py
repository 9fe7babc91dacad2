"""Assistants, and conversations as they see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.engines.templates.variables import render

LONGEST_TEXT: Final = 1600
"""Characters of a line, whoever says it."""
_LONGEST_BRIEFING: Final = 24_000


class Assistant(msgspec.Struct, frozen=True, kw_only=True):
    """`instructions` and `greeting` have variables; without a greeting the model writes the first text. `max_turns` are
    the texts that it may write, `timeout_minutes` how long a silent contact is waited for, `outcomes` the words that it
    may end with (none: any), `model` the provider's name of one (empty: the one of the settings).
    """

    account_id: UUID
    id: UUID
    name: str = ""
    instructions: str = ""
    greeting: str = ""
    max_turns: int = 10
    timeout_minutes: int = 1440
    outcomes: list[str] = []
    model: str = ""
    created_at: datetime


class AssistantChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sets on an assistant; None leaves it as it is."""

    name: str | None = None
    instructions: str | None = None
    greeting: str | None = None
    max_turns: int | None = None
    timeout_minutes: int | None = None
    outcomes: list[str] | None = None
    model: str | None = None

    def given(self) -> dict[str, Any]:
        """The members that are set, by name."""
        members = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in members.items() if value is not None}


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """An assistant as it is when a conversation begins, its variables replaced: what is changed of it later is for
    later conversations. Instructions that their variables make too long are cut.
    """

    instructions: str = ""
    greeting: str = ""
    max_turns: int = 1
    timeout_minutes: int = 1
    outcomes: list[str] = []
    model: str = ""

    @classmethod
    def of(cls, assistant: Assistant, variables: Mapping[str, str]) -> Briefing:
        """The assistant for somebody of whom `variables` are known."""
        return cls(
            instructions=render(assistant.instructions, variables)[:_LONGEST_BRIEFING],
            greeting=render(assistant.greeting, variables),
            max_turns=assistant.max_turns,
            timeout_minutes=assistant.timeout_minutes,
            outcomes=assistant.outcomes,
            model=assistant.model,
        )


class Line(msgspec.Struct, frozen=True):
    """What one of the two said."""

    by: Literal["assistant", "contact"]
    text: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an assistant says next, if anything; whether it is done, and with which outcome; and what it found out."""

    text: str | None = None
    done: bool = False
    outcome: str = ""
    variables: dict[str, str] = {}
