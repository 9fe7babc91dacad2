"""Computation: variables set to what FreeMarker templates and JSONPath expressions make of what is known."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import msgspec

from cordboard.engines.freemarker.faults import FreemarkerError, SpentError
from cordboard.engines.freemarker.template import Template, parse
from cordboard.engines.workflow.json_paths import JsonPath, JsonPathError
from cordboard.engines.workflow.moves import Fail, Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

TYPES: Final = ("freemarker", "jsonpath")
_MOST: Final = 50
_LONGEST_VARIABLE: Final = 64
_LONGEST_TEMPLATE: Final = 16 * 1024
_LONGEST_PATH: Final = 255
_NO_JSON: Final = object()
_CHARACTERS_A_STEP: Final = 16
_SCANNED_A_STEP: Final = 2
"""Characters of JSON that are read, and that are looked through, at the cost of a step of a template."""


class Formula(msgspec.Struct, frozen=True):
    """One computation: the variable it sets, and either a template or a path with the variable that holds the JSON."""

    variable: str
    template: Template | None = None
    path: JsonPath | None = None
    source: str = ""

    def compute(self, turn: Turn) -> None:
        """Sets the variable; leaves it alone where there is no result, and notes why. Raises SpentError."""
        if self.template is not None:
            self._render(self.template, turn)
        elif self.path is not None:
            self._look_up(self.path, turn)

    def _render(self, template: Template, turn: Turn) -> None:
        try:
            result = template.render(turn.values(), now=turn.world.now, budget=turn.budget)
        except FreemarkerError as error:
            turn.note(f"{self.variable} is left as it is: {error}")
        else:
            turn.set(self.variable, result)

    def _look_up(self, path: JsonPath, turn: Turn) -> None:
        text = turn.value(self.source)
        turn.budget.spend(1 + len(text) // (_SCANNED_A_STEP if path.scans else _CHARACTERS_A_STEP))
        document = _parsed(text)
        if document is _NO_JSON:
            turn.note(f"{self.variable} is left as it is: {self.source} holds no JSON")
            return
        try:
            found = path.found_in(document)
        except JsonPathError as error:
            turn.note(f"{self.variable} is left as it is: {error}")
            return
        if found:
            turn.set(self.variable, _text(found[0] if len(found) == 1 else found))
        else:
            turn.note(f"{self.variable} is left as it is: the path finds nothing in {self.source}")


class Computation(Node, frozen=True, kw_only=True):
    """Computes in the given order, so that later computations see the results of earlier ones."""

    kind: ClassVar[str] = "computation"
    computations: tuple[Formula, ...]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The computations, their templates and paths parsed."""
        given = members.listed("computations", _MOST)
        if not given:
            members.fault("computations", f"is required: 1 to {_MOST} computations")
        return {
            "computations": tuple(
                _formula(members.at(one, f"computations[{place}]")) for place, one in enumerate(given)
            )
        }

    def enter(self, turn: Turn) -> Move:
        """Computes, and goes on whatever comes of it, unless all computations since the last wait take too much."""
        try:
            for one in self.computations:
                one.compute(turn)
        except SpentError as error:
            return Fail(f"the computations since the last wait take {error} together")
        return Go(self.first)


def _formula(members: Members) -> Formula:
    variable = members.text("variable", longest=_LONGEST_VARIABLE).strip().lower()
    if members.one_of(TYPES, "type") == "freemarker":
        return Formula(variable, template=_template(members))
    source = members.text("jsonPathSourceVariable", longest=_LONGEST_VARIABLE).strip().lower()
    return Formula(variable, path=_path(members), source=source)


def _template(members: Members) -> Template | None:
    text = members.text("freemarker", longest=_LONGEST_TEMPLATE)
    if len(text) > _LONGEST_TEMPLATE:
        return None
    try:
        return parse(text)
    except FreemarkerError as error:
        members.fault("freemarker", f"is no FreeMarker template: {error}")
        return None


def _path(members: Members) -> JsonPath | None:
    text = members.text("jsonPath", longest=_LONGEST_PATH)
    if not text or len(text) > _LONGEST_PATH:
        return None
    try:
        return JsonPath(text)
    except JsonPathError as error:
        members.fault("jsonPath", str(error))
        return None


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode(errors="replace"))
    except (msgspec.DecodeError, RecursionError):
        return _NO_JSON


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
