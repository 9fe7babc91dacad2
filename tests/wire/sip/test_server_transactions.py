"""Requests that come: once told, once answered, however often they are repeated (RFC 3261 17.2, RFC 6026)."""

from __future__ import annotations

import pytest
from tests.wire.sip.scenes import FLOW, Stage, news, only_response, ours, request, sent, times, told

from cordboard.wire.sip import (
    AckArrived,
    CancelArrived,
    Headers,
    Request,
    RequestArrived,
    Response,
    TransactionKey,
    TransactionTerminated,
    TransactionTimedOut,
    TransportFailed,
)
from cordboard.wire.sip.transactions import RULES, RUNNING, Kind, State


def arrive(stage: Stage, asking: Request) -> TransactionKey:
    """A new request comes and is told."""
    (effect,) = stage.receive(asking)
    assert isinstance(effect, RequestArrived)
    assert (effect.request, effect.flow) == (asking, FLOW)
    return effect.key


def answered(asking: Request, status: int) -> Response:
    """Our answer."""
    return asking.reply(status, to_tag="here")


def ack_for(invite: Request, branch: str = "z9hG4bKpeer") -> Request:
    """The ACK of the peer."""
    return request("ACK", branch=branch, to_tag="here", cseq=invite.cseq.number)


def test_hundred_after_200_ms() -> None:
    stage = Stage()
    invite = request()
    arrive(stage, invite)
    ((at, _),) = happened = stage.run(50)
    assert at == 0.2
    assert only_response([effect for _, effect in happened]).status == 100
    assert only_response(stage.receive(invite)).status == 100


def test_no_hundred_when_there_is_an_answer() -> None:
    stage = Stage()
    invite = request()
    key = arrive(stage, invite)
    ringing = answered(invite, 180)
    assert stage.receive(invite) == []
    assert sent(stage.respond(ringing, key)) == [ringing]
    assert stage.run(50) == []
    assert sent(stage.receive(invite)) == [ringing]
    assert stage.layer.statistics().absorbed == 2


def test_timers_g_and_h() -> None:
    """A refusal is repeated after 0.5, 1, 2, then every 4 s, until no ACK has come for 32 s."""
    stage = Stage()
    invite = request()
    key = arrive(stage, invite)
    busy = answered(invite, 486)
    assert sent(stage.respond(busy, key)) == [busy]
    happened = stage.run(100)
    assert times(happened) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert news(happened) == [(32.0, TransactionTimedOut(key)), (32.0, TransactionTerminated(key))]
    assert stage.layer.statistics().server == 0


def test_timer_i() -> None:
    """The ACK ends the repetition; its own repetitions are absorbed for 5 s."""
    stage = Stage()
    invite = request()
    key = arrive(stage, invite)
    busy = answered(invite, 486)
    stage.respond(busy, key)
    assert sent(stage.receive(invite)) == [busy]
    stage.run(1)
    assert stage.receive(ack_for(invite)) == []
    assert stage.receive(ack_for(invite)) == []
    assert stage.receive(invite) == []
    assert stage.run(50) == [(6.0, TransactionTerminated(key))]


def test_reliable_transports_repeat_nothing_and_linger_nowhere() -> None:
    stage = Stage()
    invite = request(transport="TCP")
    key = arrive(stage, invite)
    stage.respond(answered(invite, 486), key)
    assert stage.run(10) == []
    ack = request("ACK", transport="TCP", to_tag="here")
    assert stage.receive(ack) == [TransactionTerminated(key)]
    bye = request("BYE", transport="TCP", branch="z9hG4bKbye")
    key = arrive(stage, bye)
    assert told(stage.respond(answered(bye, 200), key)) == [TransactionTerminated(key)]
    assert stage.layer.next_wake() is None


def test_timer_l() -> None:
    """After a 2xx the INVITE is absorbed for 32 s, and the dialog may repeat its 2xx."""
    stage = Stage()
    invite = request()
    key = arrive(stage, invite)
    ok = answered(invite, 200)
    assert sent(stage.respond(ok, key)) == [ok]
    assert stage.receive(invite) == []
    assert sent(stage.respond(ok, key)) == [ok]
    assert stage.respond(answered(invite, 486), key) == []
    assert stage.run(50) == [(32.0, TransactionTerminated(key))]
    assert stage.respond(ok, key) == []


