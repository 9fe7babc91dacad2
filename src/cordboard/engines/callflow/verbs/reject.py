"""Reject: a call that is not wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from cordboard.engines.callflow import commands
from cordboard.engines.callflow.attributes import Attribute, choice
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb

Reason = Literal["rejected", "busy"]

_REASONS: Final[tuple[Reason, ...]] = ("rejected", "busy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Verb):
    """Refuses an inbound call unanswered and unbilled; the caller hears that it is busy, or not in service. Of use as
    the first verb: once the call is answered it is hung up instead.
    """

    name = "Reject"
    needs_media = False

    reason: Annotated[Reason, Attribute("reason", choice(_REASONS), "What the caller hears.")] = "rejected"

    def begin(self, run: Run) -> None:
        """The end of the flow."""
        if run.state.answered:
            fix = "the call has been answered and is hung up; put Reject before anything that is heard"
            run.log("REJECT", self.describe(), fix, success=False)
            run.hang_up("Reject")
            return
        run.log("REJECT", self.describe(), f"Refused: {self.reason}")
        run.emit(commands.Reject(self.reason))
        run.end()
