"""Gather: digits, or words, from the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from cordboard.engines.callflow.attributes import KEYS, LANGUAGE, METHOD, PHRASES, URL, Attribute, choice, whole
from cordboard.engines.callflow.commands import Listen, Method, Parameters
from cordboard.engines.callflow.events import DigitPressed, FlowEvent, Heard, TimerFired
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.verbs.pause import Pause
from cordboard.engines.callflow.verbs.play import Play
from cordboard.engines.callflow.verbs.play_last_recording import PlayLastRecording
from cordboard.engines.callflow.verbs.prompt import ANY_KEY, Asking
from cordboard.engines.callflow.verbs.say import Say

Input = Literal["dtmf", "speech", "speech dtmf", "dtmf speech"]

MOST_DIGITS: Final = 64
LONGEST_WAIT: Final = 3600
CURRENT: Final = "the current document's URL"
_INPUTS: Final[tuple[Input, ...]] = ("dtmf", "speech", "speech dtmf", "dtmf speech")
_LIMIT_DOC: Final = f"How many digits end it. Without it {MOST_DIGITS} do."
_TIMEOUT_DOC: Final = "Seconds without a key that end it; counted from the end of the prompts, anew with each key."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather(Asking):
    """Waits for digits while nested prompts are heard and after them; the first key ends the prompts and counts. Ends
    by a finish key (which is not among the digits), by the number of digits, or by the timeout; then `action` is
    requested with `Digits`, empty where nothing was keyed, and its document goes on. Later verbs run only when that
    request fails.

    With `input="speech"` it hears words instead, with `speech dtmf` whichever comes first; `action` is then also told
    `SpeechResult` and `Confidence`.
    """

    name = "Gather"
    holds = (Say, Play, Pause, PlayLastRecording)

    action: Annotated[str, Attribute("action", URL, "Requested with the digits.", shown=CURRENT)] = ""
    method: Annotated[Method, Attribute("method", METHOD, "How `action` is requested.")] = "POST"
    timeout: Annotated[int, Attribute("timeout", whole(0, LONGEST_WAIT), _TIMEOUT_DOC)] = 5
    finish_on_key: Annotated[str, Attribute("finishOnKey", KEYS, "Keys that end it.")] = "#"
    num_digits: Annotated[int | None, Attribute("numDigits", whole(1, MOST_DIGITS), _LIMIT_DOC)] = None
    input: Annotated[Input, Attribute("input", choice(_INPUTS), "What is waited for.")] = "dtmf"
    hints: Annotated[tuple[str, ...], Attribute("hints", PHRASES, "Words that are likely, for recognition.")] = ()
    language: Annotated[str, Attribute("language", LANGUAGE, "What is spoken, for recognition.")] = "en-US"

    @property
    def barge_in_keys(self) -> str:
        """Any key, unless only words count."""
        return ANY_KEY if "dtmf" in self.input else ""

    def listen(self, run: Run) -> None:
        """Words by recognition, which has a timeout of its own; digits by a timer."""
        if "speech" not in self.input:
            run.set_timer(self.timeout)
            return
        step = run.new_id()
        run.update(listening=step)
        seconds = max(1, self.timeout)
        run.emit(Listen(step=step, timeout_seconds=seconds, language=self.language, hints=self.hints))

    def on_input(self, run: Run, event: FlowEvent) -> None:
        """Collects digits, or takes what was heard."""
        if isinstance(event, DigitPressed) and self.hears_key(event):
            self._key(run, event.digit)
        elif isinstance(event, TimerFired) and run.awaits(event):
            self._finish(run, "timeout")
        elif isinstance(event, Heard) and event.step == run.progress.listening and event.step:
            self._heard(run, event)

    def _key(self, run: Run, digit: str) -> None:
        if run.progress.listening:
            run.stop()
        if digit in self.finish_on_key:
            self._finish(run, f"key {digit}")
            return
        run.update(digits=run.progress.digits + digit)
        if len(run.progress.digits) >= (self.num_digits or MOST_DIGITS):
            self._finish(run, "number of digits")
        else:
            run.set_timer(self.timeout)

    def _heard(self, run: Run, event: Heard) -> None:
        run.update(listening=0)
        if event.error is not None:
            run.fail("GATHER", self.describe(), event.error)
            return
        confidence = f"{event.confidence:.2f}"
        self._finish(run, f"speech: {event.text}", (("SpeechResult", event.text), ("Confidence", confidence)))

    def _finish(self, run: Run, ended_by: str, spoken: Parameters = ()) -> None:
        digits = run.progress.digits
        run.stop()
        run.log("GATHER", self.describe(), f"Digits: {digits}, ended by {ended_by}")
        run.act(self.action, self.method, (("Digits", digits), *spoken))
