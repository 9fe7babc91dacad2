"""Conferences: opened with their first member, over with their last; who is in them, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cordboard.domain.voice.errors import ConferenceNotFoundError, MemberNotFoundError
from cordboard.domain.voice.events import (
    CONFERENCE_ENDED,
    CONFERENCE_JOINED,
    CONFERENCE_LEFT,
    CONFERENCE_STARTED,
    ConferenceEvent,
)
from cordboard.domain.voice.models import Conference, Member
from cordboard.domain.voice.repository import conferences
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids


@dataclass(frozen=True, slots=True)
class Confer:
    """The verbs of conferences. Those that change are for the process that has the room."""

    clock: Clock
    ids: Ids

    async def open(self, tx: Tx, account_id: UUID, name: str, node: str, *, mini: bool) -> Conference:
        """The live conference of a name, made where there is none; it may be another process's."""
        room = Conference(
            account_id=account_id,
            id=self.ids.time_uuid(),
            name=name,
            mini=mini,
            node=node,
            started_at=self.clock.now(),
        )
        if await conferences.insert(tx, room):
            await append(tx, [conference_event(CONFERENCE_STARTED, room, room.started_at)])
            return room
        found = await conferences.named(tx, account_id, name)
        if found is None:  # it ended between the two statements
            return await self.open(tx, account_id, name, node, mini=mini)
        return found

    async def get(self, tx: Tx, account_id: UUID, conference_id: UUID) -> Conference:
        """A live conference. Raises ConferenceNotFoundError."""
        found = await conferences.find(tx, account_id, conference_id)
        if found is None:
            raise ConferenceNotFoundError("confId")
        return found

    async def members(self, tx: Tx, account_id: UUID, conference_id: UUID) -> Sequence[Member]:
        """Who is in it. Raises ConferenceNotFoundError."""
        await self.get(tx, account_id, conference_id)
        return await conferences.members(tx, account_id, conference_id)

    async def member(self, tx: Tx, account_id: UUID, conference_id: UUID, member_id: int) -> Member:
        """One of them. Raises ConferenceNotFoundError, MemberNotFoundError."""
        for member in await self.members(tx, account_id, conference_id):
            if member.member_id == member_id:
                return member
        raise MemberNotFoundError("memberId")

    async def join(self, tx: Tx, room: Conference, member: Member) -> None:
        """Somebody comes in."""
        await conferences.add_member(tx, member)
        await append(tx, [conference_event(CONFERENCE_JOINED, room, self.clock.now(), member)])

    async def change(self, tx: Tx, member: Member) -> None:
        """Somebody was muted or deafened, or is no longer."""
        await conferences.change_member(tx, member)

    async def leave(self, tx: Tx, room: Conference, member: Member) -> None:
        """Somebody goes; harmless when the conference is over, which puts everybody out."""
        if await conferences.remove_member(tx, room.account_id, room.id, member.member_id):
            await append(tx, [conference_event(CONFERENCE_LEFT, room, self.clock.now(), member)])

    async def end(self, tx: Tx, room: Conference) -> None:
        """The last has gone."""
        now = self.clock.now()
        if await conferences.end(tx, room.account_id, room.id, now):
            await append(tx, [conference_event(CONFERENCE_ENDED, room, now)])


def conference_event(topic: str, room: Conference, at: datetime, member: Member | None = None) -> Event:
    """An event of a conference; its subject is the conference."""
    event = ConferenceEvent(
        account_sid=str(room.account_id),
        conf_id=str(room.id),
        name=room.name,
        call_sid=str(member.call_id) if member else "",
        guest_token=str(member.member_id) if member else "",
        server_ip=room.node,
        miniconf=room.mini,
    )
    payload: dict[str, Any] = msgspec.to_builtins(event)
    return Event(topic, room.account_id, str(room.id), payload, at)
