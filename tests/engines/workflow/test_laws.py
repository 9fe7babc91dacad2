"""Laws of the engine, over definitions of all shapes and inputs in any order: reading never breaks, a run always ends
or waits, steps repeat exactly, and what does not concern a run leaves it as it is.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.workflow.definitions import (
    ENDLESS,
    HEAVY,
    LIGHT,
    NAMES,
    UUID,
    WORDS,
    Json,
    definitions,
    read,
    text_of,
    wrong_definitions,
)

from cordboard.engines.workflow.definition import Definition, read_definition
from cordboard.engines.workflow.engine import MOST_NODES_A_STEP, Step, begin, step
from cordboard.engines.workflow.inputs import Answered, Due, Input, Started, Told
from cordboard.engines.workflow.nodes.repeater import Repeater
from cordboard.engines.workflow.state import MOST_REMEMBERED, RunState
from cordboard.engines.workflow.validation import faults_of
from cordboard.engines.workflow.windows import Window
from cordboard.engines.workflow.world import Campaign, Person, World
from cordboard.kit.errors import InvalidInputError

_SOME = settings(max_examples=60)
_LIMITS = ("went through too many nodes", *(f"node {n}: the computations since the last wait take" for n in range(20)))
_MOMENTS = st.integers(1_577_836_800, 2_208_988_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
_VARIABLES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS), max_size=2)
_WINDOWS = st.builds(
    Window,
    start=st.sampled_from((time(0), time(2, 30), time(8))),
    end=st.sampled_from((time(2, 45), time(17), time(0))),
    days=st.integers(1, 127),
    timezone_type=st.sampled_from(("recipient", "fixed")),
    fixed_id=st.sampled_from((None, -20)),
)
_GIVEN = st.lists(
    st.tuples(
        st.sampled_from(("started", "due", "due", "late", "told", "answered", "foreign", "again")),
        st.sampled_from((0, 1, 3600, 86_400, 40 * 86_400, -60)),
        _VARIABLES,
        st.sampled_from(("", "match", "noMatch")),
    ),
    max_size=20,
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world at some moment, with a contact somewhere and a campaign that may have hours."""
    return World(
        now=draw(_MOMENTS),
        run_id="run",
        contact=Person(
            id="contact",
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
            phone="+17142220000",
            timezone_id=draw(st.sampled_from((-20, -32, -28, 0, -128))),
            ext_data={name.lower(): value for name, value in draw(_VARIABLES).items()},
        ),
        campaign=Campaign(id="campaign", phone="+19495550100", protection=draw(st.none() | _WINDOWS)),
        seed=draw(st.integers(0, 9)),
    )


def kept(state: RunState) -> RunState:
    """The state as the host reads it back."""
    return msgspec.json.decode(msgspec.json.encode(state), type=RunState)


def taken(definition: Definition, state: RunState, given_: Input, world: World) -> Step:
    """A step, with what holds for every step."""
    result = step(definition, state, given_, world)
    assert step(definition, kept(state), given_, world) == result, "a step is repeated exactly"
    after = result.state
    assert kept(after) == after, "a state survives its JSON"
    msgspec.json.encode(result.effects)
    assert after.is_over == (after.at is None), "only a run that is over is nowhere"
    assert after.at is None or after.at in definition.nodes
    assert not (after.is_over and after.wait), "nothing is waited for after the end"
    assert after.is_over or after.wait or not after.moves, "a run under way waits"
    assert after.moves - state.moves <= MOST_NODES_A_STEP
    assert len(after.path) <= MOST_REMEMBERED
    assert after.ending != "failed" or after.reason.startswith(_LIMITS), "a run fails at a limit alone"
    assert {trace.node for trace in result.history} <= {0, *definition.nodes}
    return result


def concerns(state: RunState, given_: Input, world: World) -> bool:
    """Whether an input may do more than tell variables."""
    wait = state.wait
    match given_:
        case Started():
            return not state.moves and not state.is_over
        case Due():
            return bool(wait and wait.until and wait.until <= world.now and wait.token == given_.token)
        case Told():
            return bool(wait and wait.kind == "event")
        case Answered():
            return bool(wait and wait.kind == "answer" and wait.token == given_.token)


