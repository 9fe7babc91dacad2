"""One connection to the SMSC: binds, keep-alives, and the PDUs of both directions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, cast

from cordboard.kit.clock import monotonic
from cordboard.testing.smsc import codec
from cordboard.testing.smsc.codec import Bind, CodecError, Framer, Pdu
from cordboard.testing.smsc.records import BindMode, Delivery

_MODES: Final[dict[int, BindMode]] = {
    codec.BIND_RECEIVER: "receiver",
    codec.BIND_TRANSMITTER: "transmitter",
    codec.BIND_TRANSCEIVER: "transceiver",
}
_NAME: Final = codec.c_string("cordboard-smsc")
_VERSION: Final = codec.tlv(codec.TAG_INTERFACE_VERSION, b"\x34")


class Exchange(Protocol):
    """What a connection needs of the SMSC behind it."""

    def connected(self, session: Session) -> None:
        """A connection was made."""

    def check_bind(self, bind: Bind) -> int:
        """The command_status that answers a bind."""

    def bound(self, session: Session, bind: Bind) -> None:
        """The bind was accepted and answered."""

    def submitted(self, session: Session, pdu: Pdu) -> None:
        """A submit_sm came on a connection that may send."""

    def answered(self, session: Session, delivery: Delivery, status: int) -> None:
        """The peer answered a deliver_sm."""

    def writable(self, session: Session) -> None:
        """The connection has room again."""

    def quiet(self) -> None:
        """Everything that came in one read is handled."""

    def lost(self, session: Session) -> None:
        """The connection is gone."""


class Session(asyncio.Protocol):
    """`number` is the bind's, from 1; 0 and an empty `system_id` until bound."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._outgoing: list[bytes] = []
        self._congested = False
        self._sequence = 0
        self._requests: dict[int, asyncio.Future[None]] = {}
        self._transport: asyncio.Transport | None = None
        self.unanswered: dict[int, Delivery] = {}
        self.number = 0
        self.system_id = ""
        self.mode: BindMode | None = None
        self.submits = 0
        self.window = 1
        self.deadline: asyncio.TimerHandle | None = None
        self._handlers: dict[int, Callable[[Pdu], None]] = {
            **dict.fromkeys(_MODES, self._on_bind),
            codec.SUBMIT_SM: self._on_submit,
            codec.DELIVER_SM | codec.RESPONSE: self._on_deliver_resp,
            codec.ENQUIRE_LINK: self._on_enquire_link,
            codec.ENQUIRE_LINK | codec.RESPONSE: self._on_response,
            codec.UNBIND: self._on_unbind,
            codec.UNBIND | codec.RESPONSE: self._on_unbind_resp,
            codec.GENERIC_NACK: self._on_generic_nack,
        }

    @property
    def is_open(self) -> bool:
        """Whether bytes can still be exchanged."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def can_receive(self) -> bool:
        """Whether the peer has bound to be delivered to."""
        return self.mode in ("receiver", "transceiver")

    @property
    def has_room(self) -> bool:
        """Whether one more deliver_sm may go out."""
        return self.is_open and not self._congested and len(self.unanswered) < self.window

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._exchange.connected(self)

    def data_received(self, data: bytes) -> None:
        try:
            pdus = self._framer.feed(data)
        except CodecError as error:
            self.send(codec.pdu(codec.GENERIC_NACK, error.status, 0))
            self.finish()
            return
        for pdu in pdus:
            if not self.is_open:
                break
            self._handlers.get(pdu.command, self._on_unknown)(pdu)
        self._exchange.quiet()

    def pause_writing(self) -> None:
        self._congested = True
        if self.is_open:
            cast("asyncio.Transport", self._transport).pause_reading()

    def resume_writing(self) -> None:
        self._congested = False
        if self.is_open:
            cast("asyncio.Transport", self._transport).resume_reading()
            self._exchange.writable(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._outgoing.clear()
        if self.deadline is not None:
            self.deadline.cancel()
        for request in self._requests.values():
            if not request.done():
                request.set_result(None)
        self._exchange.lost(self)

    # towards the peer

    def send(self, data: bytes) -> None:
        """Write soon, together with whatever else is sent in this turn of the loop."""
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(data)

    def deliver(self, delivery: Delivery) -> None:
        """Send a deliver_sm and await its answer."""
        sequence = self._next_sequence()
        self.unanswered[sequence] = delivery
        delivery.attempts += 1
        delivery.bind = self.number
        delivery.sent_at = monotonic()
        self.send(codec.pdu(codec.DELIVER_SM, 0, sequence, delivery.body))

    async def request(self, command: int) -> None:
        """Send a request without a body; return when it is answered or the connection is gone."""
        sequence = self._next_sequence()
        answered = self._requests[sequence] = self._loop.create_future()
        self.send(codec.pdu(command, 0, sequence))
        try:
            await answered
        finally:
            self._requests.pop(sequence, None)

    def finish(self) -> None:
        """Write what is left, then close."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once; what is not yet written is lost."""
        self._outgoing.clear()
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        if self._outgoing and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    # from the peer

    def _on_bind(self, pdu: Pdu) -> None:
        if self.mode is not None:
            self._answer(pdu, codec.ESME_RALYBND)
            return
        try:
            bind = codec.parse_bind(pdu.body)
            status = self._exchange.check_bind(bind)
        except CodecError as error:
            status = error.status
        if status:
            self._answer(pdu, status)
            self.finish()
            return
        self.mode, self.system_id = _MODES[pdu.command], bind.system_id
        self._answer(pdu, codec.ESME_ROK, _NAME + _VERSION)
        self._exchange.bound(self, bind)

    def _on_submit(self, pdu: Pdu) -> None:
        if self.mode in ("transmitter", "transceiver"):
            self._exchange.submitted(self, pdu)
        else:
            self._answer(pdu, codec.ESME_RINVBNDSTS)

    def _on_deliver_resp(self, pdu: Pdu) -> None:
        delivery = self.unanswered.pop(pdu.sequence, None)
        if delivery is not None:
            self._exchange.answered(self, delivery, pdu.status)

    def _on_enquire_link(self, pdu: Pdu) -> None:
        self._answer(pdu, codec.ESME_ROK)

    def _on_response(self, pdu: Pdu) -> None:
        request = self._requests.get(pdu.sequence)
        if request is not None and not request.done():
            request.set_result(None)

    def _on_unbind(self, pdu: Pdu) -> None:
        self._answer(pdu, codec.ESME_ROK)
        self.finish()

    def _on_unbind_resp(self, pdu: Pdu) -> None:
        self._on_response(pdu)
        self.finish()

    def _on_generic_nack(self, pdu: Pdu) -> None:
        if pdu.sequence in self.unanswered:
            self._on_deliver_resp(pdu)
        else:
            self._on_response(pdu)

    def _on_unknown(self, pdu: Pdu) -> None:
        if not pdu.command & codec.RESPONSE:
            self.send(codec.pdu(codec.GENERIC_NACK, codec.ESME_RINVCMDID, pdu.sequence))

    def _answer(self, pdu: Pdu, status: int, body: bytes = b"") -> None:
        self.send(codec.pdu(pdu.command | codec.RESPONSE, status, pdu.sequence, body))
