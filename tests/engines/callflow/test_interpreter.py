"""What scenarios do not show: what requests tell, the reference's debug log, limits, and what comes too late."""

from __future__ import annotations

import msgspec
import pytest
from tests.engines.callflow.scenario import BASE, stored

from cordboard.engines.callflow.commands import Answer, Fetch, FlowCommand, Hangup, LeaveVoicemail, Log, Notify, Speak
from cordboard.engines.callflow.events import (
    DigitPressed,
    Fetched,
    FetchFailed,
    FlowEvent,
    HungUp,
    Interrupted,
    Played,
    Recorded,
    TimerFired,
)
from cordboard.engines.callflow.interpreter import start, start_with, step
from cordboard.engines.callflow.state import Element, FlowRequest, FlowState, Limits, Lookup
from cordboard.engines.callflow.verbs.voicemail import Voicemail


def with_document(body: str, **changes: object) -> FlowRequest:
    return msgspec.structs.replace(BASE, body=body, **changes)


def run(request: FlowRequest, *events: FlowEvent) -> tuple[FlowState, list[FlowCommand]]:
    state, commands = start(request)
    for event in events:
        state, commands = step(stored(state), event)
    return state, commands


def test_what_an_inbound_call_tells() -> None:
    lookup = Lookup(carrier="ACME", wireless=False, zipcode="92618", city="Irvine")
    request = msgspec.structs.replace(
        BASE, lookup=lookup, metadata={"leadId": "7"}, url="https://app.example/a", method="GET"
    )
    _, commands = start(request)
    parameters = (
        ("carrier", "ACME"),
        ("wireless", "False"),
        ("zipcode", "92618"),
        ("city", "Irvine"),
        ("AccountSid", "7c8693c6-976e-4324-9123-2c1d811605f9"),
        ("From", "+19792896588"),
        ("To", "+19792432907"),
        ("CallSid", "6be998f3-d47e-4b17-b80b-0456cf070179"),
        ("Direction", "inbound"),
        ("Status", "in-progress"),
        ("CallStatus", "in-progress"),
        ("metadata", '{"leadId":"7"}'),
    )
    assert commands == [Fetch(fetch=1, url="https://app.example/a", method="GET", parameters=parameters)]


def test_what_an_outbound_call_tells() -> None:
    _, [fetch] = start(msgspec.structs.replace(BASE, direction="outbound", answered=True))
    assert isinstance(fetch, Fetch)
    assert [name for name, _ in fetch.parameters] == [
        "AccountSid",
        "From",
        "To",
        "CallSid",
        "Direction",
        "Status",
        "CallStatus",
    ]


def test_unknown_lookups_are_told_as_empty() -> None:
    _, [fetch] = start(BASE)
    assert isinstance(fetch, Fetch)
    assert fetch.parameters[:4] == (("carrier", ""), ("wireless", ""), ("zipcode", ""), ("city", ""))


def test_the_debug_log_of_the_reference() -> None:
    """Request 106: what a call that meets the welcome document leaves, between request and hangup."""
    text = (
        "The number you called is currently not set up. Please visit app.ytel.com to login to your account and setup"
        " your number."
    )
    body = f'<Response><Say type="ssml">{text}</Say><Hangup></Hangup></Response>'
    state, commands = run(BASE, Fetched(fetch=1, status=200, url=BASE.url, body=body, content_type="text/html"))
    _, after = step(stored(state), Played(step=2, elapsed_ms=7996))
    assert [command for command in commands if isinstance(command, Log)] == [
        Log(
            action="Text-To-Speech",
            parameter=f"Text: {text}, Voice: , Type: ssml",
            response="Voice Used: en-us-standard-female-1",
            success=True,
        )
    ]
    assert after[0] == Log(
        action="SAY",
        parameter=f"Say: {text}",
        response="SAY Loop #: 1 of 1 elapsed time 8 no interruption",
        success=True,
    )
    assert isinstance(after[-1], Hangup)


def test_a_state_is_not_changed_by_a_step() -> None:
    state, _ = start(with_document("<Response><Gather/></Response>"))
    before = stored(state)
    step(state, DigitPressed("1"))
    assert state == before


def test_redirects_without_end() -> None:
    state, commands = start(BASE)
    fetches = 0
    while commands and isinstance(commands[-1], Fetch):
        fetches += 1
        body = "<Response><Redirect/></Response>"
        state, commands = step(stored(state), Fetched(fetch=state.last_id, status=200, url=BASE.url, body=body))
    assert fetches == Limits().documents
    assert commands[-2:] == [
        Log(
            action="InboundXML",
            parameter=f"URL: {BASE.url}",
            response="25 documents were requested in a row without anything to hear or do; the call is ended",
            success=False,
        ),
        Hangup(reason="limit"),
    ]
    assert state.over


