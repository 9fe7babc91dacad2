"""Scripts, as they are kept and as they are gone through with a contact."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec

from cordboard.engines.rules.statements import Statement

AnswerType = Literal["string", "integer", "decimal", "boolean"]
ANSWER_TYPES: Final[tuple[AnswerType, ...]] = get_args(AnswerType)
NUMERIC: Final = frozenset({"integer", "decimal"})
CompletionType = Literal["transfer", "campaign", "hangup", "script"]
DETAIL_OF: Final[dict[str, str | None]] = {
    "transfer": "transferNumber",
    "campaign": "campaignId",
    "hangup": None,
    "script": "scriptId",
}
"""What each type of completion option needs in its details."""


class Question(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A question or a prompt. `context` is for the agent's eyes; the answer goes to `variable_name`, and to the contact
    with `save`. `options` are what may be answered, `display_options` how each is shown. It is shown when its
    `filters` hold. What limits the answer is for whoever shows the script: a submission is not checked against it.
    """

    question: str
    context: str | None = None
    type: str | None = None
    variable_name: str | None = None
    save: bool = False
    options: tuple[str, ...] | None = None
    display_options: tuple[str, ...] | None = None
    min_numeric_value: float | None = None
    max_numeric_value: float | None = None
    filters: tuple[Statement, ...] = ()


class CompletionOption(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What an agent may choose once the script is through, when its `filters` hold."""

    type: str
    details: dict[str, str] = {}
    filters: tuple[Statement, ...] = ()


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A script. `external_url` is opened in a window of its own; `callback_id` names the webhook that is told of each
    completion.
    """

    account_id: UUID
    id: UUID
    name: str
    external_url: str | None
    questions: tuple[Question, ...]
    completion_options: tuple[CompletionOption, ...]
    callback_id: UUID | None
    created_at: datetime
    modified_at: datetime


class ScriptDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A script as somebody wrote it, not checked yet."""

    name: str
    external_url: str | None
    questions: list[Any]
    completion_options: list[Any]
    callback_id: UUID | None


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """A script gone through: what was saved to the contact, and what may be done next."""

    script: Script
    contact_id: UUID
    saved: dict[str, str]
    options: tuple[CompletionOption, ...]
