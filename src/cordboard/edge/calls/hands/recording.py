"""Record: of the caller, in the way of the flow or beside it."""

from __future__ import annotations

from pathlib import Path

from cordboard.domain.voice.models import Recording as KeptRecording
from cordboard.edge.calls.hands.flow import Flow, Handlers
from cordboard.edge.calls.hands.hearing import Hearing
from cordboard.edge.calls.media_leg import RunningRecord
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.sounds import BEEP
from cordboard.edge.media.errors import EngineError
from cordboard.engines.callflow.commands import Abandon, Record
from cordboard.engines.callflow.events import Recorded, Transcribed
from cordboard.infra.speech.port import SpeechError


class Recording:
    """Begins, waits, keeps, transcribes."""

    def __init__(self, flow: Flow, recorder: Recorder, hearing: Hearing) -> None:
        self._flow = flow
        self._recorder = recorder
        self._hearing = hearing
        self._running: dict[int, RunningRecord] = {}

    def background(self) -> Handlers:
        """Those that take time."""
        return {Record: self.record}

    def immediate(self) -> Handlers:
        """Those that do not."""
        return {Abandon: self.abandon}

    async def record(self, command: Record) -> Recorded:
        """Until it ends by itself, by a key, or with the call."""
        try:
            if command.beep:
                await self._flow.party.media.play(BEEP)
            running = await self._recorder.begin(
                self._flow.party.record,
                self._flow.party.media,
                direction=command.direction,
                max_seconds=command.max_seconds,
                silence_seconds=command.silence_seconds,
                stop_keys=command.stop_keys,
                trim_silence=command.trim_silence,
            )
            self._running[command.step] = running
            ended = await running.wait()
            self._running.pop(command.step, None)
            kept = await self._recorder.keep(
                self._flow.party.record, ended, direction=command.direction, file_format=command.file_format
            )
        except (EngineError, SpeechError) as error:
            return Recorded(step=command.step, error=str(error))
        self._remember(ended.path)
        if command.transcribe:
            self._flow.spawn(self._transcribe(command.step, kept, Path(ended.path)))
        return Recorded(
            step=command.step,
            recording_sid=str(kept.id),
            url=kept.url,
            seconds=kept.seconds,
            digits=ended.key or "",
        )

    async def abandon(self, command: Abandon) -> None:
        """Ends a recording that the flow no longer waits for."""
        if running := self._running.get(command.step):
            await running.stop()

    def close(self) -> None:
        """The call is over: its last recording is heard no more."""
        if self._hearing.last_recording is not None:
            Path(self._hearing.last_recording).unlink(missing_ok=True)

    def _remember(self, path: str) -> None:
        self.close()
        self._hearing.last_recording = path

    async def _transcribe(self, step: int, kept: KeptRecording, wav: Path) -> Transcribed:
        sid = str(self._flow.services.ids.time_uuid())
        try:
            transcript = await self._recorder.transcribe(kept, wav)
        except SpeechError as error:
            return Transcribed(step=step, transcription_sid=sid, recording_sid=str(kept.id), error=str(error))
        return Transcribed(step=step, transcription_sid=sid, recording_sid=str(kept.id), text=transcript.text)
