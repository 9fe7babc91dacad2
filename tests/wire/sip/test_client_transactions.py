"""Requests of ours: what is sent again and when, what answers do, and every way to the end (RFC 3261 17.1)."""

from __future__ import annotations

import pytest
from tests.wire.sip.scenes import (
    FLOW,
    Stage,
    answer_to,
    news,
    only_request,
    ours,
    sent,
    times,
    told,
)

from cordboard.wire.sip import (
    Request,
    Response,
    ResponseArrived,
    TransactionTerminated,
    TransactionTimedOut,
    Transmit,
    TransportFailed,
)


def test_request_goes_out_with_a_branch() -> None:
    stage = Stage()
    outgoing = ours()
    key, effects = stage.layer.send_request(outgoing, FLOW, 0.0, reliable=False)
    (transmit,) = effects
    assert isinstance(transmit, Transmit)
    assert transmit.flow == FLOW
    invite = only_request(effects)
    assert invite.via.has_unique_branch
    assert invite.via.param("rport") == ""
    assert outgoing.via.branch == ""
    assert key.method == "INVITE"
    other, _ = stage.begin(ours())
    assert other != key


def test_timers_a_and_b() -> None:
    """INVITE without an answer: again after 0.5, 1, 2, ... s; given up after 32 s."""
    stage = Stage()
    key, invite = stage.begin(ours())
    happened = stage.run(100)
    assert times(happened) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert all(effect.message == invite for _, effect in happened if isinstance(effect, Transmit))
    assert news(happened) == [(32.0, TransactionTimedOut(key)), (32.0, TransactionTerminated(key))]
    assert stage.layer.next_wake() is None
    assert stage.layer.statistics().client == 0
    assert stage.layer.statistics().sent_again == 6
    assert stage.layer.statistics().timed_out == 1


def test_timers_e_and_f() -> None:
    """Another request without an answer: again after 0.5, 1, 2, then every 4 s."""
    stage = Stage()
    key, _ = stage.begin(ours("OPTIONS"))
    happened = stage.run(100)
    assert times(happened) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert news(happened) == [(32.0, TransactionTimedOut(key)), (32.0, TransactionTerminated(key))]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_nothing_is_repeated_over_reliable_transports(method: str) -> None:
    stage = Stage()
    key, _ = stage.begin(ours(method, transport="TCP"))
    assert stage.run(100) == [(32.0, TransactionTimedOut(key)), (32.0, TransactionTerminated(key))]


def test_provisional_answer_stops_the_repetition_of_an_invite() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.run(1)
    ringing = answer_to(invite, 180)
    assert stage.receive(ringing) == [ResponseArrived(ringing, key)]
    assert stage.receive(ringing) == [ResponseArrived(ringing, key)]
    assert stage.run(100) == []


