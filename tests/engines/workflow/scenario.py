"""Scenarios of workflows: a definition, what happens to a run of it, and what is to come of that.

A scenario is JSON: `workflow` (or `nodes`, which `startNode` 1 begins), `contact` (its extData) and `timezone`,
`protection` of the campaign, `variables`, `start` (a time) and `steps`. A step has `after` (seconds since the one
before), `give` (`started` where nothing is said; `due`; `told` variables; `answered` variables with an `outcome`) and
what is to be: `at`, `ending`, `effects` (each a part of the effect of that place), `wait` (its kind), `until` (seconds
from now), `path`, `variables` (a part of them), `notes`. The state is written down and read back between all steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cordboard.engines.workflow.definition import Definition, read_definition
from cordboard.engines.workflow.engine import Step, begin, step
from cordboard.engines.workflow.inputs import Answered, Due, Input, Started, Told
from cordboard.engines.workflow.reading import wall_time
from cordboard.engines.workflow.state import RunState
from cordboard.engines.workflow.windows import Window
from cordboard.engines.workflow.world import Campaign, Person, World

_NOON = "2026-01-05T20:00:00Z"  # a Monday, noon in Los Angeles
_PACIFIC = -32


def play(scenario: Mapping[str, Any]) -> None:
    """Plays a scenario through. Raises AssertionError."""
    definition = read_definition(msgspec.json.encode(workflow_of(scenario)).decode())
    world = world_of(scenario)
    state = begin(definition, scenario.get("variables", {}))
    for place, wanted in enumerate(scenario["steps"]):
        world = msgspec.structs.replace(world, now=world.now + timedelta(seconds=wanted.get("after", 0)))
        taken = step(definition, state, input_of(wanted.get("give", "started"), state), world)
        state = msgspec.json.decode(msgspec.json.encode(taken.state), type=RunState)
        assert state == taken.state
        compare(wanted, taken, definition, world, f"step {place}")


def workflow_of(scenario: Mapping[str, Any]) -> Any:
    """The definition as JSON."""
    if "workflow" in scenario:
        return scenario["workflow"]
    sections = {"sections": scenario["sections"]} if "sections" in scenario else {}
    return {"schemaVersion": 1, "startNode": 1, "nodes": scenario["nodes"], **sections}


def world_of(scenario: Mapping[str, Any]) -> World:
    """The world that the scenario begins in."""
    now = datetime.fromisoformat(scenario.get("start", _NOON))
    protection = scenario.get("protection")
    window = None
    if protection is not None:
        start, end = wall_time(protection["start"]), wall_time(protection["end"])
        assert start is not None
        assert end is not None
        window = Window(start=start, end=end, fixed_id=protection.get("fixed"))
    return World(
        now=now.astimezone(UTC),
        run_id="run",
        contact=Person(
            id="contact",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            phone="+17142220000",
            timezone_id=scenario.get("timezone", _PACIFIC),
            ext_data=scenario.get("contact", {}),
        ),
        campaign=Campaign(id="campaign", phone="+19495550100", protection=window),
    )


def input_of(given: Any, state: RunState) -> Input:
    """The input that a step names."""
    token = state.wait.token if state.wait else -1
    if given == "started":
        return Started()
    if given == "due":
        return Due(token)
    if "told" in given:
        return Told(given["told"])
    if "due" in given:
        return Due(given["due"])
    return Answered(given.get("token", token), given.get("answered", {}), given.get("outcome", ""))


def compare(wanted: Mapping[str, Any], taken: Step, definition: Definition, world: World, where: str) -> None:
    """Everything that the step names is as it says."""
    state = taken.state
    until = state.wait.until if state.wait else None
    found: dict[str, Any] = {
        "at": state.at,
        "ending": state.ending,
        "wait": state.wait.kind if state.wait else None,
        "until": (until - world.now).total_seconds() if until else None,
        "path": list(state.path),
        "notes": [trace.note for trace in taken.history if trace.kind == "note"],
        "reason": state.reason,
    }
    for name, value in found.items():
        if name in wanted:
            assert value == wanted[name], f"{where}: {name} is {value}, not {wanted[name]}"
    if "variables" in wanted:
        assert {name: state.variables.get(name) for name in wanted["variables"]} == wanted["variables"], where
    effects = msgspec.json.decode(msgspec.json.encode(taken.effects))
    expected = wanted.get("effects", [])
    assert len(effects) == len(expected), f"{where}: {effects}"
    for effect, part in zip(effects, expected, strict=True):
        assert {name: effect.get(name) for name in part} == part, f"{where}: {effect}"
    assert len({effect["key"] for effect in effects}) == len(effects)
    assert state.at is None or state.at in definition.nodes
