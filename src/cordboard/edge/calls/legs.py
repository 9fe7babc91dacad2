"""Legs of calls: accepted, written down, called, followed, known to the registry."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from cordboard.domain.voice.models import CallRecord, CallRequest
from cordboard.edge.calls.calling import Ring, call
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.services import CallServices
from cordboard.edge.calls.supervision import supervisors
from cordboard.edge.sip.port import SipLeg
from cordboard.infra.tasks import Start
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

    def __init__(self, services: CallServices, registry: Registry, start: Start) -> None:
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

    def party_of(self, record: CallRecord, *, sip: SipLeg | None = None, is_phone: bool = False) -> Party:
        """The party of a call, known until it ends; what it does is handled once it is there: an incoming one from now
        on.
        """
        services = self._services
        party = Party(record=record, ledger=services.ledger, clock=services.clock, sip=sip, is_phone=is_phone)
        self._registry.add(party)
        party.ended.add_done_callback(lambda _: self._run(party.wait_closed()))
        if sip is not None:
            self._run(party.follow())
        return party

    async def call(self, party: Party, router: MediaRouter, ring: Ring) -> None:
        """Calls a party; an answered one is followed and watched. Ending the party gives up. Raises NotReachedError."""
        await call(self._services.agent, party, router, ring)
        self._run(party.follow())
        self.watch(party)

    def watch(self, party: Party) -> None:
        """Reserves minutes, tells heartbeats, looks after the media of an answered party."""
        for work in supervisors(self._services, party):
            self._run(work)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._start(work)
