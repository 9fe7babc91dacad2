"""What all verbs and nouns have in common, and how one is read from its element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeVar

from cordboard.engines.callflow.attributes import Known, attributes_of
from cordboard.engines.callflow.events import FlowEvent
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.state import Element

_HIDDEN = frozenset({"password"})


class Problem(NamedTuple):
    """An attribute that was not taken as written: where, what, and what to do about it."""

    tag: str
    written: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A verb or noun with its attributes checked. `given`: those that were written and right, by field name.

    Class variables: `name` as documented; `holds` what may stand in it; `content` what its text is, in words;
    `speaks_markup`: its inner XML is kept, for SSML.
    """

    name: ClassVar[str]
    content: ClassVar[str] = ""
    holds: ClassVar[tuple[type[Tag], ...]] = ()
    speaks_markup: ClassVar[bool] = False

    text: str = ""
    markup: str = ""
    children: tuple[Tag, ...] = ()
    given: dict[str, str] = field(default_factory=dict)

    def describe(self) -> str:
        """Content and attributes as written, as the `parameter` of a log entry."""
        table = {known.field: known.attribute.name for known in attributes_of(type(self))}
        pairs = [(self.name, self.text)] if self.text else []
        pairs += [(child.name, child.text) for child in self.children if child.text]
        pairs += [(table[name], "***" if name in _HIDDEN else value) for name, value in self.given.items()]
        return ", ".join(f"{name[:1].upper()}{name[1:]}: {value}" for name, value in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Tag, ABC):
    """A tag that does something. `needs_media`: the call is answered before it. It either ends at once, by one of
    `Run.done`, `fail`, `act`, `hang_up` and their like, or leaves in the run's progress what it waits for.
    """

    needs_media: ClassVar[bool] = True

    @abstractmethod
    def begin(self, run: Run) -> None:
        """The flow has come to this verb."""

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """Something happened while this verb is under way; what it does not wait for is passed over."""


AnyTag = TypeVar("AnyTag", bound=Tag)


def read_tag(tag: type[AnyTag], element: Element, base: str) -> tuple[AnyTag, list[Problem]]:
    """The tag that an element of a document at `base` is. A bad value leaves the default, and a Problem."""
    values: dict[str, Any] = {}
    given: dict[str, str] = {}
    problems: list[Problem] = []
    written = dict(element.attributes)
    for known in attributes_of(tag):
        raw = written.pop(known.attribute.name.lower(), None)
        if raw is None:
            continue
        try:
            values[known.field] = known.attribute.kind.parse(raw, base)
        except ValueError:
            problems.append(_bad_value(tag, known, raw))
        else:
            given[known.field] = raw
    problems += [Problem(tag.name, name, f"{tag.name} has no attribute {name}; it is ignored") for name in written]
    children: list[Tag] = []
    for child in element.children:
        holder = _child(tag, child.name)
        if holder is not None:
            read, faults = read_tag(holder, child, base)
            children.append(read)
            problems += faults
    own = tag(text=element.text, markup=element.markup, children=tuple(children), given=given, **values)
    return own, problems


def _child(tag: type[Tag], name: str) -> type[Tag] | None:
    return next((held for held in tag.holds if held.name.lower() == name), None)


def _bad_value(tag: type[Tag], known: Known, raw: str) -> Problem:
    name = known.attribute.name
    shown = "***" if known.field in _HIDDEN else raw[:100]
    used = "it is left out" if known.default == "none" else f"{known.default} is used"
    return Problem(tag.name, f'{name}="{shown}"', f"{name} must be {known.attribute.kind.values}; {used}")
