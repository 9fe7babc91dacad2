"""Hangup: the end, now or later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from cordboard.engines.callflow import commands
from cordboard.engines.callflow.attributes import Attribute, text, whole
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb

_LONGEST_CALL: Final = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup(Verb):
    """Ends the call; with `schedule` it does so after that time, while the following verbs run. A call that has not
    been answered is refused.
    """

    name = "Hangup"
    needs_media = False

    schedule: Annotated[int, Attribute("schedule", whole(0, _LONGEST_CALL), "Seconds from now.")] = 0
    reason: Annotated[str, Attribute("reason", text(100), "Kept with the call.")] = ""

    def begin(self, run: Run) -> None:
        """Now, or by the host's timer."""
        if self.schedule:
            run.emit(commands.Hangup(after_seconds=self.schedule, reason=self.reason or "Hangup"))
            run.log("HANGUP", self.describe(), f"Hanging up in {self.schedule} s")
            run.done()
            return
        run.log("HANGUP", self.describe(), "Hanging up")
        run.hang_up(self.reason or "Hangup")
