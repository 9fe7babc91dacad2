"""What a callee hears and does before it is joined with the caller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import structlog

from cordboard.edge.calls.confirming import confirm
from cordboard.edge.calls.hands.port import Flow
from cordboard.edge.calls.hands.ways import Way
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.sounds import BEEP, Sounds
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.engines.callflow.commands import Dial, DialNumber, DialUser
from cordboard.infra.speech.port import SpeechError

_log = structlog.get_logger(__name__)


class Screening:
    """Of one flow's callees."""

    def __init__(self, flow: Flow, sounds: Sounds) -> None:
        self._flow = flow
        self._sounds = sounds

    async def passes(self, command: Dial, way: Way, party: Party) -> bool:
        """Digits, greetings, the number's document, the key that takes the call: whether the callee takes it and is
        still there.
        """
        try:
            await self._send_digits(command, way, party)
            async for clips in self._greetings(command):
                await party.media.play(clips)
        except EngineError:
            return False
        if not await self._hears_document(way, party):
            return False
        if command.confirm_key:
            seconds = self._flow.services.timing.confirm
            return await confirm(party, self._sounds, command.confirm_key, command.confirm_audio_url, seconds)
        return not party.is_over

    async def _hears_document(self, way: Way, party: Party) -> bool:
        target = way.target
        if isinstance(target, DialNumber) and target.url:
            return await self._flow.screen(party, target.url, target.method)
        return True

    async def _send_digits(self, command: Dial, way: Way, party: Party) -> None:
        own = "" if isinstance(way.target, DialUser) else way.target.send_digits
        digits = own or command.send_digits
        if digits:
            await first_of(party.ended, seconds=command.send_digits_after_seconds)
            await party.media.send_digits(digits)

    async def _greetings(self, command: Dial) -> AsyncIterator[Sequence[Clip]]:
        """A greeting that cannot be had is left out, which the log tells."""
        try:
            if command.on_answer_play:
                yield await self._sounds.url(command.on_answer_play)
            if command.on_answer_say:
                yield await self._sounds.say(command.on_answer_say)
        except SpeechError as error:
            _log.info("dial.greeting_failed", call=str(self._flow.party.record.id), error=str(error))
        if command.confirm_sound:
            yield BEEP
