"""PlayLastRecording: what the caller has just said."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.verbs.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayLastRecording(Prompt):
    """Plays the last recording of this call. Where there is none the next verb runs."""

    name = "PlayLastRecording"

    def start(self, run: Run, stop_keys: str) -> bool:
        """The host knows the recording."""
        run.play("", loops=1, stop_keys=stop_keys)
        return True
