"""URIs, addresses and Vias: read, written, compared."""

from __future__ import annotations

import pytest

from cordboard.wire.sip import ANY, Address, SipSyntaxError, SipUri, Via
from cordboard.wire.sip.grammar import MOST_PARAMS, quote


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("sip:a@h", SipUri("sip", "a", "h")),
        ("SIPS:a:secret@H.example:5061", SipUri("sips", "a", "h.example", 5061, password="secret")),
        ("sip:h", SipUri("sip", None, "h")),
        (
            "sip:+12125551212@h;user=phone;lr",
            SipUri("sip", "+12125551212", "h", params=(("user", "phone"), ("lr", None))),
        ),
        ("sip:a@[2001:DB8::1]:5060", SipUri("sip", "a", "2001:db8::1", 5060)),
        (
            "sip:a@h?Replaces=x%40y%3Bto-tag%3D1&Subject=",
            SipUri("sip", "a", "h", headers=(("Replaces", "x@y;to-tag=1"), ("Subject", ""))),
        ),
        ("sip:us%65r%20x@h", SipUri("sip", "user x", "h")),
        ("sip:#31#%23@h", SipUri("sip", "#31##", "h")),
        ("sip:j%C3%BCrgen@h", SipUri("sip", "jürgen", "h")),
        ("tel:+1-212-555;phone-context=x", SipUri("tel", "+1-212-555", params=(("phone-context", "x"),))),
        ("mailto:a@b", SipUri("mailto", opaque="a@b")),
    ],
)
def test_uris(text: str, uri: SipUri) -> None:
    assert SipUri.parse(text) == uri
    assert SipUri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "bob",
        "sip:a@",
        "sip:@h",
        "sip:a@h:99999",
        "sip:a@h:x",
        "sip:a b@h",
        "sip:a@h;",
        "sip:a@h;=x",
        "sip:a@h?x",
        "sip:a@h?=x",
        "sip:a@[::1",
        "sip:a@h/path",
        "sip:%zz@h",
        "sip:%ff@h",
        "tel:",
        "tel:abcxyz",
        "x: y",
        "sip:a@h" + ";p" * (MOST_PARAMS + 1),
        "sip:a@h?" + "&".join(["p=1"] * (MOST_PARAMS + 1)),
    ],
)
def test_uris_that_are_none(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        SipUri.parse(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", True),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", True),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", True),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            True,
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            True,
        ),
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtlanTa.CoM;Transport=UDP", False),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", False),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", False),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", False),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", False),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", False),
        ("sip:a:b@h", "sip:a@h", False),
        ("sip:a@h", "sips:a@h", False),
    ],
)
def test_comparison_of_uris(one: str, other: str, same: bool) -> None:
    """The examples of RFC 3261 19.1.4, and some more."""
    assert SipUri.parse(one).matches(SipUri.parse(other)) is same
    assert SipUri.parse(other).matches(SipUri.parse(one)) is same


def test_request_uri_of_an_address_with_headers() -> None:
    uri = SipUri.parse("sip:a@h;method=BYE;lr?Replaces=x")
    assert str(uri.without_headers()) == "sip:a@h;lr"
    assert uri.header("replaces") == "x"
    assert uri.param("transport") is None
    assert uri.host_and_port == "h"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("sip:a@h;tag=1", Address(SipUri("sip", "a", "h"), params=(("tag", "1"),))),
        ("<sip:a@h;lr>;tag=1", Address(SipUri("sip", "a", "h", params=(("lr", None),)), params=(("tag", "1"),))),
        ('"A \\"B\\" \\\\" <sip:a@h>', Address(SipUri("sip", "a", "h"), 'A "B" \\')),
        ("A  B <sip:a@h>", Address(SipUri("sip", "a", "h"), "A  B")),
        ('"" <sip:a@h>', Address(SipUri("sip", "a", "h"))),
        (
            '"Jürgen 北"<sip:a@h> ; x = "1;2" ; y',
            Address(SipUri("sip", "a", "h"), "Jürgen 北", (("x", '"1;2"'), ("y", None))),
        ),
        ("<sip:a@h>;x=1;X=2", Address(SipUri("sip", "a", "h"), params=(("x", "1"), ("x", "2")))),
        ('"<not> this" <sip:a@h>', Address(SipUri("sip", "a", "h"), "<not> this")),
        (" * ", ANY),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<>",
        "<sip:a@h",
        '"open <sip:a@h>',
        'odd"quote <sip:a@h>',
        '"A" between <sip:a@h>',
        "sip:a@h?x=y",
        "sip:a@h,sip:b@h",
        "<sip:a@h> tag=1",
        "<sip:a@h>;",
        "<sip:a@h>;;",
        '<sip:a@h>;x="1',
        '<sip:a@h>;x="1"2',
        "<sip:a@h>" + ";p" * (MOST_PARAMS + 1),
    ],
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        Address.parse(text)


