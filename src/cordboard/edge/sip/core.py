"""Transactions on flows: carries out what the transaction layer asks, and passes on what it tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol, cast

import structlog

from cordboard.edge.sip.addressing import Addressing
from cordboard.edge.sip.flow import Endpoint, Flow
from cordboard.edge.sip.timers import Timers
from cordboard.edge.sip.transport_udp import UdpFlow
from cordboard.wire.sip.effects import (
    AckArrived,
    CancelArrived,
    Effect,
    RequestArrived,
    ResponseArrived,
    TransactionKey,
    TransactionTerminated,
    TransactionTimedOut,
    Transmit,
    TransportFailed,
)
from cordboard.wire.sip.errors import SipError
from cordboard.wire.sip.message import Message, Request, Response
from cordboard.wire.sip.transaction_layer import TransactionLayer

_log = structlog.get_logger(__name__)

_GRAIN: Final = 0.005
"""Seconds that a timer may be late. Loops count in milliseconds: one that wakes us too early would be asked again at
once, and again. And what falls due together is done together.
"""

OnResponse = Callable[[Response], None]


class Listener(Protocol):
    """Who deals with what is no answer to a request of ours."""

    def request_arrived(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        """A new request; every one is to be answered by `Core.respond`."""
        ...

    def ack_arrived(self, request: Request) -> None:
        """An ACK for a 2xx."""
        ...

    def failed(self, message: Message, key: TransactionKey | None) -> None:
        """Handling a message raised an unexpected exception, which is logged: what it belongs to is to be ended."""
        ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request of ours, and who waits for its answers."""

    request: Request
    on_response: OnResponse


