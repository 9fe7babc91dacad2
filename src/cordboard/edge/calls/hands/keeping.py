"""A recording of somebody while something lasts: a talk, a conference."""

from __future__ import annotations

import asyncio
from typing import Self

from cordboard.domain.voice.models import Recording
from cordboard.edge.calls.hands.port import Flow
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.recordings import FileFormat, Recorder
from cordboard.edge.calls.running_record import RunningRecord
from cordboard.edge.media.protocol import Direction


class LastingRecording:
    """Begun already. It is kept also when nobody asks for it any more: the call is not over before."""

    def __init__(self, running: RunningRecord, keeping: asyncio.Task[Recording | None]) -> None:
        self._running = running
        self._keeping = keeping

    @classmethod
    async def begin(
        cls,
        flow: Flow,
        recorder: Recorder,
        party: Party,
        *,
        direction: Direction = "both",
        file_format: FileFormat = "mp3",
        callback_url: str = "",
        callback_method: str = "POST",
    ) -> Self:
        """Raises EngineError."""
        running = await recorder.begin(party.record, party.media, direction=direction)
        keeping = recorder.keep_ended(
            party.record,
            running,
            direction=direction,
            file_format=file_format,
            callback_url=callback_url,
            callback_method=callback_method,
        )
        return cls(running, flow.keep(keeping))

    async def stop(self) -> None:
        """What it was about is over."""
        await self._running.stop()

    async def url(self) -> str:
        """Where it can be fetched once it is kept; empty when it could not be."""
        kept = await asyncio.shield(self._keeping)
        return kept.url if kept else ""
