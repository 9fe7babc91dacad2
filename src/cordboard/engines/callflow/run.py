"""One step of a flow under way: what verbs use to change its state and to ask things of the host."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Final, Literal

import msgspec

from cordboard.engines.callflow.commands import (
    Abandon,
    Answer,
    CancelTimer,
    Fetch,
    FlowCommand,
    Hangup,
    Log,
    Method,
    Notify,
    Parameters,
    PlayAudio,
    SetTimer,
    Speak,
    StopListening,
    StopPlaying,
)
from cordboard.engines.callflow.events import FlowEvent, TimerFired
from cordboard.engines.callflow.state import (
    Element,
    Elements,
    Fetching,
    FlowState,
    Playing,
    Progress,
)

DOCUMENT: Final = "InboundXML"
"""The `action` of log entries that are about a document rather than one of its verbs."""

_MOST_PLAYING: Final = 16


class Run:
    """A working copy of the state, and the commands gathered so far."""

    def __init__(self, state: FlowState) -> None:
        self.state = copy(state)
        self.commands: list[FlowCommand] = []

    @property
    def idle(self) -> bool:
        """Whether the next verb can begin."""
        state = self.state
        return not (state.over or state.gone) and state.fetching is None and state.progress is None

    @property
    def waiting(self) -> bool:
        """Whether a verb waits for events; while a document is fetched none does."""
        return not self.state.over and self.state.fetching is None and self.state.progress is not None

    @property
    def element(self) -> Element:
        """The verb under way, as written."""
        return self.state.verbs[self.state.position]

    @property
    def progress(self) -> Progress:
        """How far the verb under way is."""
        return self.state.progress or Progress()

    def update(self, **changes: object) -> None:
        """Notes how far the verb under way is now."""
        self.state.progress = msgspec.structs.replace(self.progress, **changes)

    def awaits(self, event: FlowEvent) -> bool:
        """Whether the verb under way waits for this timer or for the event of this step."""
        if isinstance(event, TimerFired):
            return bool(self.progress.timer) and event.name == self.progress.timer
        return bool(self.progress.step) and getattr(event, "step", 0) == self.progress.step

    def new_id(self) -> int:
        """A number for a command that is answered."""
        self.state.last_id += 1
        return self.state.last_id

    def emit(self, command: FlowCommand) -> None:
        """Asks something of the host."""
        self.commands.append(command)

    def log(self, action: str, parameter: str, response: str, *, success: bool = True) -> None:
        """An entry of the debug log."""
        self.emit(Log(action=action, parameter=parameter, response=response, success=success))

    def answer(self) -> None:
        """Picks up, if that has not been done."""
        if not self.state.answered:
            self.state.answered = True
            self.emit(Answer())

    def speak(self, text: str, voice: str, *, ssml: bool, loops: int, stop_keys: str) -> None:
        """Begins to say a text; the verb waits for its end."""
        step = self._heard("SAY", f"Say: {text}", loops, voice)
        self.emit(Speak(step=step, text=text, voice=voice, ssml=ssml, loops=loops, stop_keys=stop_keys))

    def play(self, url: str, *, loops: int, stop_keys: str) -> None:
        """Begins to play a URL (empty: the last recording); the verb waits for its end."""
        step = self._heard("PLAY", f"Play: {url or 'last recording'}", loops, "")
        self.emit(PlayAudio(step=step, url=url, loops=loops, stop_keys=stop_keys))

    def set_timer(self, seconds: float) -> None:
        """The verb waits for some seconds, counted from now."""
        name = self.progress.timer or f"wait-{self.new_id()}"
        self.update(timer=name, timer_seconds=seconds)
        self.emit(SetTimer(name, seconds))

    def stop(self) -> None:
        """Ends whatever is heard, waited or listened for; the verb is still under way."""
        for playing in self.state.playing:
            if not playing.stopped:
                self.emit(StopPlaying(playing.step))
        self.state.playing = tuple(msgspec.structs.replace(playing, stopped=True) for playing in self.state.playing)
        if self.progress.timer:
            self.emit(CancelTimer(self.progress.timer))
        if self.progress.listening:
            self.emit(StopListening(self.progress.listening))
        if self.progress.stoppable:
            self.emit(Abandon(self.progress.step))
        self.update(step=0, stoppable=False, timer="", listening=0)

    def notify(self, url: str, method: Method, extra: Parameters) -> None:
        """Tells a URL something, beside what every request tells."""
        self.emit(Notify(url=url, method=method, parameters=self.parameters(extra)))

    def done(self) -> None:
        """The verb under way is over."""
        self.state.progress = None
        self.state.position += 1

    def fail(self, action: str, parameter: str, reason: str) -> None:
        """The verb under way cannot be carried out: that is logged, and the next one runs."""
        self.log(action, parameter, reason, success=False)
        self.done()

    def act(self, url: str, method: Method, extra: Parameters) -> None:
        """Ends the verb with a request whose answer is the next document; that of the present one if `url` is empty.

        Once the caller has gone it is only told; where there is no URL at all the next verb runs.
        """
        url = url or self.state.document_url
        if self.state.gone and url:
            self.notify(url, method, extra)
        elif url:
            self.fetch(url, method, extra)
            return
        self.done()

    def fetch(self, url: str, method: Method, extra: Parameters = (), *, needed: bool = False) -> None:
        """Requests the next document. `needed`: there is no next verb to go on with when it fails."""
        if self.state.documents >= self.state.request.limits.documents:
            self._end_for(f"{self.state.documents} documents were requested in a row without anything to hear or do")
            return
        self.state.documents += 1
        self.state.fetching = Fetching(self.new_id(), url, needed)
        parameters = self.parameters(extra)
        self.emit(Fetch(fetch=self.state.last_id, url=url, method=method, parameters=parameters))

    def perform(self, verbs: Elements) -> None:
        """Goes on with other verbs instead of those that follow."""
        self.state.verbs = verbs
        self.state.position = 0
        self.state.progress = None

    def count_verb(self) -> bool:
        """Counts a verb that begins; False when the call has had its share, and is ended."""
        self.state.verbs_begun += 1
        if self.state.verbs_begun > self.state.request.limits.verbs:
            self._end_for(f"the call has run {self.state.request.limits.verbs} verbs")
            return False
        return True

    def hang_up(self, reason: str) -> None:
        """Ends the call and the flow."""
        self.emit(Hangup(reason=reason))
        self.end()

    def end(self) -> None:
        """Ends the flow."""
        self.state.over = True
        self.state.progress = None
        self.state.fetching = None

    def parameters(self, extra: Iterable[tuple[str, str]] = ()) -> Parameters:
        """What every request tells about the call, then `extra`."""
        request = self.state.request
        status = "completed" if self.state.over or self.state.gone else "in-progress"
        told = [
            ("AccountSid", request.account_sid),
            ("From", request.from_number),
            ("To", request.to_number),
            ("CallSid", request.call_sid),
            ("Direction", request.direction),
            ("Status", status),
            ("CallStatus", status),
        ]
        if request.metadata:
            told.append(("metadata", msgspec.json.encode(request.metadata).decode()))
        return (*self._looked_up(), *told, *extra)

    def _looked_up(self) -> list[tuple[str, str]]:
        if self.state.request.direction != "inbound":
            return []
        known = self.state.request.lookup
        wireless = "" if known.wireless is None else str(known.wireless)
        return [("carrier", known.carrier), ("wireless", wireless), ("zipcode", known.zipcode), ("city", known.city)]

    def _heard(self, action: Literal["SAY", "PLAY"], parameter: str, loops: int, voice: str) -> int:
        step = self.new_id()
        playing = Playing(step=step, action=action, parameter=parameter, loops=loops, voice=voice)
        self.state.playing = (*self.state.playing, playing)[-_MOST_PLAYING:]
        self.update(step=step)
        return step

    def _end_for(self, limit: str) -> None:
        self.log(DOCUMENT, f"URL: {self.state.document_url}", f"{limit}; the call is ended", success=False)
        self.hang_up("limit")
