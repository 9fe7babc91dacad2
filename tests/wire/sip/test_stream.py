"""Messages out of streams: where each ends, keep-alives between them, and when a stream is lost."""

from __future__ import annotations

import pytest
from tests.wire.sip.scenes import request

from cordboard.wire.sip import BadMessageError, KeepAlive, Request, StreamItem, StreamParser
from cordboard.wire.sip.parsing import LARGEST_MESSAGE

FIRST = request(body=b"v=0\r\n\r\nlike a head\r\n\r\n")
SECOND = request("BYE", transport="TCP", cseq=2)
PING = KeepAlive(ping=True)


def lost(data: bytes) -> BadMessageError:
    """How a stream is given up."""
    parser = StreamParser()
    items = parser.feed(data)
    assert parser.lost
    assert parser.feed(SECOND.encode()) == []
    error = items[-1]
    assert isinstance(error, BadMessageError)
    return error


def test_messages_and_keep_alives_by_octets_and_at_once() -> None:
    data = FIRST.encode() + b"\r\n\r\n" + SECOND.encode() + b"\r\n" + FIRST.encode()
    expected: list[StreamItem] = [FIRST, PING, SECOND, KeepAlive(ping=False), FIRST]
    assert StreamParser().feed(data) == expected
    parser = StreamParser()
    assert [item for at in range(len(data)) for item in parser.feed(data[at : at + 1])] == expected
    assert not parser.lost


def test_ping_is_told_at_once() -> None:
    parser = StreamParser()
    assert parser.feed(b"\r\n") == []
    assert parser.feed(b"\r\n") == [PING]


def test_message_without_length_has_no_body() -> None:
    data = SECOND.encode().replace(b"Content-Length: 0\r\n", b"")
    assert StreamParser().feed(data * 2) == [SECOND, SECOND]


@pytest.mark.parametrize("line", [b"l:0", b"L : 0", b"CONTENT-LENGTH:\t0", b"Content-Length:\r\n 0"])
def test_spellings_of_the_length(line: bytes) -> None:
    data = FIRST.encode()
    size = str(len(FIRST.body)).encode()
    spelled = data.replace(b"Content-Length: " + size, line.replace(b"0", size))
    assert StreamParser().feed(spelled + SECOND.encode()) == [FIRST, SECOND]


def test_lines_that_end_in_lf_alone() -> None:
    head, _, body = FIRST.encode().partition(b"\r\n\r\n")
    data = head.replace(b"\r\n", b"\n") + b"\n\n" + body
    assert StreamParser().feed(data + SECOND.encode()) == [FIRST, SECOND]


def test_bad_message_whose_end_is_known() -> None:
    bad = FIRST.encode().replace(b"1 INVITE", b"1 BYE")
    error, then = StreamParser().feed(bad + SECOND.encode())
    assert isinstance(error, BadMessageError)
    assert error.request is not None
    assert then == SECOND


def test_two_lengths_that_differ_lose_the_stream() -> None:
    error = lost(SECOND.encode().replace(b"Call-ID", b"Content-Length: 4\r\nCall-ID"))
    assert error.status == 400
    assert error.request is not None


@pytest.mark.parametrize("length", [b"-5", b"many", b"", b"1" * 11])
def test_length_that_is_none_loses_the_stream(length: bytes) -> None:
    error = lost(SECOND.encode().replace(b"Content-Length: 0", b"Content-Length: " + length))
    assert error.status == 400


def test_too_large_a_message_loses_the_stream() -> None:
    error = lost(SECOND.encode().replace(b"Content-Length: 0", b"Content-Length: 70000"))
    assert error.status == 513
    assert isinstance(error.request, Request)
    assert error.request.method == "BYE"


def test_head_without_end_loses_the_stream() -> None:
    parser = StreamParser()
    assert parser.feed(b"x" * LARGEST_MESSAGE) == []
    (error,) = parser.feed(b"x")
    assert isinstance(error, BadMessageError)
    assert (error.status, error.request, parser.lost) == (513, None, True)


def test_what_came_before_is_told() -> None:
    items = StreamParser().feed(FIRST.encode() + SECOND.encode().replace(b"Length: 0", b"Length: no"))
    assert items[0] == FIRST
    assert isinstance(items[1], BadMessageError)
