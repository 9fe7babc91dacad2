"""What is heard by itself or inside a verb that asks the caller for something, and those verbs' common part."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cordboard.engines.callflow.attributes import KEYPAD
from cordboard.engines.callflow.events import DigitPressed, FlowEvent, Played, TimerFired
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb

ANY_KEY: Final = KEYPAD + "ABCD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Verb):
    """Something to hear, or silence."""

    @abstractmethod
    def start(self, run: Run, stop_keys: str) -> bool:
        """Begins to be heard, until a key of `stop_keys`. False, and a log entry, when it cannot be."""

    def begin(self, run: Run) -> None:
        """Heard to its end, whatever is keyed."""
        if not self.start(run, ""):
            run.done()

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """Over when it has been heard."""
        if isinstance(event, Played | TimerFired) and run.awaits(event):
            run.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking(Verb):
    """A verb that waits for what the caller keys or says, after its nested prompts."""

    @abstractmethod
    def listen(self, run: Run) -> None:
        """The prompts are over: what the caller does is waited for."""

    @abstractmethod
    def on_input(self, run: Run, event: FlowEvent) -> None:
        """Something happened while listening."""

    @property
    def barge_in_keys(self) -> str:
        """The keys that end the prompts."""
        return ANY_KEY

    @property
    def prompts(self) -> Sequence[Prompt]:
        """What is heard first."""
        return [child for child in self.children if isinstance(child, Prompt)]

    def hears_key(self, event: DigitPressed) -> bool:
        """Whether a key is one that counts here."""
        return len(event.digit) == 1 and event.digit in self.barge_in_keys

    def begin(self, run: Run) -> None:
        """The prompts are heard first."""
        self.ask(run, 0)

    def ask(self, run: Run, first: int) -> None:
        """Begins the first prompt from an index on that can be heard; behind the last one it listens."""
        for index, prompt in enumerate(self.prompts[first:], first):
            run.update(phase="prompting", prompt=index, step=0, timer="")
            if prompt.start(run, self.barge_in_keys):
                return
        self._turn_to_caller(run)

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """While prompts are heard, a key ends them and counts; then it is up to the verb."""
        if run.progress.phase == "waiting":
            self.on_input(run, event)
        elif isinstance(event, DigitPressed):
            if self.hears_key(event):
                run.stop()
                run.update(phase="waiting")
                self.on_input(run, event)
        elif isinstance(event, Played | TimerFired) and run.awaits(event):
            # The key that ended a prompt is told on its own, before or after; here it only means: enough was heard.
            if isinstance(event, Played) and event.key is not None:
                self._turn_to_caller(run)
            else:
                self.ask(run, run.progress.prompt + 1)

    def _turn_to_caller(self, run: Run) -> None:
        run.update(phase="waiting", step=0, timer="")
        self.listen(run)
