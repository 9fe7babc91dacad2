"""How messages are read beyond the torture of RFC 4475: what is tolerated, what is refused, where the limits are."""

from __future__ import annotations

import pytest
from tests.wire.sip.scenes import request

from cordboard.wire.sip import BadMessageError, Request, Response, SipUsageError, is_keep_alive, parse_message
from cordboard.wire.sip.parsing import LARGEST_MESSAGE, LONGEST_LINE, MOST_HEADERS

PLAIN = request(body=b"v=0\r\n").encode()


def refused(datagram: bytes) -> BadMessageError:
    """How a datagram is refused."""
    with pytest.raises(BadMessageError) as caught:
        parse_message(datagram)
    return caught.value


def asked(datagram: bytes) -> Request:
    """The request that a datagram holds."""
    message = parse_message(datagram)
    assert isinstance(message, Request)
    return message


def test_encoding() -> None:
    assert request("BYE", extra=(("supported", "timer"),)).encode() == (
        b"BYE sip:bob@example.com SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKpeer\r\n"
        b"Max-Forwards: 70\r\n"
        b"From: <sip:alice@example.com>;tag=their\r\n"
        b"To: <sip:bob@example.com>\r\n"
        b"Call-ID: call\r\n"
        b"CSeq: 1 BYE\r\n"
        b"Contact: <sip:alice@192.0.2.1>\r\n"
        b"Supported: timer\r\n"
        b"Content-Length: 0\r\n\r\n"
    )


def test_compact_forms_in_any_case() -> None:
    short = PLAIN.replace(b"Via:", b"v:").replace(b"From:", b"F:").replace(b"To:", b"t:").replace(b"Call-ID:", b"I:")
    assert parse_message(short.replace(b"Contact:", b"m:").replace(b"Content-Length:", b"L :")) == asked(PLAIN)
    assert parse_message(PLAIN.replace(b"CSeq", b"CSEQ").replace(b"Call-ID", b"call-id")) == asked(PLAIN)


def test_space_before_the_colon() -> None:
    assert asked(PLAIN.replace(b"To: ", b"To \t: ")) == asked(PLAIN)


def test_folded_lines() -> None:
    assert asked(PLAIN.replace(b"From: <", b"From:\r\n\t <")) == asked(PLAIN)


def test_lines_that_end_in_lf_alone() -> None:
    head, _, body = PLAIN.partition(b"\r\n\r\n")
    assert asked(head.replace(b"\r\n", b"\n") + b"\n\n" + body) == asked(PLAIN)


@pytest.mark.parametrize("bare", [b"\n", b"\r"])
def test_half_a_line_end_within_a_value_is_refused(bare: bytes) -> None:
    error = refused(PLAIN.replace(b"Call-ID: call", b"Call-ID: call" + bare + b"X: y"))
    assert error.status == 400


def test_leading_line_ends_are_skipped() -> None:
    assert asked(b"\r\n\r\n" + PLAIN) == asked(PLAIN)


def test_body_is_cut_to_its_length() -> None:
    assert asked(PLAIN + b"more").body == b"v=0\r\n"


def test_without_length_the_datagram_ends_the_body() -> None:
    assert asked(PLAIN.replace(b"Content-Length: 5\r\n", b"")).body == b"v=0\r\n"


@pytest.mark.parametrize("length", [b"6", b"-1", b"x", b"", b"5, 5", "٥".encode()])
def test_wrong_lengths(length: bytes) -> None:
    error = refused(PLAIN.replace(b"Content-Length: 5", b"Content-Length: " + length))
    assert error.status == 400
    assert error.request is not None


def test_length_over_the_limit() -> None:
    assert refused(PLAIN.replace(b"Content-Length: 5", b"Content-Length: 99999")).status == 413


def test_texts_in_utf_8_and_latin_1() -> None:
    name = '"Jürgen" <'
    for encoding in ("utf-8", "latin-1"):
        message = asked(PLAIN.replace(b"From: <", b"From: " + name.encode(encoding)))
        assert message.from_.display == "Jürgen"
        assert name.encode() in message.encode()


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_missing_headers_leave_nothing_to_answer(name: str) -> None:
    message = asked(PLAIN)
    message.headers.remove(name)
    error = refused(message.encode())
    assert error.request is None
    assert name in error.reason


