"""What the tests of SIP share: requests and responses as a peer writes them, and a layer with a clock."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from cordboard.wire.sip import (
    Effect,
    Headers,
    Message,
    Request,
    Response,
    TransactionKey,
    TransactionLayer,
    Transmit,
)

FLOW = "udp:192.0.2.1:5060"
PHONE = "sip:alice@192.0.2.1"


def words() -> Callable[[], str]:
    """Words that never repeat: t1, t2, ..."""
    numbers = count(1)
    return lambda: f"t{next(numbers)}"


def request(
    method: str = "INVITE",
    *,
    uri: str = "sip:bob@example.com",
    branch: str = "z9hG4bKpeer",
    transport: str = "UDP",
    from_tag: str = "their",
    to_tag: str = "",
    call_id: str = "call",
    cseq: int = 1,
    extra: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Request:
    """A request as a peer sends it."""
    headers = Headers(
        [
            ("Via", f"SIP/2.0/{transport} 192.0.2.1:5060;branch={branch}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:alice@example.com>;tag={from_tag}"),
            ("To", "<sip:bob@example.com>" + (f";tag={to_tag}" if to_tag else "")),
            ("Call-ID", call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<{PHONE}>"),
            *extra,
        ]
    )
    return Request(method, uri, headers, body)


def ours(method: str = "INVITE", *, transport: str = "UDP", cseq: int = 1) -> Request:
    """A request that we are about to send: its Via has no branch yet."""
    outgoing = request(method, from_tag="our", cseq=cseq, extra=(("Route", "<sip:proxy.example.com;lr>"),))
    outgoing.headers.set("Via", f"SIP/2.0/{transport} 198.51.100.5:5060;rport")
    return outgoing


def answer_to(
    sent: Request, status: int, *, tag: str = "their", extra: tuple[tuple[str, str], ...] = (), body: bytes = b""
) -> Response:
    """What the peer answers to a request of ours."""
    return sent.reply(status, to_tag=tag, headers=(("Contact", "<sip:bob@192.0.2.9>"), *extra), body=body)


def sent(effects: list[Effect]) -> list[Message]:
    """The messages that are to be transmitted."""
    return [effect.message for effect in effects if isinstance(effect, Transmit)]


def only_request(effects: list[Effect]) -> Request:
    """The one message to be transmitted, a request."""
    (message,) = sent(effects)
    assert isinstance(message, Request)
    return message


def only_response(effects: list[Effect]) -> Response:
    """The one message to be transmitted, a response."""
    (message,) = sent(effects)
    assert isinstance(message, Response)
    return message


def told(effects: list[Effect]) -> list[Effect]:
    """The effects that are no transmissions."""
    return [effect for effect in effects if not isinstance(effect, Transmit)]


class Stage:
    """A layer and its clock: what its timers do is recorded with the time at which they did it."""

    def __init__(self, *, most_server_transactions: int = 100) -> None:
        self.layer = TransactionLayer(words(), most_server_transactions=most_server_transactions)
        self.now = 0.0

    def begin(self, outgoing: Request) -> tuple[TransactionKey, Request]:
        """Sends a request of ours, and gives it as it went out."""
        reliable = outgoing.via.is_reliable
        key, effects = self.layer.send_request(outgoing, FLOW, self.now, reliable=reliable)
        return key, only_request(effects)

    def receive(self, message: Message) -> list[Effect]:
        """The peer sends something now."""
        return self.layer.receive(message, FLOW, self.now)

    def respond(self, response: Response, key: TransactionKey) -> list[Effect]:
        """We answer now."""
        return self.layer.send_response(response, key, self.now)

    def run(self, until: float) -> list[tuple[float, Effect]]:
        """Lets time pass, waking the layer whenever it wants to be woken."""
        happened: list[tuple[float, Effect]] = []
        while (wake := self.layer.next_wake()) is not None and wake <= until:
            self.now = wake
            effects = self.layer.wake(wake)
            happened += [(wake, effect) for effect in effects]
        self.now = until
        return happened


def times(happened: list[tuple[float, Effect]]) -> list[float]:
    """When something was transmitted."""
    return [at for at, effect in happened if isinstance(effect, Transmit)]


def news(happened: list[tuple[float, Effect]]) -> list[tuple[float, Effect]]:
    """What was told, and when."""
    return [(at, effect) for at, effect in happened if not isinstance(effect, Transmit)]
