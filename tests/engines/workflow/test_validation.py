"""What does not hang together in a definition: each fault names its node and the fix."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engines.workflow.definitions import UUID, read

from cordboard.engines.workflow.validation import faults_of

WAIT = {"timeoutType": "wait", "timeoutWaitNumber": 1, "timeoutWaitUnits": "hours"}
HOLDS = [{"variable": "a", "operation": "exists"}]


def sms(node_id: int, *children: int) -> dict[str, Any]:
    return {"id": node_id, "type": "smsSend", "smsTemplateId": UUID, "children": list(children)}


def delay(node_id: int, *children: int) -> dict[str, Any]:
    return {"id": node_id, "type": "timeDelay", **WAIT, "children": list(children)}


def repeater(node_id: int, *children: int, section: str | None = None) -> dict[str, Any]:
    return {"id": node_id, "type": "repeater", "numAttempts": 2, "section": section, "children": list(children)}


def found(*nodes: dict[str, Any], sections: Any = None) -> list[tuple[str, str]]:
    """The faults of the nodes, of which 1 is the first."""
    definition = read({"schemaVersion": 1, "startNode": 1, "nodes": list(nodes), "sections": sections})
    return [(fault.field, fault.problem) for fault in faults_of(definition)]


MISSING = "leads to node 9, which is not there; add it or take it out"
DNC_CHECK = {"id": 1, "type": "dncCheck", "dncList": "account", "subtype": "sms", "matchPath": 2, "noMatchPath": 9}


@pytest.mark.parametrize(
    "nodes",
    [
        (sms(1, 9),),
        ({"id": 1, "type": "condition", "conditions": [{"statements": HOLDS, "path": 9}]},),
        ({"id": 1, "type": "event", "conditions": [], "timeoutData": {**WAIT, "timeoutPath": 9}},),
        ({"id": 1, "type": "random", "children": [2, 9, 9]}, sms(2)),
        (DNC_CHECK, sms(2)),
        (repeater(1, 9),),
    ],
    ids=["child", "condition", "timeout", "random", "dnc check", "repeater"],
)
def test_a_way_to_a_node_that_is_not_there(nodes: Any) -> None:
    assert found(*nodes) == [("node 1", MISSING)]


def test_a_section_that_begins_nowhere() -> None:
    assert found(sms(1), sections={"exit": 9}) == [("sections.exit", "begins at node 9, which is not there")]


def test_a_control_node_with_children() -> None:
    faults = found({"id": 1, "type": "control", "children": [2]}, sms(2))

    assert faults == [("node 1.children", "must be empty: the campaign ends at a control node")]


def test_a_repeater_without_a_round() -> None:
    assert found(repeater(1)) == [("node 1.children", "must have the first node of a round")]


def test_nodes_that_cannot_be_reached() -> None:
    problem = "cannot be reached from startNode; lead a way to it or take it out"

    assert found(sms(1), sms(2, 3), sms(3)) == [("node 2", problem), ("node 3", problem)]


def test_a_child_that_no_condition_leads_to_is_not_reached() -> None:
    condition = {"id": 1, "type": "condition", "children": [2, 3], "conditions": []}

    assert [field for field, _ in found(condition, sms(2), sms(3))] == ["node 2"]


def test_an_end_of_rounds_outside_of_any() -> None:
    end = {"id": 2, "type": "endRepeater", "conditions": HOLDS}

    assert found(sms(1, 2), end) == [("node 2", "ends rounds, but no repeater leads to it")]
    assert found(repeater(1, 2), end) == []


def test_circles_of_nodes_that_never_wait() -> None:
    problem = "is in a circle of nodes that never waits; put a timeDelay or event into it"

    assert found(sms(1, 1)) == [("node 1", problem)]
    assert found(sms(1, 2), sms(2, 3), sms(3, 2)) == [("node 2", problem), ("node 3", problem)]
    assert found({"id": 1, "type": "section", "section": "again"}, sections={"again": 1}) == [("node 1", problem)]


@pytest.mark.parametrize("waiting", [delay(2, 1), {"id": 2, "type": "carrierLookup", "children": [1]}, repeater(2, 1)])
def test_a_circle_that_waits_somewhere_is_none(waiting: Any) -> None:
    assert found(sms(1, 2), waiting) == []


def test_a_circle_within_another_that_waits_is_found_alone() -> None:
    branching = {"id": 1, "type": "random", "children": [2, 3]}

    assert [field for field, _ in found(branching, sms(2, 1), delay(3, 1))] == ["node 1", "node 2"]


def test_faults_are_all_told_at_once() -> None:
    faults = found(sms(1, 7), sms(2, 8), {"id": 3, "type": "control", "children": [1]}, sections={"a": 9})

    assert [field for field, _ in faults] == ["node 1", "node 2", "sections.a", "node 3.children"]
