"""The walk through a session's states: bind, submit, deliver, unbind, and every way in which it ends."""

from __future__ import annotations

import pytest
from tests.wire.smpp.peer import DELIVERY, MESSAGE, VERSION_34, bound, opened, written

from cordboard.wire.smpp import (
    MAX_SEQUENCE,
    MAX_UNANSWERED_DELIVERIES,
    AlertNotification,
    BindMode,
    BindRefused,
    BindResp,
    BindSettings,
    Bound,
    ClientSession,
    CommandId,
    DataSm,
    DataSmResp,
    Delivered,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Header,
    InvalidFieldError,
    NackReceived,
    NotBoundError,
    Outbind,
    Pdu,
    PduIgnored,
    PduRejected,
    PeerUnbound,
    SessionLost,
    State,
    Status,
    SubmitAnswered,
    SubmitSm,
    SubmitSmResp,
    SubmitTimedOut,
    Unbind,
    UnbindResp,
    Unbound,
    UnknownPdu,
    UnknownSequenceError,
    WindowFullError,
    encode,
)

MODES: list[BindMode] = ["transmitter", "receiver", "transceiver"]


# Binding


def test_new_session_waits_for_its_connection() -> None:
    session = ClientSession(BindSettings(system_id="esme"), window=1)
    assert session.state is State.OPEN
    assert session.next_deadline(0.0) is None
    assert session.tick(1000.0) == []
    assert session.take_output() == b""


@pytest.mark.parametrize("mode", MODES)
def test_connected_sends_the_bind(mode: BindMode) -> None:
    settings = BindSettings(system_id="esme", password="secret", mode=mode, address_range="^1")
    session = ClientSession(settings, window=1)
    session.connected(5.0)
    assert session.state is State.BINDING
    assert written(session) == [(Header(settings.command_id, 0, 1), settings)]
    assert session.take_output() == b""
    assert session.next_deadline(5.0) == 15.0


def test_bound_tells_who_the_peer_is() -> None:
    session = opened()
    answer = encode(BindResp(mode="transceiver", system_id="smsc", options=VERSION_34), 1)
    assert session.receive(answer, 1.0) == [Bound("smsc", 0x34)]
    assert session.state is State.BOUND
    assert not session.ended


def test_bind_answered_as_another_mode_counts() -> None:
    session = opened("transceiver")
    assert session.receive(encode(BindResp(mode="transmitter", system_id="x"), 1), 0.0) == [Bound("x", None)]


def test_bind_answer_without_a_body_or_with_a_malformed_one_counts() -> None:
    session = opened()
    assert session.receive(encode(BindResp(mode="transceiver"), 1), 0.0) == [Bound("", None)]
    session = opened()
    events = session.receive(encode(UnknownPdu(CommandId.BIND_TRANSCEIVER_RESP, b"smsc"), 1), 0.0)
    reason = "system_id is cut off by the end of the PDU"
    assert events == [PduRejected(0x80000009, 1, Status.ESME_RINVCMDLEN, reason), Bound("", None)]
    assert session.state is State.BOUND
    assert session.take_output() == b""


def test_refused_bind_ends_the_session() -> None:
    session = opened()
    refusal = encode(BindResp(mode="transceiver"), 1, Status.ESME_RINVPASWD)
    assert session.receive(refusal, 1.0) == [BindRefused(Status.ESME_RINVPASWD)]
    assert session.state is State.CLOSED
    assert session.ended
    assert session.next_deadline(1.0) is None


@pytest.mark.parametrize(("status", "reported"), [(3, 3), (0, Status.ESME_RUNKNOWNERR)])
def test_nacked_bind_is_refused(status: int, reported: int) -> None:
    session = opened()
    events = session.receive(encode(GenericNack(), 1, status), 1.0)
    assert events == [NackReceived(1, status), BindRefused(reported)]
    assert session.ended


def test_answer_to_another_bind_is_ignored() -> None:
    session = opened()
    stray = encode(BindResp(mode="transceiver", system_id="smsc"), 2)
    assert session.receive(stray, 1.0) == [PduIgnored(CommandId.BIND_TRANSCEIVER_RESP, 2, 0)]
    assert session.state is State.BINDING


