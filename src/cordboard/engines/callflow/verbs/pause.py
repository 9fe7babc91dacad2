"""Pause: some seconds of nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cordboard.engines.callflow.attributes import Attribute, whole
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.verbs.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Prompt):
    """Waits. It does not answer the call: before the first verb that does, the caller hears it ring that long."""

    name = "Pause"
    needs_media = False

    length: Annotated[int, Attribute("length", whole(1, 99998), "Seconds to wait.")] = 1

    def start(self, run: Run, stop_keys: str) -> bool:
        """A timer runs; a key ends it where the verb around it says so."""
        run.log("PAUSE", f"Length: {self.length}", f"Waiting {self.length} s")
        run.set_timer(self.length)
        return True
