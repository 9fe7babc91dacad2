"""Pictures of definitions: well-formed, complete, harmless, and always the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from tests.engines.workflow.definitions import UUID, Json, definitions, read

from cordboard.engines.workflow.definition import MOST_NODES, read_definition
from cordboard.engines.workflow.drawing import draw
from cordboard.engines.workflow.wording import labelled_ways, seconds_in_words

PICTURES = Path(__file__).parent / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


def titles(picture: str, kind: str) -> list[str]:
    """What the groups of a kind, `node` or `way`, are called."""
    root = ET.fromstring(picture)  # noqa: S314  (our own output)
    groups = [group for group in root.iter(f"{SVG}g") if group.get("class") == kind]
    return [group.findtext(f"{SVG}title") or "" for group in groups]


def drawn(*nodes: dict[str, Any], **members: Any) -> str:
    return draw(read({"schemaVersion": 1, "startNode": 1, "nodes": list(nodes), **members}))


@given(definitions())
@settings(max_examples=50)
def test_every_node_and_every_way_is_in_the_picture(workflow: Json) -> None:
    definition = read(workflow)
    picture = draw(definition)

    nodes = [title.split(":")[0] for title in titles(picture, "node")]
    assert nodes == [f"{node.kind} {node.id}" for node in definition.nodes.values()]
    ways = [(node.id, way) for node in definition.nodes.values() for way, _ in labelled_ways(node)]
    assert [title.split(":")[0] for title in titles(picture, "way")] == [f"{one} to {way}" for one, way in ways]
    assert {way for _, way in ways} == {way for node in definition.nodes.values() for way in node.ways}
    assert draw(read(workflow)) == picture


def test_what_leads_where_is_written_at_the_ways() -> None:
    holds = [
        {"variable": "make", "operation": "Equals One Of", "value": "a,b"},
        {"variable": "x", "operation": "exists"},
    ]
    otherwise = [{"variable": "", "operation": "equals", "value": ""}]
    wait = {"timeoutType": "wait", "timeoutWaitNumber": 90, "timeoutWaitUnits": "minutes", "timeoutPath": 5}
    picture = drawn(
        {"id": 1, "type": "condition", "children": [3], "conditions": [{"statements": holds, "path": 2}]},
        {"id": 2, "type": "event", "timeoutData": wait, "conditions": [{"statements": otherwise, "path": 4}]},
        {"id": 3, "type": "percentage", "children": [4, 5], "percentages": [1, 2]},
        {"id": 4, "type": "dncCheck", "dncList": "federal", "subtype": "sms", "matchPath": 5, "noMatchPath": 6},
        {"id": 5, "numAttempts": 3, "section": "end", "children": [6]},
        {"id": 6, "type": "control"},
        sections={"end": 6},
    )

    assert titles(picture, "way") == [
        "1 to 2: make equals one of a,b and x exists",
        "1 to 3: else",
        "2 to 4: otherwise",
        "2 to 5: timeout",
        "3 to 4: 33.33%",
        "3 to 5: 66.67%",
        "4 to 5: match",
        "4 to 6: no match",
        "5 to 6: round",
        "5 to 6: after",
    ]
    assert "event 2: timeout: 90 minutes" in titles(picture, "node")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (60, "1 minute"), (90, "90 seconds"), (7200, "2 hours"), (604_800, "1 week")],
)
def test_seconds_in_words(seconds: int, words: str) -> None:
    assert seconds_in_words(seconds) == words


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '" onload="x', "]]>", "&lt;", "a\x00b\x1b\ufffe", "'/><image href='http://x'/>"],
)
def test_hostile_texts_are_only_texts(text: str) -> None:
    picture = drawn(
        {"id": 1, "type": "aiAssist", "aiAssistId": text, "children": [2]},
        {
            "id": 2,
            "type": "condition",
            "conditions": [{"statements": [{"variable": "a", "operation": "equals", "value": text}], "path": 3}],
        },
        {"id": 3, "type": "control"},
    )
    root = ET.fromstring(picture)  # noqa: S314  (our own output)

    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg",
        "title",
        "defs",
        "marker",
        "path",
        "g",
        "rect",
        "text",
    }
    assert not [name for node in root.iter() for name in node.attrib if name.startswith("on") or "href" in name]
    shown = "".join(one if one.isprintable() else "\ufffd" for one in text)
    assert titles(picture, "node")[0] == f"aiAssist 1: {shown}"


def test_ways_to_nowhere_are_left_out_and_nodes_apart_come_last() -> None:
    sms = {"type": "smsSend", "smsTemplateId": UUID}
    picture = drawn({"id": 1, **sms, "children": [9]}, {"id": 2, **sms})

    assert titles(picture, "way") == []
    assert len(titles(picture, "node")) == 2


def test_a_picture_of_the_most_nodes_stays_small() -> None:
    statements = [{"variable": "x" * 255, "operation": "equals", "value": "&" * 4000}]
    branches = [{"statements": statements, "path": 1}]
    first = {"id": 1, "type": "random", "children": list(range(2, MOST_NODES + 1))}
    rest = [{"id": one, "type": "aiAssist", "aiAssistId": "&" * 255, "children": [1]} for one in range(2, MOST_NODES)]

    picture = drawn(first, *rest, {"id": MOST_NODES, "type": "condition", "conditions": branches})

    assert len(titles(picture, "node")) == MOST_NODES
    assert len(picture) < 4 * 1024 * 1024


def test_the_picture_of_the_example_of_the_reference() -> None:
    definition = read_definition((PICTURES / "reference.json").read_text(encoding="utf-8"))

    assert draw(definition) == (PICTURES / "reference.svg").read_text(encoding="utf-8")
