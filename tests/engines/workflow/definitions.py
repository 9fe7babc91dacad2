"""Definitions of workflows for tests: strategies for nodes of all types, whole definitions, and wrong ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from cordboard.engines.workflow.definition import Definition, read_definition
from cordboard.engines.workflow.nodes.registry import NODE_TYPES
from cordboard.engines.workflow.validation import faults_of

UUID = "8ebb25d0-bde9-11e9-a801-4bd9a183fd0d"
NAMES = ("a", "Make", "node1.reply", "node2.reply", "contact_id", "when", "price")
WORDS = (
    "",
    "1",
    "yes",
    "toyota",
    "7000",
    "08:00",
    "0001-01-01T00:00:00+14:00",
    "1767646800000",
    "{}",
    '{"b": [1]}',
    "ß\n",
)
Json = dict[str, Any]

_DAYS = st.integers(1, 127)
_WALLS = st.sampled_from(("8:00 am", "5:00 pm", "00:00", "2:30 am", "01:30:30", "23:59", "12:00 am"))
_ZONES = st.sampled_from((-20, -32, "-24", 0, 77, None))
_UNITS = st.sampled_from(("seconds", "minutes", "hours", "Day", "weeks"))
_SMALL = st.integers(0, 3)
_NAMES, _WORDS = st.sampled_from(NAMES), st.sampled_from(WORDS)
_COPIES = "<#assign wide = ''?left_pad(200000)><#list 1..%d as x><#assign copy = wide + x></#list>${copy?length}"
LIGHT = ("fixed", "${a!'none'}", "${1/0}", "<#list 1..3 as x>${x}</#list>", r'${"\xD800"}', "${when}")
HEAVY = _COPIES % 8
"""Takes some 140,000 steps of the 200,000 that a template may take, and no time to speak of."""
ENDLESS = _COPIES % 20
"""Takes more than it may."""
_TEMPLATES = st.sampled_from((*LIGHT, HEAVY, ENDLESS))


def text_of(workflow: Any) -> str:
    """A definition as the text that is published."""
    return json.dumps(workflow)


def statements() -> st.SearchStrategy[list[Json]]:
    """Statements in loose forms; a nameless one that equals nothing among them."""
    one = st.fixed_dictionaries(
        {
            "variable": _NAMES,
            "operation": st.sampled_from(("equals", "Contains One Of", "exists", "less than", "begins_with")),
            "value": st.sampled_from(("1", "7000")),
        },
        optional={"negated": st.sampled_from(("false", "true", True))},
    )
    otherwise = st.just({"variable": "", "operation": "equals", "value": ""})
    return st.lists(one | otherwise, max_size=2)


def delays() -> st.SearchStrategy[Json]:
    """The members of all ways to wait."""
    wait = st.fixed_dictionaries(
        {"timeoutType": st.just("wait"), "timeoutWaitNumber": _SMALL | st.just(10**9), "timeoutWaitUnits": _UNITS},
        optional={"timeoutWaitVariable": _NAMES},
    )
    dates = ("2026-01-05T21:00:00.000Z", "2026-03-08T02:30:00", "9999-12-31T23:59:59")
    schedule = st.fixed_dictionaries(
        {
            "timeoutType": st.sampled_from(("schedule", "scheduleTz", "SCHEDULETZ")),
            "timeoutScheduleDate": st.sampled_from(dates),
            "timezoneType": st.sampled_from(("recipient", "fixed")),
            "fixedTimezoneId": _ZONES,
        },
        optional={"timeoutScheduleVariable": _NAMES},
    )
    until = st.fixed_dictionaries(
        {"timeoutType": st.just("waitTime"), "timeoutWaitUntilTime": _WALLS, "timeoutAllowedDays": _DAYS},
        optional={"timeoutWaitUntilVariable": _NAMES, "fixedTimezoneId": _ZONES},
    )
    protect = st.fixed_dictionaries(
        {"timeoutType": st.just("timezoneProtect"), "timeRangeStart": _WALLS, "timeRangeEnd": _WALLS},
        optional={"timeoutAllowedDays": _DAYS, "timezoneType": st.just("Fixed"), "fixedTimezoneId": _ZONES},
    )
    return wait | schedule | until | protect


Ways = st.SearchStrategy[int]


def _plain(**members: st.SearchStrategy[Any]) -> Callable[[Ways], st.SearchStrategy[Json]]:
    """A type with one way."""
    return lambda ways: st.fixed_dictionaries({"children": st.lists(ways, min_size=1, max_size=1), **members})


def _condition(ways: Ways) -> st.SearchStrategy[Json]:
    branch = st.fixed_dictionaries({"statements": statements(), "path": ways})
    return st.fixed_dictionaries(
        {"children": st.lists(ways, min_size=1, max_size=1), "conditions": st.lists(branch, max_size=3)},
    )


def _event(ways: Ways) -> st.SearchStrategy[Json]:
    late = st.builds(lambda delay, path: {**delay, "timeoutPath": path}, delays(), ways)
    branch = st.fixed_dictionaries({"statements": statements(), "path": ways})
    return st.fixed_dictionaries(
        {"conditions": st.lists(branch, min_size=1, max_size=2)}, optional={"timeoutData": late}
    )


def _percentage(ways: Ways) -> st.SearchStrategy[Json]:
    pairs = st.lists(st.tuples(ways, st.integers(1, 10_000)), min_size=1, max_size=3)
    return pairs.map(lambda given: {"children": [way for way, _ in given], "percentages": [size for _, size in given]})


def _repeater(ways: Ways) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {"children": st.lists(ways, min_size=1, max_size=1), "numAttempts": st.integers(1, 3)},
        optional={
            "section": st.sampled_from(("next", "exit")),
            "maxDaily": st.integers(1, 2),
            "minMinutesBetweenEvents": st.sampled_from((0, 60, "1500")),
            "beginTime": _WALLS,
            "endTime": _WALLS,
            "allowedDaysOfWeek": _DAYS,
            "fixedTimezoneId": _ZONES,
        },
    )


def _dnc_check(ways: Ways) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "dncList": st.sampled_from(("account", "federal")),
            "subtype": st.sampled_from(("sms", "call")),
            "matchPath": ways,
            "noMatchPath": ways,
        }
    )


_COMPUTATIONS = st.lists(
    st.fixed_dictionaries({"variable": _NAMES, "type": st.just("freemarker"), "freemarker": _TEMPLATES})
    | st.fixed_dictionaries(
        {
            "variable": _NAMES,
            "type": st.just("jsonPath"),
            "jsonPath": st.sampled_from(("$.b", "$..b[0]", "$")),
            "jsonPathSourceVariable": _NAMES,
        }
    ),
    min_size=1,
    max_size=3,
)
_ASSIGNMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(("clear", "assignFixed", "assignvariable")),
            "variable": _NAMES,
            "value": st.sampled_from(("%%a%%", "node1.reply")),
        }
    ),
    min_size=1,
    max_size=2,
)
_QUEUES = st.fixed_dictionaries(
    {
        "expirationType": st.sampled_from(("fixed", "campaignTimezoneProtection")),
        "expirationNumber": st.sampled_from((1, 30, 10**7)),
        "expirationUnits": _UNITS,
    }
)
_MEMES = st.just([{"xval": "10", "yval": 20, "message": "Hello %%a%%"}])

_OF_TYPE: dict[str, Callable[[Ways], st.SearchStrategy[Json]]] = {
    "agentQueue": lambda ways: st.builds(
        lambda queue, plain: {**queue, **plain}, _QUEUES, _plain(queueName=st.just("list"))(ways)
    ),
    "aiAssist": _plain(aiAssistId=st.just("helper")),
    "call": _plain(url=st.just("https://example.com/%%a%%"), recording=st.just(True)),
    "callback": _plain(callbackId=st.just(UUID)),
    "campaign": _plain(campaignId=st.just(UUID)),
    "carrierLookup": _plain(),
    "computation": _plain(computations=_COMPUTATIONS),
    "condition": _condition,
    "control": lambda _: st.just({"children": []}),
    "dnc": _plain(dncType=st.sampled_from(("all", "SMS", "call"))),
    "dncCheck": _dnc_check,
    "editContact": _plain(assignments=_ASSIGNMENTS),
    "email": _plain(provider=st.just("SendGrid"), templateId=st.just(5), replacements=st.just([{"a": "%%a%%"}])),
    "endRepeater": lambda _: statements().map(lambda given: {"conditions": given}),
    "event": _event,
    "meme": _plain(fileName=st.just("memeFile.png"), storedVariableName=st.just("memeImage"), messages=_MEMES),
    "percentage": _percentage,
    "random": lambda ways: st.fixed_dictionaries({"children": st.lists(ways, min_size=1, max_size=3)}),
    "repeater": _repeater,
    "section": lambda _: st.fixed_dictionaries({"section": st.sampled_from(("next", "exit"))}),
    "smsSend": _plain(smsTemplateId=st.just(UUID)),
    "timeDelay": lambda ways: st.builds(lambda delay, plain: {**delay, **plain}, delays(), _plain()(ways)),
}
assert _OF_TYPE.keys() == NODE_TYPES.keys()

_CHAINED = ("smsSend", "computation", "repeater", "repeater", "endRepeater", "event", "timeDelay", "section")


@st.composite
def definitions(draw: st.DrawFn, *, circles: bool = True, most: int = 9) -> Json:
    """A definition that may be published, as JSON. Without `circles` ways lead to higher ids only."""
    count = draw(st.integers(1, most) | st.integers(most // 2, most))
    nodes = [_drawn_node(draw, node_id, count, circles=circles) for node_id in range(1, count + 1)]
    targets = st.integers(count // 2 + 1 if circles else count, count)
    sections: Any = {name: str(draw(targets)) for name in ("next", "exit")}
    if draw(st.booleans()):
        sections = [{name: target} for name, target in sections.items()]
    return _mended(
        {"schemaVersion": draw(st.sampled_from((1, "1"))), "startNode": 1, "sections": sections, "nodes": nodes}
    )


def _drawn_node(draw: st.DrawFn, node_id: int, count: int, *, circles: bool) -> Json:
    """A node, which leads to the next one more often than not; back only where it waits. The last one is an end."""
    kind = draw(st.sampled_from((*NODE_TYPES, *_CHAINED)))
    back = circles and NODE_TYPES[kind].waits
    if node_id == count and not back:
        kind = draw(st.sampled_from(("control", "endRepeater")))
    elif kind == "control":
        kind = "smsSend"
    following = min(node_id + 1, count)
    ways = st.just(following) | st.integers(1 if back else following, count) | st.just(following)
    spelled = draw(st.sampled_from((kind, kind.upper(), f" {kind} ")))
    typed = {} if kind in {"section", "repeater"} and draw(st.booleans()) else {"type": spelled}
    return {"id": draw(st.sampled_from((node_id, str(node_id)))), **typed, **draw(_OF_TYPE[kind](ways))}


def _mended(workflow: Json) -> Json:
    """The definition with what cannot be reached taken out, and ends put where it would spin."""
    while faults := faults_of(read(workflow)):
        wrong = {fault.field.removeprefix("node "): fault.problem for fault in faults}
        unreached = {node_id for node_id, problem in wrong.items() if "cannot be reached" in problem}
        ended = next(iter(wrong)) if not unreached else ""
        nodes = [
            {"id": node["id"], "type": "control"} if str(node["id"]) == ended else node
            for node in workflow["nodes"]
            if str(node["id"]) not in unreached
        ]
        left = {int(node["id"]) for node in nodes}
        workflow = {**workflow, "nodes": nodes, "sections": _kept(workflow["sections"], left)}
    return workflow


def _kept(sections: Any, left: set[int]) -> Any:
    if isinstance(sections, list):
        return [kept for one in sections if (kept := _kept(one, left))]
    return {name: target for name, target in sections.items() if int(target) in left}


def read(workflow: Json) -> Definition:
    """A definition of its JSON."""
    return read_definition(text_of(workflow))


_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        (
            10**30,
            10**400,
            -1,
            1e300,
            0.5,
            "",
            " ",
            "x" * 5000,
            "\ud800",
            [],
            {},
            [None],
            [[1]],
            {"a": {}},
            "..",
            "$..a..b",
            "${",
        )
    ),
    st.text(max_size=5),
)


@st.composite
def wrong_definitions(draw: st.DrawFn) -> Any:
    """A definition some of whose members are replaced by what they should not be, or taken away."""
    workflow = json.loads(text_of(draw(definitions(most=4))))
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, workflow)
    return draw(st.just(workflow) | st.just(workflow) | _JUNK)


def _spoil(draw: st.DrawFn, inside: Any) -> None:
    """Goes down into a value by chance and puts something else there."""
    while inside and isinstance(inside, dict | list):
        key = draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        if isinstance(inside[key], dict | list) and inside[key] and draw(st.integers(0, 4)):
            inside = inside[key]
            continue
        if isinstance(inside, dict) and draw(st.booleans()):
            del inside[key]
        else:
            inside[key] = draw(_JUNK)
        return
