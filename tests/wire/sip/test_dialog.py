"""Dialogs: who they are, which way requests go, what is in order (RFC 3261 12)."""

from __future__ import annotations

import pytest
from tests.wire.sip.scenes import answer_to, ours, request

from cordboard.wire.sip import (
    AckMemory,
    Dialog,
    DialogError,
    DialogId,
    ForkedDialogs,
    Repetition,
    SipSyntaxError,
    SipUri,
)
from cordboard.wire.sip.dialog import MOST_FORKS

ROUTES = ("Record-Route", "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>")


def callers(*extra: tuple[str, str]) -> Dialog:
    """A dialog that our INVITE made."""
    invite = ours(cseq=7)
    return Dialog.from_response(invite, answer_to(invite, 200, extra=extra))


def callees(*extra: tuple[str, str]) -> Dialog:
    """A dialog that an INVITE which came made."""
    return Dialog.from_request(request(cseq=7, extra=extra), "here", confirmed=True)


def test_callers_dialog() -> None:
    dialog = callers(ROUTES)
    assert dialog.id == DialogId("call", "our", "their")
    assert dialog.remote_target == SipUri.parse("sip:bob@192.0.2.9")
    assert dialog.route_set == ("<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>")
    assert (dialog.local_cseq, dialog.remote_cseq, dialog.confirmed) == (7, None, True)
    assert dialog.next_hop.host == "p2.example.com"
    bye = dialog.create_request("BYE")
    assert (bye.uri, str(bye.cseq)) == ("sip:bob@192.0.2.9", "8 BYE")
    assert (bye.from_.tag, bye.to.tag, bye.max_forwards) == ("our", "their", 70)
    assert bye.headers.get_all("Route") == list(dialog.route_set)
    assert DialogId.of_response(answer_to(ours(), 200)) == dialog.id


def test_callees_dialog() -> None:
    dialog = callees(ROUTES)
    assert dialog.id == DialogId("call", "here", "their")
    assert dialog.route_set == ("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>")
    assert (dialog.local_cseq, dialog.remote_cseq) == (0, 7)
    bye = dialog.create_request("BYE")
    assert (bye.uri, str(bye.cseq), bye.from_.tag, bye.to.tag) == ("sip:alice@192.0.2.1", "1 BYE", "here", "their")


def test_requests_carry_what_they_are_given() -> None:
    dialog = callers()
    info = dialog.create_request(
        "INFO", headers=[("X-Y", "z")], body=b"Signal=1", content_type="application/dtmf-relay"
    )
    assert (info.headers.get("X-Y"), info.body, info.content_type) == ("z", b"Signal=1", "application/dtmf-relay")
    assert "Route" not in info.headers
    assert dialog.next_hop == dialog.remote_target


def test_ack_has_the_number_of_its_invite() -> None:
    dialog = callers()
    dialog.create_request("INFO")
    ack = dialog.create_ack(7, headers=[("Authorization", "Digest x")])
    assert (str(ack.cseq), ack.headers.get("Authorization")) == ("7 ACK", "Digest x")
    assert dialog.local_cseq == 8


def test_strict_router_finds_itself_in_the_request_uri() -> None:
    dialog = callers(("Record-Route", "<sip:p1.example.com;lr>, <sip:old.example.com;x=1>"))
    bye = dialog.create_request("BYE")
    assert bye.uri == "sip:old.example.com;x=1"
    assert bye.headers.get_all("Route") == ["<sip:p1.example.com;lr>", "<sip:bob@192.0.2.9>"]


def test_target_has_no_headers_when_it_is_used() -> None:
    dialog = callees()
    dialog.remote_target = SipUri.parse("sip:a@h;method=BYE?Subject=x")
    assert dialog.create_request("BYE").uri == "sip:a@h"


def test_without_contact() -> None:
    invite = request()
    invite.headers.remove("Contact")
    assert str(Dialog.from_request(invite, "here").remote_target) == "sip:alice@example.com"
    sent = ours()
    ringing = answer_to(sent, 180)
    ringing.headers.remove("Contact")
    assert str(Dialog.from_response(sent, ringing).remote_target) == sent.uri


@pytest.mark.parametrize(
    ("name", "value"),
    [("Contact", "<mailto:a@b>"), ("Record-Route", "<mailto:a@b>"), ("Record-Route", "<sip:"), ("Contact", "*")],
)
def test_contacts_and_routes_that_lead_nowhere(name: str, value: str) -> None:
    invite = request()
    invite.headers.set(name, value)
    with pytest.raises(SipSyntaxError):
        Dialog.from_request(invite, "here")


def test_order_of_requests() -> None:
    dialog = callees()
    for cseq in (8, 10):
        dialog.accept_request(request("INFO", to_tag="here", cseq=cseq))
    for cseq in (9, 10):
        with pytest.raises(DialogError) as caught:
            dialog.accept_request(request("INFO", to_tag="here", cseq=cseq))
        assert caught.value.status == 500
    dialog.accept_request(request("ACK", to_tag="here", cseq=7))
    assert dialog.remote_cseq == 10
    with pytest.raises(DialogError) as caught:
        dialog.accept_request(request("INFO", to_tag="elsewhere", cseq=11))
    assert caught.value.status == 481
    caller = callers()
    caller.accept_request(request("BYE", from_tag="their", to_tag="our", cseq=0))
    assert caller.remote_cseq == 0


