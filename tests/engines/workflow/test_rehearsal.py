"""Rehearsals as a pure thing: everybody is accounted for, and the same seed gives the same report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.workflow.definitions import UUID, Json, definitions, read

from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.effects import SendSms
from cordboard.engines.workflow.rehearsal.behaviour import Behaviour, Replies, Reply, Span
from cordboard.engines.workflow.rehearsal.rehearsing import rehearse
from cordboard.engines.workflow.rehearsal.staging import Actor, Limits, Production, Refused, Written
from cordboard.engines.workflow.windows import Window
from cordboard.engines.workflow.world import Campaign, Person

_START = datetime(2026, 1, 5, 20, tzinfo=UTC)


class Crew:
    """Writes the same to everybody who has a number. Between 21:00 and 08:00 UTC it is `quiet`."""

    sender = caller = "+17145550100"

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet

    def write(self, person: Person, effect: SendSms) -> Written | Refused:
        """A message of one segment."""
        del effect
        return Written(text="x", cost=5) if person.phone else Refused(problem="no phone", told="no phone")

    def held_until(self, recipient: str, now: datetime) -> datetime | None:
        """Eight in the morning, for who would be written to in the night."""
        assert recipient
        if not self._quiet or 8 <= now.hour < 21:
            return None
        return now.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=now.hour // 21)

    def edit(self, person: Person, changes: Mapping[str, str | None]) -> Person | str:
        """Every edit is refused."""
        del person, changes
        return "not here"


def cast(count: int) -> list[Actor]:
    """People, every third of whom has no number."""
    return [
        Actor(
            person=Person(
                id=str(n),
                created_at=_START,
                phone="" if n % 3 == 2 else f"+1949222{n:04d}",
                timezone_id=-32,
                ext_data={},
            )
        )
        for n in range(count)
    ]


@settings(max_examples=60)
@given(
    workflow=definitions(),
    people=st.integers(1, 8),
    rate=st.floats(0, 1),
    pace=st.sampled_from((0.0001, 0.01, 1.0, 100.0)),
    seed=st.integers(0, 9),
    quiet=st.booleans(),
)
def test_everybody_is_accounted_for(
    workflow: Json, people: int, rate: float, pace: float, seed: int, *, quiet: bool
) -> None:
    definition = read(workflow)
    limits = Limits(steps=3000, nodes=20_000)
    production = Production(campaign=Campaign(id="k"), start=_START, rate=pace, seed=seed, limits=limits)
    behaviour = Behaviour(replies=Replies(rate=rate, after=Span(timedelta(minutes=1), timedelta(hours=3))))
    crew = Crew(quiet=quiet)
    report = rehearse(definition, cast(people), behaviour, production, crew)
    assert report.people == people
    assert sum(report.ended.values()) + report.waiting == people
    entered = {one.node: one.entered for one in report.nodes}
    arrived = dict.fromkeys(entered, 0)
    for edge in report.edges:
        arrived[edge.end] += edge.count
    assert sum(entered.values()) == sum(arrived.values()) + (people - report.not_started)
    assert sum(one.waiting for one in report.nodes) + report.not_started == report.waiting
    sends = report.sends
    wanted = sum(one.entered for one in report.nodes if definition.nodes[one.node].kind == "smsSend")
    assert sends.total + sends.refused + sends.waiting == wanted
    assert sends.total == sum(one.sends for one in report.timeline)
    assert (sends.last_at is None) == (not sends.total)
    assert sends.cost == 5 * sends.total
    assert not sends.held_by_quiet_hours or quiet
    hours_or_days = {0, *range(8, 21)}
    assert not quiet or {one.at.hour for one in report.timeline if one.sends} <= hours_or_days
    assert rehearse(definition, cast(people), behaviour, production, crew) == report


def test_a_limit_cuts_it_off_and_says_so() -> None:
    wait = {"timeoutType": "wait", "timeoutWaitNumber": 1, "timeoutWaitUnits": "days"}
    circle = {
        "schemaVersion": 1,
        "startNode": 1,
        "nodes": [
            {"id": 1, "type": "timeDelay", **wait, "children": [2]},
            {"id": 2, "type": "random", "children": [1]},
        ],
    }
    production = Production(campaign=Campaign(id="k"), start=_START, limits=Limits(people=2, steps=50))
    report = rehearse(read(circle), cast(3), Behaviour(), production, Crew())
    assert report.people == 2
    assert report.waiting == 2
    assert "only the first 2 of 3 people" in report.cut_off
    assert "after 50 steps" in report.cut_off


def test_a_message_that_waited_for_the_hours_is_its_own_nodes() -> None:
    delay = {"timeoutType": "wait", "timeoutWaitNumber": 6, "timeoutWaitUnits": "hours"}
    day = {"timeoutType": "wait", "timeoutWaitNumber": 1, "timeoutWaitUnits": "days", "timeoutPath": 5}
    replied = {"statements": [{"variable": "node2.reply", "operation": "exists", "value": ""}], "path": 4}
    nodes = [
        {"id": 1, "type": "timeDelay", **delay, "children": [2]},
        {"id": 2, "type": "smsSend", "smsTemplateId": UUID, "children": [3]},
        {"id": 3, "type": "event", "conditions": [replied], "timeoutData": day, "children": [4, 5]},
        {"id": 4, "type": "control"},
        {"id": 5, "type": "control"},
    ]
    definition = read({"schemaVersion": 1, "startNode": 1, "nodes": nodes})
    behaviour = Behaviour(replies_by_node={2: Replies(rate=1.0, after=Span(timedelta(minutes=5)))})
    hours = Window(start=time(8), end=time(17))
    production = Production(campaign=Campaign(id="k", protection=hours), start=_START + timedelta(hours=2))
    report = rehearse(definition, cast(2), behaviour, production, Crew())
    assert report.replies == 2
    assert (3, 4, 2) in {(one.start, one.end, one.count) for one in report.edges}
    assert [(one.node, one.waits) for one in report.windows] == [(2, 2)]


def texts_with_a_pause(minutes: int) -> Definition:
    """Two messages, and a node after each."""
    delay = {"timeoutType": "wait", "timeoutWaitNumber": minutes, "timeoutWaitUnits": "minutes"}
    nodes = [
        {"id": 1, "type": "smsSend", "smsTemplateId": UUID, "children": [2]},
        {"id": 2, "type": "timeDelay", **delay, "children": [3]},
        {"id": 3, "type": "smsSend", "smsTemplateId": UUID, "children": [4]},
        {"id": 4, "type": "control"},
    ]
    return read({"schemaVersion": 1, "startNode": 1, "nodes": nodes})


def test_a_text_in_quiet_hours_leaves_when_they_end_and_its_run_does_not_wait() -> None:
    production = Production(campaign=Campaign(id="k"), start=_START)
    report = rehearse(texts_with_a_pause(90), cast(2), Behaviour(), production, Crew(quiet=True))
    assert [(one.at, one.sends) for one in report.timeline] == [
        (_START, 2),
        (datetime(2026, 1, 6, 8, tzinfo=UTC), 2),
    ]
    assert (report.sends.total, report.sends.waiting, report.sends.held_by_quiet_hours) == (4, 0, 2)
    assert report.longest_seconds == 90 * 60


def test_who_says_stop_while_a_text_waits_for_the_morning_does_not_get_it() -> None:
    behaviour = Behaviour(
        replies_by_node={1: Replies(rate=1.0, after=Span(timedelta(hours=2)), texts=(Reply("STOP", word="stop"),))}
    )
    production = Production(campaign=Campaign(id="k"), start=_START)
    report = rehearse(texts_with_a_pause(90), cast(1), behaviour, production, Crew(quiet=True))
    assert (report.sends.total, report.sends.opted_out, report.sends.held_by_quiet_hours) == (1, 1, 1)


def test_what_waits_at_the_end_is_told() -> None:
    limits = Limits(horizon=timedelta(hours=6))
    production = Production(campaign=Campaign(id="k"), start=_START, limits=limits)
    report = rehearse(texts_with_a_pause(90), cast(2), Behaviour(), production, Crew(quiet=True))
    assert (report.sends.total, report.sends.waiting) == (2, 2)


def test_texts_leave_no_faster_than_the_numbers_send() -> None:
    production = Production(campaign=Campaign(id="k"), start=_START, rate=0.5)
    report = rehearse(texts_with_a_pause(1440), cast(5400), Behaviour(), production, Crew())  # 3600 have a number
    first, last = 3600, datetime(2026, 1, 6, 22, tzinfo=UTC) - timedelta(seconds=2)
    assert [(one.at, one.sends) for one in report.timeline] == [
        (_START + timedelta(hours=hours), first // 2) for hours in (0, 1, 24, 25)
    ]
    assert report.sends.last_at == last
    assert report.sends.longest_backlog_seconds == 2 * (first - 1)
    assert report.longest_seconds == 86_400


def test_whose_turn_comes_in_quiet_hours_is_held_and_stands_in_line_again() -> None:
    production = Production(campaign=Campaign(id="k"), start=_START, rate=0.01)
    report = rehearse(texts_with_a_pause(1), cast(60), Behaviour(), production, Crew(quiet=True))  # 80 texts
    assert [(one.at.hour, one.sends) for one in report.timeline] == [(20, 36), (8, 36), (9, 8)]
    assert report.sends.held_by_quiet_hours == 44
    assert report.sends.last_at == datetime(2026, 1, 6, 8, tzinfo=UTC) + timedelta(seconds=4300)
    assert report.sends.longest_backlog_seconds == 7900 - 60


def test_a_reply_comes_after_its_text_has_left() -> None:
    late = {"timeoutType": "wait", "timeoutWaitNumber": 30, "timeoutWaitUnits": "minutes", "timeoutPath": 4}
    replied = {"statements": [{"variable": "node1.reply", "operation": "exists", "value": ""}], "path": 3}
    nodes = [
        {"id": 1, "type": "smsSend", "smsTemplateId": UUID, "children": [2]},
        {"id": 2, "type": "event", "conditions": [replied], "timeoutData": late, "children": [3, 4]},
        {"id": 3, "type": "control"},
        {"id": 4, "type": "control"},
    ]
    definition = read({"schemaVersion": 1, "startNode": 1, "nodes": nodes})
    behaviour = Behaviour(
        replies_by_node={1: Replies(rate=1.0, after=Span(timedelta(minutes=1), timedelta(minutes=1)))}
    )
    production = Production(campaign=Campaign(id="k"), start=_START, rate=1 / 3600)
    report = rehearse(definition, cast(2), behaviour, production, Crew())
    assert {(one.start, one.end): one.count for one in report.edges} == {(1, 2): 2, (2, 3): 1, (2, 4): 1}
