"""The call flow: a state and an event in, a state and commands out. It stops only where something has to happen first.

Events that nothing waits for are passed over: the caller, the clock and the network come when they like.
"""

from __future__ import annotations

from typing import Final

from cordboard.engines.callflow.commands import FlowCommand, Log, Method, Notify
from cordboard.engines.callflow.events import (
    ConferenceLeft,
    DialEnded,
    DigitPressed,
    Fetched,
    FetchFailed,
    FlowEvent,
    Heard,
    HungUp,
    Interrupted,
    Played,
    Recorded,
    TimerFired,
    Transcribed,
)
from cordboard.engines.callflow.parsing import BadDocumentError, parse_document
from cordboard.engines.callflow.run import DOCUMENT, Run
from cordboard.engines.callflow.state import Elements, FlowRequest, FlowState, Playing
from cordboard.engines.callflow.tags import Problem, Verb, read_tag
from cordboard.engines.callflow.urls import resolve
from cordboard.engines.callflow.verbs.record import recorded_in_words, recording_parameters
from cordboard.engines.callflow.verbs.registry import ALL_VERBS, INBOUND_XML

Outcome = tuple[FlowState, list[FlowCommand]]

_MOST_PROBLEMS: Final = 50
_SHOWN: Final = 200


def start(request: FlowRequest) -> Outcome:
    """The state of a new flow, and what is to be done first."""
    run = Run(FlowState(request=request, answered=request.answered))
    if request.body is not None:
        _load(run, request.body, request.url)
    else:
        _fetch_needed(run, request.url, request.method)
    return _settle(run)


def start_with(request: FlowRequest, verbs: Elements, sections: dict[str, Elements]) -> Outcome:
    """The same for verbs that were not written as a document; `sections` are those that they can go to."""
    run = Run(FlowState(request=request, answered=request.answered, verbs=verbs, sections=sections))
    return _settle(run)


def step(state: FlowState, event: FlowEvent) -> Outcome:
    """The state after an event, and what is to be done now. `state` itself stays as it is."""
    run = Run(state)
    if _takes_time(run, event):
        run.state.documents = 0
    if not _beside_the_verbs(run, event) and run.waiting:
        _verb_under_way(run).on_event(run, event)
    return _settle(run)


def _settle(run: Run) -> Outcome:
    while run.idle:
        if run.state.position < len(run.state.verbs):
            _begin(run)
        else:
            run.hang_up("end of document")
    if run.state.gone:
        return run.state, [command for command in run.commands if isinstance(command, Notify | Log)]
    return run.state, run.commands


def _begin(run: Run) -> None:
    if not run.count_verb():
        return
    element = run.element
    verb, problems = read_tag(ALL_VERBS[element.name], element, run.state.document_url)
    _log_problems(run, problems)
    if verb.needs_media:
        run.answer()
    run.update()
    verb.begin(run)


def _verb_under_way(run: Run) -> Verb:
    element = run.element
    verb, _ = read_tag(ALL_VERBS[element.name], element, run.state.document_url)
    return verb


def _log_problems(run: Run, problems: list[Problem]) -> None:
    for problem in problems[:_MOST_PROBLEMS]:
        run.log(problem.tag.upper(), problem.written, problem.fix, success=False)


def _beside_the_verbs(run: Run, event: FlowEvent) -> bool:
    """Takes what is not the verb's under way to take. True when that is all."""
    match event:
        case Fetched() | FetchFailed():
            _arrived(run, event)
        case Played():
            _log_played(run, event)
            return False
        case Recorded():
            return _recorded_meanwhile(run, event)
        case Transcribed():
            _transcribed(run, event)
        case Interrupted():
            _interrupt(run, event)
        case HungUp():
            run.state.gone = True
        case _:
            return False
    return True


def _arrived(run: Run, event: Fetched | FetchFailed) -> None:
    fetching = run.state.fetching
    if fetching is None or fetching.fetch != event.fetch or run.state.gone:
        return
    run.state.fetching = None
    if isinstance(event, FetchFailed):
        _document_failed(run, fetching.url, event.reason, needed=fetching.needed)
    elif not 200 <= event.status < 300:
        _document_failed(run, fetching.url, f"HTTP status {event.status}", needed=fetching.needed)
    else:
        _load(run, event.body, event.url or fetching.url, needed=fetching.needed)