def test_bind_without_an_answer_loses_the_session() -> None:
    session = opened(response_timeout=4.0)
    assert session.next_deadline(0.0) == 4.0
    assert session.tick(3.9) == []
    assert session.tick(4.0) == [SessionLost("no answer to bind_transceiver within 4 s")]
    assert session.state is State.LOST


def test_second_bind_answer_is_ignored() -> None:
    session = bound()
    again = encode(BindResp(mode="transceiver"), 1, 5)
    assert session.receive(again, 1.0) == [PduIgnored(CommandId.BIND_TRANSCEIVER_RESP, 1, 5)]
    assert session.state is State.BOUND


def test_connected_twice_is_misuse() -> None:
    session = opened()
    with pytest.raises(NotBoundError, match="bind is not possible while binding"):
        session.connected(1.0)
    assert session.state is State.BINDING
    assert session.take_output() == b""


@pytest.mark.parametrize(
    "settings",
    [
        {"window": 0},
        {"window": 1, "enquire_interval": 0},
        {"window": 1, "response_timeout": -1},
        {"window": 1, "first_sequence": 0},
        {"window": 1, "first_sequence": MAX_SEQUENCE + 1},
    ],
)
def test_settings_that_cannot_work(settings: dict[str, int]) -> None:
    with pytest.raises(InvalidFieldError):
        ClientSession(BindSettings(system_id="esme"), **settings)
    with pytest.raises(InvalidFieldError, match="system_type"):
        ClientSession(BindSettings(system_id="esme", system_type="x" * 13), window=1)


# Submitting


def test_submit_and_answer() -> None:
    session = bound()
    sequence = session.submit(MESSAGE, 1.0)
    assert sequence == 2
    assert written(session) == [(Header(CommandId.SUBMIT_SM, 0, 2), MESSAGE)]
    assert (session.window_free, session.unanswered) == (2, (2,))
    assert session.receive(encode(SubmitSmResp("id-1"), 2), 1.5) == [SubmitAnswered(2, 0, "id-1", late=False)]
    assert (session.window_free, session.unanswered) == (3, ())


def test_answers_come_in_any_order_and_may_refuse() -> None:
    session = bound()
    first, second, third = (session.submit(MESSAGE, 1.0) for _ in range(3))
    answers = encode(SubmitSmResp("c"), third) + encode(SubmitSmResp(), first, Status.ESME_RTHROTTLED)
    assert session.receive(answers, 2.0) == [
        SubmitAnswered(third, 0, "c"),
        SubmitAnswered(first, Status.ESME_RTHROTTLED, None),
    ]
    assert session.unanswered == (second,)


def test_window_is_a_limit() -> None:
    session = bound(window=2)
    session.submit(MESSAGE, 1.0)
    session.submit(MESSAGE, 1.0)
    session.take_output()
    with pytest.raises(WindowFullError):
        session.submit(MESSAGE, 1.0)
    assert session.take_output() == b""
    session.receive(encode(SubmitSmResp("a"), 2), 1.0)
    assert session.submit(MESSAGE, 1.0) == 4


def test_message_that_cannot_be_sent_takes_no_place() -> None:
    session = bound()
    with pytest.raises(InvalidFieldError, match="short_message"):
        session.submit(SubmitSm(short_message=b"x" * 255), 1.0)
    assert session.window_free == 3
    assert session.take_output() == b""
    assert session.submit(MESSAGE, 1.0) == 2


def test_submit_needs_a_bind_that_transmits() -> None:
    with pytest.raises(NotBoundError, match="while open"):
        ClientSession(BindSettings(system_id="esme"), window=1).submit(MESSAGE, 0.0)
    with pytest.raises(NotBoundError, match="while binding"):
        opened().submit(MESSAGE, 0.0)
    with pytest.raises(NotBoundError, match="on a receiver bind"):
        bound("receiver").submit(MESSAGE, 0.0)
    assert bound("transmitter").submit(MESSAGE, 0.0) == 2