@pytest.mark.parametrize("branch", ["z9hG4bKack", "z9hG4bKpeer"])
def test_ack_for_a_2xx_is_the_dialogs(branch: str) -> None:
    stage = Stage()
    invite = request()
    key = arrive(stage, invite)
    stage.respond(answered(invite, 200), key)
    ack = ack_for(invite, branch)
    assert stage.receive(ack) == [AckArrived(ack, FLOW)]


def test_ack_before_the_answer_means_nothing() -> None:
    stage = Stage()
    invite = request()
    arrive(stage, invite)
    assert stage.receive(ack_for(invite)) == []


def test_timer_j() -> None:
    stage = Stage()
    options = request("OPTIONS")
    key = arrive(stage, options)
    assert stage.receive(options) == []
    trying, ok = answered(options, 100), answered(options, 200)
    assert sent(stage.respond(trying, key)) == [trying]
    assert sent(stage.receive(options)) == [trying]
    assert sent(stage.respond(ok, key)) == [ok]
    assert stage.respond(answered(options, 500), key) == []
    assert sent(stage.receive(options)) == [ok]
    assert stage.run(50) == [(32.0, TransactionTerminated(key))]


def test_request_that_nobody_answers_is_forgotten() -> None:
    stage = Stage()
    key = arrive(stage, request("MESSAGE"))
    assert stage.run(50) == [(32.0, TransactionTimedOut(key)), (32.0, TransactionTerminated(key))]


def test_requests_are_told_apart_by_branch_sender_and_method() -> None:
    stage = Stage()
    first = request("OPTIONS")
    keys = {arrive(stage, first)}
    keys.add(arrive(stage, request("OPTIONS", branch="z9hG4bKother", cseq=2)))
    keys.add(arrive(stage, request("INFO", cseq=3)))
    elsewhere = request("OPTIONS", cseq=4)
    elsewhere.headers.set("Via", "SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKpeer")
    keys.add(arrive(stage, elsewhere))
    assert len(keys) == 4


def test_cancel_of_an_invite() -> None:
    stage = Stage()
    invite = request()
    key = arrive(stage, invite)
    stage.respond(answered(invite, 180), key)
    cancel = request("CANCEL")
    effects = stage.receive(cancel)
    ok = only_response(effects)
    assert (ok.status, ok.to.tag, str(ok.cseq)) == (200, "here", "1 CANCEL")
    assert told(effects) == [CancelArrived(cancel, key)]
    assert sent(stage.receive(cancel)) == [ok]
    ended = answered(invite, 487)
    assert sent(stage.respond(ended, key)) == [ended]


@pytest.mark.parametrize("status", [200, 486])
def test_cancel_that_comes_too_late(status: int) -> None:
    stage = Stage()
    invite = request()
    stage.respond(answered(invite, status), arrive(stage, invite))
    effects = stage.receive(request("CANCEL"))
    assert only_response(effects).status == 200
    assert told(effects) == []


def test_cancel_of_nothing() -> None:
    stage = Stage()
    arrive(stage, request("OPTIONS"))
    effects = stage.receive(request("CANCEL"))
    assert only_response(effects).status == 481
    assert only_response(effects).to.tag != ""
    assert told(effects) == []


def test_merged_requests() -> None:
    """The same request by two ways is taken once (8.2.2.2)."""
    stage = Stage()
    arrive(stage, request())
    other_way = request(branch="z9hG4bKotherway")
    assert only_response(stage.receive(other_way)).status == 482
    assert stage.layer.statistics().merged == 1
    arrive(stage, request(branch="z9hG4bKnext", cseq=2))
    arrive(stage, request("BYE", branch="z9hG4bKbye", to_tag="here"))
    arrive(stage, request("BYE", branch="z9hG4bKbye2", to_tag="here"))


