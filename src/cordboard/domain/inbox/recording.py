"""Putting what happened into conversations and inboxes: a handful of statements a batch, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from cordboard.domain.contacts.service import ContactService
from cordboard.domain.inbox.models import ConversationEvent, Publication, is_news
from cordboard.domain.inbox.repository import conversations, entries, inboxes
from cordboard.domain.inbox.shaping import Happening, is_reachable, moment_of, thread_of
from cordboard.infra.db import Tx


class Recorded(NamedTuple):
    """An event that was not there before, as it was kept; `happening` is what it was made of."""

    happening: Happening
    event: ConversationEvent

    def published_in(self, inbox_id: UUID) -> Publication:
        """It as an inbox is to show it. Only events of contacts are published: `record` has seen to that."""
        return publication_of(self.event, inbox_id)


class Recorder:
    """The verbs. They write in the caller's transaction."""

    def __init__(self, contacts: ContactService) -> None:
        self._contacts = contacts

    async def record(self, tx: Tx, happenings: Sequence[Happening]) -> list[Recorded]:
        """Keeps events; answers those that are new. Who publishes an event becomes a contact; other events with
        somebody who is none are kept under the number, and are seen once it is a contact's. What was with nobody, such
        as a call of a hidden number, is left out.
        """
        wanted = [one for one in happenings if one.contact_id or is_reachable(one.other)]
        wanted = await self._not_kept_elsewhere(tx, wanted)
        if not wanted:
            return []
        people = await self._people(tx, [one for one in wanted if one.contact_id is None])
        made = {(one.account_id, one.time): Recorded(one, _event(one, people)) for one in wanted}
        added = await conversations.add(tx, [one.event for one in made.values()])
        return [recorded for key, recorded in made.items() if key in added]

    async def last_inboxes(self, tx: Tx, contacts: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], UUID]:
        """Where events that we publish ourselves belong, by account and contact: the inbox that showed the contact
        last, else the default one. Inboxes stay until the transaction ends.
        """
        if not contacts:
            return {}
        last = await entries.last_inboxes(tx, contacts)
        named = {(key[0], inbox_id) for key, inbox_id in last.items() if inbox_id != key[0]}
        there = await inboxes.hold(tx, sorted(named)) if named else set()
        return {
            key: inbox_id if (inbox_id := last.get(key)) and (key[0], inbox_id) in there else key[0] for key in contacts
        }

    async def _not_kept_elsewhere(self, tx: Tx, happenings: Sequence[Happening]) -> list[Happening]:
        """Without those that stand elsewhere in time than their id says, and were kept under their id."""
        moved = [(one.account_id, one.source_id, moment_of(one.source_id)) for one in happenings if one.moved]
        if not moved:
            return list(happenings)
        kept = {(event.account_id, event.time) for event in await conversations.find_all(tx, moved)}
        return [one for one in happenings if (one.account_id, one.source_id) not in kept]

    async def _people(self, tx: Tx, strangers: Sequence[Happening]) -> dict[tuple[UUID, str], UUID]:
        """The contacts behind numbers, by account and number."""
        if not strangers:
            return {}
        found = await self._contacts.owners_of_numbers(tx, list({(one.account_id, one.other) for one in strangers}))
        new = {(one.account_id, one.other) for one in strangers if one.publish} - found.keys()
        return found | (await self._contacts.find_or_create_by_phone(tx, sorted(new)) if new else {})


def publication_of(event: ConversationEvent, inbox_id: UUID) -> Publication:
    """An event of a contact as an inbox is to show it."""
    return Publication(
        account_id=event.account_id,
        contact_id=event.thread_id,
        inbox_id=inbox_id,
        time=event.time,
        happened_at=event.happened_at,
        type=event.type,
        is_news=is_news(event.type, event.event),
    )


def _event(one: Happening, people: dict[tuple[UUID, str], UUID]) -> ConversationEvent:
    contact_id = one.contact_id or people.get((one.account_id, one.other))
    return ConversationEvent(
        account_id=one.account_id,
        time=one.time,
        happened_at=one.happened_at,
        thread_id=contact_id or thread_of(one.account_id, one.other),
        type=one.type,
        status=one.status,
        event=one.event,
    )