def inputs_of(name: str, state: RunState, variables: dict[str, str], outcome: str, last: Input) -> Input:
    """The input of a name, as the run's wait makes it."""
    token = state.wait.token if state.wait else -1
    known: dict[str, Input] = {
        "started": Started(),
        "due": Due(token),
        "late": Due(token - 1),
        "told": Told(variables),
        "answered": Answered(token, variables, outcome),
        "foreign": Answered(token + 1, variables, outcome),
        "again": last,
    }
    return known[name]


def untold(before: RunState, after: RunState) -> set[str]:
    """The names of variables that are not what they were."""
    names = before.variables.keys() | after.variables.keys()
    return {name for name in names if before.variables.get(name) != after.variables.get(name)}


def run_through(definition: Definition, world: World, given_: list[tuple[str, int, dict[str, str], str]]) -> None:
    """A run with inputs in any order. Raises AssertionError where a law does not hold."""
    state = begin(definition, {})
    keys: list[str] = []
    last: Input = Started()
    for name, after, variables, outcome in [("started", 0, {}, ""), *given_]:
        world = msgspec.structs.replace(world, now=world.now + timedelta(seconds=after))
        if name == "due" and state.wait and state.wait.until:
            world = msgspec.structs.replace(world, now=max(world.now, state.wait.until))
        last = inputs_of(name, state, variables, outcome, last)
        result = taken(definition, state, last, world)
        if not concerns(state, last, world):
            assert msgspec.structs.replace(result.state, variables={}) == msgspec.structs.replace(state, variables={})
            assert not result.effects
            told = {n.lower() for n in variables} if isinstance(last, Told | Answered) and not state.is_over else set()
            assert not untold(state, result.state) - told
        keys += [effect.key for effect in result.effects]
        state = kept(result.state)
    assert len(keys) == len(set(keys)), "no key of an effect repeats within a run"


def definition_or_faults(text: str) -> Definition | InvalidInputError:
    """What reading a text comes to."""
    try:
        return read_definition(text)
    except InvalidInputError as error:
        return error


@given(wrong_definitions(), worlds(), _GIVEN)
@settings(max_examples=250)
def test_reading_gives_a_definition_or_names_the_faults(workflow: Any, world: World, given_: Any) -> None:
    outcome = definition_or_faults(text_of(workflow))

    if isinstance(outcome, InvalidInputError):
        assert outcome.errors
        assert all(fault.field and fault.problem for fault in outcome.errors)
    elif not faults_of(outcome):
        run_through(outcome, world, given_)


