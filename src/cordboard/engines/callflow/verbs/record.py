"""Record: the call, or what the caller says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from cordboard.engines.callflow import commands
from cordboard.engines.callflow.attributes import (
    DIRECTION,
    FILE_FORMAT,
    FLAG,
    KEYS,
    METHOD,
    TRUE_ONLY,
    URL,
    Attribute,
    Direction,
    FileFormat,
    choice,
    whole,
)
from cordboard.engines.callflow.commands import Method, Parameters
from cordboard.engines.callflow.events import FlowEvent, Recorded
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.state import BackgroundRecording, Transcription
from cordboard.engines.callflow.tags import Verb
from cordboard.engines.callflow.verbs.gather import CURRENT

Quality = Literal["auto", "silver", "gold", "platinum"]

MOST_AT_A_TIME: Final = 8
_LONGEST: Final = 14400
_QUALITIES: Final[tuple[Quality, ...]] = ("auto", "silver", "gold", "platinum")
_RATES: Final[tuple[Literal["8000", "16000", "32000", "48000"], ...]] = ("8000", "16000", "32000", "48000")
_NO_EFFECT: Final = "Accepted; has no effect."
_BACKGROUND_DOC: Final = (
    "true: the next verb runs at once and the call is recorded meanwhile; `timeout`, `finishOnKey` and `playBeep` mean"
    " nothing, and `action` is only told. false: the caller is recorded first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Verb):
    """Records, in the background unless `background="false"` is written. When the recording is stored `action` is told
    `RecordingSid`, `RecordingUrl`, `RecordingDuration` (seconds) and `Digits` (the key that ended it). After a
    recording that was waited for the document of `action` goes on, also told when the caller has hung up meanwhile.

    `transcribeCallback` is told `TranscriptionSid`, `TranscriptionText`, `TranscriptionStatus` (success or failure) and
    `RecordingSid`.
    """

    name = "Record"

    action: Annotated[str, Attribute("action", URL, "Told about the recording.", shown=CURRENT)] = ""
    method: Annotated[Method, Attribute("method", METHOD, "How `action` is requested.")] = "POST"
    timeout: Annotated[int, Attribute("timeout", whole(1, _LONGEST), "Seconds of silence that end it.")] = 5
    finish_on_key: Annotated[str, Attribute("finishOnKey", KEYS, "Keys that end it.")] = "#"
    max_length: Annotated[int, Attribute("maxLength", whole(1, _LONGEST), "Seconds after which it ends.")] = 3600
    play_beep: Annotated[bool, Attribute("playBeep", FLAG, "A beep tells the caller to speak.")] = False
    file_format: Annotated[FileFormat, Attribute("fileFormat", FILE_FORMAT, "What is stored.")] = "mp3"
    background: Annotated[bool, Attribute("background", FLAG, _BACKGROUND_DOC)] = True
    trim_silence: Annotated[bool, Attribute("trimSilence", TRUE_ONLY, "Leading silence is cut off.")] = False
    direction: Annotated[
        Direction, Attribute("direction", DIRECTION, "The caller (in), what it hears (out), or both.")
    ] = "both"
    transcribe: Annotated[bool, Attribute("transcribe", FLAG, "The recording is made text.")] = False
    transcribe_callback: Annotated[str, Attribute("transcribeCallback", URL, "Told the text.", shown=CURRENT)] = ""
    transcribe_quality: Annotated[Quality, Attribute("transcribeQuality", choice(_QUALITIES), _NO_EFFECT)] = "auto"
    both_legs: Annotated[bool, Attribute("bothLegs", FLAG, 'The same as `direction="both"`.')] = False
    slice_start: Annotated[int | None, Attribute("sliceStart", whole(0, _LONGEST), _NO_EFFECT)] = None
    slice_duration: Annotated[int | None, Attribute("sliceDuration", whole(1, _LONGEST), _NO_EFFECT)] = None
    sample_rate: Annotated[str | None, Attribute("sampleRate", choice(_RATES), _NO_EFFECT)] = None
    lifetime: Annotated[int | None, Attribute("lifetime", whole(0, 999_999_999), _NO_EFFECT)] = None

    def begin(self, run: Run) -> None:
        """Recording begins here."""
        if self.background and len(run.state.recordings) >= MOST_AT_A_TIME:
            run.fail("RECORD", self.describe(), f"{MOST_AT_A_TIME} recordings run at a time; this one is left out")
            return
        step = run.new_id()
        run.emit(self._command(step))
        if self.transcribe:
            callback = self.transcribe_callback or run.state.document_url
            run.state.transcriptions = (*run.state.transcriptions, Transcription(step, callback))[-MOST_AT_A_TIME:]
        if not self.background:
            run.update(step=step, stoppable=True)
            return
        told = BackgroundRecording(step, self.action or run.state.document_url, self.method)
        run.state.recordings = (*run.state.recordings, told)
        run.log("RECORD", self.describe(), "Recording in the background")
        run.done()

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """The recording is stored: `action` says what next."""
        if not isinstance(event, Recorded) or not run.awaits(event):
            return
        run.update(step=0, stoppable=False)
        if event.error is not None:
            run.fail("RECORD", self.describe(), event.error)
            return
        run.log("RECORD", self.describe(), recorded_in_words(event))
        run.act(self.action, self.method, recording_parameters(event))

    def _command(self, step: int) -> commands.Record:
        waited = not self.background
        return commands.Record(
            step=step,
            background=self.background,
            direction="both" if self.both_legs else self.direction,
            file_format=self.file_format,
            max_seconds=self.max_length,
            silence_seconds=self.timeout if waited else None,
            stop_keys=self.finish_on_key if waited else "",
            beep=self.play_beep and waited,
            trim_silence=self.trim_silence,
            transcribe=self.transcribe,
        )


def recorded_in_words(event: Recorded) -> str:
    """A finished recording, for the log."""
    return f"Recorded {event.seconds} s: {event.url}"


def recording_parameters(event: Recorded) -> Parameters:
    """What an `action` is told about a finished recording."""
    return (
        ("RecordingSid", event.recording_sid),
        ("RecordingUrl", event.url),
        ("RecordingDuration", str(event.seconds)),
        ("Digits", event.digits),
    )