class Core:
    """All requests and answers of one user agent. Not for use by several threads."""

    def __init__(
        self, layer: TransactionLayer, timers: Timers, addressing: Addressing, token: Callable[[], str]
    ) -> None:
        self.timers = timers
        self.addressing = addressing
        self.layer = layer
        self._token = token
        self._asked: dict[TransactionKey, _Asked] = {}
        self._cancels: dict[TransactionKey, Callable[[], None]] = {}
        self._listener: Listener | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_due = 0.0
        timers.changed = self.set_alarm

    def listen(self, listener: Listener) -> None:
        """Says who deals with requests."""
        self._listener = listener

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self.timers.now()

    def received(self, message: Message, flow: Flow) -> None:
        """A message came over a flow."""
        if isinstance(message, Request):
            flow = _stamp(message, flow)
        self._carry_out(self.layer.receive(message, flow, self.now))

    def lost(self, flow: Flow) -> None:
        """A connection is gone: what waits for answers over it gets a 503."""
        self._carry_out(self.layer.transport_failed(flow, self.now))

    def request(self, request: Request, flow: Flow, on_response: OnResponse) -> TransactionKey:
        """Sends a request. `on_response` gets each answer; when none comes in time a 408 is made up for it, and a 503
        when it cannot be sent (RFC 3261 8.1.3.1).
        """
        self.addressing.dress(request, flow)
        key, effects = self.layer.send_request(request, flow, self.now, reliable=flow.is_reliable)
        self._asked[key] = _Asked(request, on_response)
        self._carry_out(effects)
        return key

    async def ask(self, request: Request, flow: Flow) -> Response:
        """Sends a request other than INVITE and awaits the final answer."""
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def note(response: Response) -> None:
            if not response.is_provisional and not answer.done():
                answer.set_result(response)

        self.request(request, flow, note)
        return await answer

    def respond(self, response: Response, key: TransactionKey) -> None:
        """Answers a request. A To without a tag gets one, which every answer but 100 has to have (RFC 3261 8.2.6.2)."""
        if response.status > 100:
            response.headers.set("Server", self.addressing.user_agent)
            if "tag=" not in response.headers.get("To"):
                response.headers.set("To", f"{response.headers.get('To')};tag={self._token()}")
        if not response.is_provisional:
            self._cancels.pop(key, None)  # it is too late, and the leg need not outlive its call for it
        self._carry_out(self.layer.send_response(response, key, self.now))

    def send(self, message: Message, flow: Flow) -> None:
        """Sends outside of transactions: an ACK for a 2xx, a refusal of something unreadable."""
        if flow.is_closed:
            self._carry_out(self.layer.transport_failed(flow, self.now))
            return
        try:
            data = message.encode()
        except SipError as error:
            _log.warning("sip.unsendable", error=str(error), call_id=message.call_id)
            return
        flow.send(data)

    def refuse(self, request: Request, status: int, flow: Flow, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Answers a request without a transaction: nothing is remembered of it (RFC 3261 8.2.7)."""
        way = _stamp(request, flow)
        self.send(request.reply(status, to_tag=self._token(), headers=headers), way)

    def send_ack(self, request: Request, flow: Flow) -> None:
        """Sends an ACK for a 2xx, for the first time."""
        self.addressing.dress(request, flow)
        request.headers.set("Via", f"{self.addressing.via(flow)};branch={self.layer.new_branch()}")
        self.send(request, flow)

    def cancel(self, key: TransactionKey) -> None:
        """Cancels an INVITE of ours as soon as that may be; its final answer still comes."""
        self._carry_out(self.layer.cancel(key, self.now))

    def on_cancel(self, key: TransactionKey, call: Callable[[], None]) -> None:
        """Says who is told when an INVITE that came is cancelled."""
        self._cancels[key] = call

    def wake(self) -> None:
        """Does what is due."""
        self._carry_out(self.layer.wake(self.now))
        self.timers.wake()
        self.set_alarm()

    def set_alarm(self) -> None:
        """Sees to it that the event loop wakes us in time. An alarm that is too early is harmless, and kept."""
        theirs, ours = self.layer.next_wake(), self.timers.next_wake()
        due = ours if theirs is None else theirs if ours is None else min(ours, theirs)
        if due is None or (self._alarm is not None and self._alarm_due <= due):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_due = due
        self._alarm = asyncio.get_running_loop().call_later(max(0.0, due - self.now) + _GRAIN, self._ring)

    def close(self) -> None:
        """No more timers."""
        self.timers.clear()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        self._alarm = None
        self.wake()

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Transmit):
                self.send(effect.message, cast("Flow", effect.flow))
            else:
                self._pass_on(effect)
        self.set_alarm()

    def _pass_on(self, effect: Effect) -> None:
        """Tells whom it concerns; an exception there ends what it belongs to, and nothing else."""
        try:
            self._tell(effect)
        except Exception:  # noqa: BLE001  (logged; what nobody foresaw ends one leg, not the others)
            message = self._message_of(effect)
            _log.exception("sip.handler_failed", effect=type(effect).__name__, call_id=message and message.call_id)
            if message is not None and self._listener is not None:
                self._listener.failed(message, effect.key if isinstance(effect, RequestArrived) else None)

    def _tell(self, effect: Effect) -> None:
        match effect:
            case ResponseArrived():
                if asked := self._asked.get(effect.key):
                    asked.on_response(effect.response)
            case RequestArrived() if self._listener is not None:
                self._listener.request_arrived(effect.request, cast("Flow", effect.flow), effect.key)
            case AckArrived() if self._listener is not None:
                self._listener.ack_arrived(effect.request)
            case TransactionTimedOut():
                self._give_up(effect.key, 408)
            case TransportFailed():
                self._give_up(effect.key, 503)
            case CancelArrived() | TransactionTerminated():
                self._end(effect)

    def _end(self, effect: CancelArrived | TransactionTerminated) -> None:
        call = self._cancels.pop(effect.key, None)
        if isinstance(effect, TransactionTerminated):
            self._asked.pop(effect.key, None)
        elif call is not None:
            call()

    def _give_up(self, key: TransactionKey, status: int) -> None:
        """Of requests that came we need not hear: who sent them has given up, or is gone."""
        if asked := self._asked.get(key):
            asked.on_response(asked.request.reply(status))

    def _message_of(self, effect: Effect) -> Message | None:
        match effect:
            case RequestArrived() | AckArrived() | CancelArrived():
                return effect.request
            case ResponseArrived():
                return effect.response
            case TransactionTimedOut() | TransportFailed():
                asked = self._asked.get(effect.key)
                return asked.request if asked else None
        return None


def _stamp(request: Request, flow: Flow) -> Flow:
    """Notes in the Via where a request came from, and answers which way its answers go: back where it came from, but
    over UDP to the port of the Via when it does not ask for more (RFC 3261 18.2.2, RFC 3581 4).
    """
    vias = request.headers.get_all("Via")
    try:
        via = request.via
    except SipError:
        return flow  # the transaction layer refuses it
    stamped = via.received_from(flow.remote.host, flow.remote.port)
    if stamped is not via:
        request.headers.set("Via", str(stamped), *vias[1:])
    if not isinstance(flow, UdpFlow) or via.param("rport") is not None or via.port == flow.remote.port:
        return flow
    return flow.socket.flow_to(Endpoint(flow.remote.host, via.port or 5060))
