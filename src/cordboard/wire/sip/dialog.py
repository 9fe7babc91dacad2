"""Dialogs (RFC 3261 12): what two parties of a call remember, so that each can send the other requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cordboard.wire.sip.address import Address
from cordboard.wire.sip.errors import SipError, SipSyntaxError
from cordboard.wire.sip.headers import Headers
from cordboard.wire.sip.message import DEFAULT_MAX_FORWARDS, Message, Request, Response
from cordboard.wire.sip.uri import SipUri

MOST_FORKS = 16
"""Early dialogs of one INVITE; provisional answers of further ones are ignored."""

_OUTSIDE_OF_ORDER = frozenset({"ACK", "CANCEL"})
_REFRESHES_TARGET = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})
"""Requests whose Contact, and whose answer's, is where further requests go (12.2, RFC 3311, RFC 6665)."""


class DialogError(SipError):
    """A request within a dialog that is to be refused with `status`: 481 not of this dialog, 500 out of order."""

    def __init__(self, reason: str, status: int) -> None:
        self.reason = reason
        self.status = status
        super().__init__(reason)


class DialogId(NamedTuple):
    """What names a dialog, seen from here. A peer of RFC 2543 may have no tag."""

    call_id: str
    local_tag: str
    remote_tag: str

    @classmethod
    def of_request(cls, request: Request) -> DialogId:
        """The dialog that a request which came is for; without local tag it is for none yet."""
        return cls(request.call_id, request.to.tag, request.from_.tag)

    @classmethod
    def of_response(cls, response: Response) -> DialogId:
        """The dialog that a response which came is for."""
        return cls(response.call_id, response.from_.tag, response.to.tag)


@dataclass(slots=True)
class Dialog:
    """The state of one dialog. Addresses carry their tags; `route_set` holds Route values, the nearest first."""

    id: DialogId
    local: Address
    remote: Address
    remote_target: SipUri
    route_set: tuple[str, ...] = ()
    local_cseq: int = 0
    remote_cseq: int | None = None
    confirmed: bool = False

    @classmethod
    def from_response(cls, request: Request, response: Response) -> Dialog:
        """The caller's, by its INVITE and a provisional or 2xx answer with a To tag (12.1.2).

        Raises SipSyntaxError when Contact or Record-Route cannot be used.
        """
        return cls(
            id=DialogId.of_response(response),
            local=request.from_,
            remote=response.to,
            remote_target=_target(response) or request.target,
            route_set=_recorded(response)[::-1],
            local_cseq=request.cseq.number,
            confirmed=response.is_success,
        )

    @classmethod
    def from_request(cls, request: Request, local_tag: str, *, confirmed: bool = False) -> Dialog:
        """The callee's, by the INVITE that came and the tag that our answers carry (12.1.1).

        Raises SipSyntaxError when Contact or Record-Route cannot be used.
        """
        return cls(
            id=DialogId(request.call_id, local_tag, request.from_.tag),
            local=request.to.with_tag(local_tag),
            remote=request.from_,
            remote_target=_target(request) or request.from_.uri,
            route_set=_recorded(request),
            remote_cseq=request.cseq.number,
            confirmed=confirmed,
        )

    @property
    def next_hop(self) -> SipUri:
        """Where requests go first: the nearest proxy that wanted to stay, else the other party."""
        return Address.parse(self.route_set[0]).uri if self.route_set else self.remote_target

    def create_request(
        self,
        method: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "",
    ) -> Request:
        """The next request of the dialog, without Via (12.2.1.1). Counts CSeq up. For an ACK see `create_ack`."""
        self.local_cseq += 1
        return self._create(method, self.local_cseq, headers, body, content_type)

    def create_ack(
        self,
        cseq: int,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "",
    ) -> Request:
        """The ACK for the 2xx to the INVITE of that number, without Via; with the credentials of the INVITE, if it had
        some, among `headers` (13.2.2.4, 22.1).
        """
        return self._create("ACK", cseq, headers, body, content_type)

    def _create(
        self, method: str, cseq: int, headers: Iterable[tuple[str, str]], body: bytes, content_type: str
    ) -> Request:
        uri, routes = self._route()
        fields = Headers()
        fields.set("Max-Forwards", str(DEFAULT_MAX_FORWARDS))
        fields.set("From", str(self.local))
        fields.set("To", str(self.remote))
        fields.set("Call-ID", self.id.call_id)
        fields.set("CSeq", f"{cseq} {method}")
        fields.set("Route", *routes)
        for name, value in headers:
            fields.add(name, value)
        if content_type:
            fields.set("Content-Type", content_type)
        return Request(method, uri, fields, body)

    def _route(self) -> tuple[str, tuple[str, ...]]:
        """Request-URI and Route. A nearest proxy without `lr` is a strict router of RFC 2543: it finds itself in the
        Request-URI and the target at the end of the Route.
        """
        target = str(self.remote_target.without_headers())
        if not self.route_set:
            return target, ()
        nearest = Address.parse(self.route_set[0]).uri
        if nearest.param("lr") is not None:
            return target, self.route_set
        return str(nearest.without_headers()), (*self.route_set[1:], f"<{target}>")

    def accept_request(self, request: Request) -> None:
        """Takes note of a request within the dialog: its CSeq, and its Contact if it refreshes the target (12.2.2).

        Raises DialogError (481, 500) or SipSyntaxError, and then nothing is noted.
        """
        if DialogId.of_request(request) != self.id:
            raise DialogError("the request is not of this dialog", 481)
        if request.method in _OUTSIDE_OF_ORDER:
            return
        number = request.cseq.number
        if self.remote_cseq is not None and number <= self.remote_cseq:
            raise DialogError(f"CSeq {number} comes after {self.remote_cseq}", 500)
        target = _target(request) if request.method in _REFRESHES_TARGET else None
        self.remote_cseq = number
        self.remote_target = target or self.remote_target

    def accept_response(self, response: Response) -> None:
        """Takes note of a response within the dialog: a 2xx to the first INVITE confirms it, with the way that the 2xx
        came (13.2.2.4); one to a request that refreshes the target does so. Raises SipSyntaxError.
        """
        method = response.cseq.method
        if not response.is_success or method not in _REFRESHES_TARGET:
            return
        target = _target(response)
        if not self.confirmed and method == "INVITE":
            self.route_set = _recorded(response)[::-1]
            self.confirmed = True
        self.remote_target = target or self.remote_target