@pytest.mark.parametrize(
    ("verb", "event", "runs_in_circles"),
    [
        ("<Say>Hi</Say>", Played(step=2, elapsed_ms=500), False),
        ("<Say>Hi</Say>", Played(step=2, error="no voice"), True),
        ("<Pause/>", TimerFired("wait-2"), False),
        ("<Gather timeout='0'/>", TimerFired("wait-2"), True),
        ("<Gather numDigits='1'/>", DigitPressed("1"), False),
        ("<Record background='false'/>", Recorded(step=2, seconds=2), False),
        ("<Record background='false'/>", Recorded(step=2, seconds=0), True),
    ],
)
def test_what_counts_as_something_happening(verb: str, event: FlowEvent, runs_in_circles: bool) -> None:
    body = f"<Response>{verb}<Redirect/></Response>"
    state, _ = run(BASE, Fetched(fetch=1, status=200, url=BASE.url, body=body), event)
    assert state.documents == (2 if runs_in_circles else 1)


def test_a_call_has_so_many_verbs() -> None:
    request = with_document(f"<Response>{'<Ping/>' * 499}</Response>", limits=Limits(verbs=100))
    state, commands = start(request)
    assert sum(isinstance(command, Notify) for command in commands) == 100
    assert state.over


def test_digits_have_a_limit() -> None:
    _, commands = run(with_document("<Response><Gather/></Response>"), *[DigitPressed("7")] * 64)
    fetch = commands[-1]
    assert isinstance(fetch, Fetch)
    assert fetch.parameters[-1] == ("Digits", "7" * 64)


@pytest.mark.parametrize("key", ["", "x", "12"])
@pytest.mark.parametrize("prompt", ["", "<Say>Press</Say>"])
def test_keys_that_are_none_are_passed_over(key: str, prompt: str) -> None:
    request = with_document(f"<Response><Gather numDigits='1'>{prompt}</Gather></Response>")
    before, _ = start(request)
    assert run(request, DigitPressed(key)) == (before, [])


def test_an_inline_document_without_url() -> None:
    """A Gather has no action to request then, and relative URLs mean nothing."""
    body = "<Response><Gather numDigits='1'/><Play>a.wav</Play><Say>Bye</Say></Response>"
    _, commands = run(with_document(body, url=""), DigitPressed("1"))
    assert [command.response for command in commands if isinstance(command, Log)][1:2] == [
        "its text must be an http or https URL or tone_stream://...; nothing is played"
    ]
    assert isinstance(commands[-1], Speak)


@pytest.mark.parametrize("url", ["", "ftp://app.example/a", "start.xml", "https://"])
def test_a_url_that_is_none(url: str) -> None:
    state, commands = start(msgspec.structs.replace(BASE, url=url))
    assert isinstance(commands[-1], Hangup)
    assert state.over


def test_the_fallback_is_asked_once() -> None:
    request = msgspec.structs.replace(BASE, fallback_url="https://back.example/")
    state, commands = run(request, FetchFailed(1, "slow"))
    fetch = commands[-1]
    assert isinstance(fetch, Fetch)
    assert (fetch.url, fetch.method) == ("https://back.example/", "POST")
    state, commands = step(stored(state), Fetched(fetch=2, status=302, url="", body=""))
    assert state.over


def test_answers_to_old_requests_are_passed_over() -> None:
    state, _ = start(BASE)
    state, _ = step(stored(state), Interrupted("https://app.example/other"))
    late, commands = step(
        stored(state), Fetched(fetch=1, status=200, url="", body="<Response><Say>old</Say></Response>")
    )
    assert (late, commands) == (state, [])


def test_after_the_caller_has_gone_nothing_more_is_asked() -> None:
    body = "<Response><Record action='r'/><Gather><Say>Hi</Say></Gather></Response>"
    state, commands = run(with_document(body), HungUp())
    assert commands == []
    for event in (Played(step=2, elapsed_ms=10), DigitPressed("1"), Interrupted("https://app.example/o")):
        state, commands = step(stored(state), event)
        assert all(isinstance(command, Log) for command in commands)
    _, commands = step(stored(state), Recorded(step=1, url="https://here/a.mp3"))
    [told] = [command for command in commands if isinstance(command, Notify)]
    assert ("CallStatus", "completed") in told.parameters
    assert ("RecordingUrl", "https://here/a.mp3") in told.parameters


def test_a_mailbox_as_a_route_compiles_it() -> None:
    """Verbs that are not of a document: the voicemail of a number, then the end."""
    verbs = (Element(name=Voicemail.name, text="+19792432907"), Element(name="hangup"))
    state, commands = start_with(BASE, verbs, {})
    assert commands == [Answer(), LeaveVoicemail(step=1, mailbox="+19792432907")]
    _, commands = step(stored(state), Recorded(step=1, recording_sid="RS", seconds=12))
    assert isinstance(commands[-1], Hangup)


def test_passwords_are_not_logged() -> None:
    body = f"<Response><Dial><Sip password='{'s3cret' * 50}'>sip:a@b</Sip></Dial></Response>"
    _, commands = start(with_document(body))
    assert any(isinstance(command, Log) and "password" in command.parameter for command in commands)
    assert not any(isinstance(command, Log) and "s3cret" in command.parameter for command in commands)


@pytest.mark.parametrize("verb", ["Say", "Speak"])
def test_a_text_that_is_too_long(verb: str) -> None:
    _, commands = start(with_document(f"<Response><{verb}>{'x' * 4097}</{verb}></Response>"))
    assert not any(isinstance(command, Speak) for command in commands)
    assert any(isinstance(command, Log) and "more than 4096" in command.response for command in commands)
