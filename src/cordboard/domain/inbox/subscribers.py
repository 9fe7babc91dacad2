"""What the inbox learns from lower contexts, in the outbox's own transaction: exactly once, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.inbox.models import UPLOAD, Publication
from cordboard.domain.inbox.recording import Recorded, Recorder, publication_of
from cordboard.domain.inbox.repository import conversations, entries, feed, inboxes
from cordboard.domain.inbox.shaping import moment_of, of_call, of_message, of_recording, of_voicemail
from cordboard.domain.uploads.models import WEBSOCKET
from cordboard.domain.voice.service import VoiceService
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.kit.clock import Clock

_AWAITS: Final = "awaitsRouting"


class InboxSubscribers:
    """Subscribers for the outbox's dispatcher, one a topic."""

    def __init__(self, clock: Clock, recorder: Recorder, voice: VoiceService) -> None:
        self._clock = clock
        self._recorder = recorder
        self._voice = voice

    async def message_sent(self, tx: Tx, events: Sequence[Event]) -> None:
        """Outbound messages; they are published if their metadata asks for it."""
        recorded = await self._recorder.record(tx, [of_message(event.payload) for event in events])
        await self._publish_ours(tx, [one for one in recorded if one.happening.publish])

    async def message_received(self, tx: Tx, events: Sequence[Event]) -> None:
        """Inbound messages: published in the default inbox, unless routing is yet to say where."""
        recorded = await self._recorder.record(tx, [of_message(event.payload) for event in events])
        waiting = {UUID(event.payload["messageSid"]) for event in events if event.payload.get(_AWAITS)}
        await self._publish_by_default(tx, [one for one in recorded if one.event.time not in waiting])

    async def message_routed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Inbound messages whose inboxes are known now: those that routing named and that exist, else the default."""
        routed = {(event.account_id, UUID(event.payload["messageSid"])): event.payload for event in events}
        found = await conversations.find_all(tx, [(*key, moment_of(key[1])) for key in routed])
        named = {(key[0], name.lower()) for key, payload in routed.items() for name in payload["inboxes"]}
        ids = await inboxes.hold_by_name(tx, sorted(named)) if named else {}
        tagged, publications = [], []
        for event in found:
            payload = routed[event.account_id, event.time]
            wanted = {ids.get((event.account_id, name.lower()), event.account_id) for name in payload["inboxes"]}
            publications += [publication_of(event, one) for one in sorted(wanted or {event.account_id})]
            if payload["tags"]:
                tagged.append(((event.account_id, event.time, event.happened_at), payload["tags"]))
        if tagged:
            await conversations.tag(tx, tagged)
        await self._publish(tx, publications)

    async def call_completed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Calls with telephones."""
        calls = [call for event in events if (call := of_call(event.payload))]
        await self._recorder.record(tx, calls)

    async def call_recorded(self, tx: Tx, events: Sequence[Event]) -> None:
        """Recordings of calls."""
        keys = {(event.account_id, UUID(event.payload["callSid"])) for event in events}
        calls = await self._voice.of_accounts(tx, sorted(keys))
        known = ((event, calls.get((event.account_id, UUID(event.payload["callSid"])))) for event in events)
        await self._recorder.record(tx, [of_recording(event.payload, call) for event, call in known if call])

    async def voicemail_recorded(self, tx: Tx, events: Sequence[Event]) -> None:
        """Voicemails: published in the default inbox."""
        recorded = await self._recorder.record(tx, [of_voicemail(event.payload) for event in events])
        await self._publish_by_default(tx, recorded)

    async def published(self, tx: Tx, events: Sequence[Event]) -> None:
        """Tells sockets of what requests have published."""
        publications = []
        for event in events:
            time = UUID(event.payload["time"])
            publications.append(
                Publication(
                    account_id=event.account_id,
                    contact_id=UUID(event.payload["contactId"]),
                    inbox_id=UUID(event.payload["inboxId"]),
                    time=time,
                    happened_at=moment_of(time),
                    type=event.payload["type"],
                )
            )
        await feed.add(tx, publications, self._clock.now())

    async def upload_progressed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Tells the account's sockets how far uploads have come that asked for it."""
        told = [(event.account_id, event.payload) for event in events if event.payload["callback"] == WEBSOCKET]
        await feed.add_of_accounts(tx, told, UPLOAD, self._clock.now())

    async def forget_users(self, tx: Tx, events: Sequence[Event]) -> None:
        """Takes users who are gone off every inbox."""
        await inboxes.forget_users(tx, [(event.account_id, UUID(event.payload["clientId"])) for event in events])

    async def _publish_ours(self, tx: Tx, recorded: Sequence[Recorded]) -> None:
        keys = [(one.event.account_id, one.event.thread_id) for one in recorded]
        last = await self._recorder.last_inboxes(tx, keys)
        await self._publish(tx, [one.published_in(last[key]) for key, one in zip(keys, recorded, strict=True)])

    async def _publish_by_default(self, tx: Tx, recorded: Sequence[Recorded]) -> None:
        await self._publish(tx, [one.published_in(one.event.account_id) for one in recorded])

    async def _publish(self, tx: Tx, publications: Sequence[Publication]) -> None:
        if publications:
            await entries.put(tx, publications)
            await feed.add(tx, publications, self._clock.now())