def test_parameters_of_addresses() -> None:
    address = Address.parse('<sip:a@h>;expires=60;+sip.instance="<urn:uuid:1>";x=1;x=2')
    assert (address.tag, address.param("+sip.instance"), address.param("x")) == ("", "<urn:uuid:1>", "1")
    assert address.with_tag("t").tag == "t"
    assert address.with_param("expires", "30").param("expires") == "30"
    assert not address.is_any
    assert ANY.is_any


def test_names_cannot_break_the_line() -> None:
    evil = Address(SipUri("sip", "a\r\nb", "h"), 'x"\r\nEvil: yes\0')
    assert str(evil) == '"x\\"Evil: yes" <sip:a%0D%0Ab@h>'
    assert quote("a\tb") == '"ab"'


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("SIP/2.0/UDP h", Via("UDP", "h")),
        (
            "SIP / 2.0\t/ tcp  H.example : 5060 ; branch = z9hG4bKx ;rport",
            Via("TCP", "h.example", 5060, (("branch", "z9hG4bKx"), ("rport", None))),
        ),
        ("SIP/2.0/WSS [2001:db8::1]:443;received=[::2]", Via("WSS", "2001:db8::1", 443, (("received", "[::2]"),))),
        ("sip/2.0/TLS 192.0.2.1;received=2001:db8::9", Via("TLS", "192.0.2.1", None, (("received", "2001:db8::9"),))),
    ],
)
def test_vias(text: str, via: Via) -> None:
    assert Via.parse(text) == via
    assert Via.parse(str(via)) == via


@pytest.mark.parametrize(
    "text", ["", "SIP/2.0/UDP", "SIP/2.0 UDP h", "HTTP/1.1/TCP h", "SIP/2.0/UDP h:99999", "SIP/2.0/UDP a b"]
)
def test_vias_that_are_none(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        Via.parse(text)


@pytest.mark.parametrize(
    ("branch", "unique"),
    [("z9hG4bKx", True), ("Z9HG4BKx", True), ("z9hG4bK", False), ("1234567890", False), ("", False)],
)
def test_unique_branches(branch: str, unique: bool) -> None:
    assert Via("UDP", "h", params=(("branch", branch),)).has_unique_branch is unique


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("SIP/2.0/UDP h", ("h", 5060)),
        ("SIP/2.0/TLS h", ("h", 5061)),
        ("SIP/2.0/UDP h:5070;received=192.0.2.1", ("192.0.2.1", 5070)),
        ("SIP/2.0/UDP h:5070;received=192.0.2.1;rport=1024", ("192.0.2.1", 1024)),
        ("SIP/2.0/UDP h:5070;received=[::1];rport=1024", ("::1", 1024)),
        ("SIP/2.0/UDP h:5070;maddr=239.1.1.1;received=192.0.2.1", ("239.1.1.1", 5070)),
        ("SIP/2.0/UDP h:5070;rport=99999", ("h", 5070)),
        ("SIP/2.0/UDP h:5070;rport", ("h", 5070)),
    ],
)
def test_where_answers_go(text: str, address: tuple[str, int]) -> None:
    assert Via.parse(text).reply_address == address


def test_notes_of_the_receiver() -> None:
    asked = Via.parse("SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKx")
    assert str(asked.received_from("192.0.2.1", 1024)) == (
        "SIP/2.0/UDP 10.0.0.1:5060;rport=1024;branch=z9hG4bKx;received=192.0.2.1"
    )
    assert Via("UDP", "h").received_from("192.0.2.1", 5060).param("received") == "192.0.2.1"
    same = Via("UDP", "192.0.2.1")
    assert same.received_from("192.0.2.1", 9999) == same