@pytest.mark.parametrize("line", [b"no colon", b": no name", b"na me: x", b"n\xc3\xa4me: x"])
def test_lines_that_are_no_headers(line: bytes) -> None:
    error = refused(PLAIN.replace(b"Contact:", line + b"\r\nContact:"))
    assert error.status == 400
    assert error.request is not None
    assert error.request.call_id == "call"


@pytest.mark.parametrize("line", [b"SIP/2.0 99 x", b"SIP/2.0 700 x", b"SIP/3.0 200 OK", b"SIP/2.0", b"SIP/2.0  200"])
def test_status_lines_that_are_none(line: bytes) -> None:
    assert refused(PLAIN.replace(b"INVITE sip:bob@example.com SIP/2.0", line)).request is None


def test_status_line_without_reason() -> None:
    response = request().reply(200)
    message = parse_message(response.encode().replace(b"SIP/2.0 200 OK", b"SIP/2.0 200"))
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (200, "")


def test_acks_are_never_answered() -> None:
    assert refused(request("ACK").encode().replace(b"1 ACK", b"1 BYE")).request is None


@pytest.mark.parametrize("number", ["0", "2147483647", "0009"])
def test_cseq_numbers(number: str) -> None:
    assert asked(PLAIN.replace(b"CSeq: 1 ", f"CSeq: {number} ".encode())).cseq.number == int(number)


@pytest.mark.parametrize("value", [b"2147483648 INVITE", b"INVITE", b"x INVITE", b"1", b"1 INVITE x", b"1 BYE"])
def test_cseqs_that_are_none(value: bytes) -> None:
    assert refused(PLAIN.replace(b"CSeq: 1 INVITE", b"CSeq: " + value)).status == 400


def test_limits() -> None:
    filler = [("X-Y", "y")] * (MOST_HEADERS - 8)
    assert asked(request(extra=tuple(filler)).encode()).headers.get("X-Y") == "y"
    assert refused(request(extra=(*filler, ("X-Y", "y"))).encode()).status == 513
    longest = "y" * (LONGEST_LINE - 5)
    assert asked(request(extra=(("X-Y", longest),)).encode()).headers.get("X-Y") == longest
    error = refused(request(extra=(("X-Y", longest + "y"),)).encode())
    assert error.status == 513
    assert error.request is not None
    assert refused(PLAIN + b"x" * LARGEST_MESSAGE).status == 513
    assert refused(PLAIN.replace(b"sip:bob", b"sip:" + b"b" * LONGEST_LINE)).status == 414


def test_head_without_end() -> None:
    assert refused(PLAIN[:100]).request is None


@pytest.mark.parametrize("datagram", [b"", b"\r\n", b"\r\n\r\n", b"\0\0"])
def test_keep_alives(datagram: bytes) -> None:
    assert is_keep_alive(datagram)
    assert refused(datagram).request is None
    assert not is_keep_alive(PLAIN)


def test_what_would_break_a_line_is_not_written() -> None:
    with pytest.raises(SipUsageError):
        Request("INVITE", "sip:a@b SIP/2.0\r\nX: y", request().headers).encode()
    with pytest.raises(SipUsageError):
        Request("IN VITE", "sip:a@b", request().headers).encode()
    with pytest.raises(SipUsageError):
        Response(200, "OK\r\nX: y", request().headers).encode()
    with pytest.raises(SipUsageError):
        Response(99, "", request().headers).encode()


def test_replies_carry_what_ties_them_to_the_request() -> None:
    asking = request(extra=(("Record-Route", "<sip:p1;lr>, <sip:p2;lr>"), ("Timestamp", "54")))
    asking.headers.add("Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKfirst")
    ok = asking.reply(
        200, to_tag="here", headers=[("Contact", "<sip:us@x>")], body=b"v=0", content_type="application/sdp"
    )
    assert (ok.status, ok.reason, ok.to.tag) == (200, "OK", "here")
    assert ok.headers.get_all("Via") == asking.headers.get_all("Via")
    assert ok.headers.get_all("Record-Route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert ok.content_type == "application/sdp"
    trying = asking.reply(100, to_tag="here")
    assert (trying.to.tag, trying.headers.get("Timestamp")) == ("", "54")
    assert "Record-Route" not in trying.headers
    busy = asking.reply(486, "Nicht da", to_tag="here")
    assert (busy.reason, "Record-Route" in busy.headers) == ("Nicht da", False)
    assert request("BYE", to_tag="old").reply(200, to_tag="new").to.tag == "old"
    assert asking.reply(299).reason == "OK"