@given(st.text() | st.binary().map(lambda one: one.decode("latin-1")) | st.sampled_from(("[" * 10_000, "{}", "\ud800")))
@_SOME
def test_reading_any_text_gives_a_definition_or_names_the_faults(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_definition(text)


@given(definitions(), worlds(), _GIVEN)
@settings(max_examples=250)
def test_a_run_ends_or_waits_whatever_happens_to_it(workflow: Json, world: World, given_: Any) -> None:
    run_through(read(workflow), world, given_)


@given(definitions(circles=False), worlds())
@settings(max_examples=150)
def test_timers_alone_bring_a_run_without_circles_to_its_end(workflow: Json, world: World) -> None:
    definition = read(workflow)
    rounds = [node.num_attempts + 1 for node in definition.nodes.values() if isinstance(node, Repeater)]
    bound = (len(definition.nodes) + 1) * math.prod(rounds)
    state = taken(definition, begin(definition, {}), Started(), world).state
    for _ in range(bound):
        if state.wait is None or state.wait.until is None:
            break
        world = msgspec.structs.replace(world, now=max(world.now, state.wait.until))
        state = kept(taken(definition, state, Due(state.wait.token), world).state)
    assert state.is_over or (state.wait and state.wait.until is None), f"still under way after {bound} steps"
    assert state.ending != "failed" or "computations" in state.reason


def test_a_circle_without_a_wait_that_validation_lets_through_fails_in_the_end() -> None:
    workflow = {
        "schemaVersion": 1,
        "startNode": 1,
        "sections": {"next": 2},
        "nodes": [
            {"id": 1, "type": "repeater", "numAttempts": 1, "section": "next", "children": [3]},
            {"id": 2, "type": "section", "section": "again"},
            {"id": 3, "type": "smsSend", "smsTemplateId": UUID},
        ],
    }
    workflow["sections"] = {"next": 2, "again": 1}
    definition = read(workflow)

    result = taken(definition, begin(definition, {}), Started(), some_world())

    assert result.state.ending == "failed"
    assert "runs in a circle" in result.state.reason


def some_world() -> World:
    """A world with nothing in particular."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    contact = Person(id="c", created_at=now, phone="", timezone_id=0, ext_data={})
    return World(now=now, run_id="run", contact=contact, campaign=Campaign(id="campaign"))


def chain_of(computations: list[list[Json]]) -> Definition:
    """A node for each list of computations, one after the other."""
    nodes = [
        {"id": place, "type": "computation", "children": [place + 1], "computations": given_}
        for place, given_ in enumerate(computations, 1)
    ]
    end = {"id": len(nodes) + 1, "type": "control"}
    return read({"schemaVersion": 1, "startNode": 1, "nodes": [*nodes, end]})


def templates_of(*texts: str) -> list[Json]:
    """A computation for each template."""
    return [{"variable": "x", "type": "freemarker", "freemarker": text} for text in texts]


@given(st.lists(st.lists(st.sampled_from((*LIGHT, HEAVY, HEAVY)), min_size=1, max_size=3), min_size=1, max_size=9))
@_SOME
def test_all_computations_of_a_step_have_one_budget_wherever_they_stand(chain: list[list[str]]) -> None:
    definition = chain_of([templates_of(*texts) for texts in chain])
    heavy = [place for place, texts in enumerate(chain, 1) for text in texts if text == HEAVY]

    state = taken(definition, begin(definition, {}), Started(), some_world()).state

    if len(heavy) < 3:
        assert state.ending == "stopped"
    else:
        assert state.ending == "failed"
        assert state.reason == (
            f"node {heavy[2]}: the computations since the last wait take more than 400000 steps together"
        )
        assert state.path == tuple(range(1, heavy[2] + 1))


def test_a_template_that_goes_to_its_own_limit_is_noted_and_the_run_goes_on() -> None:
    definition = chain_of([templates_of(ENDLESS, HEAVY, "fixed")])
    result = taken(definition, begin(definition, {}), Started(), some_world())
    assert (result.state.ending, result.state.variables) == ("stopped", {"x": "fixed"})
    notes = [trace.note for trace in result.history if trace.kind == "note"]
    assert [note.endswith("the template takes more than 200000 steps") for note in notes] == [True]


def test_after_a_wait_the_budget_is_whole_again() -> None:
    wait = {"timeoutType": "wait", "timeoutWaitNumber": 1, "timeoutWaitUnits": "minutes"}
    computing = {"type": "computation", "computations": templates_of(HEAVY, HEAVY)}
    nodes = [
        {"id": 1, **computing, "children": [2]},
        {"id": 2, "type": "timeDelay", **wait, "children": [3]},
        {"id": 3, **computing, "children": [4]},
        {"id": 4, "type": "control"},
    ]
    definition = read({"schemaVersion": 1, "startNode": 1, "nodes": nodes})
    world = some_world()
    state = taken(definition, begin(definition, {}), Started(), world).state
    assert state.wait is not None
    later = msgspec.structs.replace(world, now=world.now + timedelta(minutes=1))
    assert taken(definition, kept(state), Due(state.wait.token), later).state.ending == "stopped"


def test_looking_through_json_is_paid_for_as_well() -> None:
    scan = {"variable": "y", "type": "jsonpath", "jsonPath": "$..b", "jsonPathSourceVariable": "a"}
    definition = chain_of([[scan] * 10, [scan] * 10])
    wide = "[" + ",".join(["1"] * 30_000) + "]"
    state = taken(definition, begin(definition, {"a": wide}), Started(), some_world()).state
    assert state.reason.startswith("node 2: the computations since the last wait take more than")
