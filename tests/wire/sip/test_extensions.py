"""Reliable provisional answers, session timers and transfers (RFC 3262, 4028, 3515, 3891)."""

from __future__ import annotations

import pytest
from tests.wire.sip.scenes import answer_to, ours, request

from cordboard.wire.sip import (
    Agreement,
    CSeq,
    IntervalTooSmallError,
    ProvisionalReceiver,
    ProvisionalSender,
    RAck,
    ReferTarget,
    Replaces,
    Request,
    Response,
    SessionExpires,
    SessionTimer,
    SipSyntaxError,
    SipUri,
    SipUsageError,
    SubscriptionState,
    parse_sipfrag,
    rack_for,
    refer_progress_headers,
    refer_target,
    refer_to,
    replaces_of,
    sipfrag,
    wants_prack,
)
from cordboard.wire.sip.session_timer import agreement_of, answer_request, min_se, request_headers


def reliable(number: str, status: int = 183) -> Response:
    """A provisional answer that wants a PRACK."""
    return answer_to(ours(cseq=5), status, extra=(("Require", "100rel"), ("RSeq", number)))


# Reliable provisional answers


def test_provisional_answers_are_taken_in_order() -> None:
    receiver = ProvisionalReceiver()
    assert receiver.take(answer_to(ours(), 180)) == "unreliable"
    assert receiver.take(reliable("8001")) == "acknowledge"
    assert receiver.take(reliable("8001")) == "ignore"
    assert receiver.take(reliable("8003")) == "ignore"
    assert receiver.take(reliable("8002")) == "acknowledge"
    assert rack_for(reliable("8002")) == "8002 5 INVITE"
    with pytest.raises(SipSyntaxError):
        receiver.take(reliable("x"))
    assert not wants_prack(reliable("1", status=200))
    assert not wants_prack(reliable("1", status=100))


def state(sender: ProvisionalSender) -> tuple[bool, float | None]:
    """Whether something is pending, and when it is to be repeated."""
    return sender.pending, sender.next_wake


def prack(rack: str) -> Request:
    """A PRACK that came."""
    return request("PRACK", extra=(("RAck", rack),))


def test_provisional_answers_are_repeated_until_the_prack() -> None:
    sender = ProvisionalSender(99)
    numbered = sender.send(request(cseq=3).reply(183, to_tag="here"), 0.0)
    assert wants_prack(numbered)
    assert numbered.headers.get("RSeq") == "100"
    with pytest.raises(SipUsageError):
        sender.send(request().reply(180), 0.0)
    assert sender.next_wake == 0.5
    assert sender.wake(0.5) == "repeat"
    assert sender.next_wake == 1.5
    assert not sender.acknowledge(prack("100 4 INVITE"))
    assert not sender.acknowledge(prack("101 3 INVITE"))
    with pytest.raises(SipSyntaxError):
        sender.acknowledge(prack("100"))
    assert sender.pending
    assert sender.acknowledge(prack("100 3 INVITE"))
    assert not sender.acknowledge(prack("100 3 INVITE"))
    assert state(sender) == (False, None)
    assert sender.send(request().reply(180), 0.0).headers.get("RSeq") == "101"


def test_prack_that_never_comes() -> None:
    sender = ProvisionalSender(0)
    sender.send(request().reply(183), 0.0)
    at: list[float] = []
    while (wake := sender.next_wake) is not None:
        at.append(wake)
        due = sender.wake(wake)
    assert at == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 32.0]
    assert due == "expired"
    assert not sender.pending


def test_rack() -> None:
    assert RAck.parse("776656 1 INVITE") == RAck(776656, CSeq(1, "INVITE"))
    for text in ("", "1 INVITE", "1 1 IN/VITE", "99999999999 1 INVITE", "1 -1 INVITE"):
        with pytest.raises(SipSyntaxError):
            RAck.parse(text)


# Session timers


def asking(*extra: tuple[str, str], supported: bool = True) -> Request:
    """An INVITE that came, of a peer that knows session timers or not."""
    return request(extra=(*extra, *([("Supported", "timer")] if supported else [])))


@pytest.mark.parametrize(
    ("invite", "agreement", "header"),
    [
        (asking(("Session-Expires", "600;refresher=uac")), Agreement(600, we_refresh=False), "600;refresher=uac"),
        (asking(("Session-Expires", "600;refresher=UAS")), Agreement(600, we_refresh=True), "600;refresher=uas"),
        (asking(("Session-Expires", "600")), Agreement(600, we_refresh=True), "600;refresher=uas"),
        (asking(("x", "9000")), Agreement(1800, we_refresh=True), "1800;refresher=uas"),
        (
            asking(("Session-Expires", "9000"), ("Min-SE", "3600")),
            Agreement(3600, we_refresh=True),
            "3600;refresher=uas",
        ),
        (asking(), Agreement(1800, we_refresh=True), "1800;refresher=uas"),
        (
            asking(("Session-Expires", "600;refresher=uac"), supported=False),
            Agreement(600, we_refresh=True),
            "600;refresher=uas",
        ),
        (asking(("Session-Expires", "60"), supported=False), Agreement(90, we_refresh=True), "90;refresher=uas"),
    ],
)
def test_answers_to_session_timers(invite: Request, agreement: Agreement, header: str) -> None:
    settled, headers = answer_request(invite)
    assert settled == agreement
    assert dict(headers)["Session-Expires"] == header
    assert dict(headers).get("Require") == ("timer" if header.endswith("uac") else None)
    assert agreement_of(invite.reply(200, headers=headers)) == Agreement(agreement.seconds, not agreement.we_refresh)