def test_malformed_answer_settles_the_submit_all_the_same() -> None:
    session = bound()
    session.submit(MESSAGE, 1.0)
    events = session.receive(encode(UnknownPdu(CommandId.SUBMIT_SM_RESP, b"no-nul"), 2), 1.0)
    reason = "message_id is cut off by the end of the PDU"
    assert events == [
        PduRejected(CommandId.SUBMIT_SM_RESP, 2, Status.ESME_RINVCMDLEN, reason),
        SubmitAnswered(2, 0, None),
    ]
    assert session.window_free == 3


@pytest.mark.parametrize(("status", "reported"), [(3, 3), (0, Status.ESME_RUNKNOWNERR)])
def test_nacked_submit_is_refused(status: int, reported: int) -> None:
    session = bound()
    session.submit(MESSAGE, 1.0)
    events = session.receive(encode(GenericNack(), 2, status), 1.0)
    assert events == [NackReceived(2, status), SubmitAnswered(2, reported, None)]
    assert session.window_free == 3


def test_nack_and_answer_that_nothing_waits_for() -> None:
    session = bound()
    assert session.receive(encode(GenericNack(), 0, 2), 1.0) == [NackReceived(0, 2)]
    assert session.receive(encode(SubmitSmResp("x"), 9), 1.0) == [PduIgnored(CommandId.SUBMIT_SM_RESP, 9, 0)]
    assert session.take_output() == b""
    assert session.state is State.BOUND


def test_submits_time_out_one_by_one_and_late_answers_are_recognised() -> None:
    session = bound(response_timeout=10.0)
    session.submit(MESSAGE, 1.0)
    session.submit(MESSAGE, 2.0)
    assert session.next_deadline(2.0) == 11.0
    assert session.tick(10.9) == []
    assert session.tick(11.0) == [SubmitTimedOut(2)]
    assert (session.window_free, session.next_deadline(11.0)) == (2, 12.0)
    assert session.receive(encode(SubmitSmResp("a"), 2), 11.5) == [SubmitAnswered(2, 0, "a", late=True)]
    assert session.receive(encode(SubmitSmResp("a"), 2), 11.5) == [PduIgnored(CommandId.SUBMIT_SM_RESP, 2, 0)]
    assert session.window_free == 2
    assert session.tick(12.0) == [SubmitTimedOut(3)]
    assert session.receive(encode(GenericNack(), 3, 8), 13.0) == [
        NackReceived(3, 8),
        SubmitAnswered(3, 8, None, late=True),
    ]
    assert session.state is State.BOUND


def test_only_so_many_late_submits_are_remembered() -> None:
    session = bound(window=10_001, response_timeout=1.0)
    for _ in range(10_001):
        session.submit(MESSAGE, 0.0)
    assert len(session.tick(1.0)) == 10_001
    assert session.receive(encode(SubmitSmResp("a"), 2), 1.0) == [PduIgnored(CommandId.SUBMIT_SM_RESP, 2, 0)]
    assert session.receive(encode(SubmitSmResp("a"), 3), 1.0) == [SubmitAnswered(3, 0, "a", late=True)]


def test_sequence_begins_anew_after_the_largest() -> None:
    session = ClientSession(BindSettings(system_id="e"), window=2, first_sequence=MAX_SEQUENCE - 1)
    session.connected(0.0)
    session.receive(encode(BindResp(mode="transceiver"), MAX_SEQUENCE - 1), 0.0)
    assert session.submit(MESSAGE, 0.0) == MAX_SEQUENCE
    assert session.submit(MESSAGE, 0.0) == 1


# Deliveries


def test_delivery_is_answered_when_the_caller_says_so() -> None:
    session = bound("receiver")
    assert session.receive(encode(DELIVERY, 7), 1.0) == [Delivered(7, DELIVERY)]
    assert session.take_output() == b""
    assert session.unanswered_deliveries == 1
    session.answer(7)
    assert written(session) == [(Header(CommandId.DELIVER_SM_RESP, 0, 7), DeliverSmResp())]
    assert session.unanswered_deliveries == 0


