"""Listen: what the caller says, recognised."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.edge.calls.hands.steps import Steps
from cordboard.edge.calls.recordings import Recorder, forget
from cordboard.edge.calls.sounds import BEEP
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import RecordEnded
from cordboard.engines.callflow.commands import Listen, StopListening
from cordboard.engines.callflow.events import Heard
from cordboard.infra.speech.port import SpeechError

_LONGEST_SECONDS: Final = 60.0


class Listening:
    """Records what is said until silence, then has it transcribed."""

    def __init__(self, flow: Flow, recorder: Recorder) -> None:
        self._flow = flow
        self._recorder = recorder
        self._steps: Steps[Heard] = Steps()

    def background(self) -> Handlers:
        """Those that take time."""
        return {Listen: self.listen}

    def immediate(self) -> Handlers:
        """Those that do not."""
        return {StopListening: self.stop}

    async def listen(self, command: Listen) -> Heard | None:
        """None when it was stopped."""
        return await self._steps.run(command.step, self._hear(command))

    async def stop(self, command: StopListening) -> None:
        """No `Heard` follows."""
        self._steps.give_up(command.step)

    async def _hear(self, command: Listen) -> Heard:
        try:
            if command.beep:
                await self._flow.party.media.play(BEEP)
            ended = await self._record(command)
        except EngineError as error:
            return Heard(step=command.step, error=str(error))
        try:
            return await self._understand(command, ended)
        finally:
            await forget(ended)

    async def _record(self, command: Listen) -> RecordEnded:
        running = await self._recorder.begin(
            self._flow.party.record,
            self._flow.party.media,
            direction="in",
            max_seconds=_LONGEST_SECONDS,
            silence_seconds=command.timeout_seconds,
        )
        try:
            return await running.wait()
        except asyncio.CancelledError:
            await running.stop()
            await forget(await running.wait())
            raise

    async def _understand(self, command: Listen, ended: RecordEnded) -> Heard:
        if not ended.voiced_ms:
            return Heard(step=command.step)
        try:
            heard = await self._flow.services.transcriber.transcribe(
                Path(ended.path), language=command.language, hints=command.hints
            )
        except SpeechError as error:
            return Heard(step=command.step, error=str(error))
        return Heard(step=command.step, text=heard.text, confidence=heard.confidence or 0.0)
