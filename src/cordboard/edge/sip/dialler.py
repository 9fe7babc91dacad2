"""Calls of ours: where a destination is, how the INVITE looks, and what becomes of a trunk that refuses."""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple

import structlog

from cordboard.edge.sip.addressing import ALLOWED, SDP, SUPPORTED
from cordboard.edge.sip.bindings import Bindings
from cordboard.edge.sip.client_auth import NOBODY, Login
from cordboard.edge.sip.context import LegContext
from cordboard.edge.sip.failover import rest_seconds
from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.leg import Leg, LegFacts
from cordboard.edge.sip.leg_table import LegTable
from cordboard.edge.sip.numbers import caller_headers, format_number
from cordboard.edge.sip.outgoing import OutgoingCall
from cordboard.edge.sip.port import (
    Caller,
    Destination,
    PhoneDestination,
    PhoneSource,
    Refused,
    Source,
    TrunkDestination,
    TrunkSource,
    UriDestination,
)
from cordboard.edge.sip.resolver import UnresolvedError
from cordboard.edge.sip.transports import UnreachableError
from cordboard.edge.sip.trunk_book import Trunk, TrunkBook
from cordboard.edge.sip.trunk_keeper import trunk_uri
from cordboard.infra.http.addresses import AddressPolicy
from cordboard.wire.sip.address import Address
from cordboard.wire.sip.errors import SipError, SipSyntaxError
from cordboard.wire.sip.grammar import is_token
from cordboard.wire.sip.headers import proper_name
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.session_timer import request_headers
from cordboard.wire.sip.uri import SipUri

_OURS: Final = frozenset(
    {
        "Via",
        "Max-Forwards",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Contact",
        "Route",
        "Record-Route",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Allow",
        "Supported",
        "Require",
        "Proxy-Require",
        "Session-Expires",
        "Min-SE",
        "Authorization",
        "Proxy-Authorization",
        "Expires",
        "Replaces",
        "P-Asserted-Identity",
        "Privacy",
        "User-Agent",
        "RSeq",
        "RAck",
    }
)
"""Headers that a caller of `dial` cannot set."""
_MOST_HEADERS: Final = 20
_LONGEST_VALUE: Final = 1000
_UNAVAILABLE: Final = 503
_log = structlog.get_logger(__name__)


