"""InboundXML answers to text messages."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.messaging.documents import (
    LARGEST_DOCUMENT,
    BadDocumentError,
    RedirectVerb,
    SmsDocument,
    SmsVerb,
    parse_document,
)

URL = "https://example.com/a/sms.php?x=1"


def parse(body: str) -> SmsDocument:
    """The document of URL."""
    return parse_document(body.encode(), URL)


def test_verbs_in_order() -> None:
    document = parse("<Response><Sms>one</Sms><Sms to='+19492221234' from='12345'> two </Sms></Response>")

    assert document.verbs == (SmsVerb("one"), SmsVerb("two", to="+19492221234", sender="12345"))


@pytest.mark.parametrize("body", ["", "  \r\n", "OK", '{"ok": true}', "\ufeff"])
def test_no_document_means_nothing_to_do(body: str) -> None:
    assert parse(body).verbs == ()


@pytest.mark.parametrize("body", ["<Response/>", "<Response></Response>", "<?xml version='1.0'?>\n<response/>"])
def test_an_empty_document_means_nothing_to_do(body: str) -> None:
    assert parse(body).verbs == ()


def test_names_are_matched_in_any_case() -> None:
    document = parse("<RESPONSE><sms STATUSCALLBACK='/cb' Method='get'>hi</sms></RESPONSE>")

    assert document.verbs == (SmsVerb("hi", method="GET", status_callback="https://example.com/cb"),)


def test_what_follows_a_redirect_is_not_run() -> None:
    document = parse("<Response><Redirect method='GET'>next.php</Redirect><Sms>never</Sms></Response>")

    assert document.verbs == (RedirectVerb("https://example.com/a/next.php", "GET"),)


def test_what_follows_an_action_is_not_run() -> None:
    document = parse("<Response><Sms action='/done'>hi</Sms><Sms>never</Sms></Response>")

    assert document.verbs == (SmsVerb("hi", action="https://example.com/done"),)


def test_unknown_verbs_are_passed_over_and_reported() -> None:
    document = parse("<Response><Say>hello</Say><Sms>hi</Sms></Response>")

    assert (document.verbs, document.unknown) == ((SmsVerb("hi"),), ("Say",))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<Response><Sms>hi</Response>", "line 1"),
        ("<html><body>Not found</body></html>", "root element is 'html'"),
        ("<Response><Sms/></Response>", "no text"),
        ("<Response><Redirect/></Response>", "names no URL"),
        ("<!DOCTYPE r [<!ENTITY a 'b'>]><Response><Sms>&a;</Sms></Response>", "not allowed"),
        ("<Response>" + "<Sms>x</Sms>" * 21 + "</Response>", "more than 20 verbs"),
        ("<Response><Sms>" + "x" * LARGEST_DOCUMENT + "</Sms></Response>", "bytes"),
    ],
)
def test_a_bad_document_says_why(body: str, reason: str) -> None:
    with pytest.raises(BadDocumentError, match=reason):
        parse(body)


@given(st.binary(max_size=200).map(lambda junk: b"<" + junk))
def test_junk_is_refused_and_nothing_else_happens(junk: bytes) -> None:
    with contextlib.suppress(BadDocumentError):
        parse_document(junk, URL)
