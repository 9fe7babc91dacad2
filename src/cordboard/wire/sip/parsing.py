"""From octets to messages (RFC 3261 7, 18.3). For streams, which hold many, see `stream`.

What breaks the grammar in ways that leave no doubt is tolerated: folded lines, white space before the colon, lines that
end in LF alone, octets after the end of a datagram's body, names and texts in Latin-1. What leaves doubt is refused:
header fields that may come once and come twice, numbers out of range, lengths that do not fit (RFC 4475).
"""

from __future__ import annotations

import re
from typing import NoReturn

from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.grammar import is_token, parse_number, split_list
from cordboard.wire.sip.headers import SPELLINGS, VALUE_LISTS, Headers, proper_name
from cordboard.wire.sip.message import CSeq, Message, Request, Response

LARGEST_MESSAGE = 64 * 1024
"""Octets, head and body. As much as a datagram can hold."""
MOST_HEADERS = 100
"""Header lines."""
LONGEST_LINE = 8 * 1024
"""Characters of a line, unfolded."""

_ONCE = frozenset({"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Expires"})
"""Header fields that must not come twice: which of the two counts would be a matter of taste."""
_NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")
"""Without these a message can neither be used nor answered (8.1.1, 8.2.6)."""

_FOLD = re.compile(r"\r\n[ \t]+")
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?", re.IGNORECASE)
_VERSION = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE)


class BadMessageError(SipSyntaxError):
    """A message that cannot be used. `request` is what could be read of a request whose header fields are good enough
    to be answered with `status` (`request.reply`); None for responses, ACKs and wrecks, which are dropped.
    """

    def __init__(self, reason: str, status: int = 400, request: Request | None = None) -> None:
        self.request = request
        super().__init__(reason, status)


def parse_message(datagram: bytes) -> Message:
    """The message that a datagram holds; octets after its body are ignored (18.3). Raises BadMessageError."""
    if len(datagram) > LARGEST_MESSAGE:
        raise BadMessageError(f"the message is over {LARGEST_MESSAGE} octets", 513)
    head, start = _split_head(datagram.lstrip(b"\r\n"))
    return _build(head, start)


def is_keep_alive(datagram: bytes) -> bool:
    """Whether a datagram is only line ends, or empty: it keeps a NAT binding open and is no message."""
    return not datagram.strip(b"\r\n\0 ")


def _split_head(data: bytes) -> tuple[str, bytes]:
    """The head, lines joined by CRLF without the last, and what follows the empty line."""
    head, blank, rest = data.partition(b"\r\n\r\n")
    if not blank:
        head, blank, rest = data.partition(b"\n\n")
        if not blank:
            raise BadMessageError("the head of the message has no end")
        head = _crlf(head)
    return _decode(head), rest


def _crlf(head: bytes) -> bytes:
    """Lines that end in LF alone, made to end in CRLF."""
    return head if b"\r\n" in head else head.replace(b"\n", b"\r\n")


def _decode(head: bytes) -> str:
    """Text is UTF-8; what is not is Latin-1, as from old equipment with umlauts in names."""
    try:
        return head.decode()
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _build(head: str, rest: bytes) -> Message:
    """The message of a head and what follows it in a datagram."""
    message, length = _read_head(head)
    if length is None:
        message.body = rest
    elif length > len(rest):
        _refuse(message, f"Content-Length is {length}, but only {len(rest)} octets follow")
    else:
        message.body = rest[:length]
    return message


def _read_head(head: str) -> tuple[Message, int | None]:
    """A message without its body, and the length that its body is to have, if told."""
    if "\r\n " in head or "\r\n\t" in head:
        head = _FOLD.sub(" ", head)
    lines = head.split("\r\n")
    if len(lines) > MOST_HEADERS + 1:
        raise BadMessageError(f"more than {MOST_HEADERS} header lines", 513)
    fields, problem = _read_fields(lines)
    message = _read_start(lines[0], fields)
    problem = problem or _check_lines(head, lines)
    if problem is not None:
        _refuse(message, problem.reason, problem.status)
    _check_needed(message, fields)
    return message, _read_length(message, fields)


