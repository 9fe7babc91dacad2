"""What we call ourselves in messages: Via, Contact, and the headers that all requests of ours share."""

from __future__ import annotations

from typing import Final

from cordboard.edge.sip.flow import Flow
from cordboard.wire.sip.message import DEFAULT_MAX_FORWARDS, Request
from cordboard.wire.sip.uri import SipUri

ALLOWED: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY"
SUPPORTED: Final = ("100rel", "timer", "replaces", "norefersub")
"""Extensions that a request may require of us."""
SDP: Final = "application/sdp"


class Addressing:
    """`public_host` is a name or an address that peers reach us by."""

    def __init__(self, *, public_host: str, user_agent: str) -> None:
        self.public_host = public_host
        self.user_agent = user_agent
        self.port = 0
        self.tls_port = 0

    @property
    def host(self) -> str:
        """The public host as it stands in a URI."""
        return f"[{self.public_host}]" if ":" in self.public_host else self.public_host

    def via(self, flow: Flow) -> str:
        """The Via of a request over a flow, without a branch. Answers find back by `rport` (RFC 3581)."""
        return f"SIP/2.0/{flow.transport} {self.host}:{self._port(flow)};rport"

    def contact(self, flow: Flow, user: str = "") -> str:
        """Where the peer of a flow reaches us in a dialog."""
        return f"<{self.contact_uri(flow, user)}>"

    def contact_uri(self, flow: Flow, user: str = "") -> SipUri:
        """The same as a URI."""
        params = () if flow.transport == "UDP" else (("transport", flow.transport.lower()),)
        return SipUri("sip", user or None, self.public_host, self._port(flow), params)

    def dress(self, request: Request, flow: Flow) -> Request:
        """Completes a request of ours for a flow: Via, Max-Forwards and who we are."""
        request.headers.set("Via", self.via(flow))
        if "Max-Forwards" not in request.headers:
            request.headers.set("Max-Forwards", str(DEFAULT_MAX_FORWARDS))
        request.headers.set("User-Agent", self.user_agent)
        return request

    def _port(self, flow: Flow) -> int:
        return (self.tls_port if flow.transport == "TLS" else 0) or self.port
