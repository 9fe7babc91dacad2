"""The ESME's side of a session (2.2, 2.7): bytes and time in, events and bytes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cordboard.wire.smpp.constants import RESPONSE_BIT, CommandId, Status, command_name
from cordboard.wire.smpp.decoding import read_bind_resp, read_data_sm, read_deliver_sm, read_submit_sm_resp
from cordboard.wire.smpp.encoding import encode, encode_answer
from cordboard.wire.smpp.errors import (
    FramingError,
    InvalidFieldError,
    MalformedPduError,
    NotBoundError,
    UnknownSequenceError,
    WindowFullError,
)
from cordboard.wire.smpp.events import (
    BindRefused,
    Bound,
    Delivered,
    Event,
    NackReceived,
    PduIgnored,
    PduRejected,
    PeerUnbound,
    SessionLost,
    SubmitAnswered,
    SubmitTimedOut,
    Unbound,
)
from cordboard.wire.smpp.framing import FrameSplitter, Header, read_header
from cordboard.wire.smpp.pdu import BindSettings, DataSm, DeliverSm, EnquireLink, Pdu, SubmitSm, Unbind
from cordboard.wire.smpp.states import State, Step, next_state
from cordboard.wire.smpp.window import Answer, SubmitWindow

MAX_SEQUENCE = 0x7FFFFFFF
"""The largest sequence_number (5.1.4); 1 comes after it."""

MAX_UNANSWERED_DELIVERIES = 10_000
"""With as many messages waiting for `answer`, further ones are refused with ESME_RX_T_APPN."""

_ENDED = frozenset({State.CLOSED, State.LOST})


class _Request(NamedTuple):
    """A bind, enquire_link or unbind of ours, to be answered before `deadline`."""

    command_id: int
    deadline: float


class ClientSession:
    """One bind over one connection. Times are seconds of any monotonic clock.

    Call `connected` when the connection stands, `receive` with what it brings, `tick` when `next_deadline` is
    reached and `disconnected` when it breaks. After each call write `take_output`. Events are in the order in
    which they happened. When the session has `ended`, close the connection; a new one needs a new session.
    """

    def __init__(
        self,
        bind: BindSettings,
        *,
        window: int,
        enquire_interval: float = 30.0,
        response_timeout: float = 10.0,
        first_sequence: int = 1,
    ) -> None:
        """Up to `window` submits wait for answers at a time, `response_timeout` seconds each.

        After `enquire_interval` seconds without a PDU from the peer it is asked whether it is there (4.11).
        Raises InvalidFieldError for settings that cannot work.
        """
        if window < 1 or enquire_interval <= 0 or response_timeout <= 0:
            raise InvalidFieldError("session", "window, enquire_interval and response_timeout must be positive")
        if not 1 <= first_sequence <= MAX_SEQUENCE:
            raise InvalidFieldError("first_sequence", f"must be from 1 to {MAX_SEQUENCE}")
        encode(bind, first_sequence)  # a mistake in the settings shows here, not with the first connection
        self._bind = bind
        self._enquire_interval = enquire_interval
        self._response_timeout = response_timeout
        self._sequence = first_sequence
        self._state = State.OPEN
        self._splitter = FrameSplitter()
        self._window = SubmitWindow(window, response_timeout)
        self._requests: dict[int, _Request] = {}
        self._heard_at = 0.0
        # What to answer each delivery with. A peer may reuse a number early: it gets an answer for each use.
        self._deliveries: dict[int, tuple[int, ...]] = {}
        self._delivery_count = 0
        self._events: list[Event] = []
        self._output: list[bytes] = []

    @property
    def state(self) -> State:
        """Where the session is."""
        return self._state

    @property
    def ended(self) -> bool:
        """Whether the session is over and its connection to be closed, after the last output."""
        return self._state in _ENDED

    @property
    def window_free(self) -> int:
        """How many submits the window still takes."""
        return self._window.free

    @property
    def unanswered(self) -> tuple[int, ...]:
        """Submits without answer or timeout, oldest first; once the session has ended, nobody knows."""
        return self._window.waiting

    @property
    def unanswered_deliveries(self) -> int:
        """How many delivered messages wait for `answer`."""
        return self._delivery_count

    def connected(self, now: float) -> None:
        """The connection stands: the bind goes out. Raises NotBoundError when called twice."""
        self._step(Step.BIND)
        self._request(self._bind, now)

    def disconnected(self, reason: str) -> list[Event]:
        """The connection is gone, for `reason`. An unbind that it interrupts counts as answered."""
        if not self.ended:
            if self._state is State.UNBINDING:
                self._end(Step.UNBOUND, Unbound())
            else:
                self._end(Step.LOSE, SessionLost(reason))
        return self._take_events()

    def submit(self, message: SubmitSm, now: float) -> int:
        """Sends `message` and gives its sequence number, which SubmitAnswered or SubmitTimedOut will carry.

        Raises NotBoundError (also on a receiver bind), WindowFullError or InvalidFieldError, sending nothing.
        """
        if self._state is not State.BOUND:
            raise NotBoundError(f"submit_sm is not possible while {self._state.name.lower()}")
        if self._bind.mode == "receiver":
            raise NotBoundError("submit_sm is not possible on a receiver bind")
        if not self._window.free:
            raise WindowFullError("every place in the window waits for its answer")
        sequence = self._send(message)
        self._window.add(sequence, now)
        return sequence

    def answer(self, sequence: int, status: int = 0) -> None:
        """Answers the delivery `sequence`, in any order. Does nothing when the session has ended meanwhile.

        Raises UnknownSequenceError when no delivery waits for it, InvalidFieldError for an impossible status.
        """
        if self.ended:
            return
        commands = self._deliveries.get(sequence)
        if commands is None:
            raise UnknownSequenceError(f"no delivery {sequence} waits for an answer")
        self._output.append(encode_answer(commands[0], sequence, status))
        self._delivery_count -= 1
        if len(commands) == 1:
            del self._deliveries[sequence]
        else:
            self._deliveries[sequence] = commands[1:]

    def unbind(self, now: float) -> None:
        """Begins the end in good order (4.2): Unbound will follow. Raises NotBoundError unless bound."""
        self._step(Step.UNBIND)
        self._request(Unbind(), now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Takes what the connection brought, in pieces of any size. After the end it is ignored."""
        if self.ended:
            return []
        try:
            for frame in self._splitter.feed(data):
                self._heard_at = now
                self._handle(frame)
                if self._state in _ENDED:
                    break
        except FramingError as error:
            self._reply(CommandId.GENERIC_NACK, error.sequence, Status.ESME_RINVCMDLEN)
            self._end(Step.LOSE, SessionLost(error.reason))
        return self._take_events()

    def tick(self, now: float) -> list[Event]:
        """Times out submits, asks an idle peer whether it is there and gives up on a silent one."""
        if self.ended:
            return []
        for sequence in self._window.expire(now):
            self._events.append(SubmitTimedOut(sequence))
        overdue = next((request for request in self._requests.values() if request.deadline <= now), None)
        if overdue is not None:
            name = command_name(overdue.command_id)
            self._end(Step.LOSE, SessionLost(f"no answer to {name} within {self._response_timeout:g} s"))
        elif self._enquires and self._heard_at + self._enquire_interval <= now:
            self._request(EnquireLink(), now)
        return self._take_events()

    def next_deadline(self, now: float) -> float | None:
        """When to call `tick`, not before `now`; None when nothing waits for time to pass."""
        if self.ended:
            return None
        deadlines = [request.deadline for request in self._requests.values()]
        submit = self._window.deadline()
        if submit is not None:
            deadlines.append(submit)
        if self._enquires:
            deadlines.append(self._heard_at + self._enquire_interval)
        return max(now, min(deadlines)) if deadlines else None

    def take_output(self) -> bytes:
        """What is to be written to the connection, once."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    @property
    def _enquires(self) -> bool:
        """Whether silence is followed by an enquire_link: not while another request tests the peer."""
        return self._state is State.BOUND and not self._requests

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _step(self, step: Step) -> None:
        self._state = next_state(self._state, step)

    def _end(self, step: Step, event: Event) -> None:
        self._step(step)
        self._requests.clear()
        self._deliveries.clear()
        self._delivery_count = 0
        self._events.append(event)

    def _send(self, pdu: Pdu) -> int:
        sequence = self._sequence
        self._output.append(encode(pdu, sequence))
        self._sequence = sequence + 1 if sequence < MAX_SEQUENCE else 1
        return sequence

    def _request(self, pdu: BindSettings | EnquireLink | Unbind, now: float) -> None:
        self._requests[self._send(pdu)] = _Request(pdu.command_id, now + self._response_timeout)

    def _reply(self, command_id: int, sequence: int, status: int = 0) -> None:
        self._output.append(encode_answer(command_id, sequence, status))

    def _settle_request(self, header: Header, command_id: int) -> bool:
        """Whether `header` answers the request `command_id` under way; if not, it is reported as ignored."""
        request = self._requests.get(header.sequence)
        if request is None or request.command_id != command_id:
            self._ignore(header)
            return False
        del self._requests[header.sequence]
        return True

    def _handle(self, frame: bytes) -> None:
        header = read_header(frame)
        handler = _HANDLERS.get(header.command_id)
        if handler is not None:
            handler(self, header, frame)
        elif header.command_id & RESPONSE_BIT:
            self._ignore(header)
        else:
            self._reject(header, CommandId.GENERIC_NACK, Status.ESME_RINVCMDID, "not a command for an ESME")

    def _ignore(self, header: Header, _: bytes = b"") -> None:
        self._events.append(PduIgnored(header.command_id, header.sequence, header.status))

    def _reject(self, header: Header, answer: int, status: int, reason: str) -> None:
        self._reply(answer, header.sequence, status)
        self._events.append(PduRejected(header.command_id, header.sequence, status, reason))

    def _on_submit_sm_resp(self, header: Header, frame: bytes) -> None:
        message_id = None
        try:
            message_id = read_submit_sm_resp(frame).message_id
        except MalformedPduError as error:  # the header alone settles the submit
            self._note_malformed(header, error)
        self._settle_submit(header, header.status, message_id)

    def _settle_submit(self, header: Header, status: int, message_id: str | None) -> None:
        answer = self._window.settle(header.sequence)
        if answer is Answer.UNEXPECTED:
            self._ignore(header)
        else:
            self._events.append(SubmitAnswered(header.sequence, status, message_id, answer is Answer.LATE))

    def _note_malformed(self, header: Header, error: MalformedPduError) -> None:
        self._events.append(PduRejected(header.command_id, header.sequence, error.status, error.reason))

    def _on_deliver_sm(self, header: Header, frame: bytes) -> None:
        self._take_delivery(header, frame, read_deliver_sm)

    def _on_data_sm(self, header: Header, frame: bytes) -> None:
        self._take_delivery(header, frame, read_data_sm)

    def _take_delivery(self, header: Header, frame: bytes, read: Callable[[bytes], DeliverSm | DataSm]) -> None:
        answer = header.command_id | RESPONSE_BIT
        if self._state not in (State.BOUND, State.UNBINDING) or self._bind.mode == "transmitter":
            self._reject(header, answer, Status.ESME_RINVBNDSTS, "the session is not bound for receiving")
            return
        if self._delivery_count >= MAX_UNANSWERED_DELIVERIES:
            self._reject(header, answer, Status.ESME_RX_T_APPN, "too many deliveries wait for their answers")
            return
        try:
            message = read(frame)
        except MalformedPduError as error:
            self._reject(header, answer, error.status, error.reason)
            return
        self._deliveries[header.sequence] = (*self._deliveries.get(header.sequence, ()), answer)
        self._delivery_count += 1
        self._events.append(Delivered(header.sequence, message))

    def _on_enquire_link(self, header: Header, _: bytes) -> None:
        self._reply(CommandId.ENQUIRE_LINK_RESP, header.sequence)

    def _on_enquire_link_resp(self, header: Header, _: bytes) -> None:
        self._settle_request(header, CommandId.ENQUIRE_LINK)

    def _on_bind_resp(self, header: Header, frame: bytes) -> None:
        """Any of the three answers will do: it is the sequence number that counts."""
        if not self._settle_request(header, self._bind.command_id):
            return
        if header.status:
            self._end(Step.BIND_REFUSED, BindRefused(header.status))
            return
        self._step(Step.BIND_ACCEPTED)
        system_id, version = "", None
        try:
            resp = read_bind_resp(frame)
            system_id, version = resp.system_id or "", resp.options.sc_interface_version
        except MalformedPduError as error:  # bound all the same, says the header
            self._note_malformed(header, error)
        self._events.append(Bound(system_id, version))

    def _on_unbind(self, header: Header, _: bytes) -> None:
        self._reply(CommandId.UNBIND_RESP, header.sequence)
        self._end(Step.PEER_UNBIND, PeerUnbound())

    def _on_unbind_resp(self, header: Header, _: bytes) -> None:
        if self._settle_request(header, CommandId.UNBIND):
            self._end(Step.UNBOUND, Unbound())

    def _on_generic_nack(self, header: Header, _: bytes) -> None:
        self._events.append(NackReceived(header.sequence, header.status))
        status = header.status or Status.ESME_RUNKNOWNERR  # a nack without a reason is still a refusal
        request = self._requests.pop(header.sequence, None)
        if request is None:
            self._nack_submit(header, status)
        elif request.command_id == CommandId.UNBIND:
            self._end(Step.UNBOUND, Unbound())
        elif request.command_id != CommandId.ENQUIRE_LINK:  # a peer without enquire_link is there all the same
            self._end(Step.BIND_REFUSED, BindRefused(status))

    def _nack_submit(self, header: Header, status: int) -> None:
        answer = self._window.settle(header.sequence)
        if answer is not Answer.UNEXPECTED:
            self._events.append(SubmitAnswered(header.sequence, status, None, answer is Answer.LATE))


_HANDLERS: Mapping[int, Callable[[ClientSession, Header, bytes], None]] = {
    CommandId.SUBMIT_SM_RESP: ClientSession._on_submit_sm_resp,
    CommandId.DELIVER_SM: ClientSession._on_deliver_sm,
    CommandId.DATA_SM: ClientSession._on_data_sm,
    CommandId.ENQUIRE_LINK: ClientSession._on_enquire_link,
    CommandId.ENQUIRE_LINK_RESP: ClientSession._on_enquire_link_resp,
    CommandId.BIND_RECEIVER_RESP: ClientSession._on_bind_resp,
    CommandId.BIND_TRANSMITTER_RESP: ClientSession._on_bind_resp,
    CommandId.BIND_TRANSCEIVER_RESP: ClientSession._on_bind_resp,
    CommandId.UNBIND: ClientSession._on_unbind,
    CommandId.UNBIND_RESP: ClientSession._on_unbind_resp,
    CommandId.GENERIC_NACK: ClientSession._on_generic_nack,
    CommandId.OUTBIND: ClientSession._ignore,
    CommandId.ALERT_NOTIFICATION: ClientSession._ignore,
}