class _NoWayError(Exception):
    """The call does not come about."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class _Way(NamedTuple):
    """How a destination is called."""

    uri: SipUri
    flow: Flow
    login: Login = NOBODY
    trunk: Trunk | None = None
    owner: Source | None = None


class Dialler:
    """Makes legs of destinations."""

    def __init__(
        self,
        context: LegContext,
        legs: LegTable,
        book: TrunkBook,
        bindings: Bindings,
        *,
        allow_private: bool,
        most_calls: int,
    ) -> None:
        self._context = context
        self._legs = legs
        self._book = book
        self._bindings = bindings
        self._policy = AddressPolicy(allow_private)
        self._most_calls = most_calls

    async def dial(
        self, destination: Destination, caller: Caller, sdp: bytes, headers: tuple[tuple[str, str], ...]
    ) -> Leg:
        """Calls it. What goes wrong is an event of the leg."""
        call_id = f"{self._context.token()}@{self._context.core.addressing.host}"
        tag = self._context.token()
        try:
            way = await self._find(destination)
        except _NoWayError as error:
            leg = Leg(LegFacts(call_id=call_id, local_tag=tag, caller=caller), self._context.core.timers)
            leg.finish(Refused(error.status, error.reason))
            return leg
        facts = LegFacts(call_id=call_id, local_tag=tag, caller=caller, browser=way.flow.is_browser, owner=way.owner)
        leg = Leg(facts, self._context.core.timers)
        call = OutgoingCall(leg, self._context, way.flow, way.login, lambda response: self._ended(way, response))
        leg.setup = call
        self._legs.add(leg)
        call.start(self._invite(way, leg, caller, sdp, headers))
        return leg

    async def _find(self, destination: Destination) -> _Way:
        if len(self._legs) >= self._most_calls:
            raise _NoWayError(_UNAVAILABLE, "as many calls as there may be")
        try:
            match destination:
                case TrunkDestination():
                    return await self._over_trunk(destination)
                case PhoneDestination():
                    return self._to_phone(destination)
                case UriDestination():
                    return await self._to_uri(destination)
        except (UnreachableError, UnresolvedError) as error:
            _log.info("sip.unreachable", error=str(error))
            raise _NoWayError(_UNAVAILABLE, "the callee cannot be reached") from error

    async def _over_trunk(self, destination: TrunkDestination) -> _Way:
        trunk = self._book.get(destination.trunk)
        if trunk is None:
            raise _NoWayError(_UNAVAILABLE, "there is no such trunk")
        settings = trunk.settings
        flow = await self._context.transports.reach(
            settings.transport, settings.host, settings.usual_port, tls_verify=settings.tls_verify
        )
        number = settings.prefix + format_number(destination.number, settings.number_format)
        login = Login(settings.username, settings.password)
        return _Way(trunk_uri(trunk, number), flow, login, trunk, TrunkSource(trunk.name))

    def _to_phone(self, destination: PhoneDestination) -> _Way:
        binding = self._bindings.find(destination)
        if binding is None or binding.flow.is_closed:
            raise _NoWayError(480, "the phone is not registered any more")
        owner = PhoneSource(destination.account_id, destination.user)
        return _Way(binding.address.uri.without_headers(), binding.flow, owner=owner)

    async def _to_uri(self, destination: UriDestination) -> _Way:
        try:
            uri = SipUri.parse(destination.uri).without_headers()
        except SipSyntaxError as error:
            raise _NoWayError(400, error.reason) from error
        if not uri.is_sip:
            raise _NoWayError(416, "only sip and sips addresses are called")
        address = (await self._context.transports.resolver.find(uri.host, 0)).host
        refusal = self._policy.refusal(ipaddress.ip_address(address))
        if refusal is not None:
            raise _NoWayError(403, refusal)
        # The resolver remembers what it has found, so that it is the address that was checked which is called.
        flow = await self._context.transports.flow_to(uri)
        return _Way(uri, flow, Login(destination.username, destination.password))

    def _invite(self, way: _Way, leg: Leg, caller: Caller, sdp: bytes, headers: tuple[tuple[str, str], ...]) -> Request:
        addressing = self._context.core.addressing
        trunk = way.trunk.settings if way.trunk else None
        shown, identity = caller_headers(
            caller,
            host=trunk.host if trunk and trunk.username else addressing.public_host,
            form=trunk.caller_id_format if trunk else "e164",
            asserts=trunk is not None and (trunk.trusted_identity or caller.hidden),
        )
        request = Request("INVITE", str(way.uri), body=sdp)
        fields = request.headers
        fields.set("From", f"{shown};tag={leg.local_tag}")
        fields.set("To", str(Address(SipUri(way.uri.scheme, way.uri.user, way.uri.host, way.uri.port))))
        fields.set("Call-ID", leg.sip_call_id)
        fields.set("CSeq", "1 INVITE")
        fields.set("Contact", addressing.contact(way.flow))
        fields.set("Allow", ALLOWED)
        fields.set("Supported", ", ".join(SUPPORTED))
        for name, value in (*request_headers(self._context.session_seconds), *identity, *_permitted(headers)):
            fields.add(name, value)
        if sdp:
            fields.set("Content-Type", SDP)
        return request

    def _ended(self, way: _Way, response: Response) -> None:
        """A trunk that asks for it gets no calls for a while."""
        if way.trunk is None:
            return
        seconds = rest_seconds(response.status, response.headers.get("Retry-After"))
        if seconds:
            way.trunk.rest(self._context.core.now + seconds)
            _log.warning("trunk.rests", trunk=way.trunk.name, seconds=seconds)


def _permitted(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Those that may be set from outside; others would break the call, or tell lies."""
    permitted: list[tuple[str, str]] = []
    for name, value in headers[:_MOST_HEADERS]:
        try:
            is_ours = not is_token(name) or proper_name(name) in _OURS
        except SipError:
            is_ours = True
        if is_ours or not value.isprintable() or len(value) > _LONGEST_VALUE:
            _log.info("sip.header_left_out", header=name[:40])
        else:
            permitted.append((name, value))
    return permitted
