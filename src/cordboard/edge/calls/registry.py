"""Who is on the line at this process: parties by call and by dialog, and what each is busy with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

from cordboard.edge.calls.pairs import Pair
from cordboard.edge.calls.party import Party


class Interruptible(Protocol):
    """A flow that the API can hand another document."""

    def interrupt(self, url: str, method: str) -> None:
        """Goes on with that document at once."""
        ...


class Registry:
    """Finds parties. They are forgotten when they have ended."""

    def __init__(self) -> None:
        self._parties: dict[UUID, Party] = {}
        self._pairs: dict[UUID, Pair] = {}
        self._flows: dict[UUID, Interruptible] = {}
        self.empty = asyncio.Event()
        """Nobody is on the line."""
        self.empty.set()

    def __len__(self) -> int:
        return len(self._parties)

    def __iter__(self) -> Iterator[Party]:
        return iter(list(self._parties.values()))

    def add(self, party: Party) -> None:
        """Knows a party until it ends."""
        call_id = party.record.id
        self._parties[call_id] = party
        self.empty.clear()
        party.ended.add_done_callback(lambda _: self._forget(call_id))

    def find(self, call_id: UUID) -> Party | None:
        """The party of a call."""
        return self._parties.get(call_id)

    def by_dialog(self, replaces: tuple[str, str, str]) -> Party | None:
        """The party whose dialog a Replaces names: Call-ID, to-tag and from-tag as the other side sees them (RFC 3891),
        in either order, for peers differ in whose they write first.
        """
        call_id, *tags = replaces
        for party in self._parties.values():
            dialog = party.dialog
            if dialog is not None and dialog[0] == call_id and set(dialog[1:]) == set(tags):
                return party
        return None

    def pair(self, pair: Pair) -> None:
        """Parties that talk with each other."""
        for party in pair.parties:
            self._pairs[party.record.id] = pair

    def unpair(self, pair: Pair) -> None:
        """No longer; whoever talks in another pair by now stays known there."""
        for party in pair.parties:
            if self._pairs.get(party.record.id) is pair:
                del self._pairs[party.record.id]

    def pair_of(self, party: Party) -> Pair | None:
        """Whom a party talks with."""
        return self._pairs.get(party.record.id)

    def run_flow(self, party: Party, flow: Interruptible) -> None:
        """A flow carries the party."""
        self._flows[party.record.id] = flow

    def flow_of(self, party: Party) -> Interruptible | None:
        """Its flow."""
        return self._flows.get(party.record.id)

    def _forget(self, call_id: UUID) -> None:
        self._parties.pop(call_id, None)
        self._pairs.pop(call_id, None)
        self._flows.pop(call_id, None)
        if not self._parties:
            self.empty.set()
