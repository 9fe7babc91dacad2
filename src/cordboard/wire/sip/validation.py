"""Whether the values that everybody needs can be read: asked once for each message that begins something."""

from __future__ import annotations

from collections.abc import Collection

from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Message, Request, Response


def check_request(request: Request) -> None:
    """Raises SipSyntaxError with the status that refuses it: 416 for a Request-URI of a scheme other than sip, sips and
    tel, 400 for values that cannot be read.

    After it Request-URI, top Via, From, To, Max-Forwards, Contact and Record-Route can be read.
    """
    target = request.target
    if target.opaque:
        raise SipSyntaxError(f"the scheme {target.scheme[:40]} is not served here", 416)
    if target.headers:
        raise SipSyntaxError("the Request-URI carries headers")
    _check_common(request)
    _ = request.max_forwards
    if any(contact.is_any for contact in request.contacts) and request.method != "REGISTER":
        raise SipSyntaxError("Contact: * is for REGISTER only")


def check_response(response: Response) -> None:
    """Raises SipSyntaxError when From, To, CSeq, Contact or Record-Route of a response cannot be read."""
    _check_common(response)


def _check_common(message: Message) -> None:
    _ = message.via, message.cseq
    for address in (message.from_, message.to):
        if address.is_any:
            raise SipSyntaxError("* is nobody's address")
    _ = message.contacts, message.addresses("Record-Route")


def unsupported_options(request: Request, supported: Collection[str]) -> list[str]:
    """What the request requires and we do not have, for a 420 with Unsupported (8.2.2.3)."""
    known = {option.lower() for option in supported}
    return [option for option in request.headers.get_all("Require") if option.lower() not in known]
