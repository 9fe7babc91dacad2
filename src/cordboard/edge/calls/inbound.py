"""Calls that come in: from a trunk for a number of an account, from a phone for whomever it dials, or to take over
another.
"""

from __future__ import annotations

from typing import Final, Protocol
from uuid import UUID

import msgspec
import structlog

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.numbers.models import OwnedNumber, method_of
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.voice.models import CallKind, CallOptions
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall
from cordboard.edge.calls.answering import answer
from cordboard.edge.calls.flow import FlowDoors, FlowHost
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.plans import Plans
from cordboard.edge.calls.transfers import TRANSFERRED
from cordboard.edge.media.errors import EngineError
from cordboard.edge.sip.port import PhoneSource, SipLeg, TrunkSource
from cordboard.engines.callflow.commands import Dial, DialNumber, DialTarget, DialUser
from cordboard.engines.callflow.events import DialStatus
from cordboard.infra.db import Tx
from cordboard.infra.tasks import Start
from cordboard.kit.errors import CordboardError
from cordboard.kit.phone import parse_number
from cordboard.wire.sdp.errors import SdpError

_LIMIT_SECONDS: Final = 14_400
_NOT_FOUND: Final = 404
_BROKEN: Final = 500
_LONGEST_CALLER: Final = 64
_REFUSED: Final[dict[str, int]] = {"insufficient_funds": 402, "429": 503}
_DIALLED: Final[dict[DialStatus, int]] = {
    "user_busy": 486,
    "no_answer": 480,
    "unallocated_numbers": 404,
    "insufficient_funds": 402,
    "failed": 503,
    "canceled": 487,
}
_log = structlog.get_logger(__name__)


class PhoneOwner(msgspec.Struct, frozen=True):
    """Whose phone calls: the user, if it is somebody's, and the number that its calls show."""

    client_id: UUID | None
    number: str


class Phones(Protocol):
    """The phones of accounts (`domain.phones`)."""

    async def owner(self, tx: Tx, account_id: UUID, user: str) -> PhoneOwner:
        """Whose it is and what it shows."""
        ...