def test_no_timer_with_those_who_know_none() -> None:
    assert answer_request(asking(supported=False)) == (None, ())
    assert agreement_of(answer_to(ours(), 200)) is None


def test_too_small_an_interval() -> None:
    with pytest.raises(IntervalTooSmallError) as caught:
        answer_request(asking(("Session-Expires", "89")))
    assert (caught.value.status, caught.value.headers) == (422, (("Min-SE", "90"),))
    refusal = answer_to(ours(), 422, extra=(("Min-SE", "3600"),))
    assert min_se(refusal) == 3600
    assert request_headers(min_se(refusal), "uac", min_se(refusal)) == (
        ("Session-Expires", "3600;refresher=uac"),
        ("Min-SE", "3600"),
    )
    assert min_se(answer_to(ours(), 422)) == 90
    assert agreement_of(answer_to(ours(), 200, extra=(("Session-Expires", "20"),))) == Agreement(90, we_refresh=True)


@pytest.mark.parametrize("text", ["", "soon", "-1", "99999999999", "90;;"])
def test_session_expires_that_is_none(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        SessionExpires.parse(text)


def test_we_refresh() -> None:
    timer = SessionTimer(Agreement(1800, we_refresh=True), 0.0)
    assert timer.wake(899.0) is None
    assert timer.next_wake == 900.0
    assert timer.wake(900.0) == "refresh"
    assert timer.next_wake == 1768.0
    timer.refreshed(Agreement(90, we_refresh=True), 901.0)
    assert timer.wake(946.0) == "refresh"
    assert timer.next_wake == 961.0
    assert timer.wake(961.0) == "expired"


def test_they_refresh() -> None:
    timer = SessionTimer(Agreement(90, we_refresh=False), 0.0)
    assert timer.next_wake == 60.0
    timer.refreshed(Agreement(90, we_refresh=False), 45.0)
    assert timer.wake(60.0) is None
    assert timer.wake(105.0) == "expired"


# Transfers


def test_replaces() -> None:
    replaces = Replaces.parse("98732@sip.example.com ;from-tag=r33th4x0r;to-tag=ff87ff ;early-only")
    assert replaces == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r", early_only=True)
    assert str(replaces) == "98732@sip.example.com;to-tag=ff87ff;from-tag=r33th4x0r;early-only"
    assert replaces_of(request(extra=(("Replaces", str(replaces)),))) == replaces
    assert replaces_of(request()) is None
    with pytest.raises(SipSyntaxError):
        replaces_of(request(extra=(("Replaces", str(replaces)), ("Replaces", str(replaces)))))
    for text in ("", "x", "x;to-tag=1", ";to-tag=1;from-tag=2", "x;to-tag=;from-tag=2"):
        with pytest.raises(SipSyntaxError):
            Replaces.parse(text)


def test_refer_to() -> None:
    replaces = Replaces("a@b;c", "1", "2")
    replaces = Replaces("12345@192.0.2.1", "1", "2")
    value = refer_to(SipUri.parse("sip:bob@h;lr"), replaces)
    assert value == "<sip:bob@h;lr?Replaces=12345%40192.0.2.1%3Bto-tag%3D1%3Bfrom-tag%3D2>"
    refer = request("REFER", extra=(("Refer-To", value),))
    assert refer_target(refer) == ReferTarget(SipUri.parse("sip:bob@h;lr"), "INVITE", replaces)
    assert refer_to(SipUri.parse("tel:+12125551212")) == "<tel:+12125551212>"


def test_refer_by_other_methods() -> None:
    refer = request("REFER", extra=(("r", '"Bob" <sip:bob@h;method=bye>'),))
    assert refer_target(refer) == ReferTarget(SipUri.parse("sip:bob@h"), "BYE", None)


@pytest.mark.parametrize("values", [(), ("<sip:a@h>", "<sip:b@h>"), ("<sip:",), ("<sip:a@h?Replaces=x>",)])
def test_refers_that_lead_nowhere(values: tuple[str, ...]) -> None:
    with pytest.raises(SipSyntaxError):
        refer_target(request("REFER", extra=tuple(("Refer-To", value) for value in values)))


def test_sipfrag() -> None:
    assert sipfrag(100) == b"SIP/2.0 100 Trying\r\n"
    assert sipfrag(486, "Not\r\nnow") == b"SIP/2.0 486 Not now\r\n"
    assert parse_sipfrag(b"SIP/2.0 200 OK\r\nTo: x\r\n") == (200, "OK")
    assert parse_sipfrag(b"SIP/2.0 603") == (603, "")
    for body in (b"", b"OK", b"SIP/2.0 99 x", b"INVITE sip:a@b SIP/2.0"):
        with pytest.raises(SipSyntaxError):
            parse_sipfrag(body)


def test_progress_of_a_transfer() -> None:
    going, over = dict(refer_progress_headers(180, 60)), dict(refer_progress_headers(200, 60))
    assert (going["Event"], going["Subscription-State"]) == ("refer", "active;expires=60")
    assert over["Subscription-State"] == "terminated;reason=noresource"
    assert SubscriptionState.parse("Active; expires=5") == SubscriptionState("active", "", 5)
    assert SubscriptionState.parse(over["Subscription-State"]) == SubscriptionState("terminated", "noresource")
