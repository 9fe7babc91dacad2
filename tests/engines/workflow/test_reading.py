"""Reading definitions: the loose forms that the reference writes, and every fault with its place and the fix."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from tests.engines.workflow.definitions import UUID, read, text_of

from cordboard.engines.workflow.definition import LARGEST_DOCUMENT, MOST_NODES, Definition, read_definition
from cordboard.engines.workflow.nodes.agent_queue import AgentQueue
from cordboard.engines.workflow.nodes.percentage import Percentage
from cordboard.engines.workflow.nodes.registry import NODE_TYPES
from cordboard.engines.workflow.nodes.repeater import Repeater
from cordboard.engines.workflow.nodes.time_delay import TimeDelay
from cordboard.engines.workflow.reading import wall_time, whole
from cordboard.kit.errors import InvalidInputError

SMS = {"id": 1, "type": "smsSend", "smsTemplateId": UUID}


def read_nodes(*nodes: Any, **members: Any) -> Definition:
    """The definition of nodes, of which 1 is the first."""
    return read({"schemaVersion": 1, "startNode": 1, "nodes": list(nodes), **members})


def faults(*nodes: Any, **members: Any) -> list[str]:
    """What is wrong with nodes, each with its place."""
    with pytest.raises(InvalidInputError) as caught:
        read_nodes(*nodes, **members)
    return [f"{fault.field} {fault.problem}" for fault in caught.value.errors]


def test_sections_as_a_list_of_maps_and_as_a_map() -> None:
    nodes = ({"id": 1, "section": "exit"}, {"id": 4, "type": "control"})

    listed = read_nodes(*nodes, sections=[{"exit": "4"}, {"other": 1}])

    assert listed == read_nodes(*nodes, sections={"exit": 4, "other": "1"})
    assert listed.sections == {"exit": 4, "other": 1}
    assert listed.nodes[1].children == (4,)


def test_numbers_as_texts() -> None:
    loose = read_nodes(
        {**SMS, "id": "1", "children": ["2", 3.0]}, {**SMS, "id": 2}, {**SMS, "id": " 3 "}, startNode="1"
    )

    assert loose.start == 1
    assert loose.nodes[1].children == (2, 3)
    assert set(loose.nodes) == {1, 2, 3}


@pytest.mark.parametrize("kind", ["smsSend", "SMSSEND", "sms send", "sms_send", " smsSend "])
def test_types_in_any_case_and_spelling(kind: str) -> None:
    assert read_nodes({**SMS, "type": kind}).nodes[1].kind == "smsSend"


@pytest.mark.parametrize(
    ("members", "kind"),
    [({"dncType": "all"}, "dnc"), ({"section": "a"}, "section"), ({"section": "a", "numAttempts": "3"}, "repeater")],
)
def test_nodes_without_a_type(members: dict[str, Any], kind: str) -> None:
    assert read_nodes({"id": 1, **members}, sections={"a": 1}).nodes[1].kind == kind


def test_the_repeater_of_the_reference() -> None:
    node = read_nodes(
        {
            "id": 40,
            "section": "nextSection",
            "numAttempts": 3,
            "maxDaily": 2,
            "timezoneType": "recipient",
            "allowedDaysOfWeek": 127,
            "beginTime": "8:00 am",
            "endTime": "5:00 pm",
            "fixedTimezoneId": -20,
            "minMinutesBetweenEvents": 60,
        },
        startNode=40,
        sections={"nextSection": 40},
    ).nodes[40]

    assert isinstance(node, Repeater)
    assert (node.num_attempts, node.max_daily, node.min_gap, node.after) == (3, 2, timedelta(hours=1), 40)
    assert (node.window.start, node.window.end, node.window.fixed_id) == (time(8), time(17), -20)


def test_very_long_times_are_cut_to_three_years() -> None:
    queue = {"id": 1, "type": "agentQueue", "queueName": "a", "expirationType": "fixed", "expirationUnits": "weeks"}
    node = read_nodes({**queue, "expirationNumber": 10**7}).nodes[1]

    assert isinstance(node, AgentQueue)
    assert node.expiration == timedelta(days=3 * 366)


def test_names_of_units_with_and_without_an_s() -> None:
    for unit in ("minute", "minutes", "Minutes"):
        node = read_nodes(
            {"id": 1, "type": "timeDelay", "timeoutType": "WAIT", "timeoutWaitNumber": "5", "timeoutWaitUnits": unit}
        )
        assert isinstance(node.nodes[1], TimeDelay)
        assert node.nodes[1].delay.seconds == 300


def test_replacements_of_a_mail_as_a_list_of_maps_and_as_a_map() -> None:
    listed = read_nodes({**MAIL, "replacements": [{"a": 1}, {"b": True, "c": None}]}).nodes[1]

    assert listed == read_nodes({**MAIL, "replacements": {"a": "1", "b": "true", "c": ""}}).nodes[1]


def test_weights_as_texts() -> None:
    node = read_nodes({"id": 1, "type": "percentage", "children": [1, 1], "percentages": ["2500", 7500]}).nodes[1]

    assert isinstance(node, Percentage)
    assert node.percentages == (2500, 7500)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (1, 1),
        ("1", 1),
        (" -7 ", -7),
        (2.0, 2),
        (2.5, None),
        (True, None),
        (None, None),
        ("1.0", None),
        ("١", None),
        (10**18, None),
        pytest.param(10**400, None, id="of 401 digits"),
        (1e300, None),
        (10**18 - 1, 10**18 - 1),
        ("1" * 19, None),
        ([], None),
    ],
)
def test_whole_numbers(given: Any, number: int | None) -> None:
    assert whole(given) == number


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("8:00 am", time(8)),
        ("12:00 AM", time(0)),
        ("12:15pm", time(12, 15)),
        ("17:30", time(17, 30)),
        ("08:00:30", time(8, 0, 30)),
        ("24:00", None),
        ("13:00 pm", None),
        ("0:30 am", None),
        ("8", None),
        ("8:60", None),
    ],
)
def test_times_of_day(text: str, shown: time | None) -> None:
    assert wall_time(text) == shown


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ("7", "must be a JSON object"),
        ("[" * 9999, "is not JSON"),
        (" " * (LARGEST_DOCUMENT + 1), f"may have {LARGEST_DOCUMENT} characters"),
        ('"\ud800"', "is not JSON"),
    ],
)
def test_what_is_no_definition_at_all(text: str, problem: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_definition(text)

    assert [fault.field for fault in caught.value.errors] == ["workflow"]
    assert caught.value.errors[0].problem.startswith(problem)


def test_an_empty_object_lacks_everything() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_definition("{}")

    assert [fault.field for fault in caught.value.errors] == ["schemaVersion", "nodes", "startNode"]


MAIL = {"id": 1, "type": "email", "provider": "sendgrid", "templateId": "a"}
TYPES = ", ".join(NODE_TYPES)
START = "startNode must be the id of one of the nodes"
TWICE: tuple[Any, ...] = (SMS, {**SMS, "id": "1"})
CASES: list[tuple[tuple[Any, ...], dict[str, Any], list[str]]] = [
    ((SMS,), {"schemaVersion": 2}, ["schemaVersion must be 1"]),
    ((SMS,), {"startNode": 2}, [START]),
    ((SMS,), {"startNode": None}, [START]),
    ((SMS,), {"nodes": {}}, [f"nodes must be a list of 1 to {MOST_NODES} nodes", START]),
    ((SMS,), {"nodes": [SMS] * (MOST_NODES + 1)}, [f"nodes must be a list of 1 to {MOST_NODES} nodes", START]),
    ((SMS, 7), {}, ["nodes[1] must be an object"]),
    ((SMS, {"type": "control"}), {}, ["nodes[1].id must be a whole number of 0 or more"]),
    ((SMS, {"id": -1}), {}, ["nodes[1].id must be a whole number of 0 or more"]),
    (TWICE, {}, ["nodes[1].id 1 is the id of another node too"]),
    ((SMS, {"id": 2}), {}, [f"node 2.type must be one of {TYPES}"]),
    ((SMS, {"id": 2, "type": "fax"}), {}, [f"node 2.type must be one of {TYPES}"]),
    ((SMS, {"id": 2, "type": 5, "section": "a"}), {}, [f"node 2.type must be one of {TYPES}"]),
    (({**SMS, "children": 2},), {}, ["node 1.children must be a list of ids of nodes"]),
    (({**SMS, "children": ["x"]},), {}, ["node 1.children must be a list of ids of nodes"]),
    ((SMS,), {"sections": 4}, ["sections must map names to ids of nodes"]),
    ((SMS,), {"sections": [4]}, ["sections must map names to ids of nodes"]),
    ((SMS,), {"sections": {"exit": "x"}}, ["sections.exit must be the id of a node"]),
    (({"id": 1, "section": "away"},), {}, ["node 1.section 'away' is none of the workflow's sections"]),
    (({"id": 1, "type": "section"},), {}, ["node 1.section is required"]),
    (({**MAIL, "replacements": [{"a": {}}]},), {}, ["node 1.replacements.a must be a text"]),
    (({**MAIL, "replacements": "a"},), {}, ["node 1.replacements must map names to texts"]),
    (({**MAIL, "cc": [{"email": "me"}]},), {}, ["node 1.cc[0].email must be an e-mail address"]),
    (({**MAIL, "provider": "post"},), {}, ["node 1.provider must be one of hubspot, mailgun, sendgrid"]),
    (
        ({"id": 1, "numAttempts": 1, "section": "away"},),
        {},
        ["node 1.section 'away' is none of the workflow's sections"],
    ),
    (({"id": 1, "type": "repeater"},), {}, ["node 1.numAttempts is required: a whole number"]),
    (({"id": 1, "numAttempts": 0},), {}, ["node 1.numAttempts must be a whole number from 1 to 1000"]),
    (({**SMS, "smsTemplateId": "x"},), {}, ["node 1.smsTemplateId must be a UUID"]),
    (({**SMS, "smsTemplateId": None},), {}, ["node 1.smsTemplateId is required"]),
    (({**SMS, "smsTemplateId": []},), {}, ["node 1.smsTemplateId must be a text"]),
    (({"id": 1, "type": "aiAssist", "aiAssistId": "x" * 256},), {}, ["node 1.aiAssistId may have 255 characters"]),
    (({"id": 1, "dncType": "fax"},), {}, ["node 1.dncType must be one of all, sms, call"]),
    (
        ({"id": 1, "type": "timeDelay", "timeoutType": "wait", "timeoutWaitNumber": 1, "timeoutWaitUnits": "moons"},),
        {},
        ["node 1.timeoutWaitUnits must be one of seconds, minutes, hours, days, weeks"],
    ),
    (
        (
            {
                "id": 1,
                "type": "timeDelay",
                "timeoutType": "schedule",
                "timeoutScheduleDate": "0001-01-01T00:00:00+14:00",
            },
        ),
        {},
        ["node 1.timeoutScheduleDate must be a time such as 2026-03-10T16:58:15Z"],
    ),
    (
        ({"id": 1, "type": "timeDelay", "timeoutType": "waitTime", "timeoutWaitUntilTime": "noon"},),
        {},
        ["node 1.timeoutWaitUntilTime must be a time of day such as 8:00 am or 17:30"],
    ),
    (
        ({"id": 1, "type": "percentage", "children": [1], "percentages": [10**30]},),
        {},
        ["node 1.percentages must be whole numbers of 0 or more, not all of them 0"],
    ),
    (
        ({"id": 1, "type": "percentage", "children": [1, 1], "percentages": [1]},),
        {},
        ["node 1.percentages must have as many members as children, which has 2"],
    ),
    (
        ({"id": 1, "type": "condition", "conditions": [{"statements": 1, "path": "x"}]},),
        {},
        [
            "node 1.conditions[0].statements must be a list of statements",
            "node 1.conditions[0].path must be a whole number from 0 to 2147483647",
        ],
    ),
    (({"id": 1, "type": "event", "timeoutData": 5},), {}, ["node 1.timeoutData must be an object"]),
    (
        ({"id": 1, "type": "meme", "fileName": "a", "storedVariableName": "b"},),
        {},
        ["node 1.messages is required: one message"],
    ),
]


@pytest.mark.parametrize(("nodes", "members", "wanted"), CASES)
def test_a_fault_names_its_place_and_the_fix(nodes: Any, members: dict[str, Any], wanted: list[str]) -> None:
    found = faults(*nodes, **members)

    assert found[: len(wanted)] == wanted
    assert all(line.startswith(("node", "sections", "startNode", "schemaVersion")) for line in found)


def test_all_faults_are_told_at_once() -> None:
    found = faults({"id": 1, "type": "fax"}, {**SMS, "id": 2, "smsTemplateId": "x"}, schemaVersion=0, startNode=9)

    assert [line.split()[0] for line in found] == ["schemaVersion", "node", "node", "startNode"]


def test_the_text_of_a_definition_may_hold_anything_around_it() -> None:
    assert (
        read_definition(f"  {text_of({'schemaVersion': 1, 'startNode': 1, 'nodes': [SMS], 'note': 'ours'})}\n").start
        == 1
    )