def test_answers_go_out_in_any_order_with_any_status() -> None:
    session = bound()
    data = DataSm(source_addr="16")
    events = session.receive(encode(DELIVERY, 7) + encode(data, 8) + encode(DELIVERY, 9), 1.0)
    assert events == [Delivered(7, DELIVERY), Delivered(8, data), Delivered(9, DELIVERY)]
    session.answer(9, Status.ESME_RX_T_APPN)
    session.answer(8)
    assert written(session) == [
        (Header(CommandId.DELIVER_SM_RESP, Status.ESME_RX_T_APPN, 9), DeliverSmResp()),
        (Header(CommandId.DATA_SM_RESP, 0, 8), DataSmResp()),
    ]
    assert session.unanswered_deliveries == 1


def test_answer_to_nothing_is_misuse() -> None:
    session = bound()
    session.receive(encode(DELIVERY, 7), 1.0)
    session.answer(7)
    with pytest.raises(UnknownSequenceError, match="no delivery 7"):
        session.answer(7)
    with pytest.raises(UnknownSequenceError):
        session.answer(8)


def test_impossible_status_leaves_the_delivery_to_be_answered() -> None:
    session = bound()
    session.receive(encode(DELIVERY, 7), 1.0)
    with pytest.raises(InvalidFieldError):
        session.answer(7, -1)
    session.answer(7)
    assert len(written(session)) == 1


def test_reused_number_gets_an_answer_for_each_use() -> None:
    session = bound()
    data = DataSm()
    assert len(session.receive(encode(DELIVERY, 7) + encode(data, 7), 1.0)) == 2
    session.answer(7)
    session.answer(7)
    assert [pdu for _, pdu in written(session)] == [DeliverSmResp(), DataSmResp()]
    with pytest.raises(UnknownSequenceError):
        session.answer(7)


@pytest.mark.parametrize(
    ("request_id", "body", "status", "reason"),
    [
        (CommandId.DELIVER_SM, b"", Status.ESME_RINVCMDLEN, "service_type is cut off"),
        (CommandId.DELIVER_SM, b"\0" * 17 + b"abc", Status.ESME_RINVOPTPARSTREAM, "3 stray octets"),
        (CommandId.DATA_SM, b"\0" * 9, Status.ESME_RINVCMDLEN, "before its last mandatory field"),
    ],
)
def test_malformed_delivery_is_refused_and_the_session_goes_on(
    request_id: int, body: bytes, status: int, reason: str
) -> None:
    session = bound()
    (event,) = session.receive(encode(UnknownPdu(request_id, body), 7), 1.0)
    assert isinstance(event, PduRejected)
    assert (event.command_id, event.sequence, event.status) == (request_id, 7, status)
    assert reason in event.reason
    ((header, _),) = written(session)
    assert header == (request_id | 0x80000000, status, 7)
    assert session.receive(encode(DELIVERY, 8), 1.0) == [Delivered(8, DELIVERY)]


def test_delivery_needs_a_bind_that_receives() -> None:
    for session in (opened(), bound("transmitter")):
        (event,) = session.receive(encode(DELIVERY, 7), 1.0)
        assert isinstance(event, PduRejected)
        assert written(session) == [(Header(CommandId.DELIVER_SM_RESP, Status.ESME_RINVBNDSTS, 7), DeliverSmResp())]


def test_too_many_unanswered_deliveries_are_refused() -> None:
    session = bound()
    assert len(session.receive(encode(DELIVERY, 7) * MAX_UNANSWERED_DELIVERIES, 1.0)) == MAX_UNANSWERED_DELIVERIES
    assert session.take_output() == b""
    (event,) = session.receive(encode(DELIVERY, 8), 1.0)
    assert isinstance(event, PduRejected)
    assert event.status == Status.ESME_RX_T_APPN
    assert [header.status for header, _ in written(session)] == [Status.ESME_RX_T_APPN]
    session.answer(7)
    assert session.receive(encode(DELIVERY, 8), 1.0) == [Delivered(8, DELIVERY)]


