"""Whatever a peer sends, however it is cut: no exception, bounded output, a session that can always end."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.wire.smpp.peer import DELIVERY, MESSAGE, bound, opened

from cordboard.wire.smpp import (
    MAX_SEQUENCE,
    AlertNotification,
    BindResp,
    ClientSession,
    DataSm,
    Delivered,
    EnquireLink,
    EnquireLinkResp,
    Event,
    GenericNack,
    NotBoundError,
    Outbind,
    Pdu,
    SessionLost,
    State,
    SubmitAnswered,
    SubmitSmResp,
    SubmitTimedOut,
    Unbind,
    UnbindResp,
    UnknownPdu,
    WindowFullError,
    encode,
)

PEER_PDUS: list[Pdu] = [
    BindResp(mode="transceiver", system_id="smsc"),
    SubmitSmResp("1"),
    SubmitSmResp(),
    DELIVERY,
    DataSm(source_addr="1"),
    EnquireLink(),
    EnquireLinkResp(),
    Unbind(),
    UnbindResp(),
    GenericNack(),
    Outbind(system_id="x"),
    AlertNotification(b"\0"),
    UnknownPdu(0xAB, b"?"),
    UnknownPdu(0x800000AB),
]
EVENTS = get_args(Event)

frames = st.builds(
    encode,
    st.sampled_from(PEER_PDUS),
    st.integers(0, 6) | st.integers(0, 0xFFFFFFFF),
    st.sampled_from([0, 0, 0, 8]),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A stream of well-formed PDUs in which some octets are changed, dropped or doubled."""
    stream = bytearray(b"".join(draw(st.lists(frames, max_size=8))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(stream)))
        stream[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(stream)


streams = st.binary(max_size=200) | mutated() | st.lists(frames, max_size=12).map(b"".join)


def sessions() -> list[ClientSession]:
    """One in each state in which a session listens."""
    submitting = bound()
    submitting.submit(MESSAGE, 0.0)
    submitting.tick(30.0)
    unbinding = bound()
    unbinding.submit(MESSAGE, 0.0)
    unbinding.unbind(0.0)
    return [opened(), bound("transmitter"), bound("receiver"), submitting, unbinding]


def run_out(session: ClientSession) -> list[Event]:
    """The events of a session that hears nothing any more, until it ends."""
    events: list[Event] = []
    now = 100.0
    for _ in range(20):
        deadline = session.next_deadline(now)
        if deadline is None:
            break
        now = deadline
        events += session.tick(now)
    return events


@given(streams, st.lists(st.integers(0, 400), max_size=8))
def test_any_octets_in_any_pieces(stream: bytes, places: list[int]) -> None:
    edges = sorted({0, *(min(place, len(stream)) for place in places), len(stream)})
    for whole, cut in zip(sessions(), sessions(), strict=True):
        for session in (whole, cut):
            session.take_output()
        expected = whole.receive(stream, 40.0)
        found = [event for start, end in pairwise(edges) for event in cut.receive(stream[start:end], 40.0)]
        output = whole.take_output()
        assert found == expected
        assert cut.take_output() == output
        assert cut.state is whole.state
        assert all(isinstance(event, EVENTS) for event in expected)
        assert len(expected) <= 2 * (len(stream) // 16) + 1
        assert len(output) <= 17 * (len(stream) // 16 + 1)


@given(streams)
def test_session_is_never_stuck(stream: bytes) -> None:
    for session in sessions():
        session.receive(stream, 40.0)
        ended = session.ended
        waiting = session.unanswered
        events = run_out(session)
        assert session.ended
        if not ended:
            assert isinstance(events[-1], SessionLost)
            timed_out = [event.sequence for event in events if isinstance(event, SubmitTimedOut)]
            assert sorted((*timed_out, *session.unanswered)) == sorted(waiting)


class SessionMachine(RuleBasedStateMachine):
    """A caller who keeps the rules and a peer who does not: the books must balance all the time."""

    WINDOW = 4

    def __init__(self) -> None:
        super().__init__()
        self.session = opened(window=self.WINDOW, first_sequence=1)
        self.now = 0.0
        self.submitted: set[int] = set()
        self.late: set[int] = set()
        self.deliveries: list[int] = []

    def take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Delivered):
                self.deliveries.append(event.sequence)
            elif isinstance(event, SubmitTimedOut):
                self.submitted.remove(event.sequence)
                self.late.add(event.sequence)
            elif isinstance(event, SubmitAnswered):
                (self.late if event.late else self.submitted).remove(event.sequence)
        if self.session.ended:
            self.deliveries.clear()

    @rule(stream=streams)
    def peer_sends(self, stream: bytes) -> None:
        self.take(self.session.receive(stream, self.now))

    @rule()
    def peer_accepts_the_bind(self) -> None:
        self.take(self.session.receive(encode(BindResp(mode="transceiver", system_id="smsc"), 1), self.now))

    @rule(data=st.data(), status=st.sampled_from([0, 88]))
    def peer_answers_a_submit(self, data: st.DataObject, status: int) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.submitted | self.late) or [1]))
        self.take(self.session.receive(encode(SubmitSmResp("1"), sequence, status), self.now))

    @rule()
    def caller_submits(self) -> None:
        try:
            sequence = self.session.submit(MESSAGE, self.now)
        except NotBoundError:
            assert self.session.state is not State.BOUND
        except WindowFullError:
            assert len(self.submitted) == self.WINDOW
        else:
            assert 1 <= sequence <= MAX_SEQUENCE
            assert sequence not in self.submitted
            self.submitted.add(sequence)

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data())
    def caller_answers(self, data: st.DataObject) -> None:
        sequence = data.draw(st.sampled_from(self.deliveries))
        self.deliveries.remove(sequence)
        self.session.answer(sequence)

    @precondition(lambda self: self.session.state is State.BOUND)
    @rule()
    def caller_unbinds(self) -> None:
        self.session.unbind(self.now)

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.session.tick(self.now))

    @rule()
    def output_is_written(self) -> None:
        self.session.take_output()
        assert self.session.take_output() == b""

    @invariant()
    def books_balance(self) -> None:
        assert set(self.session.unanswered) == self.submitted
        assert self.session.window_free == self.WINDOW - len(self.submitted)
        assert self.session.unanswered_deliveries == len(self.deliveries)
        deadline = self.session.next_deadline(self.now)
        assert (deadline is None) == self.session.ended
        assert deadline is None or deadline >= self.now


TestSessionMachine = SessionMachine.TestCase
