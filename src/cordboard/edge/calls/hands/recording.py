"""Record: of the caller, in the way of the flow or beside it."""

from __future__ import annotations

from pathlib import Path

from cordboard.domain.voice.models import Recording as KeptRecording
from cordboard.edge.calls.hands.hearing import Hearing
from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.edge.calls.hands.steps import Steps
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.running_record import RunningRecord
from cordboard.edge.calls.sounds import BEEP
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import RecordEnded
from cordboard.engines.callflow.commands import Abandon, Record
from cordboard.engines.callflow.events import Recorded, Transcribed
from cordboard.infra.speech.port import SpeechError


class Recording:
    """Begins, waits, keeps, transcribes."""

    def __init__(self, flow: Flow, recorder: Recorder, hearing: Hearing) -> None:
        self._flow = flow
        self._recorder = recorder
        self._hearing = hearing
        self._starting: Steps[RunningRecord] = Steps()
        self._running: dict[int, RunningRecord] = {}
        self._files: list[Path] = []

    def background(self) -> Handlers:
        """Those that take time."""
        return {Record: self.record}

    def immediate(self) -> Handlers:
        """Those that do not."""
        return {Abandon: self.abandon}

    async def record(self, command: Record) -> Recorded | None:
        """Until it ends by itself, by a key, or with the call; None when it was given up before it began."""
        try:
            running = await self._starting.run(command.step, self._begin(command))
            if running is None:
                return None
            self._running[command.step] = running
            ended = await running.wait()
            return await self._keep(command, ended)
        except (EngineError, SpeechError) as error:
            return Recorded(step=command.step, error=str(error))
        finally:
            self._running.pop(command.step, None)

    async def abandon(self, command: Abandon) -> None:
        """Ends a recording that the flow no longer waits for; what was recorded is kept."""
        self._starting.give_up(command.step)
        if running := self._running.get(command.step):
            await running.stop()

    def close(self) -> None:
        """The call is over: its recordings are heard no more."""
        for file in self._files:
            file.unlink(missing_ok=True)

    async def _begin(self, command: Record) -> RunningRecord:
        party = self._flow.party
        if command.beep:
            await party.media.play(BEEP)
        return await self._recorder.begin(
            party.record,
            party.media,
            direction=command.direction,
            max_seconds=command.max_seconds,
            silence_seconds=command.silence_seconds,
            stop_keys=command.stop_keys,
            trim_silence=command.trim_silence,
        )

    async def _keep(self, command: Record, ended: RecordEnded) -> Recorded:
        self._files.append(Path(ended.path))
        kept = await self._recorder.keep(
            self._flow.party.record, ended, direction=command.direction, file_format=command.file_format
        )
        self._hearing.last_recording = ended.path
        if command.transcribe:
            self._flow.spawn(self._transcribe(command.step, kept, Path(ended.path)))
        return Recorded(
            step=command.step,
            recording_sid=str(kept.id),
            url=kept.url,
            seconds=kept.seconds,
            digits=ended.key or "",
        )

    async def _transcribe(self, step: int, kept: KeptRecording, wav: Path) -> Transcribed:
        sid = str(self._flow.services.ids.time_uuid())
        try:
            transcript = await self._recorder.transcribe(kept, wav)
        except SpeechError as error:
            return Transcribed(step=step, transcription_sid=sid, recording_sid=str(kept.id), error=str(error))
        return Transcribed(step=step, transcription_sid=sid, recording_sid=str(kept.id), text=transcript.text)