# What else the peer may say


@pytest.mark.parametrize("command_id", [CommandId.SUBMIT_SM, CommandId.BIND_RECEIVER, CommandId.QUERY_SM, 0xAB])
def test_command_that_is_not_for_an_esme_is_nacked(command_id: int) -> None:
    session = bound()
    (event,) = session.receive(encode(UnknownPdu(command_id, b"what"), 7), 1.0)
    assert event == PduRejected(command_id, 7, Status.ESME_RINVCMDID, "not a command for an ESME")
    assert written(session) == [(Header(CommandId.GENERIC_NACK, Status.ESME_RINVCMDID, 7), GenericNack())]
    assert session.state is State.BOUND


@pytest.mark.parametrize(
    "pdu",
    [
        Outbind(system_id="smsc"),
        AlertNotification(b"\0\0\0\0\0\0"),
        DeliverSmResp(),
        UnbindResp(),
        EnquireLinkResp(),
        UnknownPdu(0x800000AB),
    ],
)
def test_pdu_without_an_effect_is_ignored(pdu: Pdu) -> None:
    session = bound()
    assert session.receive(encode(pdu, 7, 4), 1.0) == [PduIgnored(pdu.command_id, 7, 4)]
    assert session.take_output() == b""
    assert session.state is State.BOUND


def test_enquire_link_is_answered_in_every_state() -> None:
    unbinding = bound()
    unbinding.unbind(0.0)
    unbinding.take_output()
    for session in (opened(), bound(), unbinding):
        assert session.receive(encode(EnquireLink(), 77), 1.0) == []
        assert written(session) == [(Header(CommandId.ENQUIRE_LINK_RESP, 0, 77), EnquireLinkResp())]


@pytest.mark.parametrize(("length", "sequence"), [(15, 0), (65537, 5)])
def test_lost_framing_is_nacked_and_loses_the_session(length: int, sequence: int) -> None:
    session = bound()
    good = encode(DELIVERY, 4)
    bad = length.to_bytes(4, "big") + encode(DELIVERY, 5)[4:]
    first, second = session.receive(good + bad + good, 1.0)
    assert first == Delivered(4, DELIVERY)
    assert isinstance(second, SessionLost)
    assert f"command_length {length}" in second.reason
    assert written(session) == [(Header(CommandId.GENERIC_NACK, Status.ESME_RINVCMDLEN, sequence), GenericNack())]
    assert session.state is State.LOST
    assert session.receive(good, 1.0) == []


# Silence


def test_silent_peer_is_asked_and_its_answer_counts() -> None:
    session = bound(enquire_interval=30.0, response_timeout=10.0)
    assert session.next_deadline(0.0) == 30.0
    assert session.tick(29.9) == []
    assert session.take_output() == b""
    assert session.tick(30.0) == []
    assert written(session) == [(Header(CommandId.ENQUIRE_LINK, 0, 2), EnquireLink())]
    assert session.next_deadline(30.0) == 40.0
    assert session.tick(39.0) == []
    assert session.take_output() == b""
    assert session.receive(encode(EnquireLinkResp(), 2), 39.5) == []
    assert session.next_deadline(39.5) == 69.5
    assert session.tick(40.0) == []
    assert session.state is State.BOUND


def test_peer_that_speaks_is_not_asked() -> None:
    session = bound(enquire_interval=30.0)
    session.receive(encode(DELIVERY, 7), 20.0)
    session.receive(encode(DELIVERY, 8)[:10], 25.0)
    assert session.next_deadline(25.0) == 50.0
    assert session.tick(49.9) == []
    assert session.take_output() == b""


def test_peer_that_does_not_answer_is_lost() -> None:
    session = bound(enquire_interval=30.0, response_timeout=10.0)
    session.submit(MESSAGE, 25.0)
    session.tick(30.0)
    session.submit(MESSAGE, 39.0)
    assert session.tick(40.0) == [
        SubmitTimedOut(2),
        SessionLost("no answer to enquire_link within 10 s"),
    ]
    assert session.unanswered == (4,)
    assert session.tick(99.0) == []
    assert session.next_deadline(99.0) is None


