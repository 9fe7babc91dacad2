"""The computation node: what it reads, what it sets, what it notes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from cordboard.engines.workflow.moves import Go
from cordboard.engines.workflow.nodes.computation import Computation
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.state import RunState
from cordboard.engines.workflow.turn import Turn
from cordboard.engines.workflow.world import Campaign, Person, World
from cordboard.kit.errors import FieldError

NOW = datetime(2026, 11, 25, 8, 50, 37, tzinfo=UTC)
ORDER = '{"id": 7, "items": [{"sku": "a"}, {"sku": "b"}], "note": "gift", "paid": true, "none": null}'


def _read(computations: Any) -> tuple[Computation, list[FieldError]]:
    faults: list[FieldError] = []
    return Computation.read(4, (5,), Members({"computations": computations}, "node 4", faults)), faults


def _turn(**variables: str) -> Turn:
    contact = Person(id="c", created_at=NOW, phone="+19495551234", timezone_id=0, ext_data={"firstname": "Ann"})
    world = World(now=NOW, run_id="r", contact=contact, campaign=Campaign(id="m"))
    return Turn(RunState(at=4, variables=variables), world, {})


def _computed(computations: list[dict[str, str]], **variables: str) -> Turn:
    node, faults = _read(computations)
    assert faults == []
    turn = _turn(**variables)
    assert node.enter(turn) == Go(5)
    return turn


def test_templates_see_earlier_results() -> None:
    turn = _computed(
        [
            {"variable": "Total", "type": "freemarker", "freemarker": "${price?number * 2}"},
            {"variable": "text", "type": "FreeMarker", "freemarker": "${firstName}: ${total}, ${.now?string('yyyy')}"},
        ],
        price="2.25",
    )  # fmt: skip
    assert turn.variables == {"price": "2.25", "total": "4.5", "text": "Ann: 4.5, 2026"}
    assert turn.history == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.note", "gift"),
        ("$.id", "7"),
        ("$.paid", "true"),
        ("$.none", "null"),
        ("$.items[0]", '{"sku":"a"}'),
        ("$.items[*].sku", '["a","b"]'),
        ("$..sku", '["a","b"]'),
        ("$..items[0:]['sku']", '["a","b"]'),
        ("$.items[-1].sku", "b"),
    ],
)
def test_paths(path: str, value: str) -> None:
    one = {"variable": "found", "type": "jsonPath", "jsonPath": path, "jsonPathSourceVariable": "Order"}
    assert _computed([one], order=ORDER).variables["found"] == value


@pytest.mark.parametrize(
    ("one", "note"),
    [
        ({"type": "freemarker", "freemarker": "a ${nope}"},
         "x is left as it is: line 1, column 5: nope is missing: give a default with !, or test it with ??"),
        ({"type": "jsonpath", "jsonPath": "$.nope", "jsonPathSourceVariable": "order"},
         "x is left as it is: the path finds nothing in order"),
        ({"type": "jsonpath", "jsonPath": "$.nope", "jsonPathSourceVariable": "other"},
         "x is left as it is: other holds no JSON"),
        ({"type": "freemarker", "freemarker": "<#list 1..9000 as i>0123456789</#list>"},
         "x is left out: a value may have 65536 characters"),
    ],
)  # fmt: skip
def test_what_fails_leaves_the_variable_alone(one: dict[str, str], note: str) -> None:
    turn = _computed([{"variable": "x"} | one], x="before", order=ORDER)
    assert turn.variables["x"] == "before"
    assert [trace.note for trace in turn.history] == [note]


@pytest.mark.parametrize(
    ("computations", "field", "problem"),
    [
        (None, "computations", "is required: 1 to 50 computations"),
        ([{}] * 51, "computations", "must be a list of at most 50 objects"),
        ([{"variable": "x", "type": "freemarker", "freemarker": "a\n<#if true>"}], "computations[0].freemarker",
         "is no FreeMarker template: line 2, column 1: <#if> is not closed: </#if> is missing"),
        ([{"variable": "x", "type": "freemarker"}], "computations[0].freemarker", "is required"),
        ([{"variable": "x", "type": "freemarker", "freemarker": "x" * 20_000}], "computations[0].freemarker",
         "may have 16384 characters"),
        ([{"type": "freemarker", "freemarker": "x"}], "computations[0].variable", "is required"),
        ([{"variable": "x", "type": "python"}], "computations[0].type", "must be one of freemarker, jsonpath"),
        ([{"variable": "x", "type": "jsonpath", "jsonPath": "$.a"}],
         "computations[0].jsonPathSourceVariable", "is required"),
    ],
)  # fmt: skip
def test_faults(computations: Any, field: str, problem: str) -> None:
    _, faults = _read(computations)
    assert FieldError(f"node 4.{field}", problem) in faults


@pytest.mark.parametrize(
    "path",
    [
        "$[?@.a]", "$..a..b", "$[0,0]", "$['a','a'].b", "$.a | $.b", "$.* & $.*", "$[$.a]", "$.~", "$..*.*.*",
        "$..a[*][0:].*",
    ],
)  # fmt: skip
def test_paths_that_reach_a_value_many_times_are_faults(path: str) -> None:
    _, faults = _read([{"variable": "x", "type": "jsonpath", "jsonPath": path, "jsonPathSourceVariable": "y"}])
    assert [fault.field for fault in faults] == ["node 4.computations[0].jsonPath"]
    assert faults[0].problem.startswith("may have names, indices, slices and wildcards, one at a time")


def test_a_broken_path_is_a_fault() -> None:
    one = {"variable": "x", "type": "jsonpath", "jsonPath": "$[", "jsonPathSourceVariable": "y"}
    _, faults = _read([one])
    assert [fault.field for fault in faults] == ["node 4.computations[0].jsonPath"]


def test_the_result_can_be_written_down() -> None:
    turn = _computed([{"variable": "x", "type": "freemarker", "freemarker": "${1 + 1}"}])
    assert msgspec.json.decode(msgspec.json.encode(turn.variables)) == {"x": "2"}
