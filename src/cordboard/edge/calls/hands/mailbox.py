"""LeaveVoicemail: greeting, beep, recording, into a number's mailbox."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec

from cordboard.domain.voice.models import CallRecord
from cordboard.edge.calls.hands.flow import Flow, Handlers
from cordboard.edge.calls.recordings import Recorder, forget
from cordboard.edge.calls.sounds import BEEP, Sounds
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.engines.callflow.commands import LeaveVoicemail
from cordboard.engines.callflow.events import Recorded
from cordboard.infra.db import Tx
from cordboard.infra.speech.port import SpeechError

DEFAULT_GREETING = "Nobody can take your call at the moment. Please leave a message after the tone."
_SILENCE_SECONDS = 8


class MailboxRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a number takes messages. Of `greeting_url` and `greeting_text` the first that is there is heard."""

    greeting_text: str = ""
    greeting_url: str = ""
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
        transcription: str | None,
    ) -> None:
        """Puts a message into the mailbox."""
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
                party.media,
                direction="in",
                max_seconds=rules.most_seconds,
                silence_seconds=_SILENCE_SECONDS,
                stop_keys="#",
            )
            ended = await running.wait()
            try:
                if not ended.voiced_ms:
                    return Recorded(step=command.step, error="the caller left no message")
                kept = await self._recorder.keep(party.record, ended, direction="in")
                said = await self._transcribe(rules, ended.path)
            finally:
                await forget(ended)
        except (EngineError, SpeechError) as error:
            return Recorded(step=command.step, error=str(error))
        async with services.database.transaction() as tx:
            await self._mailboxes.keep(tx, party.record, command.mailbox, kept.id, kept.seconds, kept.url, said)
        return Recorded(
            step=command.step, recording_sid=str(kept.id), url=kept.url, seconds=kept.seconds, digits=ended.key or ""
        )

    async def _greeting(self, rules: MailboxRules) -> list[Clip]:
        if rules.greeting_url:
            return await self._sounds.url(rules.greeting_url)
        return await self._sounds.say(rules.greeting_text or DEFAULT_GREETING)

    async def _transcribe(self, rules: MailboxRules, path: str) -> str | None:
        if not rules.transcribe:
            return None
        return (await self._flow.services.transcriber.transcribe(Path(path))).text
