"""What parties hear: words, URLs and tones as clips for the media engine."""

from __future__ import annotations

from typing import Final

from cordboard.edge.calls.services import Clips
from cordboard.edge.media.protocol import Clip, FileClip, SilenceClip, ToneClip
from cordboard.infra.speech.port import Speaker, SpeechError, Utterance
from cordboard.infra.speech.ssml import SsmlError, without_tags
from cordboard.wire.audio.tones import SCHEME, MalformedToneError, Pause, parse_tone_script

DEFAULT_VOICE: Final = "en-us-standard-female-1"
RINGBACK: Final[tuple[Clip, ...]] = (ToneClip((440.0, 480.0), 2000, 4000),)
"""The ring that a North American caller hears."""

BUSY: Final[tuple[Clip, ...]] = (ToneClip((480.0, 620.0), 500, 500),)
BEEP: Final[tuple[Clip, ...]] = (ToneClip((1000.0,), 300), SilenceClip(100))
ENTER: Final[tuple[Clip, ...]] = (ToneClip((660.0,), 120), ToneClip((880.0,), 160))
LEAVE: Final[tuple[Clip, ...]] = (ToneClip((880.0,), 120), ToneClip((660.0,), 160))
HOLD_MUSIC: Final[tuple[Clip, ...]] = (
    ToneClip((261.6, 329.6, 392.0), 1600, 200),
    ToneClip((220.0, 261.6, 329.6), 1600, 200),
    ToneClip((174.6, 220.0, 261.6), 1600, 200),
    ToneClip((196.0, 246.9, 293.7), 1600, 600),
)
"""Four plain chords: what waits without a `waitUrl` hears."""

_MOST_LOOPS: Final = 100


class Sounds:
    """Turns what a document names into clips."""

    def __init__(self, speaker: Speaker, clips: Clips) -> None:
        self._speaker = speaker
        self._clips = clips

    async def say(self, text: str, voice: str = DEFAULT_VOICE, *, ssml: bool = False) -> list[Clip]:
        """A text spoken; broken SSML as plain text, for words are better than none. Raises SpeechError."""
        utterance = Utterance(text=text, voice=voice, ssml=ssml)
        try:
            path = await self._speaker.render(utterance)
        except SsmlError:
            path = await self._speaker.render(without_tags(utterance))
        return [FileClip(str(path))]

    async def url(self, url: str) -> list[Clip]:
        """What a URL holds, or the tones that a `tone_stream://` describes. Raises SpeechError."""
        if url.startswith(SCHEME):
            return _tones(url)
        return [FileClip(str(await self._clips.fetch(url)))]


def _tones(stream: str) -> list[Clip]:
    """The clips of a tone script; its loops are written out, for those of a play are the verb's."""
    try:
        script = parse_tone_script(stream)
    except MalformedToneError as error:
        raise SpeechError(str(error)) from error
    clips: list[Clip] = [
        SilenceClip(step.ms) if isinstance(step, Pause) else ToneClip(step.frequencies, step.on_ms, step.off_ms)
        for step in script.steps
    ]
    return clips * min(max(script.loops, 1), _MOST_LOOPS)
