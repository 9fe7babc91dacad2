"""What is to be done with a call that came in for a number: where its route tag leads, else its own document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.numbers.models import OwnedNumber, method_of
from cordboard.domain.routing.models import InboundEvent, RouteChoice
from cordboard.domain.voice.models import CallRecord
from cordboard.edge.calls.services import Assets
from cordboard.engines.callflow.commands import Method
from cordboard.engines.callflow.interpreter import Outcome, start, start_with
from cordboard.engines.callflow.state import Element, Elements, FlowRequest, Lookup
from cordboard.engines.callflow.verbs.dial import Dial
from cordboard.engines.callflow.verbs.hangup import Hangup
from cordboard.engines.callflow.verbs.voicemail import Voicemail
from cordboard.kit.phone import parse_number

NOT_SET_UP: Final = (
    "<Response><Say>The number you called is not set up yet. Please try again later.</Say><Hangup/></Response>"
)
Route = Callable[[InboundEvent], Awaitable[tuple[RouteChoice, ...]]]


class Ivrs(Protocol):
    """The IVRs of an account (`domain.ivr`)."""

    async def begin(self, account_id: UUID, name: str, request: FlowRequest) -> Outcome | None:
        """The flow of an IVR, begun; None when there is none of that name."""
        ...


class Lookups(Protocol):
    """What is known of a caller's number (`domain.lookups`)."""

    async def known(self, account_id: UUID, number: str) -> Lookup:
        """For the parameters of a document's request; costs nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Plans:
    """Begins the flow of an inbound call. `ring_seconds`: how long those whom a route tag names are rung."""

    route: Route
    ivrs: Ivrs
    lookups: Lookups
    assets: Assets
    ring_seconds: int = 30

    async def begin(self, record: CallRecord, number: OwnedNumber) -> Outcome:
        """The flow, begun: the first destination that can take the call, else the number's document."""
        choices = await self._choices(record, number)
        request = await self._request(record, number)
        for choice in choices:
            begun = await self._to(choice, choices, record, request)
            if begun is not None:
                return begun
        return start(request)

    async def _choices(self, record: CallRecord, number: OwnedNumber) -> tuple[RouteChoice, ...]:
        if not number.route_tag:
            return ()
        event = InboundEvent(
            account_id=record.account_id,
            subject_id=record.id,
            kind="call",
            route_tag=number.route_tag,
            timezone=number.timezone,
            fields={"from": record.caller, "to": record.callee, "callsid": str(record.id)},
            contact_id=record.contact_id,
        )
        return await self.route(event)

    async def _request(self, record: CallRecord, number: OwnedNumber) -> FlowRequest:
        """The number's own document, or the words that there is none."""
        url = number.urls.get("voiceUrl", "")
        return FlowRequest(
            account_sid=str(record.account_id),
            call_sid=str(record.id),
            from_number=record.caller,
            to_number=record.callee,
            direction="inbound",
            url=url,
            method=_method(number, "voiceUrl"),
            body=None if url else NOT_SET_UP,
            fallback_url=number.urls.get("voiceFallbackUrl", ""),
            fallback_method=_method(number, "voiceFallbackUrl"),
            lookup=await self.lookups.known(record.account_id, record.caller),
        )

    async def _to(
        self, choice: RouteChoice, choices: Sequence[RouteChoice], record: CallRecord, request: FlowRequest
    ) -> Outcome | None:
        """The flow of a destination; None where it cannot take the call."""
        if choice.dest_type == "ivr":
            return await self.ivrs.begin(record.account_id, choice.dest, request)
        if choice.dest_type == "call":
            return await self._document(choice, record, request)
        if choice.dest_type in ("call-relay", "webrtc"):
            return start_with(request, _relay(choices, record, self.ring_seconds), {})
        if choice.dest_type == "voicemail":
            return start_with(request, _voicemail(parse_number(choice.dest) or record.callee), {})
        return None

    async def _document(self, choice: RouteChoice, record: CallRecord, request: FlowRequest) -> Outcome | None:
        """The XML of its options, or that of the URL or the asset which it names."""
        if body := choice.option("callXml"):
            return start(_with_body(request, body))
        url: str | None = choice.dest
        if not choice.dest.lower().startswith(("http://", "https://")):
            url = await self.assets.url(record.account_id, "inboundxml", choice.dest)
        if url is None:
            return None
        method: Method = "GET" if choice.option("method").upper() == "GET" else "POST"
        return start(replace(request, url=url, method=method, body=None))


def _relay(choices: Sequence[RouteChoice], record: CallRecord, ring_seconds: int) -> Elements:
    """Everybody whom the tag rings at once; nobody there, the mailbox of the number that a browser phone answers
    for.
    """
    rung = [one for one in choices if one.dest_type in ("call-relay", "webrtc")]
    nouns = tuple(Element(name="user" if one.dest_type == "webrtc" else "number", text=one.dest) for one in rung)
    dial = Element(name=Dial.name.lower(), attributes={"timeout": str(ring_seconds)}, children=nouns)
    if any(one.dest_type == "webrtc" for one in rung):
        return (dial, *_voicemail(record.callee))
    return (dial,)


def _voicemail(number: str) -> Elements:
    return (Element(name=Voicemail.name, text=number), Element(name=Hangup.name.lower()))


def _with_body(request: FlowRequest, body: str) -> FlowRequest:
    return replace(request, url="", body=body)


def _method(number: OwnedNumber, url_field: str) -> Method:
    return "GET" if number.urls.get(method_of(url_field), "POST").upper() == "GET" else "POST"