def _load(run: Run, body: str, url: str, *, needed: bool = True) -> None:
    try:
        document = parse_document(body, INBOUND_XML)
    except BadDocumentError as error:
        _document_failed(run, url, f"Document parse failure: {error}", needed=needed)
        return
    for ignored in document.ignored:
        run.log(DOCUMENT, f"URL: {url}", f"{ignored}; it is ignored", success=False)
    run.state.document_url = url
    run.state.sections = {}
    run.perform(document.verbs)


def _document_failed(run: Run, url: str, reason: str, *, needed: bool) -> None:
    request = run.state.request
    if not needed:
        run.log(DOCUMENT, f"URL: {url}", f"{reason}; the next verb runs", success=False)
        run.done()
    elif request.fallback_url and not run.state.fallback_used:
        run.log(DOCUMENT, f"URL: {url}", f"{reason}; the fallback URL is requested", success=False)
        run.state.fallback_used = True
        _fetch_needed(run, request.fallback_url, request.fallback_method)
    else:
        run.log(DOCUMENT, f"URL: {url}", f"{reason}; the call is ended", success=False)
        run.hang_up("document failed")


def _fetch_needed(run: Run, url: str, method: Method) -> None:
    """Requests a document that the host or an account named, without which the call cannot go on."""
    try:
        resolved = resolve("", url)
    except ValueError:
        _document_failed(run, url[:_SHOWN], "this is not an http or https URL", needed=True)
        return
    run.fetch(resolved, method, needed=True)


def _interrupt(run: Run, event: Interrupted) -> None:
    if run.state.over or run.state.gone:
        return
    run.stop()
    run.log(DOCUMENT, f"URL: {event.url[:_SHOWN]}", "Interrupted: the call goes on there")
    _fetch_needed(run, event.url, "GET" if event.method.upper() == "GET" else "POST")


def _recorded_meanwhile(run: Run, event: Recorded) -> bool:
    recording = next((kept for kept in run.state.recordings if kept.step == event.step), None)
    if recording is None:
        return False
    run.state.recordings = tuple(kept for kept in run.state.recordings if kept.step != event.step)
    response = event.error or recorded_in_words(event)
    run.log("RECORD", f"Action: {recording.action}", response, success=event.error is None)
    if recording.action and event.error is None:
        run.notify(recording.action, recording.method, recording_parameters(event))
    return True


def _transcribed(run: Run, event: Transcribed) -> None:
    told = next((kept for kept in run.state.transcriptions if kept.step == event.step), None)
    run.state.transcriptions = tuple(kept for kept in run.state.transcriptions if kept.step != event.step)
    if told is None:
        return
    response = event.error or f"Transcribed: {event.text}"
    run.log("TRANSCRIBE", f"TranscribeCallback: {told.callback}", response, success=event.error is None)
    if told.callback:
        parameters = (
            ("TranscriptionSid", event.transcription_sid),
            ("TranscriptionText", event.text),
            ("TranscriptionStatus", "success" if event.error is None else "failure"),
            ("RecordingSid", event.recording_sid),
        )
        run.notify(told.callback, "POST", parameters)


def _log_played(run: Run, event: Played) -> None:
    playing = next((heard for heard in run.state.playing if heard.step == event.step), None)
    if playing is None:
        return
    run.state.playing = tuple(heard for heard in run.state.playing if heard.step != event.step)
    if event.voice is not None and event.voice != playing.voice:
        run.log("Text-To-Speech", playing.parameter, f"Voice Used: {event.voice} in place of {playing.voice}")
    run.log(playing.action, playing.parameter, _how_it_went(playing, event), success=event.error is None)


def _how_it_went(playing: Playing, event: Played) -> str:
    if event.error is not None:
        return event.error
    elapsed = (
        f"{playing.action} Loop #: {{}} of {playing.loops or 'endless'} elapsed time {round(event.elapsed_ms / 1000)}"
    )
    if event.key is not None:
        return f"{elapsed.format(1)} interrupted by {event.key}"
    if playing.stopped:
        return f"{elapsed.format(1)} interrupted"
    return f"{elapsed.format(playing.loops or 1)} no interruption"


def _takes_time(run: Run, event: FlowEvent) -> bool:
    """Whether an event shows that the call did something since the last document, rather than run in circles."""
    match event:
        case Played():
            return event.elapsed_ms > 0
        case TimerFired():
            return run.awaits(event) and run.progress.timer_seconds >= 1
        case Recorded() | ConferenceLeft():
            return event.seconds > 0
        case DialEnded():
            return event.seconds > 0 or event.status in ("no_answer", "user_busy")
        case DigitPressed() | Heard():
            return True
        case _:
            return False
