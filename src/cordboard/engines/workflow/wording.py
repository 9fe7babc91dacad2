"""Nodes and their ways in a few words, as pictures show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from cordboard.engines.rules.statements import Statement
from cordboard.engines.workflow.delays import Delay
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.nodes.branch import Branch
from cordboard.engines.workflow.nodes.condition import Condition
from cordboard.engines.workflow.nodes.dnc_check import DncCheck
from cordboard.engines.workflow.nodes.event import Event
from cordboard.engines.workflow.nodes.percentage import Percentage
from cordboard.engines.workflow.nodes.repeater import Repeater
from cordboard.engines.workflow.windows import EVERY_DAY

_UNITS: Final = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def detail_of(node: Node) -> str:
    """What tells a node from others of its type; empty where nothing does."""
    return _DETAILS.get(node.kind, lambda _: "")(node)


def labelled_ways(node: Node) -> tuple[tuple[int, str], ...]:
    """Every node that may follow, with what leads there; empty where it is the only way."""
    return tuple(dict.fromkeys(_ways(node)))


def delay_in_words(delay: Delay) -> str:
    """How long a delay waits, such as `5 minutes` or `until 08:00 on Mon, Tue`."""
    match delay.type:
        case "wait":
            unit = next(name for name, size in _UNITS if size <= delay.unit_seconds)
            return f"{delay.variable} {unit}s" if delay.variable else seconds_in_words(delay.seconds)
        case "schedule" | "scheduleTz":
            return f"until {delay.variable or delay.date}"
        case "waitTime":
            return f"until {delay.variable or _clock(delay.wall)}{_on(delay.days)}"
        case _:
            return f"{_clock(delay.start)} to {_clock(delay.end)}{_on(delay.days)}"


def seconds_in_words(seconds: int) -> str:
    """A number of seconds in the largest unit that it is a whole number of."""
    name, size = next((name, size) for name, size in _UNITS if seconds % size == 0 and (seconds or size == 1))
    return f"{seconds // size} {name}{'' if seconds == size else 's'}"


def _ways(node: Node) -> Iterator[tuple[int, str]]:
    match node:
        case Condition():
            yield from _branches(node.conditions)
            yield from ((way, "else") for way in node.children[-1:])
        case Event():
            yield from _branches(node.conditions)
            if node.timeout_path is not None:
                yield node.timeout_path, "timeout"
        case DncCheck():
            yield from ((node.match_path, "match"), (node.no_match_path, "no match"))
        case Percentage():
            total = sum(node.percentages)
            for way, weight in zip(node.children, node.percentages, strict=False):
                yield way, f"{round(100 * weight / total, 2):g}%"
        case Repeater():
            yield from ((way, "round") for way in node.children)
            if node.after is not None:
                yield node.after, "after"
        case _:
            yield from ((way, "") for way in node.ways)


def _branches(branches: tuple[Branch, ...]) -> Iterator[tuple[int, str]]:
    for branch in branches:
        yield branch.path, "otherwise" if branch.is_otherwise else _statements(branch.statements)


def _statements(statements: tuple[Statement, ...]) -> str:
    return " and ".join(_statement(one) for one in statements if one.variable)


def _statement(one: Statement) -> str:
    value = ", ".join(one.value) if isinstance(one.value, tuple) else one.value
    operation = ("not " if one.negated else "") + one.operation.replace("_", " ")
    return f"{one.variable} {operation} {value}".rstrip()


def _clock(wall: Any) -> str:
    return f"{wall:%H:%M}"


def _on(days: int) -> str:
    named = ", ".join(name for place, name in enumerate(_DAYS) if days & 1 << place)
    return "" if days == EVERY_DAY else f" on {named}"


_DETAILS: Final[dict[str, Callable[[Any], str]]] = {
    "agentQueue": lambda node: node.queue_name,
    "aiAssist": lambda node: node.assistant_id,
    "call": lambda node: str(node.members.get("url", "")),
    "callback": lambda node: node.callback_id,
    "campaign": lambda node: node.campaign_id,
    "computation": lambda node: ", ".join(one.variable for one in node.computations),
    "dnc": lambda node: node.dnc_type,
    "dncCheck": lambda node: f"{node.dnc_list}, {node.subtype}",
    "editContact": lambda node: ", ".join(one.variable for one in node.assignments),
    "email": lambda node: f"{node.provider}, {node.template_id}",
    "endRepeater": lambda node: _statements(node.conditions),
    "event": lambda node: "" if node.delay is None else f"timeout: {delay_in_words(node.delay)}",
    "meme": lambda node: node.file_name,
    "repeater": lambda node: "once" if node.num_attempts == 1 else f"{node.num_attempts} times",
    "section": lambda node: node.section,
    "smsSend": lambda node: node.sms_template_id,
    "timeDelay": lambda node: delay_in_words(node.delay),
}