def test_provisional_answer_slows_the_repetition_of_another_request() -> None:
    stage = Stage()
    key, options = stage.begin(ours("OPTIONS"))
    stage.receive(options.reply(100))
    assert times(stage.run(100)) == [0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert stage.layer.statistics().client == 0
    assert key.method == "OPTIONS"


def test_provisional_answer_gives_no_more_time() -> None:
    stage = Stage()
    key, options = stage.begin(ours("OPTIONS"))
    stage.run(10)
    stage.receive(options.reply(100))
    assert news(stage.run(100)) == [(32.0, TransactionTimedOut(key)), (32.0, TransactionTerminated(key))]


def test_timer_d() -> None:
    """A refused INVITE: the ACK goes out by itself, again for each repetition, for 32 s."""
    stage = Stage()
    key, invite = stage.begin(ours())
    busy = answer_to(invite, 486)
    effects = stage.receive(busy)
    ack = only_request(effects)
    assert told(effects) == [ResponseArrived(busy, key)]
    assert ack.method == "ACK"
    assert ack.uri == invite.uri
    assert ack.via == invite.via
    assert str(ack.cseq) == "1 ACK"
    assert ack.to.tag == "their"
    assert ack.headers.get_all("Route") == ["<sip:proxy.example.com;lr>"]
    assert ack.headers.get("From") == invite.headers.get("From")
    again = stage.receive(busy)
    assert (sent(again), told(again)) == ([ack], [])
    assert stage.run(31.9) == []
    assert stage.run(40) == [(32.0, TransactionTerminated(key))]
    assert stage.receive(busy) == []


def test_timer_d_is_none_over_reliable_transports() -> None:
    stage = Stage()
    key, invite = stage.begin(ours(transport="TLS"))
    busy = answer_to(invite, 600)
    assert told(stage.receive(busy)) == [ResponseArrived(busy, key), TransactionTerminated(key)]
    assert stage.layer.next_wake() is None


def test_timer_m() -> None:
    """An accepted INVITE: each 2xx is told for 32 s, and no ACK is made of it."""
    stage = Stage()
    key, invite = stage.begin(ours())
    ok, fork = answer_to(invite, 200), answer_to(invite, 200, tag="fork")
    assert stage.receive(ok) == [ResponseArrived(ok, key)]
    assert stage.receive(fork) == [ResponseArrived(fork, key)]
    assert stage.receive(ok) == [ResponseArrived(ok, key)]
    assert stage.receive(answer_to(invite, 180)) == []
    assert stage.receive(answer_to(invite, 486)) == []
    assert stage.run(40) == [(32.0, TransactionTerminated(key))]


def test_timer_k() -> None:
    stage = Stage()
    key, bye = stage.begin(ours("BYE"))
    ok = bye.reply(200)
    assert stage.receive(ok) == [ResponseArrived(ok, key)]
    assert stage.receive(ok) == []
    assert stage.run(40) == [(5.0, TransactionTerminated(key))]


def test_timer_k_is_none_over_reliable_transports() -> None:
    stage = Stage()
    key, bye = stage.begin(ours("BYE", transport="TCP"))
    refused = bye.reply(481)
    assert stage.receive(refused) == [ResponseArrived(refused, key), TransactionTerminated(key)]


def test_timer_c() -> None:
    """An INVITE that rings for more than three minutes is cancelled; each sign of life but 100 begins them anew."""
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.receive(invite.reply(100))
    stage.run(100)
    stage.receive(answer_to(invite, 180))
    stage.run(150)
    stage.receive(invite.reply(100))
    happened = stage.run(290)
    assert times(happened)[0] == 281.0
    stage.receive(answer_to(invite, 487))
    assert news(stage.run(400)) == [(322.0, TransactionTerminated(key))]


def test_cancel_waits_for_a_provisional_answer() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    assert stage.layer.cancel(key, 0.0) == []
    effects = stage.receive(invite.reply(100))
    cancel = only_request(effects)
    assert cancel.method == "CANCEL"
    assert cancel.via == invite.via
    assert str(cancel.cseq) == "1 CANCEL"
    assert cancel.headers.get("To") == invite.headers.get("To")
    assert cancel.headers.get_all("Route") == ["<sip:proxy.example.com;lr>"]
    assert stage.layer.cancel(key, 0.0) == []
    assert stage.receive(cancel.reply(200)) == []
    ended = answer_to(invite, 487)
    assert ResponseArrived(ended, key) in stage.receive(ended)
    assert stage.layer.cancel(key, 0.0) == []


def test_cancel_at_once_when_it_rings() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.receive(answer_to(invite, 180))
    assert only_request(stage.layer.cancel(key, 0.0)).method == "CANCEL"
    assert times(stage.run(2)) == [0.5, 1.5]


def test_cancelled_call_without_a_final_answer_times_out() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.receive(answer_to(invite, 180))
    cancel = only_request(stage.layer.cancel(key, 0.0))
    stage.receive(cancel.reply(200))
    assert stage.run(100) == [(32.0, TransactionTimedOut(key)), (32.0, TransactionTerminated(key))]


def test_cancelled_call_is_not_cancelled_again_by_timer_c() -> None:
    stage = Stage()
    key, invite = stage.begin(ours(transport="TCP"))
    stage.receive(answer_to(invite, 180))
    stage.run(170)
    cancel = only_request(stage.layer.cancel(key, stage.now))
    stage.receive(cancel.reply(200))
    assert stage.run(300) == [(202.0, TransactionTimedOut(key)), (202.0, TransactionTerminated(key))]


def test_answer_that_crosses_the_cancel_is_told() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.receive(answer_to(invite, 180))
    stage.layer.cancel(key, 0.0)
    ok = answer_to(invite, 200)
    assert stage.receive(ok) == [ResponseArrived(ok, key)]


def test_cancel_that_comes_too_late_sends_nothing() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.receive(answer_to(invite, 200))
    assert stage.layer.cancel(key, 0.0) == []
    bye, _ = stage.begin(ours("BYE"))
    assert stage.layer.cancel(bye, 0.0) == []


def test_nothing_is_heard_of_a_cancel_without_an_answer() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.receive(answer_to(invite, 180))
    stage.layer.cancel(key, 0.0)
    stage.receive(answer_to(invite, 487))
    assert news(stage.run(100)) == [(32.0, TransactionTerminated(key))]
    assert stage.layer.statistics().client == 0


def test_transport_failure_of_one() -> None:
    stage = Stage()
    key, _ = stage.begin(ours())
    assert stage.layer.transport_failed(key, 0.0) == [TransportFailed(key), TransactionTerminated(key)]
    assert stage.layer.transport_failed(key, 0.0) == []
    assert stage.run(100) == []


def test_transport_failure_of_a_flow() -> None:
    stage = Stage()
    first, _ = stage.begin(ours())
    second, bye = stage.begin(ours("BYE"))
    other, _ = stage.layer.send_request(ours("OPTIONS"), "another flow", 0.0, reliable=True)
    stage.receive(bye.reply(200))
    assert stage.layer.transport_failed(FLOW, 0.0) == [TransportFailed(first), TransactionTerminated(first)]
    assert stage.layer.transport_failed("another flow", 0.0) == [TransportFailed(other), TransactionTerminated(other)]
    assert stage.run(100) == [(5.0, TransactionTerminated(second))]


def test_failure_to_send_the_ack_ends_the_transaction() -> None:
    stage = Stage()
    key, invite = stage.begin(ours())
    stage.receive(answer_to(invite, 404))
    assert stage.layer.transport_failed(key, 0.0) == [TransactionTerminated(key)]


def strayed(invite: Request) -> list[Response]:
    """Responses that are not for us."""
    other_branch, other_method, by_proxy = (answer_to(invite, 200) for _ in range(3))
    other_branch.headers.set("Via", "SIP/2.0/UDP h;branch=z9hG4bKother")
    other_method.headers.set("CSeq", "1 BYE")
    by_proxy.headers.add("Via", "SIP/2.0/UDP h;branch=z9hG4bKfurther")
    return [other_branch, other_method, by_proxy]


def test_stray_responses_are_dropped() -> None:
    stage = Stage()
    _, invite = stage.begin(ours())
    for response in strayed(invite):
        assert stage.receive(response) == []
    assert stage.layer.statistics().stray == 3


def test_response_that_cannot_be_read_is_dropped() -> None:
    stage = Stage()
    _, invite = stage.begin(ours())
    broken = answer_to(invite, 200)
    broken.headers.set("Contact", "<sip:")
    assert stage.receive(broken) == []
    assert stage.layer.statistics().malformed == 1
    assert times(stage.run(1)) == [0.5]