class ForkedDialogs:
    """The dialogs that one INVITE of ours may come to have: a proxy may have sent it to several phones (12.1.2,
    13.2.2.4).
    """

    def __init__(self, request: Request) -> None:
        """`request` as it was sent."""
        self._request = request
        self._dialogs: dict[str, Dialog] = {}

    @property
    def dialogs(self) -> tuple[Dialog, ...]:
        """Those so far, in the order of their first answer."""
        return tuple(self._dialogs.values())

    def on_response(self, response: Response) -> Dialog | None:
        """The dialog of an answer to the INVITE, made when its To tag is new; None for 100, failures, provisional
        answers without a tag, and those of too many forks. Raises SipSyntaxError.
        """
        tag = response.to.tag
        if response.status >= 300 or response.status == 100 or (response.is_provisional and not tag):
            return None
        dialog = self._dialogs.get(tag)
        if dialog is not None:
            dialog.accept_response(response)
        elif response.is_success or len(self._dialogs) < MOST_FORKS:
            dialog = self._dialogs[tag] = Dialog.from_response(self._request, response)
        return dialog


def _target(message: Message) -> SipUri | None:
    """The Contact as a place to send requests to; None when there is none."""
    contact = message.contact
    if contact is None:
        return None
    if not contact.uri.is_sip or contact.is_any:
        raise SipSyntaxError("the Contact is not a SIP address", 400)
    return contact.uri


def _recorded(message: Message) -> tuple[str, ...]:
    """The Record-Routes; each can be read."""
    for address in message.addresses("Record-Route"):
        if not address.uri.is_sip:
            raise SipSyntaxError("a Record-Route is not a SIP address")
    return tuple(message.headers.get_all("Record-Route"))
