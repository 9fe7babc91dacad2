"""Legs that calls dial: accepted, written down, followed, known to the registry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cordboard.domain.voice.models import CallRecord, CallRequest
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.services import CallServices
from cordboard.edge.calls.supervision import supervise
from cordboard.kit.errors import CordboardError


@dataclass(frozen=True, slots=True)
class OpenedLeg:
    """An accepted leg, and the carrier of the number that it shows."""

    record: CallRecord
    carrier: str


class LegDoor:
    """Opens legs by the rules of all calls, and keeps watch over those that were answered. `start` runs a task of the
    process.
    """

    def __init__(self, services: CallServices, registry: Registry, start: Callable[[asyncio.Task[None]], None]) -> None:
        self._services = services
        self._registry = registry
        self._start = start

    async def open(self, request: CallRequest) -> OpenedLeg:
        """Admits a leg. Raises CordboardError."""
        placed = await self._services.ledger.place(request)
        if isinstance(placed, CordboardError):
            raise placed
        record = CallRecord(
            account_id=request.account_id,
            id=placed.id,
            created_at=placed.created_at,
            parent_account_id=request.parent_account_id,
            parent_call_id=request.parent_call_id,
            direction="outbound",
            kind=request.kind,
            caller=placed.caller,
            callee=placed.callee,
            status="in-queue",
            node=self._services.ledger.node,
            client_id=request.client_id,
            metadata=request.metadata,
            price=placed.price,
        )
        return OpenedLeg(record, placed.carrier)

    def keep(self, party: Party) -> None:
        """Follows and watches an answered party until it ends."""
        self.follow(party)
        self.watch(party)

    def follow(self, party: Party) -> None:
        """Knows a party and handles what it does, until it ends."""
        self._registry.add(party)
        self._start(asyncio.create_task(party.follow()))

    def watch(self, party: Party) -> None:
        """Reserves minutes, tells heartbeats, looks after the media of an answered party."""
        self._start(asyncio.create_task(supervise(self._services, party)))
