"""Whatever a document says and in whatever order things happen: nothing is raised, and the state stays storable."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.callflow.scenario import BASE, stored
from tests.engines.callflow.test_interpreter import with_document
from tests.engines.ivr.definitions import EVERYTHING

from cordboard.engines.callflow import events
from cordboard.engines.callflow.attributes import attributes_of
from cordboard.engines.callflow.commands import Answer, FlowCommand, Hangup, Reject
from cordboard.engines.callflow.events import FlowEvent
from cordboard.engines.callflow.interpreter import Outcome, start, step
from cordboard.engines.callflow.parsing import BadDocumentError, parse_document
from cordboard.engines.callflow.state import FlowState
from cordboard.engines.callflow.tags import Tag
from cordboard.engines.callflow.verbs.registry import INBOUND_XML
from cordboard.engines.ivr import IvrDefinition, start_ivr, validate

_VALUES = [
    "",
    "0",
    "1",
    "2.5",
    "true",
    "false",
    "#",
    "GET",
    "http://a.example/x",
    "../y?z=<",
    "ssml",
    "redirect",
    "speech",
]
_TEXTS = [
    "",
    "Hello",
    "+19495551234",
    "+19495551234,+19495551235",
    "sip:a@b",
    "http://a.example/b",
    "x.wav",
    "mailto:x",
]
_small = st.integers(0, 6)
_word = st.sampled_from(["", "1", "#", "busy", "https://here/a.mp3"])
_maybe = st.none() | _word


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents of known verbs with values that fit and that do not."""
    verbs = draw(st.lists(st.sampled_from(list(INBOUND_XML.values())), max_size=5))
    return f"<Response>{''.join(_written(draw, verb) for verb in verbs)}</Response>"


def _written(draw: st.DrawFn, tag: type[Tag]) -> str:
    names = [known.attribute.name for known in attributes_of(tag)]
    chosen = draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else []
    attributes = "".join(f' {name}="{draw(st.sampled_from(_VALUES)).replace("<", "&lt;")}"' for name in chosen)
    inner = (
        [_written(draw, held) for held in draw(st.lists(st.sampled_from(tag.holds), max_size=2))] if tag.holds else []
    )
    return f"<{tag.name}{attributes}>{draw(st.sampled_from(_TEXTS))}{''.join(inner)}</{tag.name}>"


any_event: st.SearchStrategy[FlowEvent] = st.one_of(
    st.builds(events.Fetched, fetch=_small, status=st.sampled_from([200, 404]), url=st.just(""), body=documents()),
    st.builds(events.FetchFailed, _small, _word),
    st.builds(
        events.Played, step=_small, elapsed_ms=st.sampled_from([0, 1500]), key=_maybe, error=_maybe, voice=_maybe
    ),
    st.builds(events.DigitPressed, st.sampled_from([*"0123456789*#A", "", "12"])),
    st.builds(events.TimerFired, st.builds("wait-{}".format, _small)),
    st.builds(events.Recorded, step=_small, url=_word, seconds=_small, digits=_word, error=_maybe),
    st.builds(events.Transcribed, step=_small, transcription_sid=_word, recording_sid=_word, error=_maybe),
    st.builds(
        events.DialEnded, step=_small, status=st.sampled_from(["completed", "no_answer", "failed"]), seconds=_small
    ),
    st.builds(events.ConferenceLeft, step=_small, conference_sid=_word, error=_maybe),
    st.builds(events.SmsSent, step=_small, status=st.sampled_from(["sent", "failed"]), error=_maybe),
    st.builds(events.Heard, step=_small, text=_word, error=_maybe),
    st.builds(events.WorkflowStarted, step=_small, error=_maybe),
    st.builds(events.Interrupted, _word),
    st.just(events.HungUp()),
)
many_events = st.lists(any_event, max_size=12)


def check_flow(outcome: Outcome, happening: list[FlowEvent]) -> None:
    """Nothing raises, the call is answered at most once, and after its end it is not ended again."""
    state, commands = outcome
    told: list[FlowCommand] = list(commands)
    for event in happening:
        over = state.over
        state, commands = step(stored(state), event)
        assert not (over and any(isinstance(command, Hangup | Reject | Answer) for command in commands))
        told += commands
    assert sum(isinstance(command, Answer) for command in told) <= 1
    assert not any(isinstance(command, Reject) for command in told) or not state.answered
    check_waits(state)


def check_waits(state: FlowState) -> None:
    """A flow that has not ended waits for something."""
    if not (state.over or state.gone) and state.fetching is None:
        waiting = state.progress
        assert waiting is not None
        assert waiting.step or waiting.timer or waiting.listening


@given(documents(), many_events)
@settings(deadline=None)
def test_any_order_of_events(body: str, happening: list[FlowEvent]) -> None:
    check_flow(start(with_document(body)), happening)


@given(many_events)
@settings(deadline=None, max_examples=50)
def test_any_order_of_events_from_the_first_request(happening: list[FlowEvent]) -> None:
    check_flow(start(BASE), happening)


@given(many_events)
@settings(deadline=None, max_examples=50)
def test_any_order_of_events_in_an_ivr(happening: list[FlowEvent]) -> None:
    definition: IvrDefinition = EVERYTHING
    validate(definition)
    check_flow(start_ivr(BASE, definition), happening)


@given(st.text() | st.text("<>/&;=\"' ResponseSayGather!?[]#", max_size=80))
def test_any_text_is_a_document_or_a_bad_one(body: str) -> None:
    with suppress(BadDocumentError):
        parse_document(body, INBOUND_XML)
    check_waits(start(with_document(body))[0])
