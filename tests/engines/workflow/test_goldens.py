"""Every scenario of `goldens/`, and that every type of node has one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.engines.workflow.scenario import play, workflow_of

from cordboard.engines.workflow.definition import read_definition
from cordboard.engines.workflow.nodes.registry import NODE_TYPES
from cordboard.engines.workflow.validation import faults_of

GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.json"))


def scenarios(path: Path) -> list[dict[str, Any]]:
    """The scenarios of a file."""
    found: list[dict[str, Any]] = msgspec.json.decode(path.read_bytes())
    return found


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_what_happens_is_what_is_written(path: Path) -> None:
    for scenario in scenarios(path):
        try:
            play(scenario)
        except AssertionError as error:
            raise AssertionError(f"{scenario['name']}: {error}") from error


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_every_scenario_may_be_published(path: Path) -> None:
    for scenario in scenarios(path):
        definition = read_definition(msgspec.json.encode(workflow_of(scenario)).decode())

        assert faults_of(definition) == [], scenario["name"]


def test_every_type_of_node_has_a_file() -> None:
    assert {path.stem for path in GOLDENS} == set(NODE_TYPES)
