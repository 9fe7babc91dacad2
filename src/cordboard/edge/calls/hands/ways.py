"""Whom a Dial rings, one way for each leg, and by which rules each leg is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordboard.domain.voice.models import CallKind, CallOptions, CallRequest
from cordboard.edge.calls.hands.port import Flow
from cordboard.edge.sip.port import Caller, Destination, SipAgent, UriDestination
from cordboard.engines.callflow.commands import Dial, DialNumber, DialSip, DialTarget


@dataclass(frozen=True, slots=True)
class Way:
    """One leg to try: to whom, how it is recorded, and where its calls go."""

    target: DialTarget
    to: str | None
    address: str
    kind: CallKind
    destinations: Sequence[Destination]
    """Empty for numbers: their trunks follow from the caller's number, once it is known to be good."""
    is_phone: bool = False


def ways_of(flow: Flow, target: DialTarget) -> list[Way]:
    """The legs of a target: one a number or address, one for each place where a phone is registered."""
    if isinstance(target, DialNumber):
        return [Way(target, target.number, "", "call", ())]
    if isinstance(target, DialSip):
        uri = UriDestination(target.uri, target.username, target.password)
        return [Way(target, None, target.uri, "sip", [uri])]
    agent = flow.services.agent
    bindings = agent.bindings(flow.party.record.account_id, target.user)
    return [Way(target, None, target.user, _kind_of(agent, binding), [binding], is_phone=True) for binding in bindings]


def caller_of(flow: Flow, command: Dial) -> Caller:
    """Who calls, as the callee sees it: what the document says; else who called us, or the number that we call from."""
    record = flow.party.record
    return Caller(
        number=command.caller_id or record.caller,
        name=command.caller_name,
        hidden=command.hide_caller_id,
        diverted_from=command.forwarded_from,
    )


def request_of(flow: Flow, command: Dial, way: Way, caller: Caller) -> CallRequest:
    """What a leg is accepted by. A call that came in may be passed on under the number that it came from, which need
    not be one of the account.
    """
    record = flow.party.record
    return CallRequest(
        account_id=record.account_id,
        parent_account_id=record.parent_account_id,
        to=way.to,
        address=way.address,
        caller=caller.number,
        kind=way.kind,
        options=CallOptions(timeout=command.ring_seconds),
        metadata=record.metadata,
        parent_call_id=record.id,
        trusted_caller=record.direction == "inbound" and caller.number == record.caller,
        node=flow.services.ledger.node,
    )


def _kind_of(agent: SipAgent, binding: Destination) -> CallKind:
    return "webrtc" if agent.is_browser(binding) else "sip"
