"""LeaveVoicemail: greeting, beep, recording, into a number's mailbox."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec
import structlog

from cordboard.domain.voice.models import CallRecord
from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.edge.calls.recordings import Recorder, forget
from cordboard.edge.calls.sounds import BEEP, DEFAULT_VOICE, Sounds
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip, RecordEnded
from cordboard.engines.callflow.commands import LeaveVoicemail
from cordboard.engines.callflow.events import Recorded
from cordboard.infra.db import Tx
from cordboard.infra.speech.port import SpeechError

_log = structlog.get_logger(__name__)


class MailboxRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a number takes messages. Of `greeting_url` and `greeting_text` the first that is there is heard."""

    greeting_text: str = ""
    greeting_url: str = ""
    voice: str = DEFAULT_VOICE
    most_seconds: int = 180
    transcribe: bool = False


class Mailboxes(Protocol):
    """The mailboxes of numbers (`domain.voicemail`)."""

    async def rules(self, tx: Tx, account_id: UUID, number: str) -> MailboxRules:
        """How a number takes messages; the defaults where nothing was set."""
        ...

    async def keep(
        self,
        tx: Tx,
        call: CallRecord,
        number: str,
        recording_id: UUID,
        seconds: int,
        url: str,
        *,
        transcription_follows: bool,
    ) -> None:
        """Puts a message into the mailbox; with its transcription to come, it is announced when that is there."""
        ...

    async def transcribed(self, tx: Tx, account_id: UUID, recording_id: UUID, text: str | None) -> None:
        """What was said in a message; None: it cannot be told."""
        ...


class Mailbox:
    """Takes a message."""

    def __init__(self, flow: Flow, mailboxes: Mailboxes, sounds: Sounds, recorder: Recorder) -> None:
        self._flow = flow
        self._mailboxes = mailboxes
        self._sounds = sounds
        self._recorder = recorder

    def background(self) -> Handlers:
        """The one command."""
        return {LeaveVoicemail: self.leave}

    async def leave(self, command: LeaveVoicemail) -> Recorded:
        """Until the caller hangs up, is silent, or presses #."""
        services, party = self._flow.services, self._flow.party
        async with services.database.transaction() as tx:
            rules = await self._mailboxes.rules(tx, party.record.account_id, command.mailbox)
        try:
            await party.media.play(await self._greeting(rules))
            await party.media.play(BEEP)
            running = await self._recorder.begin(
                party.record,
                party.media,
                direction="in",
                max_seconds=rules.most_seconds,
                silence_seconds=services.timing.message_silence,
                stop_keys="#",
            )
            ended = await running.wait()
        except (EngineError, SpeechError) as error:
            return Recorded(step=command.step, error=str(error))
        try:
            return await self._keep(command, rules, ended)
        except SpeechError as error:
            return Recorded(step=command.step, error=str(error))
        finally:
            await forget(ended)

    async def _keep(self, command: LeaveVoicemail, rules: MailboxRules, ended: RecordEnded) -> Recorded:
        """The message is safe before its words are looked for."""
        if not ended.voiced_ms:
            return Recorded(step=command.step, error="the caller left no message")
        call, database = self._flow.party.record, self._flow.services.database
        kept = await self._recorder.keep(call, ended, direction="in")
        async with database.transaction() as tx:
            await self._mailboxes.keep(
                tx, call, command.mailbox, kept.id, kept.seconds, kept.url, transcription_follows=rules.transcribe
            )
        if rules.transcribe:
            said = await self._words(Path(ended.path))
            async with database.transaction() as tx:
                await self._mailboxes.transcribed(tx, call.account_id, kept.id, said)
        return Recorded(
            step=command.step, recording_sid=str(kept.id), url=kept.url, seconds=kept.seconds, digits=ended.key or ""
        )

    async def _greeting(self, rules: MailboxRules) -> list[Clip]:
        if rules.greeting_url:
            return await self._sounds.url(rules.greeting_url)
        return await self._sounds.say(rules.greeting_text, rules.voice)

    async def _words(self, wav: Path) -> str | None:
        try:
            return (await self._flow.services.transcriber.transcribe(wav)).text
        except SpeechError as error:
            _log.info("voicemail.not_transcribed", call=str(self._flow.party.record.id), error=str(error))
            return None
