"""A recording at a media engine, under way."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.media.errors import EngineError, MediaLostError
from cordboard.edge.media.protocol import MediaEvent, PauseRecord, Record, RecordEnded, StopRecord
from cordboard.edge.media.wav_writer import recover_recording


class RunningRecord:
    """A recording under way; `ended` has its end."""

    def __init__(self, router: MediaRouter, record: Record, ended: asyncio.Future[MediaEvent]) -> None:
        self._router = router
        self._record = record
        self._ended = ended

    @classmethod
    async def start(cls, router: MediaRouter, record: Record) -> RunningRecord:
        """Begins it. Raises EngineError."""
        running = cls(router, record, router.expect(f"record:{record.record}"))
        try:
            await router.client.request(record)
        except asyncio.CancelledError:
            await asyncio.shield(running.stop())
            raise
        except EngineError:
            router.forget(f"record:{record.record}")
            raise
        return running

    async def wait(self) -> RecordEnded:
        """Its end; what a lost engine had written of it is completed. Raises EngineError when that is nothing."""
        try:
            event = await asyncio.shield(self._ended)
        except MediaLostError:
            return await self._recover()
        if not isinstance(event, RecordEnded):
            raise MediaLostError("the engine ended a recording with another event")
        return event

    async def _recover(self) -> RecordEnded:
        path = self._record.path
        written = await asyncio.to_thread(recover_recording, Path(path))
        if not written:
            raise MediaLostError("the media engine is gone, and nothing was recorded")
        return RecordEnded(
            record=self._record.record, path=path, reason="failed", duration_ms=written, voiced_ms=written
        )

    async def stop(self) -> None:
        """Ends it; `wait` tells when it is complete."""
        with contextlib.suppress(EngineError):  # the engine, or the leg, has gone: so has the recording
            await self._router.client.request(StopRecord(self._record.record))

    async def pause(self, *, paused: bool) -> None:
        """Pauses or resumes it."""
        await self._router.client.request(PauseRecord(self._record.record, paused))
