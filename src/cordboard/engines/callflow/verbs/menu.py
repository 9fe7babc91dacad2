"""The verbs that an IVR is compiled to, beside those of documents: a menu, and what its options do.

Documents cannot use them: they are not among the verbs that are parsed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cordboard.engines.callflow.attributes import Attribute, text, whole
from cordboard.engines.callflow.commands import CountChoice, Record, StartWorkflow
from cordboard.engines.callflow.events import DigitPressed, FlowEvent, TimerFired, WorkflowStarted
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.state import BackgroundRecording, Element
from cordboard.engines.callflow.tags import Verb
from cordboard.engines.callflow.verbs.prompt import Asking, Prompt
from cordboard.engines.callflow.verbs.say import Say

OPTION = "ivr-option"
"""The element of an option in a menu: its `key`, and its actions as children."""

_LONGEST_RECORDING = 14400


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayAsset(Prompt):
    """Plays what the IVR names, which the host finds."""

    name = "ivr-play"

    def start(self, run: Run, stop_keys: str) -> bool:
        """The name goes out as it is."""
        run.play(self.text, loops=1, stop_keys=stop_keys)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Asking):
    """Asks for one of its options. Digits end with a key that can be no other, with the most that there may be, or by
    the timeout; what is no option, and silence, use up an attempt. After the last one the call is hung up.
    """

    name = "ivr-menu"
    holds = (Say, PlayAsset)

    ivr: Annotated[str, Attribute("ivr", text(), "The IVR's name.")] = ""
    version: Annotated[int, Attribute("version", whole(0, 999_999_999), "Its version.")] = 1
    menu: Annotated[str, Attribute("menu", text(), "The menu's id.")] = ""
    attempts: Annotated[int, Attribute("attempts", whole(1, 100), "How often the caller is asked.")] = 3
    timeout: Annotated[int, Attribute("timeout", whole(1, 600), "Seconds for a key.")] = 3
    least: Annotated[int, Attribute("least", whole(1, 20), "The fewest digits of a choice.")] = 1
    once: Annotated[int, Attribute("once", whole(0, 2), "How many of the prompts are heard the first time only.")] = 0
    most: Annotated[int, Attribute("most", whole(1, 20), "The most digits of a choice.")] = 1

    def listen(self, run: Run) -> None:
        """Digits are waited for."""
        run.set_timer(self.timeout)

    def on_input(self, run: Run, event: FlowEvent) -> None:
        """Collects digits until they can be only one choice."""
        if isinstance(event, DigitPressed) and self.hears_key(event):
            run.update(digits=run.progress.digits + event.digit)
            if self._complete(run):
                self._choose(run)
            else:
                run.set_timer(self.timeout)
        elif isinstance(event, TimerFired) and run.awaits(event):
            if len(run.progress.digits) >= self.least:
                self._choose(run)
            else:
                self._again(run, f"No choice within {self.timeout} s")

    def _complete(self, run: Run) -> bool:
        digits = run.progress.digits
        if len(digits) >= self.most:
            return True
        keys = [option.attributes["key"] for option in _options(run)]
        return digits in keys and not any(key.startswith(digits) and key != digits for key in keys)

    def _choose(self, run: Run) -> None:
        digits = run.progress.digits
        run.stop()
        chosen = next((option for option in _options(run) if option.attributes["key"] == digits), None)
        key = digits if chosen else ""
        run.emit(CountChoice(ivr=self.ivr, version=self.version, menu=self.menu, key=key))
        if chosen is None:
            self._again(run, f"{digits} is no option")
            return
        run.log("IVR", self._where(), f"Option {digits}")
        run.perform(chosen.children)

    def _again(self, run: Run, why: str) -> None:
        attempt = run.progress.attempt + 1
        run.log("IVR", self._where(), f"{why}, attempt {attempt} of {self.attempts}")
        if attempt >= self.attempts:
            run.hang_up("no choice")
            return
        run.update(attempt=attempt, digits="")
        self.ask(run, self.once)

    def _where(self) -> str:
        return f"IVR: {self.ivr}, Menu: {self.menu}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTo(Verb):
    """Goes on with another menu."""

    name = "ivr-goto"
    needs_media = False

    def begin(self, run: Run) -> None:
        """The menu is one of the state's sections; it was checked that it exists."""
        run.perform(run.state.sections.get(self.text, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWorkflow(Verb):
    """Starts a campaign workflow for the caller, and goes on when that has been done."""

    name = "ivr-workflow"
    needs_media = False

    def begin(self, run: Run) -> None:
        """Asks for it."""
        step = run.new_id()
        run.update(step=step)
        run.emit(StartWorkflow(step, self.text))

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """Started, or not: the next action either way."""
        if isinstance(event, WorkflowStarted) and run.awaits(event):
            run.log("WORKFLOW", f"Workflow: {self.text}", event.error or "Started", success=event.error is None)
            run.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCall(Verb):
    """Records the call from here on; once is enough."""

    name = "ivr-record"

    def begin(self, run: Run) -> None:
        """In the background, and nobody is told its URL."""
        if not run.state.recordings:
            step = run.new_id()
            run.state.recordings = (BackgroundRecording(step, "", "POST"),)
            run.emit(
                Record(
                    step=step,
                    background=True,
                    direction="both",
                    file_format="mp3",
                    max_seconds=_LONGEST_RECORDING,
                    silence_seconds=None,
                    stop_keys="",
                    beep=False,
                    trim_silence=False,
                    transcribe=False,
                )
            )
            run.log("RECORD", "", "Recording in the background")
        run.done()


def _options(run: Run) -> list[Element]:
    return [child for child in run.element.children if child.name == OPTION]
