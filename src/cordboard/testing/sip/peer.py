"""A SIP peer that says what a test tells it to, and nothing else: it repeats nothing and answers nothing by itself."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

from cordboard.testing.sip.wires import BrowserWire, StreamWire, UdpWire, Wire
from cordboard.wire.sip.dialog import Dialog
from cordboard.wire.sip.digest import answer, best_challenge, parse_challenges
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.via import Via

OFFER: Final = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
ANSWER: Final = OFFER.replace(b"40000", b"50000")
SDP: Final = "application/sdp"

_PATIENCE: Final = 3.0
_numbers = count(1)


class PeerError(AssertionError):
    """The other side said something else, or nothing."""


class Peer:
    """`inbox` holds what came. Headers are given as a mapping or as pairs."""

    def __init__(self, user: str = "alice") -> None:
        self.user = user
        self.inbox: asyncio.Queue[Request | Response] = asyncio.Queue()
        self.wire: Wire = _NoWire()

    @classmethod
    async def udp(cls, target: tuple[str, int], user: str = "alice", host: str = "127.0.0.1") -> Peer:
        """Over UDP, from an address of this machine."""
        peer = cls(user)
        peer.wire = await UdpWire(peer.inbox.put_nowait, target).open(host)
        return peer

    @classmethod
    async def tcp(cls, target: tuple[str, int], user: str = "alice", tls: ssl.SSLContext | None = None) -> Peer:
        """Over TCP, or TLS with a client's context."""
        peer = cls(user)
        peer.wire = await StreamWire(peer.inbox.put_nowait, "TLS" if tls else "TCP").open(target, tls)
        return peer

    @classmethod
    async def browser(cls, path: Path, account_id: UUID, user: str) -> Peer:
        """Over the relay."""
        peer = cls(user)
        peer.wire = await BrowserWire(peer.inbox.put_nowait).open(path, account_id, user)
        return peer

    @property
    def contact(self) -> str:
        """Where we are."""
        host, port = self.wire.address
        params = "" if self.wire.name == "UDP" else f";transport={self.wire.name.lower()}"
        return f"<sip:{self.user}@{host}:{port}{params}>"

    def aim(self, target: tuple[str, int]) -> None:
        """Speaks to another address from now on (UDP)."""
        if not isinstance(self.wire, UdpWire):
            raise PeerError("a connection has its other end")
        self.wire.target = target

    def close(self) -> None:
        """Hangs up the wire."""
        self.wire.close()

    # Saying

    def send(self, message: Request | Response) -> None:
        """Sends it as it is."""
        self.wire.send(message.encode())

    def build(
        self,
        method: str,
        uri: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        call_id: str = "",
        cseq: int = 1,
        to: str = "",
    ) -> Request:
        """A request outside of dialogs with a branch, tag and, if none is given, Call-ID of its own."""
        number = next(_numbers)
        request = Request(method, uri, body=body)
        request.headers.set("Via", self.via())
        request.headers.set("Max-Forwards", "70")
        request.headers.set("From", f"<sip:{self.user}@example.org>;tag=peer{number}")
        request.headers.set("To", to or f"<{uri}>")
        request.headers.set("Call-ID", call_id or f"call-{number}@example.org")
        request.headers.set("CSeq", f"{cseq} {method}")
        request.headers.set("Contact", self.contact)
        if body:
            request.headers.set("Content-Type", SDP)
        for name, value in headers:
            request.headers.set(name, value)
        return request

    def via(self) -> str:
        """A Via with a new branch."""
        host, port = self.wire.address
        return f"SIP/2.0/{self.wire.name} {host}:{port};branch=z9hG4bKpeer{next(_numbers)};rport"

    def invite(self, user: str = "100", *, headers: Iterable[tuple[str, str]] = (), body: bytes = OFFER) -> Request:
        """Sends an INVITE, and answers it."""
        request = self.build("INVITE", f"sip:{user}@127.0.0.1", headers=headers, body=body)
        self.send(request)
        return request

    def reply(
        self,
        request: Request,
        status: int,
        *,
        tag: str = "peer",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Response:
        """Sends an answer, with our Contact, and answers it."""
        response = request.reply(status, to_tag=tag, headers=headers, body=body, content_type=SDP if body else "")
        response.headers.set("Contact", self.contact)
        self.send(response)
        return response

    def with_password(self, request: Request, challenge: Response, username: str, password: str) -> Request:
        """A request again, with the answer to a challenge: new branch, next CSeq. Not sent."""
        asked = "WWW-Authenticate" if challenge.status == 401 else "Proxy-Authenticate"
        best = best_challenge(parse_challenges(challenge.headers.get_all(asked)))
        if best is None:
            raise PeerError("there is no challenge to answer")
        credentials = answer(best, request.method, request.uri, username, password, cnonce=f"c{next(_numbers)}")
        again = request.copy()
        again.headers.set("Via", self.via())
        again.headers.set("CSeq", f"{request.cseq.number + 1} {request.method}")
        again.headers.set("Authorization" if challenge.status == 401 else "Proxy-Authorization", str(credentials))
        return again

    def acknowledge_failure(self, invite: Request, response: Response) -> None:
        """The ACK for a final answer that is no 2xx."""
        ack = self.build("ACK", invite.uri, call_id=invite.call_id, cseq=invite.cseq.number)
        for name in ("Via", "From"):
            ack.headers.set(name, invite.headers.get(name))
        ack.headers.set("To", response.headers.get("To"))
        self.send(ack)

    def cancel(self, invite: Request) -> None:
        """The CANCEL of an INVITE."""
        cancel = self.build("CANCEL", invite.uri, call_id=invite.call_id, cseq=invite.cseq.number)
        for name in ("Via", "From", "To"):
            cancel.headers.set(name, invite.headers.get(name))
        self.send(cancel)

    # Hearing

    async def next(self) -> Request | Response:
        """What comes next. Raises PeerError when nothing does."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self.inbox.get()
        except TimeoutError:
            raise PeerError(f"nothing came within {_PATIENCE:g} s") from None

    async def request(self, method: str) -> Request:
        """The next request, which has to be of that method."""
        message = await self.next()
        if not isinstance(message, Request) or message.method != method:
            raise PeerError(f"{_shown(message)} came in place of {method}")
        return message

    async def response(self, status: int) -> Response:
        """The next answer other than 100, which has to have that status."""
        message = await self.next()
        while isinstance(message, Response) and message.status == 100 != status:
            message = await self.next()
        if not isinstance(message, Response) or message.status != status:
            raise PeerError(f"{_shown(message)} came in place of {status}")
        return message

    async def nothing(self) -> None:
        """Nothing has come that was not asked for: what is sent now is answered next."""
        probe = self.build("OPTIONS", "sip:127.0.0.1")
        self.send(probe)
        answer = await self.next()
        if answer.call_id != probe.call_id:
            raise PeerError(f"{_shown(answer)} came, and should not have")

    # Calls

    async def established(self, invite: Request) -> PeerCall:
        """Our call once it is answered; acknowledges it."""
        response = await self.response(200)
        call = PeerCall(self, Dialog.from_response(invite, response))
        call.ack(response)
        return call

    async def picked_up(self, invite: Request, *, tag: str = "peer", body: bytes = ANSWER) -> PeerCall:
        """Their call, answered; waits for the ACK."""
        self.reply(invite, 200, tag=tag, body=body)
        await self.request("ACK")
        return PeerCall(self, Dialog.from_request(invite, tag, confirmed=True))


class PeerCall:
    """A dialog of a peer's."""

    def __init__(self, peer: Peer, dialog: Dialog) -> None:
        self.peer = peer
        self.dialog = dialog

    @property
    def replaces(self) -> str:
        """What Replaces says to the other side to mean this dialog."""
        name = self.dialog.id
        return f"{name.call_id};to-tag={name.remote_tag};from-tag={name.local_tag}"

    def send(
        self, method: str, *, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", content_type: str = SDP
    ) -> Request:
        """Sends a request of the dialog, and answers it."""
        request = self.dialog.create_request(
            method, headers=headers, body=body, content_type=content_type if body else ""
        )
        request.headers.set("Via", self.peer.via())
        request.headers.set("Contact", self.peer.contact)
        self.peer.send(request)
        return request

    def ack(self, response: Response, body: bytes = b"") -> None:
        """Acknowledges a 2xx."""
        ack = self.dialog.create_ack(response.cseq.number, body=body, content_type=SDP if body else "")
        ack.headers.set("Via", self.peer.via())
        self.peer.send(ack)

    async def hang_up(self) -> None:
        """BYE, and its answer."""
        self.send("BYE")
        await self.peer.response(200)

    async def is_hung_up(self) -> Request:
        """A BYE comes, and is answered."""
        bye = await self.peer.request("BYE")
        self.peer.reply(bye, 200)
        return bye


def branch_of(message: Request | Response) -> str:
    """The branch of its top Via."""
    return Via.parse(message.headers.get("Via")).branch


def _shown(message: Request | Response) -> str:
    if isinstance(message, Request):
        return message.method
    return f"{message.status} {message.reason} ({message.headers.get('CSeq')})"


class _NoWire:
    """Before a wire is there."""

    name = "UDP"
    address = ("127.0.0.1", 9)
    pings = 0

    def send(self, data: bytes) -> None:
        raise PeerError("the peer is not connected")

    def close(self) -> None:
        return None