def test_target_refresh() -> None:
    dialog = callees()
    moved = request("INVITE", to_tag="here", cseq=8)
    moved.headers.set("Contact", "<sip:alice@192.0.2.77>")
    dialog.accept_request(moved)
    assert dialog.remote_target.host == "192.0.2.77"
    info = request("INFO", to_tag="here", cseq=9)
    info.headers.set("Contact", "<sip:alice@192.0.2.88>")
    dialog.accept_request(info)
    assert dialog.remote_target.host == "192.0.2.77"
    broken = request("UPDATE", to_tag="here", cseq=10)
    broken.headers.set("Contact", "<mailto:a@b>")
    with pytest.raises(SipSyntaxError):
        dialog.accept_request(broken)
    assert dialog.remote_cseq == 9
    answer = answer_to(dialog.create_request("UPDATE"), 200)
    answer.headers.set("Contact", "<sip:alice@192.0.2.99>")
    dialog.accept_response(answer)
    assert dialog.remote_target.host == "192.0.2.99"
    failed = answer_to(dialog.create_request("UPDATE"), 491)
    failed.headers.set("Contact", "<sip:alice@192.0.2.1>")
    dialog.accept_response(failed)
    assert dialog.remote_target.host == "192.0.2.99"


def test_2xx_settles_the_way() -> None:
    invite = ours()
    dialog = Dialog.from_response(invite, answer_to(invite, 180, extra=(ROUTES,)))
    assert (dialog.confirmed, len(dialog.route_set)) == (False, 2)
    dialog.accept_response(answer_to(invite, 200, extra=(("Record-Route", "<sip:p3.example.com;lr>"),)))
    assert (dialog.confirmed, len(dialog.route_set)) == (True, 1)
    assert dialog.route_set == ("<sip:p3.example.com;lr>",)
    dialog.accept_response(answer_to(ours(), 200, extra=(ROUTES,)))
    assert dialog.route_set == ("<sip:p3.example.com;lr>",)


def test_forks() -> None:
    invite = ours()
    forks = ForkedDialogs(invite)
    assert forks.on_response(invite.reply(100)) is None
    assert forks.on_response(invite.reply(180)) is None
    assert forks.on_response(answer_to(invite, 486)) is None
    first = forks.on_response(answer_to(invite, 180, tag="a"))
    second = forks.on_response(answer_to(invite, 183, tag="b"))
    assert first is not None
    assert second is not None
    assert (first.id.remote_tag, second.id.remote_tag) == ("a", "b")
    assert forks.on_response(answer_to(invite, 200, tag="b")) is second
    assert (first.confirmed, second.confirmed) == (False, True)
    assert forks.dialogs == (first, second)
    late = forks.on_response(answer_to(invite, 200, tag="c"))
    assert late is not None
    assert late.confirmed


def test_too_many_forks() -> None:
    invite = ours()
    forks = ForkedDialogs(invite)
    for number in range(MOST_FORKS):
        assert forks.on_response(answer_to(invite, 180, tag=f"f{number}")) is not None
    assert forks.on_response(answer_to(invite, 180, tag="more")) is None
    assert forks.on_response(answer_to(invite, 200, tag="more")) is not None


def test_2xx_is_repeated_until_the_ack() -> None:
    repetition = Repetition(0.0)
    at: list[float] = []
    while (wake := repetition.next_wake) is not None:
        assert repetition.wake(wake - 0.01) is None
        due = repetition.wake(wake)
        at.append(wake)
    assert at == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5, 32.0]
    assert due == "expired"
    acknowledged = Repetition(0.0)
    assert acknowledged.wake(0.5) == "repeat"
    assert acknowledged.pending
    acknowledged.acknowledge()
    assert (acknowledged.next_wake, acknowledged.wake(9.0), acknowledged.pending) == (None, None, False)


def test_acks_are_remembered() -> None:
    memory = AckMemory()
    invite = ours()
    ok, fork = answer_to(invite, 200), answer_to(invite, 200, tag="fork")
    assert memory.find(ok) is None
    ack = Dialog.from_response(invite, ok).create_ack(1)
    memory.remember(ack, 0.0)
    assert memory.find(ok) is ack
    assert memory.find(fork) is None
    memory.remember(Dialog.from_response(invite, fork).create_ack(1), 5.0)
    assert (memory.next_wake, len(memory)) == (32.0, 2)
    memory.wake(31.9)
    assert memory.find(ok) is ack
    memory.wake(32.0)
    assert memory.find(ok) is None
    assert memory.find(fork) is not None
    memory.wake(37.0)
    assert (memory.next_wake, len(memory)) == (None, 0)
