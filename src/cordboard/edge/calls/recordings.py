"""Recordings of calls: from a running one to a file that a customer can fetch, its row, its callback, its words."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import structlog

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.errors import CallNotFoundError
from cordboard.domain.voice.models import CallRecord, Recording
from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.calls.running_record import RunningRecord
from cordboard.edge.calls.services import CallServices
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Direction, RecordEnded
from cordboard.edge.media.wav_writer import HEADER_SIZE, recover_recording
from cordboard.infra.blobs import BlobStoreError
from cordboard.infra.processes import is_alive
from cordboard.infra.speech.port import SpeechError, Transcript
from cordboard.kit.backoff import exponential
from cordboard.wire.audio.frames import SAMPLES_PER_MS

_LONGEST_PAUSE: Final = 60.0
_log = structlog.get_logger(__name__)

FileFormat = Literal["mp3", "wav"]


class NotStoredError(SpeechError):
    """A recording is as it should be, but its store is away."""


@dataclass(frozen=True, slots=True)
class Transcribing:
    """A recording is to be made text, and who is told."""

    callback_url: str = ""


class Recorder:
    """Begins recordings and keeps them when they have ended."""

    def __init__(self, services: CallServices) -> None:
        self._services = services

    async def begin(
        self,
        call: CallRecord,
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
            str(self._new_path(call, direction)),
            direction=direction,
            max_seconds=max_seconds,
            silence_seconds=silence_seconds,
            stop_keys=stop_keys,
            trim_silence=trim_silence,
        )

    def _new_path(self, call: CallRecord, direction: str) -> Path:
        """Where a recording is written while it runs: its name tells whose it is, should this process die."""
        self._services.recordings.mkdir(parents=True, exist_ok=True)
        name = f"{call.account_id.hex}_{call.id.hex}_{direction}_{self._services.ids.token(9)}.wav"
        return self._services.recordings / name

    async def recover(self) -> int:
        """Keeps what dead processes of this machine had recorded; answers how many recordings. Theirs are in folders
        named by their process ids, beside ours. What cannot be stored now is left to the next start.
        """
        kept = 0
        for folder in await asyncio.to_thread(_left_folders, self._services.recordings):
            try:
                for path in sorted(folder.glob("*.wav*")):
                    kept += await self._recover(path)
            except NotStoredError as error:
                _log.warning("recording.store_away", error=str(error))
                continue
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return kept

    async def _recover(self, path: Path) -> bool:
        wav = path if path.suffix == ".wav" else path.with_suffix("")
        await asyncio.to_thread(recover_recording, wav)
        account, call_id, direction, _ = wav.stem.split("_", 3)
        try:
            async with self._services.database.transaction() as tx:
                call = await self._services.voice.get(tx, UUID(account), UUID(call_id))
            seconds_ms = await asyncio.to_thread(_length_ms, wav)
            ended = RecordEnded(record="", path=str(wav), reason="failed", duration_ms=seconds_ms, voiced_ms=seconds_ms)
            await self.keep(call, ended, direction=direction)
            await forget(ended)
        except NotStoredError:
            raise
        except (CallNotFoundError, SpeechError, OSError, ValueError) as error:
            _log.warning("recording.not_recovered", file=wav.name, error=str(error))
            return False
        return True

    async def keep(
        self,
        call: CallRecord,
        ended: RecordEnded,
        *,
        direction: str = "both",
        file_format: FileFormat = "mp3",
        callback_url: str = "",
        callback_method: str = "POST",
        patient: bool = False,
    ) -> Recording:
        """Stores an ended recording under an unguessable name, writes its row, tells its callback. The WAV file stays
        until `forget`, for those who hear or transcribe it. `patient`: waits for a store that is away. Raises
        SpeechError when it cannot be converted, NotStoredError.
        """
        wav = Path(ended.path)
        file = wav if file_format == "wav" else await self._services.clips.to_mp3(wav)
        size = (await asyncio.to_thread(file.stat)).st_size
        url = await self._store(f"{self._services.ids.token(24)}.{file_format}", file, patient)
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
            size=size,
            callback_url=callback_url,
            metadata=call.metadata,
        )
        async with self._services.database.transaction() as tx:
            await self._services.voice.keep_recording(tx, recording, call.kind, ended.key or "", callback_method)
        return recording

    async def _store(self, name: str, file: Path, patient: bool) -> str:
        attempt = 0
        while True:
            try:
                return await self._services.blobs.put_file(name, file)
            except BlobStoreError as error:
                if not patient:
                    raise NotStoredError(str(error)) from error
                _log.warning("recording.store_away", error=str(error))
            await asyncio.sleep(exponential(attempt, base=1, ceiling=_LONGEST_PAUSE))
            attempt += 1

    async def transcribe(self, recording: Recording, wav: Path) -> Transcript:
        """What was said in a kept recording, written into its row. Raises SpeechError."""
        transcript = await self._services.transcriber.transcribe(wav)
        async with self._services.database.transaction() as tx:
            await self._services.voice.set_transcription(tx, recording.account_id, recording.id, transcript.text)
        return transcript

    async def keep_ended(
        self,
        call: CallRecord,
        running: RunningRecord,
        *,
        direction: str = "both",
        file_format: FileFormat = "mp3",
        callback_url: str = "",
        callback_method: str = "POST",
        transcript: Transcribing | None = None,
    ) -> Recording | None:
        """Waits for a recording's end and keeps it, however long its store is away; None, and a line in the log, when
        it cannot be kept. Cut off before that, it leaves the WAV file, which the next start of a voice process keeps.
        """
        try:
            ended = await running.wait()
        except EngineError as error:
            _log.warning("recording.lost", call=str(call.id), error=str(error))
            return None
        try:
            kept = await self.keep(
                call,
                ended,
                direction=direction,
                file_format=file_format,
                callback_url=callback_url,
                callback_method=callback_method,
                patient=True,
            )
        except SpeechError as error:
            _log.warning("recording.not_kept", call=str(call.id), error=str(error))
            await forget(ended)
            return None
        try:
            if transcript is not None:
                await self._tell_words(kept, Path(ended.path), transcript)
        finally:
            await forget(ended)
        return kept

    async def _tell_words(self, kept: Recording, wav: Path, asked: Transcribing) -> None:
        """Transcribes a recording and tells whoever asked, also that it cannot be done."""
        text, status = "", "success"
        try:
            text = (await self.transcribe(kept, wav)).text
        except SpeechError as error:
            _log.info("recording.not_transcribed", call=str(kept.call_id), error=str(error))
            status = "failure"
        await self._services.ledger.tell(
            Callback(
                account_id=kept.account_id,
                call_id=kept.call_id,
                url=asked.callback_url,
                parameters=[
                    ("AccountSid", str(kept.account_id)),
                    ("CallSid", str(kept.call_id)),
                    ("TranscriptionSid", str(self._services.ids.time_uuid())),
                    ("TranscriptionText", text),
                    ("TranscriptionStatus", status),
                    ("RecordingSid", str(kept.id)),
                ],
            )
        )


def _left_folders(own: Path) -> list[Path]:
    if not own.parent.is_dir():
        return []
    others = [folder for folder in own.parent.iterdir() if folder != own and folder.name.isdecimal()]
    return [folder for folder in others if not is_alive(int(folder.name))]


def _length_ms(wav: Path) -> int:
    return max(0, wav.stat().st_size - HEADER_SIZE) // 2 // SAMPLES_PER_MS


async def forget(ended: RecordEnded) -> None:
    """Removes the working file of a recording."""
    await asyncio.to_thread(Path(ended.path).unlink, missing_ok=True)
