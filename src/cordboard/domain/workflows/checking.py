"""What a definition names outside of itself: templates, webhooks, campaigns, lists, assistants, pictures."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from cordboard.domain.workflows.ports import References
from cordboard.engines.workflow.definition import Definition, read_definition
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.nodes.agent_queue import AgentQueue
from cordboard.engines.workflow.nodes.ai_assist import AiAssist
from cordboard.engines.workflow.nodes.call import Call
from cordboard.engines.workflow.nodes.callback import Callback
from cordboard.engines.workflow.nodes.campaign import StartOther
from cordboard.engines.workflow.nodes.meme import Meme
from cordboard.engines.workflow.nodes.sms_send import SmsSend
from cordboard.engines.workflow.validation import faults_of
from cordboard.infra.db import Tx
from cordboard.kit.errors import FieldError, InvalidInputError

_FIXES: Final[Mapping[str, tuple[str, str]]] = {
    "template": ("smsTemplateId", "is no template of this account; make it with POST /v4/smstemplate"),
    "callback": (
        "callbackId",
        "is no webhook of the type campaign_workflow_callback; make it with POST /v4/callback/configuration",
    ),
    "campaign": ("campaignId", "is no campaign of this account"),
    "list": ("queueName", "is no live list; make it with POST /v4/livelist"),
    "assistant": ("aiAssistId", "is no assistant; make it with POST /v4/ai/assistant"),
    "picture": ("fileName", "is no asset of the type meme-image; upload it with POST /v4/asset"),
}
"""By kind: the member that names it, and what is wrong with one that is not there."""

_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""The escape of a character that no column keeps; not a backslash that is escaped itself, with letters after it."""


class Reference(NamedTuple):
    """What a node names, such as a template by its id."""

    kind: str
    name: str


async def checked(tx: Tx, account_id: UUID, text: str, references: References) -> Definition:
    """The definition of a text. Raises InvalidInputError with every fault, each with its node and the fix."""
    if _NUL.search(text):
        raise InvalidInputError.of("workflow", "must not contain the character U+0000")
    definition = read_definition(text)
    faults = [*faults_of(definition), *_calls(definition, references)]
    named: dict[str, set[str]] = defaultdict(set)
    for node in definition.nodes.values():
        if (reference := _reference(node)) is not None:
            named[reference.kind].add(reference.name)
    unknown = {
        Reference(kind, name)
        for kind, names in named.items()
        for name in await references.unknown(tx, account_id, kind, sorted(names))
    }
    faults += _unknown(definition, unknown)
    if faults:
        raise InvalidInputError(faults)
    return definition


def _reference(node: Node) -> Reference | None:
    match node:
        case SmsSend():
            return Reference("template", node.sms_template_id)
        case Callback():
            return Reference("callback", node.callback_id)
        case StartOther():
            return Reference("campaign", node.campaign_id)
        case AgentQueue():
            return Reference("list", node.queue_name)
        case AiAssist():
            return Reference("assistant", node.assistant_id)
        case Meme():
            return Reference("picture", node.file_name)
        case _:
            return None


def _unknown(definition: Definition, unknown: set[Reference]) -> Iterator[FieldError]:
    for node in definition.nodes.values():
        reference = _reference(node)
        if reference is not None and reference in unknown:
            member, problem = _FIXES[reference.kind]
            yield FieldError(f"node {node.id}.{member}", f"{reference.name[:80]!r} {problem}")


def _calls(definition: Definition, references: References) -> Iterator[FieldError]:
    for node in definition.nodes.values():
        if isinstance(node, Call):
            for fault in references.call_faults(node.members):
                yield FieldError(f"node {node.id}.{fault.field}", fault.problem)
