"""Voicemail (requests 208 to 211): mailboxes, the messages in them, who may see them, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.voicemail import repository
from cordboard.domain.voicemail.errors import VoicemailNotFoundError
from cordboard.domain.voicemail.events import RECORDED, VoicemailEvent
from cordboard.domain.voicemail.models import (
    DEFAULT_GREETING,
    DELETED,
    LONGEST_SECONDS,
    NEW,
    SHORTEST_SECONDS,
    Mailbox,
    MailboxChanges,
    NewVoicemail,
    Status,
    Voicemail,
    VoicemailFilter,
)
from cordboard.domain.voicemail.ports import NumberHolders
from cordboard.engines.callflow.voices import VOICES
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.infra.events.outbox import append
from cordboard.infra.jobs.timers import Timer, arm, cancel
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError, PermissionDeniedError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.paging import Page

ANNOUNCE_TIMER: Final = "voicemail.announce"
_LONGEST_GREETING: Final = 1000
_TRANSCRIBED_WITHIN: Final = timedelta(minutes=10)


class VoicemailService:
    """The verbs of voicemail."""

    def __init__(self, clock: Clock, holders: NumberHolders) -> None:
        self._clock = clock
        self._holders = holders

    async def admit(self, tx: Tx, account_id: UUID, number: str, *, user: UUID, sees_all: bool) -> None:
        """Lets a user at a number's mailbox: one who may see all numbers, or the one it is assigned to. Raises
        NotFoundError, PermissionDeniedError.
        """
        assigned = await self._holders.assigned_user(tx, account_id, number)
        if not sees_all and assigned != user:
            raise PermissionDeniedError("the number is not assigned to you, and you may not see those of others")

    async def mailbox(self, tx: Tx, account_id: UUID, number: str) -> Mailbox:
        """A number's mailbox as it was set, or as it comes."""
        found = await repository.find_mailbox(tx, account_id, number)
        return found or Mailbox(account_id=account_id, phone_number=number)

    async def set_mailbox(self, tx: Tx, account_id: UUID, number: str, changes: MailboxChanges) -> Mailbox:
        """Changes what is given. Raises InvalidInputError."""
        _check(changes)
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not None}
        if given.get("greeting_url"):
            given["greeting_text"] = ""
        elif given.get("greeting_text"):
            given["greeting_url"] = ""
        changed = replace(await self.mailbox(tx, account_id, number), **given)
        if not changed.greeting_text and not changed.greeting_url:
            changed = replace(changed, greeting_text=DEFAULT_GREETING)
        await repository.put_mailbox(tx, changed)
        return changed

    async def keep(self, tx: Tx, new: NewVoicemail, *, transcription_follows: bool = False) -> Voicemail:
        """Puts a message into its mailbox and tells of it: at once, or once `transcribed` was called, or after ten
        minutes without that. A message that is there already stays as it is.
        """
        voicemail = Voicemail(
            account_id=new.account_id,
            recording_id=new.recording_id,
            call_id=new.call_id,
            phone_number=new.phone_number,
            from_number=new.from_number,
            contact_id=new.contact_id,
            seconds=new.seconds,
            url=new.url,
            metadata=dict(new.metadata),
            transcription=None,
            status=NEW,
            announced=not transcription_follows,
            created_at=self._clock.now(),
        )
        if not await repository.insert(tx, voicemail):
            return voicemail
        if transcription_follows:
            await arm(tx, [_announcement(voicemail)])
        else:
            await self._announce(tx, voicemail)
        return voicemail

    async def transcribed(self, tx: Tx, account_id: UUID, recording_id: UUID, text: str | None) -> None:
        """Writes down what was said (None: that could not be found out) and tells of the message. One that was deleted
        meanwhile does not matter.
        """
        voicemail = await repository.find(tx, account_id, recording_id, lock=True)
        if voicemail is None:
            return
        told = voicemail.announced
        changed = replace(voicemail, transcription=text, announced=True)
        await repository.update(tx, changed)
        await cancel(tx, ANNOUNCE_TIMER, account_id, [str(recording_id)])
        if not told:
            await self._announce(tx, changed)

    async def announce_late(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of timers: tells of messages whose transcription never came."""
        for timer in timers:
            recording_id = parse_uuid(timer.scope)
            voicemail = await repository.find(tx, timer.account_id, recording_id, lock=True) if recording_id else None
            if voicemail is not None and not voicemail.announced:
                await repository.update(tx, replace(voicemail, announced=True))
                await self._announce(tx, voicemail)

    async def close_mailboxes(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> None:
        """Forgets what was set of the mailboxes of numbers that the account no longer owns; the messages stay."""
        await repository.delete_mailboxes(tx, account_id, numbers)

    async def page(self, tx: Tx, account_id: UUID, wanted: VoicemailFilter, places: Page) -> list[Voicemail]:
        """Messages of the account, the newest first."""
        return await repository.page(tx, account_id, wanted, places)

    async def get(self, tx: Tx, account_id: UUID, number: str, recording_id: UUID) -> Voicemail:
        """A message of a number. Raises VoicemailNotFoundError."""
        return _of(number, await repository.find(tx, account_id, recording_id))

    async def set_status(self, tx: Tx, account_id: UUID, number: str, recording_id: UUID, status: Status) -> Voicemail:
        """Marks a message as new or listened to, or deletes it. Raises VoicemailNotFoundError."""
        voicemail = _of(number, await repository.find(tx, account_id, recording_id, lock=True))
        changed = replace(voicemail, status=status)
        if status == DELETED:
            await repository.delete(tx, account_id, recording_id)
        else:
            await repository.update(tx, changed)
        return changed

    async def _announce(self, tx: Tx, voicemail: Voicemail) -> None:
        event = Event(
            topic=RECORDED,
            account_id=voicemail.account_id,
            subject=voicemail.from_number,
            payload=msgspec.to_builtins(_event(voicemail)),
            occurred_at=self._clock.now(),
        )
        await append(tx, [event])


def _event(voicemail: Voicemail) -> VoicemailEvent:
    return VoicemailEvent(
        account_sid=str(voicemail.account_id),
        recording_id=str(voicemail.recording_id),
        call_sid=str(voicemail.call_id),
        phone_number=voicemail.phone_number,
        from_number=voicemail.from_number,
        contact_id=str(voicemail.contact_id) if voicemail.contact_id else None,
        seconds=voicemail.seconds,
        url=voicemail.url,
        metadata=voicemail.metadata,
        transcription=voicemail.transcription,
        status=voicemail.status,
        created_at=epoch_ms(voicemail.created_at),
    )


def _announcement(voicemail: Voicemail) -> Timer:
    return Timer(
        ANNOUNCE_TIMER,
        voicemail.account_id,
        str(voicemail.recording_id),
        voicemail.created_at + _TRANSCRIBED_WITHIN,
    )


def _of(number: str, voicemail: Voicemail | None) -> Voicemail:
    if voicemail is None or voicemail.phone_number != number:
        raise VoicemailNotFoundError("recordId")
    return voicemail


def _check(changes: MailboxChanges) -> None:
    errors = []
    if changes.greeting_text and changes.greeting_url:
        errors.append(FieldError("greetingText", "cannot be given together with greetingUrl: only one is heard"))
    if changes.greeting_text and len(changes.greeting_text) > _LONGEST_GREETING:
        errors.append(FieldError("greetingText", f"may have {_LONGEST_GREETING} characters"))
    if changes.voice is not None and changes.voice not in VOICES:
        errors.append(FieldError("voice", "must be a voice's key, such as en-us-standard-female-1"))
    if changes.max_seconds is not None and not SHORTEST_SECONDS <= changes.max_seconds <= LONGEST_SECONDS:
        errors.append(FieldError("maxSeconds", f"must be from {SHORTEST_SECONDS} to {LONGEST_SECONDS}"))
    if errors:
        raise InvalidInputError(errors)
