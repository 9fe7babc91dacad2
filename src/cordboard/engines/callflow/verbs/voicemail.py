"""Voicemail: what routes that lead to a mailbox are compiled to. Documents cannot use it: it is not parsed."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.engines.callflow.commands import LeaveVoicemail
from cordboard.engines.callflow.events import FlowEvent, Recorded
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail(Verb):
    """The caller leaves a message in the mailbox of the number that is its text."""

    name = "route-voicemail"

    def begin(self, run: Run) -> None:
        """Greeting, beep and recording are the host's."""
        step = run.new_id()
        run.update(step=step)
        run.emit(LeaveVoicemail(step, self.text))

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """The message is kept, or there is none."""
        if isinstance(event, Recorded) and run.awaits(event):
            run.log("VOICEMAIL", f"Mailbox: {self.text}", event.error or event.url, success=event.error is None)
            run.done()
