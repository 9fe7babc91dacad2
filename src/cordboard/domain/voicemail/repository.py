"""The SQL of mailboxes and voicemails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.voicemail.models import Mailbox, Voicemail, VoicemailFilter
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row
from cordboard.kit.paging import Page

_MAILBOX: Final = ", ".join(Mailbox.__struct_fields__)
_COLUMNS: Final = ", ".join(Voicemail.__struct_fields__)


async def find_mailbox(tx: Tx, account_id: UUID, number: str) -> Mailbox | None:
    """What was set of a number's mailbox."""
    row = await tx.fetchrow(
        f"select {_MAILBOX} from mailboxes where account_id = $1 and phone_number = $2", account_id, number
    )
    return Mailbox(**dict(row)) if row else None


async def put_mailbox(tx: Tx, mailbox: Mailbox) -> None:
    """Sets a mailbox."""
    await tx.execute(
        f"insert into mailboxes ({_MAILBOX}) values ($1, $2, $3, $4, $5, $6, $7)"
        " on conflict (account_id, phone_number) do update set greeting_text = excluded.greeting_text,"
        " greeting_url = excluded.greeting_url, voice = excluded.voice, transcribe = excluded.transcribe,"
        " max_seconds = excluded.max_seconds",
        *(getattr(mailbox, name) for name in Mailbox.__struct_fields__),
    )


async def delete_mailboxes(tx: Tx, account_id: UUID, numbers: Sequence[str]) -> None:
    """Removes what was set of mailboxes."""
    await tx.execute(
        "delete from mailboxes where account_id = $1 and phone_number = any($2)", account_id, list(numbers)
    )


async def insert(tx: Tx, voicemail: Voicemail) -> bool:
    """Adds a message; False when its recording is there already."""
    return await insert_row(tx, "voicemails", voicemail, Voicemail.__struct_fields__, unless_there=True)


async def find(tx: Tx, account_id: UUID, recording_id: UUID, *, lock: bool = False) -> Voicemail | None:
    """A message of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from voicemails where account_id = $1 and recording_id = $2"
        + (" for no key update" if lock else ""),
        account_id,
        recording_id,
    )
    return Voicemail(**dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, wanted: VoicemailFilter, places: Page) -> list[Voicemail]:
    """Messages, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from voicemails where account_id = $1 and ($2::text is null or phone_number = $2)"
        " and ($3::timestamptz is null or created_at >= $3) and ($4::timestamptz is null or created_at < $4)"
        " and ($5::int is null or status = $5) order by created_at desc, recording_id limit $6 offset $7",
        account_id,
        wanted.phone_number,
        wanted.start,
        wanted.end,
        wanted.status,
        places.size,
        places.offset,
    )
    return [Voicemail(**dict(row)) for row in rows]


async def update(tx: Tx, voicemail: Voicemail) -> None:
    """Writes what may change."""
    await tx.execute(
        "update voicemails set transcription = $3, status = $4, announced = $5"
        " where account_id = $1 and recording_id = $2",
        voicemail.account_id,
        voicemail.recording_id,
        voicemail.transcription,
        voicemail.status,
        voicemail.announced,
    )


async def delete(tx: Tx, account_id: UUID, recording_id: UUID) -> None:
    """Takes a message out of its mailbox; the recording stays a recording of its call."""
    await tx.execute("delete from voicemails where account_id = $1 and recording_id = $2", account_id, recording_id)
