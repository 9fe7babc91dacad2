"""Play: audio by URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from cordboard.engines.callflow.attributes import Attribute, whole
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.urls import LONGEST_URL, resolve
from cordboard.engines.callflow.verbs.prompt import Prompt
from cordboard.engines.callflow.verbs.say import MOST_LOOPS

_TONES: Final = "tone_stream://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Prompt):
    """Plays audio: mp3 or wav, best mono, 8 kHz, mu-law; or tones in FreeSWITCH's `tone_stream://` notation."""

    name = "Play"
    content = "the URL of the audio, or `tone_stream://...`"

    loop: Annotated[int, Attribute("loop", whole(0, MOST_LOOPS), "How often it is played; 0: until the call ends.")] = 1

    def start(self, run: Run, stop_keys: str) -> bool:
        """Plays, if the content names something."""
        try:
            url = _source(run.state.document_url, self.text)
        except ValueError:
            fix = "its text must be an http or https URL or tone_stream://...; nothing is played"
            run.log("PLAY", f"Play: {self.text[:LONGEST_URL]}", fix, success=False)
            return False
        run.play(url, loops=self.loop, stop_keys=stop_keys)
        return True


def _source(base: str, written: str) -> str:
    if written.startswith(_TONES) and len(written) <= LONGEST_URL:
        return written
    if not written:
        raise ValueError("no URL")
    return resolve(base, written)