def _read_fields(lines: list[str]) -> tuple[dict[str, list[str]], SipSyntaxError | None]:
    """The header fields, and the first thing that is wrong with them: the others may do for an answer."""
    fields: dict[str, list[str]] = {}
    problem: SipSyntaxError | None = None
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        try:
            known = SPELLINGS.get(name) or proper_name(name)
            value = value.strip(" \t")
            values = split_list(value) if "," in value and known in VALUE_LISTS else [value]
        except SipSyntaxError as error:
            problem = problem or error
            continue
        if not colon:
            problem = problem or SipSyntaxError(f"{line[:40]!r} is not a header line")
        elif known not in fields:
            fields[known] = values
        elif known in _ONCE:
            problem = problem or SipSyntaxError(f"there is more than one {known}")
        else:
            fields[known] += values
    return fields, problem


def _check_lines(head: str, lines: list[str]) -> SipSyntaxError | None:
    """Whether all lines end as they should and none is too long."""
    if head.count("\n") >= len(lines) or head.count("\r") >= len(lines):
        return SipSyntaxError("a line ends in half a line end")
    if len(head) > LONGEST_LINE and max(map(len, lines)) > LONGEST_LINE:
        return SipSyntaxError(f"a line is longer than {LONGEST_LINE}", 513)
    return None


def _read_start(line: str, fields: dict[str, list[str]]) -> Message:
    """The first line, with the header fields put behind it."""
    if line[:4].upper() == "SIP/":
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise BadMessageError(f"{line[:60]!r} is not a status line")
        return Response(int(match[1]), match[2] or "", Headers.of(fields))
    parts = line.split(" ")
    method, uri, version = parts if len(parts) == 3 else (parts[0], "", parts[-1])
    if not (method.isascii() and method.isalpha()) and not is_token(method):
        raise BadMessageError(f"{line[:60]!r} is not a request line")
    request = Request(method, uri, Headers.of(fields))
    if version != "SIP/2.0" and version.upper() != "SIP/2.0":
        known = len(parts) == 3 and _VERSION.fullmatch(version)
        _refuse(request, f"{line[-40:]!r} is not how a request line of SIP/2.0 ends", 505 if known else 400)
    if not uri or len(line) > LONGEST_LINE or uri[0] == "<":
        _refuse(request, f"{line[:60]!r} is not a request line", 414 if len(line) > LONGEST_LINE else 400)
    return request


def _check_needed(message: Message, fields: dict[str, list[str]]) -> None:
    """What must be there is, and the CSeq fits."""
    for name in _NEEDED:
        values = fields.get(name)
        if not values or not values[0]:
            _refuse(message, f"{name} is missing")
    number, _, method = fields["CSeq"][0].partition(" ")
    if (
        isinstance(message, Request)
        and method == message.method
        and len(number) < 10
        and number.isascii()
        and number.isdigit()
    ):
        return  # as all but every CSeq is
    try:
        cseq = CSeq.parse(fields["CSeq"][0])
    except SipSyntaxError as error:
        _refuse(message, error.reason)
    if isinstance(message, Request) and cseq.method != message.method:
        _refuse(message, f"CSeq speaks of {cseq.method[:40]}, the request of {message.method[:40]}")


def _read_length(message: Message, fields: dict[str, list[str]]) -> int | None:
    values = fields.pop("Content-Length", None)
    if not values:
        return None
    try:
        return parse_number(values[0], "Content-Length", LARGEST_MESSAGE)
    except SipSyntaxError as error:
        _refuse(message, error.reason, 413 if values[0].isascii() and values[0].isdigit() else 400)


def _refuse(message: Message, reason: str, status: int = 400) -> NoReturn:
    """Raises BadMessageError, with the request when it is one that can be answered."""
    answerable = isinstance(message, Request) and message.method != "ACK" and _can_be_answered(message)
    raise BadMessageError(reason, status, message if answerable and isinstance(message, Request) else None)


def _can_be_answered(request: Request) -> bool:
    if any(name not in request.headers for name in _NEEDED):
        return False
    try:
        return bool(request.via)
    except SipSyntaxError:
        return False


def parse_frame(head: bytes, body: bytes) -> Message:
    """The message of a head, without the empty line that ends it, and its whole body. Raises BadMessageError."""
    return _build(_decode(_crlf(head)), body)


def read_request(head: bytes) -> Request | None:
    """A request that can be answered, if the head is good enough for that, whatever else is wrong with it."""
    try:
        message, _ = _read_head(_decode(_crlf(head)))
    except BadMessageError as error:
        return error.request
    return message if isinstance(message, Request) and message.method != "ACK" else None