def test_peer_without_enquire_link_is_there_all_the_same() -> None:
    session = bound()
    session.tick(30.0)
    assert session.receive(encode(GenericNack(), 2, 3), 31.0) == [NackReceived(2, 3)]
    assert session.tick(40.0) == []
    assert session.state is State.BOUND


def test_deadline_is_never_in_the_past() -> None:
    assert bound().next_deadline(1000.0) == 1000.0


# The end


def test_our_unbind() -> None:
    session = bound()
    session.submit(MESSAGE, 1.0)
    session.receive(encode(DELIVERY, 7), 1.0)
    session.take_output()
    session.unbind(2.0)
    assert written(session) == [(Header(CommandId.UNBIND, 0, 3), Unbind())]
    with pytest.raises(NotBoundError, match="while unbinding"):
        session.submit(MESSAGE, 2.0)
    with pytest.raises(NotBoundError, match="unbind is not possible while unbinding"):
        session.unbind(2.0)
    assert session.receive(encode(SubmitSmResp("a"), 2), 2.0) == [SubmitAnswered(2, 0, "a")]
    assert session.receive(encode(DELIVERY, 8), 2.0) == [Delivered(8, DELIVERY)]
    session.answer(7)
    assert len(written(session)) == 1
    assert session.receive(encode(UnbindResp(), 3), 3.0) == [Unbound()]
    assert session.state is State.CLOSED
    session.answer(8)
    assert session.take_output() == b""


def test_nacked_unbind_is_an_unbind() -> None:
    session = bound()
    session.unbind(2.0)
    assert session.receive(encode(GenericNack(), 2, 3), 3.0) == [NackReceived(2, 3), Unbound()]
    assert session.state is State.CLOSED


def test_unbind_without_an_answer_loses_the_session() -> None:
    session = bound(response_timeout=10.0)
    session.unbind(2.0)
    assert session.next_deadline(2.0) == 12.0
    assert session.tick(12.0) == [SessionLost("no answer to unbind within 10 s")]


def test_unbind_needs_a_bind() -> None:
    session = opened()
    with pytest.raises(NotBoundError):
        session.unbind(0.0)
    assert session.take_output() == b""


def test_peers_unbind_is_answered_and_ends_the_session() -> None:
    crossing = bound()
    crossing.unbind(0.0)
    crossing.take_output()
    for session in (opened(), bound(), crossing):
        assert session.receive(encode(Unbind(), 9) + encode(DELIVERY, 10), 1.0) == [PeerUnbound()]
        assert written(session) == [(Header(CommandId.UNBIND_RESP, 0, 9), UnbindResp())]
        assert session.state is State.CLOSED
        assert session.receive(encode(EnquireLink(), 11), 1.0) == []
        assert session.take_output() == b""


def test_connection_that_breaks() -> None:
    session = bound()
    session.submit(MESSAGE, 1.0)
    assert session.disconnected("reset by peer") == [SessionLost("reset by peer")]
    assert (session.state, session.unanswered) == (State.LOST, (2,))
    assert session.disconnected("again") == []
    assert opened().disconnected("refused") == [SessionLost("refused")]


def test_connection_that_breaks_during_our_unbind() -> None:
    session = bound()
    session.unbind(1.0)
    assert session.disconnected("closed") == [Unbound()]
    assert session.state is State.CLOSED


def test_ended_session_stays_ended() -> None:
    session = bound()
    session.receive(encode(DELIVERY, 7), 1.0)
    session.disconnected("gone")
    session.take_output()
    session.answer(7)
    assert session.tick(99.0) == []
    assert session.unanswered_deliveries == 0
    assert session.take_output() == b""
    with pytest.raises(NotBoundError):
        session.submit(MESSAGE, 1.0)
    with pytest.raises(NotBoundError):
        session.connected(1.0)
    with pytest.raises(NotBoundError):
        session.unbind(1.0)
