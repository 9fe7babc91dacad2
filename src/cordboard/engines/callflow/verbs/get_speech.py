"""GetSpeech: words from the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from cordboard.engines.callflow.attributes import FLAG, LANGUAGE, METHOD, URL, Attribute, whole
from cordboard.engines.callflow.commands import Listen, Method
from cordboard.engines.callflow.events import FlowEvent, Heard
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.verbs.gather import CURRENT
from cordboard.engines.callflow.verbs.pause import Pause
from cordboard.engines.callflow.verbs.play import Play
from cordboard.engines.callflow.verbs.prompt import Asking
from cordboard.engines.callflow.verbs.say import Say

_LONGEST_SILENCE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSpeech(Asking):
    """Hears what the caller says after the nested prompts, and requests `action` with `SpeechResult` (empty when
    nothing was understood) and `Confidence` (0 to 1). Its document goes on; the next verb runs when recognition or the
    request fails.
    """

    name = "GetSpeech"
    holds = (Say, Play, Pause)

    action: Annotated[str, Attribute("action", URL, "Requested with what was said.", shown=CURRENT)] = ""
    method: Annotated[Method, Attribute("method", METHOD, "How `action` is requested.")] = "POST"
    timeout: Annotated[int, Attribute("timeout", whole(1, _LONGEST_SILENCE), "Seconds of silence that end it.")] = 5
    grammar: Annotated[str, Attribute("grammar", URL, "An SRGS XML grammar of what may be said.")] = ""
    play_beep: Annotated[bool, Attribute("playBeep", FLAG, "A beep tells the caller to speak.")] = False
    language: Annotated[str, Attribute("language", LANGUAGE, "What is spoken, for recognition.")] = "en-US"

    @property
    def barge_in_keys(self) -> str:
        """None: keys mean nothing here."""
        return ""

    def listen(self, run: Run) -> None:
        """Recognition begins."""
        step = run.new_id()
        run.update(listening=step)
        run.emit(
            Listen(
                step=step,
                timeout_seconds=self.timeout,
                language=self.language,
                grammar_url=self.grammar,
                beep=self.play_beep,
            )
        )

    def on_input(self, run: Run, event: FlowEvent) -> None:
        """Takes what was heard."""
        if not isinstance(event, Heard) or event.step != run.progress.listening:
            return
        run.update(listening=0)
        if event.error is not None:
            run.fail("GETSPEECH", self.describe(), event.error)
            return
        confidence = f"{event.confidence:.2f}"
        run.log("GETSPEECH", self.describe(), f"Heard: {event.text}, confidence {confidence}")
        run.act(self.action, self.method, (("SpeechResult", event.text), ("Confidence", confidence)))
