"""Recordings of calls: from a running one to a file that a customer can fetch, its row, its callback, its words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import structlog

from cordboard.domain.voice.models import CallRecord, Recording
from cordboard.edge.calls.media_leg import MediaLeg, RunningRecord
from cordboard.edge.calls.services import CallServices
from cordboard.edge.media.protocol import Direction, RecordEnded
from cordboard.infra.speech.port import SpeechError, Transcript

_log = structlog.get_logger(__name__)

FileFormat = Literal["mp3", "wav"]


class Recorder:
    """Begins recordings and keeps them when they have ended."""

    def __init__(self, services: CallServices) -> None:
        self._services = services

    async def begin(
        self,
        leg: MediaLeg,
        *,
        direction: Direction = "both",
        max_seconds: float = 3600,
        silence_seconds: float | None = None,
        stop_keys: str = "",
        trim_silence: bool = False,
    ) -> RunningRecord:
        """Records a leg. Raises EngineError."""
        return await leg.record(
            str(self.new_path()),
            direction=direction,
            max_seconds=max_seconds,
            silence_seconds=silence_seconds,
            stop_keys=stop_keys,
            trim_silence=trim_silence,
        )

    def new_path(self) -> Path:
        """Where a recording is written while it runs."""
        self._services.recordings.mkdir(parents=True, exist_ok=True)
        return self._services.recordings / f"{self._services.ids.token(18)}.wav"

    async def keep(
        self,
        call: CallRecord,
        ended: RecordEnded,
        *,
        direction: str = "both",
        file_format: FileFormat = "mp3",
        callback_url: str = "",
    ) -> Recording:
        """Stores an ended recording under an unguessable name, writes its row, tells its callback. The WAV file stays
        until `forget`, for those who hear or transcribe it. Raises SpeechError when it cannot be converted.
        """
        wav = Path(ended.path)
        file = wav if file_format == "wav" else await self._services.clips.to_mp3(wav)
        data = await asyncio.to_thread(file.read_bytes)
        url = await self._services.blobs.put(f"{self._services.ids.token(24)}.{file_format}", data)
        if file != wav:
            await asyncio.to_thread(file.unlink, missing_ok=True)
        recording_id, created_at = self._services.voice.new_recording_id()
        recording = Recording(
            account_id=call.account_id,
            id=recording_id,
            created_at=created_at,
            call_id=call.id,
            parent_call_id=call.parent_call_id,
            direction=direction,
            file_format=file_format,
            seconds=round(ended.duration_ms / 1000),
            url=url,
            size=len(data),
            callback_url=callback_url,
            metadata=call.metadata,
        )
        async with self._services.database.transaction() as tx:
            await self._services.voice.keep_recording(tx, recording, call.kind, ended.key or "")
        return recording

    async def transcribe(self, recording: Recording, wav: Path) -> Transcript:
        """What was said in a kept recording, written into its row. Raises SpeechError."""
        transcript = await self._services.transcriber.transcribe(wav)
        async with self._services.database.transaction() as tx:
            await self._services.voice.set_transcription(tx, recording.account_id, recording.id, transcript.text)
        return transcript

    async def record_call(
        self, call: CallRecord, leg: MediaLeg, *, callback_url: str, transcribe: bool = False, limit: float = 3600
    ) -> None:
        """Records a call from now until it ends, and keeps it."""
        running = await self.begin(leg, max_seconds=limit)
        ended = await running.wait()
        try:
            recording = await self.keep(call, ended, callback_url=callback_url)
            if transcribe:
                await self.transcribe(recording, Path(ended.path))
        except SpeechError as error:
            _log.warning("recording.not_kept", call=str(call.id), error=str(error))
        finally:
            await forget(ended)


async def forget(ended: RecordEnded) -> None:
    """Removes the working file of a recording."""
    await asyncio.to_thread(Path(ended.path).unlink, missing_ok=True)
