"""Header fields by any name, as one line or many."""

from __future__ import annotations

import pytest

from cordboard.wire.sip import Headers, SipSyntaxError, SipUsageError
from cordboard.wire.sip.headers import proper_name


@pytest.mark.parametrize(
    ("spelled", "proper"),
    [
        ("v", "Via"),
        ("V", "Via"),
        ("i", "Call-ID"),
        ("CALL-id", "Call-ID"),
        ("cseq", "CSeq"),
        ("www-authenticate", "WWW-Authenticate"),
        ("x", "Session-Expires"),
        ("r", "Refer-To"),
        ("b", "Referred-By"),
        ("o", "Event"),
        ("k", "Supported"),
        ("x-custom-id", "X-Custom-Id"),
        ("To  ", "To"),
    ],
)
def test_names(spelled: str, proper: str) -> None:
    assert proper_name(spelled) == proper


@pytest.mark.parametrize("name", ["", "a b", "é", "a:b", "a\r\nb"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(SipSyntaxError):
        proper_name(name)


def test_lists_of_values_are_kept_one_by_one() -> None:
    headers = Headers([("m", '"Smith, J" <sip:a@h;x=1,2>;q=1, sip:b@h'), ("Contact", "sip:c@h")])
    assert headers.get_all("contact") == ['"Smith, J" <sip:a@h;x=1,2>;q=1', "sip:b@h", "sip:c@h"]
    assert headers.get("CONTACT") == '"Smith, J" <sip:a@h;x=1,2>;q=1'
    assert list(headers.lines()) == [("Contact", value) for value in headers.get_all("Contact")]


def test_lists_of_words_are_kept_by_line_and_read_one_by_one() -> None:
    headers = Headers([("Supported", "timer, 100rel"), ("k", "replaces"), ("Allow", "INVITE,ACK")])
    assert headers.get_all("Supported") == ["timer", "100rel", "replaces"]
    assert headers.get("Supported") == "timer, 100rel, replaces"
    assert headers.has_word("supported", "100REL")
    assert not headers.has_word("supported", "path")
    assert list(headers.lines())[-1] == ("Allow", "INVITE,ACK")


def test_commas_elsewhere_are_text() -> None:
    assert Headers([("Date", "Sat, 13 Nov 2010 23:29:00 GMT")]).get_all("Date") == ["Sat, 13 Nov 2010 23:29:00 GMT"]


def test_setting_adding_prepending_removing() -> None:
    headers = Headers([("Via", "b")])
    headers.prepend("v", "a")
    headers.add("VIA", "c")
    assert headers.get_all("Via") == ["a", "b", "c"]
    kept = headers.copy()
    headers.set("Via", "x")
    assert (headers.get_all("Via"), kept.get_all("Via")) == (["x"], ["a", "b", "c"])
    headers.set("Via")
    assert "Via" not in headers
    headers.remove("Via")
    assert headers.get("Via", "none") == "none"
    assert headers.names() == []


def test_order_of_names_makes_no_difference_order_of_values_does() -> None:
    assert Headers([("A", "1"), ("B", "2")]) == Headers([("b", "2"), ("a", "1")])
    assert Headers([("A", "1"), ("A", "2")]) != Headers([("A", "2"), ("A", "1")])
    assert repr(Headers([("t", "x")])) == "Headers([('To', 'x')])"


def test_no_line_ends_and_no_length() -> None:
    headers = Headers()
    for change in (headers.set, headers.add, headers.prepend):
        with pytest.raises(SipUsageError):
            change("Subject", "hi\r\nEvil: yes")
        with pytest.raises(SipUsageError):
            change("l", "5")
    assert headers == Headers()
