"""Transfers: a party asks by REFER that its other party talks to somebody else (RFC 3515, RFC 5589)."""

from __future__ import annotations

from typing import Final

import structlog

from cordboard.domain.voice.models import CallOptions, CallRequest
from cordboard.edge.calls.calling import NotReachedError, Ring
from cordboard.edge.calls.legs import LegDoor
from cordboard.edge.calls.pairs import Pair
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.services import CallServices
from cordboard.edge.calls.trunk_choice import destinations_for
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.sip.port import Caller, Destination, Referred
from cordboard.infra.tasks import Start
from cordboard.kit.errors import CordboardError
from cordboard.kit.phone import parse_number
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.uri import SipUri

_SHOWN: Final = 80
TRANSFERRED: Final = End(status="completed", reason="transferred", by="SYSTEM END")
_log = structlog.get_logger(__name__)


class Transfers:
    """Carries transfers out."""

    def __init__(
        self,
        services: CallServices,
        registry: Registry,
        legs: LegDoor,
        start: Start,
    ) -> None:
        self._services = services
        self._registry = registry
        self._legs = legs
        self._start = start

    async def take(self, party: Party, asked: Referred) -> None:
        """What a party's `on_transfer` calls; the transfer goes on beside the talk."""
        pair = self._registry.pair_of(party)
        if pair is None:
            await party.sip.notify_refer(603, "Nobody to transfer")
        elif asked.replaces is not None:
            self._start(self._attended(party, pair, asked.replaces))
        else:
            self._start(self._blind(party, pair, asked.target))

    async def take_over(self, pair: Pair, old: Party, new: Party) -> bool:
        """A new party takes the place of one, which is to be ended as `TRANSFERRED`; False, and the new one ended,
        where there is nobody to talk with any more or it is at another media engine.
        """
        if not await self._replace(pair, old, new):
            new.end(End(status="completed", reason="there is nobody to talk with any more", by="SYSTEM END"))
            return False
        new.on_transfer = self.take
        self._registry.pair(pair)
        return True

    async def _replace(self, pair: Pair, old: Party, new: Party) -> bool:
        if pair.over.is_set() or pair.other(old).media.router is not new.media.router:
            return False
        try:
            await pair.replace(old, new)
        except EngineError:
            return False
        return True

    async def _blind(self, party: Party, pair: Pair, target: str) -> None:
        """To a number or a phone of the account, which rings while the two still talk, or the one who is transferred
        hears it ring: many phones hang up at once.
        """
        pair.await_successor(party)
        try:
            reached = await self._call(party, pair, target)
            await self._conclude(party, transferred=await self.take_over(pair, party, reached))
        except NotReachedError as failed:
            await party.sip.notify_refer(failed.end.sip_status or 480, failed.end.reason)
        except (CordboardError, EngineError, SipSyntaxError) as error:
            _log.info("transfer.refused", call=str(party.record.id), error=str(error))
            await party.sip.notify_refer(403, "Forbidden")
        finally:
            pair.expect_nobody()

    async def _attended(self, party: Party, pair: Pair, replaces: tuple[str, str, str]) -> None:
        """To whom the same phone talks in its other call: that one comes here, the phone leaves both."""
        second = self._registry.by_dialog(replaces)
        other_pair = self._registry.pair_of(second) if second else None
        if second is None or other_pair is None or second.record.account_id != party.record.account_id:
            await party.sip.notify_refer(481, "Call Does Not Exist")
            return
        newcomer = other_pair.other(second)
        if newcomer.media.router is not pair.other(party).media.router:
            await party.sip.notify_refer(503, "At another media engine")
            return
        other_pair.release(newcomer)
        await other_pair.over.wait()
        await self._conclude(party, transferred=await self.take_over(pair, party, newcomer))

    @staticmethod
    async def _conclude(party: Party, *, transferred: bool) -> None:
        """The phone hears how it came out before it is hung up on."""
        if transferred:
            await party.sip.notify_refer(200, "OK")
            party.end(TRANSFERRED)
        else:
            await party.sip.notify_refer(481, "Nobody to talk with any more")

    async def _call(self, party: Party, pair: Pair, target: str) -> Party:
        """Calls the target for whoever transfers; no longer than there is somebody to talk with. Raises
        NotReachedError, CordboardError, SipSyntaxError.
        """
        other = pair.other(party)
        user = SipUri.parse(target).user or ""
        agent, timing = self._services.agent, self._services.timing
        bindings: list[Destination] = [*agent.bindings(party.record.account_id, user)]
        number = None if bindings else parse_number(user)
        if not bindings and number is None:
            reason = f"{user[:_SHOWN]} is no number and no phone"
            raise NotReachedError(End(status="unallocated_numbers", reason=reason, sip_status=404))
        leg = await self._legs.open(self._request(party, other, number, user))
        reached = self._legs.party_of(leg.record, is_phone=bool(bindings))
        ways = bindings or destinations_for(leg.carrier or party.record.trunk, number or "", agent.trunks)
        ring = Ring(ways=ways, caller=Caller(number=leg.record.caller), seconds=timing.ring)
        self._start(_give_up(pair, reached))
        await self._legs.call(reached, other.media.router, ring)
        return reached

    def _request(self, party: Party, other: Party, number: str | None, user: str) -> CallRequest:
        """The one who is transferred is shown: whoever called us by the number that it came from, else by the number
        of the account that the talk is under.
        """
        record, came_in = party.record, other.record.direction == "inbound"
        own = record.caller if record.direction == "outbound" else record.callee
        return CallRequest(
            account_id=record.account_id,
            parent_account_id=record.parent_account_id,
            to=number,
            address="" if number else user,
            caller=other.record.caller if came_in else own,
            kind="call" if number else "sip",
            options=CallOptions(),
            parent_call_id=record.parent_call_id or record.id,
            trusted_caller=came_in,
            node=self._services.ledger.node,
        )


async def _give_up(pair: Pair, called: Party) -> None:
    """Nobody is called for a pair that is over."""
    await first_of(pair.over, called.ended)
    if not called.is_answered:
        called.end(End(status="canceled", reason="there is nobody to talk with any more", by="SYSTEM END"))