def test_merging_ends_with_the_transaction() -> None:
    stage = Stage()
    options = request("OPTIONS")
    stage.respond(answered(options, 200), arrive(stage, options))
    stage.run(50)
    arrive(stage, request("OPTIONS", branch="z9hG4bKlater"))


def test_request_that_comes_back_to_us() -> None:
    stage = Stage()
    _, invite = stage.begin(ours())
    looped = invite.copy()
    looped.headers.prepend("Via", "SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy")
    effects = stage.receive(looped)
    assert only_response(effects).status == 482
    assert told(effects) == []


def test_peers_without_branches() -> None:
    """RFC 2543: the values that such a peer repeats tell what belongs together, and its ACK too."""
    stage = Stage()
    invite = request(branch="1")
    key = arrive(stage, invite)
    busy = answered(invite, 486)
    stage.respond(busy, key)
    assert sent(stage.receive(invite.copy())) == [busy]
    assert stage.receive(request("ACK", branch="1", to_tag="here")) == []
    assert stage.run(50) == [(5.0, TransactionTerminated(key))]
    arrive(stage, request(branch="1", call_id="other"))


def test_limit_of_transactions() -> None:
    stage = Stage(most_server_transactions=2)
    for number in (1, 2):
        arrive(stage, request("OPTIONS", branch=f"z9hG4bK{number}", cseq=number))
    refused = only_response(stage.receive(request("OPTIONS", branch="z9hG4bK3", cseq=3)))
    assert (refused.status, refused.headers.get("Retry-After")) == (503, "5")
    assert stage.layer.statistics().overload == 1
    assert stage.layer.statistics().server == 2
    stage.run(50)
    arrive(stage, request("OPTIONS", branch="z9hG4bK3", cseq=3))


def test_requests_that_cannot_be_read_are_refused() -> None:
    stage = Stage()
    broken = request()
    broken.headers.set("Contact", "<sip:")
    refused = only_response(stage.receive(broken))
    assert refused.status == 400
    assert refused.to.tag != ""
    assert only_response(stage.receive(request(branch="z9hG4bK2", uri="http://example.com"))).status == 416
    starred = request(branch="z9hG4bK3")
    starred.headers.set("Contact", "*")
    assert only_response(stage.receive(starred)).status == 400
    ack = request("ACK")
    ack.headers.set("From", "<sip:")
    assert stage.receive(ack) == []
    lost = Request("BYE", "sip:a@b", Headers([("Via", "nonsense"), ("CSeq", "1 BYE")]))
    assert stage.receive(lost) == []
    assert stage.layer.statistics().malformed == 5
    assert stage.layer.statistics().server == 0


def test_transport_failures() -> None:
    stage = Stage()
    invite, options = request(), request("OPTIONS", branch="z9hG4bK2", cseq=2)
    first, second = arrive(stage, invite), arrive(stage, options)
    assert stage.layer.transport_failed(second, 0.0) == [TransportFailed(second), TransactionTerminated(second)]
    stage.respond(answered(invite, 200), first)
    assert stage.layer.transport_failed(FLOW, 0.0) == [TransportFailed(first)]
    assert stage.run(50) == [(32.0, TransactionTerminated(first))]


def test_answers_to_nothing_are_dropped() -> None:
    stage = Stage()
    key, _ = stage.begin(ours())
    assert stage.respond(answered(request(), 200), key) == []
    assert stage.respond(answered(request(), 200), TransactionKey("server", "x", "INVITE", "y")) == []


@pytest.mark.parametrize("kind", Kind)
def test_tables_are_whole(kind: Kind) -> None:
    """Every state that a rule leads to is there, with its timers, each of which leads somewhere; all can end."""
    states = RULES[kind]
    reached = {rule.state for rules in states.values() for rule in rules.values()} - {State.TERMINATED}
    assert reached <= states.keys() == RUNNING[kind].keys()
    for state, rules in states.items():
        assert all(timer in rules for timer in RUNNING[kind][state])
    assert any(rule.state is State.TERMINATED for rules in states.values() for rule in rules.values())
