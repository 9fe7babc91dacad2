"""The workflows of the reference, one a node type, and of the how-tos: each may be published and runs to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from tools.workflow_pictures import Example, examples

from cordboard.engines.workflow.definition import read_definition
from cordboard.engines.workflow.engine import begin, step
from cordboard.engines.workflow.inputs import Answered, Due, Input, Started
from cordboard.engines.workflow.nodes.registry import NODE_TYPES
from cordboard.engines.workflow.state import RunState
from cordboard.engines.workflow.validation import faults_of
from cordboard.engines.workflow.world import Campaign, Person, World

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = list(examples((DOCS / "reference/workflows.md").read_text("utf-8")))
HOWTOS = [
    Example(name, one.definition)
    for name in ("opt-in", "appointment-reminder", "speed-to-lead")
    for one in examples((DOCS / f"howto/{name}.md").read_text("utf-8"))
]
_NOON = datetime(2026, 1, 5, 20, tzinfo=UTC)


def test_every_type_of_node_has_an_example() -> None:
    assert {one.title for one in EXAMPLES} >= set(NODE_TYPES)


@pytest.mark.parametrize("example", EXAMPLES + HOWTOS, ids=lambda one: one.title)
def test_an_example_may_be_published_and_has_its_node(example: Example) -> None:
    definition = read_definition(example.definition)
    assert faults_of(definition) == []
    assert (
        example in HOWTOS
        or example.title == "sections"
        or example.title in {node.kind for node in definition.nodes.values()}
    )


@pytest.mark.parametrize("example", EXAMPLES + HOWTOS, ids=lambda one: one.title)
def test_an_example_runs_to_its_end_when_nobody_answers(example: Example) -> None:
    definition = read_definition(example.definition)
    contact = Person(id="c", created_at=_NOON, phone="+13105551234", timezone_id=-32, ext_data={"firstname": "ann"})
    world = World(now=_NOON, run_id="r", contact=contact, campaign=Campaign(id="k", phone="+17145550100"))
    state = begin(definition, {})
    given: Input = Started()
    for _ in range(100):
        state = step(definition, state, given, world).state
        if state.is_over:
            break
        given, world = _next(state, world)
    assert state.ending in ("completed", "stopped"), state


def _next(state: RunState, world: World) -> tuple[Input, World]:
    """What comes next when time passes and whoever is asked has no news."""
    assert state.wait is not None
    if state.wait.kind == "answer":
        return Answered(state.wait.token), world
    assert state.wait.until is not None
    return Due(state.wait.token), msgspec.structs.replace(world, now=state.wait.until)
