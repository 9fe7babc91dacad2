"""What it costs to read and write a SIP message: the INVITE of a call with SDP, and its 200.

Beside them stands what the plainest splitting of the same octets into a dict costs, with nothing checked: figures of
one machine compare with those of another by it.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from itertools import count

from cordboard.wire.sip import Address, Request, check_request, parse_message

_SDP = (
    b"v=0\r\no=- 20518 0 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
    b"m=audio 49170 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
_HEADERS = """Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport
Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKnashds8;received=198.51.100.7
Max-Forwards: 69
Record-Route: <sip:192.0.2.10;lr>
From: "Alice Example" <sip:alice@example.com>;tag=1928301774
To: <sip:+19495550123@sbc.example.com>
Call-ID: a84b4c76e66710@pc33.example.com
CSeq: 314159 INVITE
Contact: <sip:alice@198.51.100.7:5060>
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REFER
Supported: timer, replaces
Session-Expires: 1800
User-Agent: ExamplePhone/4.2
Content-Type: application/sdp
"""
_REPEAT, _NUMBER = 7, 10_000


def _split(datagram: bytes) -> object:
    head, _, body = datagram.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields: dict[str, list[str]] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), []).append(value.strip())
    return lines[0], fields, body


def _print(name: str, work: Callable[[], object]) -> None:
    seconds = min(timeit.repeat(work, number=_NUMBER, repeat=_REPEAT)) / _NUMBER
    print(f"{name:45} {seconds * 1e6:6.1f} us")


def main() -> None:
    """Prints the figures."""
    lines = ["INVITE sip:+19495550123@sbc.example.com SIP/2.0", *_HEADERS.splitlines(), f"Content-Length: {len(_SDP)}"]
    octets = "\r\n".join([*lines, "", ""]).encode() + _SDP
    invite = parse_message(octets)
    assert isinstance(invite, Request)
    ok = invite.reply(
        200, to_tag="here", headers=[("Contact", "<sip:us@h>")], body=_SDP, content_type="application/sdp"
    )
    answer = ok.encode()
    _print(f"INVITE of {len(octets)} octets, split into a dict", lambda: _split(octets))
    _print("INVITE read", lambda: parse_message(octets))
    _print("INVITE written", invite.encode)
    _print("INVITE read and written", lambda: parse_message(octets).encode())
    numbers = count()
    _print("an address never seen before", lambda: Address.parse(f'"A B" <sip:a@example.com>;tag={next(numbers)}'))
    _print("INVITE checked, its addresses seen before", lambda: check_request(invite))
    _print("its 200 made", lambda: invite.reply(200, to_tag="here"))
    _print(f"200 of {len(answer)} octets read", lambda: parse_message(answer))
    _print("200 written", ok.encode)


if __name__ == "__main__":
    main()
