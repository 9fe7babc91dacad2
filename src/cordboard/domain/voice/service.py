"""Calls: the only door of the context."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cordboard.domain.voice.admission import Admission
from cordboard.domain.voice.callbacks import Callback, enqueue_callbacks
from cordboard.domain.voice.errors import CallNotFoundError
from cordboard.domain.voice.events import RECORDED
from cordboard.domain.voice.models import (
    CallCommand,
    CallFilter,
    CallKey,
    CallRecord,
    CallRequest,
    Ending,
    LiveCall,
    PlacedCall,
    Progress,
    Reaped,
    Recording,
    RecordingFilter,
    Status,
)
from cordboard.domain.voice.rendering import recording_event, recording_parameters
from cordboard.domain.voice.repository import calls, live, nodes, recordings
from cordboard.domain.voice.use_cases.admit_inbound import AdmitInbound, InboundCall
from cordboard.domain.voice.use_cases.confer import Confer
from cordboard.domain.voice.use_cases.follow_calls import FollowCalls
from cordboard.domain.voice.use_cases.place_calls import PlaceCalls
from cordboard.infra.db import Tx
from cordboard.infra.events import append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError
from cordboard.kit.ids import Ids, time_of

__all__ = ["Admission", "VoiceService"]

_MOST_LIVE = 5000


class VoiceService:
    """The verbs of calls. `conferences` are a door of their own."""

    def __init__(
        self, *, clock: Clock, ids: Ids, place: PlaceCalls, admit: AdmitInbound, follow: FollowCalls, confer: Confer
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._place = place
        self._admit = admit
        self._follow = follow
        self.conferences = confer

    async def place(self, tx: Tx, requests: Sequence[CallRequest]) -> list[PlacedCall | CordboardError]:
        """Makes calls (requests 29, 30): one result a request, in order."""
        return await self._place(tx, requests)

    async def admit(self, tx: Tx, inbound: Sequence[InboundCall]) -> list[CallRecord | CordboardError]:
        """Takes calls that come in: one result a call, in order."""
        return await self._admit(tx, inbound)

    async def progress(self, tx: Tx, changes: Sequence[Progress], node: str) -> list[CallRecord]:
        """Calls ring or were answered."""
        return await self._follow.progress(tx, changes, node)

    async def extend(self, tx: Tx, key: CallKey) -> bool:
        """Another minute begins; False when the balance does not cover it."""
        return await self._follow.extend(tx, key)

    async def finish(self, tx: Tx, endings: Sequence[Ending]) -> list[CallRecord]:
        """Calls are over."""
        return await self._follow.finish(tx, endings)

    async def reap(self, tx: Tx) -> Reaped:
        """Ends what dead processes left."""
        return await self._follow.reap(tx)

    async def live_calls(self, tx: Tx, account_id: UUID) -> list[LiveCall]:
        """The account's live calls (request 35)."""
        return await live.of_account(tx, account_id, self._clock.now(), _MOST_LIVE)

    async def ask(self, tx: Tx, command: CallCommand) -> None:
        """Hands a command to the process that has the call (requests 31 to 34, 38 to 48). Raises CallNotFoundError."""
        call = await live.find(tx, command.account_id, command.call_id)
        if call is None or call.node is None:
            raise CallNotFoundError("callSid")
        await nodes.ask(tx, call.node, command, self._clock.now())

    async def ask_if_live(self, tx: Tx, command: CallCommand) -> bool:
        """The same for a call that may have ended: False when it has."""
        call = await live.find(tx, command.account_id, command.call_id)
        if call is None or call.node is None:
            return False
        await nodes.ask(tx, call.node, command, self._clock.now())
        return True

    async def group_of(self, tx: Tx, account_id: UUID, group_id: UUID) -> list[UUID]:
        """The live calls of a group call (request 30)."""
        return await live.of_group(tx, account_id, group_id)

    async def cancel_waiting(self, tx: Tx, account_id: UUID, call_id: UUID, status: Status = "canceled") -> bool:
        """Ends a call that no voice process has taken yet; False when there is none such."""
        call = await live.lock(tx, account_id, call_id)
        if call is None or call.node is not None:
            return False
        ending = Ending(
            key=(account_id, call_id, call.created_at),
            status=status,
            at=self._clock.now(),
            reason="canceled by the API",
            hangup_by="SYSTEM END",
        )
        return bool(await self.finish(tx, [ending]))

    async def redirect_waiting(self, tx: Tx, account_id: UUID, call_id: UUID, url: str, method: str) -> bool:
        """Gives another document to a call that no voice process has taken yet; False when there is none such."""
        call = await live.lock(tx, account_id, call_id)
        if call is None or call.node is not None:
            return False
        await calls.change_options(tx, (account_id, call_id, call.created_at), {"url": url, "url_method": method})
        return True

    async def ask_node(self, tx: Tx, node: str, command: CallCommand) -> None:
        """Hands a command about a conference to the process that has it."""
        await nodes.ask(tx, node, command, self._clock.now())

    async def beat(self, tx: Tx, node: str, sip_address: str) -> bool:
        """A voice process lives; True when it is new, or was taken for dead in the meantime."""
        return await nodes.beat(tx, node, sip_address)

    async def leave(self, tx: Tx, node: str) -> None:
        """A voice process ends."""
        await nodes.leave(tx, node)

    async def claim(self, tx: Tx, node: str, limit: int) -> list[CallRecord]:
        """Calls to make, now this process's."""
        taken = await live.claim(tx, node, limit)
        found = await calls.lock(tx, [(call.account_id, call.call_id, call.created_at) for call in taken])
        return sorted((record for record in found if record.ended_at is None), key=lambda record: record.created_at)

    async def take_commands(self, tx: Tx, node: str, limit: int) -> Sequence[CallCommand]:
        """Commands for calls of this process."""
        return await nodes.take_commands(tx, node, limit)

    async def get(self, tx: Tx, account_id: UUID, call_id: UUID) -> CallRecord:
        """One call (request 101). Raises CallNotFoundError."""
        created_at = time_of(call_id)
        found = await calls.find(tx, account_id, call_id, created_at) if created_at else None
        if found is None:
            raise CallNotFoundError("callSid")
        return found

    async def of_accounts(self, tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], CallRecord]:
        """Calls of several accounts, by account and id; those that are not there are left out."""
        made = [(*key, created_at) for key in keys if (created_at := time_of(key[1]))]
        found = await calls.find_all(tx, made) if made else []
        return {(record.account_id, record.id): record for record in found}

    async def search(self, tx: Tx, account_id: UUID, wanted: CallFilter) -> list[CallRecord]:
        """The log of calls (request 99)."""
        return await calls.search(tx, account_id, wanted)

    async def read_on(
        self, tx: Tx, account_id: UUID, start: datetime, end: datetime, after: tuple[datetime, UUID], limit: int
    ) -> list[CallRecord]:
        """The account's log from `after` (when made, id) on, oldest first: for reading it from end to end."""
        return await calls.read_on(tx, account_id, start, end, after, limit)

    async def tell(self, tx: Tx, callbacks: Sequence[Callback]) -> None:
        """Requests URLs about calls, after the commit."""
        await enqueue_callbacks(tx, callbacks, self._clock)

    async def keep_recording(
        self, tx: Tx, recording: Recording, call_type: str, digits: str = "", callback_method: str = "POST"
    ) -> None:
        """Stores a finished recording and tells of it."""
        await recordings.insert(tx, recording)
        await append(tx, [recording_event(RECORDED, recording, call_type, self._clock.now())])
        callback = Callback(
            account_id=recording.account_id,
            call_id=recording.call_id,
            url=recording.callback_url,
            method=callback_method,
            parameters=recording_parameters(recording, digits),
        )
        await enqueue_callbacks(tx, [callback], self._clock)

    async def set_transcription(self, tx: Tx, account_id: UUID, recording_id: UUID, text: str) -> None:
        """Keeps what was said in a recording."""
        created_at = time_of(recording_id) or self._clock.now()
        await recordings.set_transcription(tx, account_id, recording_id, created_at, text)

    async def search_recordings(self, tx: Tx, account_id: UUID, wanted: RecordingFilter) -> list[Recording]:
        """The recordings of calls (request 104)."""
        return await recordings.search(tx, account_id, wanted)

    async def forget_old(self, tx: Tx) -> None:
        """Removes what no rule needs any more; for the upkeep."""
        await live.forget_spend(tx, (self._clock.now() - timedelta(days=2)).date())

    def new_recording_id(self) -> tuple[UUID, datetime]:
        """An id for a recording, and the moment inside it."""
        recording_id = self._ids.time_uuid()
        return recording_id, time_of(recording_id) or self._clock.now()
