"""Listen: what the caller says, recognised."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from cordboard.edge.calls.hands.flow import Flow, Handlers
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.sounds import BEEP
from cordboard.edge.media.errors import EngineError
from cordboard.engines.callflow.commands import Listen, StopListening
from cordboard.engines.callflow.events import Heard
from cordboard.infra.speech.port import SpeechError

_LONGEST_SECONDS: Final = 60.0


class Listening:
    """Records what is said until silence, then has it transcribed."""

    def __init__(self, flow: Flow, recorder: Recorder) -> None:
        self._flow = flow
        self._recorder = recorder
        self._tasks: dict[int, asyncio.Task[Heard]] = {}

    def background(self) -> Handlers:
        """Those that take time."""
        return {Listen: self.listen}

    def immediate(self) -> Handlers:
        """Those that do not."""
        return {StopListening: self.stop}

    async def listen(self, command: Listen) -> Heard | None:
        """None when it was stopped."""
        task = asyncio.create_task(self._hear(command))
        self._tasks[command.step] = task
        try:
            return await task
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            return None
        finally:
            task.cancel()
            self._tasks.pop(command.step, None)

    async def stop(self, command: StopListening) -> None:
        """No `Heard` follows."""
        if task := self._tasks.get(command.step):
            task.cancel()

    async def _hear(self, command: Listen) -> Heard:
        wav: Path | None = None
        try:
            if command.beep:
                await self._flow.party.media.play(BEEP)
            running = await self._recorder.begin(
                self._flow.party.record,
                self._flow.party.media,
                direction="in",
                max_seconds=_LONGEST_SECONDS,
                silence_seconds=command.timeout_seconds,
            )
            try:
                ended = await running.wait()
            except asyncio.CancelledError:
                await running.stop()
                raise
            wav = Path(ended.path)
            if not ended.voiced_ms:
                return Heard(step=command.step)
            heard = await self._flow.services.transcriber.transcribe(
                wav, language=command.language, hints=command.hints
            )
        except (EngineError, SpeechError) as error:
            return Heard(step=command.step, error=str(error))
        finally:
            if wav is not None:
                wav.unlink(missing_ok=True)
        return Heard(step=command.step, text=heard.text, confidence=heard.confidence or 0.0)