class Inbound:
    """Takes calls from the SIP agent. `start` runs a task of the process."""

    def __init__(
        self,
        *,
        doors: FlowDoors,
        plans: Plans,
        accounts: AccountService,
        numbers: NumberService,
        phones: Phones,
        start: Start,
    ) -> None:
        self._doors = doors
        self._plans = plans
        self._accounts = accounts
        self._numbers = numbers
        self._phones = phones
        self._start = start

    async def take(self, leg: SipLeg) -> None:
        """What the agent calls for each call; the call goes on beside it."""
        self._start(self._take(leg))

    async def _take(self, leg: SipLeg) -> None:
        taken = False
        try:
            await self._receive(leg)
            taken = True
        finally:
            if not taken:  # a leg that was answered or refused takes no notice
                await leg.refuse(_BROKEN, "Server Internal Error")

    async def _receive(self, leg: SipLeg) -> None:
        if leg.replaces is not None:
            await self._take_over(leg, leg.replaces)
        elif isinstance(leg.source, PhoneSource):
            await self._from_phone(leg, leg.source)
        elif isinstance(leg.source, TrunkSource):
            await self._from_trunk(leg, leg.source)
        else:
            await leg.refuse(403, "Forbidden")

    async def _from_trunk(self, leg: SipLeg, source: TrunkSource) -> None:
        """A call for a number that an account owns."""
        dialled = parse_number(leg.dialled)
        caller = parse_number(leg.caller.number) or _printable(leg.caller.number) or "anonymous"
        async with self._doors.services.database.connection() as tx:
            number = (await self._numbers.owners(tx, [dialled])).get(dialled) if dialled else None
            account = await self._accounts.get(tx, number.account_id) if number else None
        if number is None or account is None or not account.active:
            _log.info("call.not_ours", trunk=source.trunk)
            await leg.refuse(_NOT_FOUND, "Not Found")
            return
        party = await self._admit(
            leg,
            InboundCall(
                account_id=account.id,
                parent_account_id=account.parent_id,
                caller=caller,
                callee=number.phone_number,
                node=self._doors.services.ledger.node,
                trunk=source.trunk,
                options=msgspec.to_builtins(_options(number)),
            ),
        )
        if party is not None:
            with party.carried():
                await self._run(party, number)

    async def _run(self, party: Party, number: OwnedNumber) -> None:
        try:
            router = await self._doors.services.router()
            await party.sip.ring()
            begun = await self._plans.begin(party.record, number)
        except EngineError as error:
            party.end(End(status="failed", reason=f"no media: {error}", by="SYSTEM END", sip_status=503))
            return
        except CordboardError as error:
            party.end(End(status="failed", reason=str(error), by="SYSTEM END", sip_status=503))
            return
        await FlowHost(self._doors, party, router).run(begun)

    async def _from_phone(self, leg: SipLeg, source: PhoneSource) -> None:
        """A phone of an account calls a number, or another phone of it."""
        services = self._doors.services
        async with services.database.transaction() as tx:
            account = await self._accounts.get(tx, source.account_id)
            owner = await self._phones.owner(tx, source.account_id, source.user)
        target = self._target(source, leg.dialled)
        if not account.active or target is None:
            await leg.refuse(_NOT_FOUND, "Not Found")
            return
        kind: CallKind = "webrtc" if leg.browser else "sip"
        party = await self._admit(
            leg,
            InboundCall(
                account_id=account.id,
                parent_account_id=account.parent_id,
                caller=owner.number or source.user,
                callee=target.number if isinstance(target, DialNumber) else leg.dialled,
                node=services.ledger.node,
                direction="outbound",
                kind=kind,
                client_id=owner.client_id,
            ),
        )
        if party is not None:
            with party.carried():
                await self._connect(party, target, owner)

    def _target(self, source: PhoneSource, dialled: str) -> DialTarget | None:
        """A phone of the account by its name, else a number."""
        if self._doors.services.agent.bindings(source.account_id, dialled):
            return DialUser(user=dialled)
        number = parse_number(dialled)
        return DialNumber(number=number) if number else None

    async def _connect(self, party: Party, target: DialTarget, owner: PhoneOwner) -> None:
        dial = Dial(
            step=0,
            targets=(target,),
            ring_seconds=self._doors.services.timing.ring,
            limit_seconds=_LIMIT_SECONDS,
            caller_id=owner.number,
        )
        try:
            router = await self._doors.services.router()
        except EngineError as error:
            party.end(End(status="failed", reason=f"no media: {error}", by="SYSTEM END", sip_status=503))
            return
        ended = await FlowHost(self._doors, party, router).connect(dial)
        if self._doors.registry.flow_of(party) is not None:
            return  # the API has given it a document meanwhile
        if ended.status == "completed":
            party.end(End(status="completed", reason="the other party ended", by="TERMINATOR END"))
        else:
            status = ended.status
            party.end(
                End(status=status, reason="the call was not answered", by="TERMINATOR END", sip_status=_DIALLED[status])
            )

    async def _take_over(self, leg: SipLeg, replaces: tuple[str, str, str]) -> None:
        """INVITE with Replaces: a phone of the account takes the place of a party (RFC 3891)."""
        old = self._doors.registry.by_dialog(replaces)
        pair = self._doors.registry.pair_of(old) if old else None
        source = leg.source
        if old is None or pair is None or not isinstance(source, PhoneSource):
            await leg.refuse(481, "Call/Transaction Does Not Exist")
            return
        if source.account_id != old.record.account_id:
            await leg.refuse(403, "Forbidden")
            return
        party = await self._admit(
            leg,
            InboundCall(
                account_id=old.record.account_id,
                parent_account_id=old.record.parent_account_id,
                caller=old.record.caller,
                callee=old.record.callee,
                node=self._doors.services.ledger.node,
                direction=old.record.direction,
                kind="webrtc" if leg.browser else "sip",
            ),
        )
        if party is None:
            return
        try:
            await answer(party, pair.other(old).media.router)
        except (SdpError, EngineError) as error:
            party.end(End(status="failed", reason=str(error), by="SYSTEM END", sip_status=488))
            return
        self._doors.legs.watch(party)
        if await self._doors.transfers.take_over(pair, old, party):
            old.end(TRANSFERRED)

    async def _admit(self, leg: SipLeg, inbound: InboundCall) -> Party | None:
        """The party of an admitted call, followed from now on; None when it was refused."""
        services = self._doors.services
        admitted = await services.ledger.admit(inbound)
        if isinstance(admitted, CordboardError):
            _log.info("call.refused", account=str(inbound.account_id), error=str(admitted))
            await leg.refuse(_REFUSED.get(admitted.code, 503), admitted.message)
            return None
        return self._doors.legs.party_of(admitted, sip=leg, is_phone=isinstance(leg.source, PhoneSource))


def _printable(name: str) -> str:
    """A caller's name that is no number, fit for logs and databases."""
    return "".join(character for character in name if character.isprintable())[:_LONGEST_CALLER]


def _options(number: OwnedNumber) -> CallOptions:
    """Who is told of calls of a number."""
    urls = number.urls
    return CallOptions(
        status_callback_url=urls.get("hangupCallbackUrl", ""),
        status_callback_method=urls.get(method_of("hangupCallbackUrl"), "POST"),
        heartbeat_url=urls.get("heartbeatUrl", ""),
        heartbeat_method=urls.get(method_of("heartbeatUrl"), "POST"),
    )
