"""What nobody foresaw: an exception while one message is handled ends what that belongs to, and nothing else."""

from __future__ import annotations

from itertools import count

from cordboard.edge.sip.addressing import Addressing
from cordboard.edge.sip.core import Core
from cordboard.edge.sip.flow import Endpoint, Flow
from cordboard.edge.sip.timers import Timers
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.message import Message, Request, Response
from cordboard.wire.sip.parsing import parse_message
from cordboard.wire.sip.transaction_layer import TransactionLayer

INVITE = (
    b"INVITE sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%d\r\nFrom: <sip:b@x>;tag=b\r\n"
    b"To: <sip:a@x>\r\nCall-ID: call-%d\r\nCSeq: 1 INVITE\r\n\r\n"
)


class Recording(Flow):
    """Keeps what is sent."""

    transport = "UDP"
    remote = Endpoint("192.0.2.1", 5060)
    local = Endpoint("127.0.0.1", 5060)

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, data: bytes) -> None:
        self.sent.append(parse_message(data))

    def close(self) -> None:
        return None


class Failing:
    """Fails on the first request, and answers the others."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.failures: list[str] = []

    def request_arrived(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        if request.call_id == "call-1":
            raise ValueError("nobody foresaw this")
        self._core.respond(request.reply(180), key)

    def ack_arrived(self, request: Request) -> None:
        return None

    def failed(self, message: Message, key: TransactionKey | None) -> None:
        self.failures.append(message.call_id)


def core_at(now: list[float]) -> Core:
    numbers = count()
    layer = TransactionLayer(lambda: f"t{next(numbers)}")
    addressing = Addressing(public_host="127.0.0.1", user_agent="test")
    return Core(layer, Timers(lambda: now[0]), addressing, lambda: "tag")


async def test_a_handler_that_fails_is_reported_and_the_next_message_is_handled() -> None:
    core, flow = core_at([0.0]), Recording()
    listener = Failing(core)
    core.listen(listener)
    core.received(parse_message(INVITE % (1, 1)), flow)
    core.received(parse_message(INVITE % (2, 2)), flow)
    assert listener.failures == ["call-1"]
    assert [message.call_id for message in flow.sent] == ["call-2"]
    core.close()


async def test_an_answer_that_fails_to_be_handled_is_reported() -> None:
    core, flow = core_at([0.0]), Recording()
    listener = Failing(core)
    core.listen(listener)

    def fail(response: Response) -> None:
        raise ValueError("nor this")

    request = Request("OPTIONS", "sip:a@127.0.0.1")
    for name, value in (("From", "<sip:a@x>;tag=a"), ("To", "<sip:b@x>"), ("Call-ID", "ours"), ("CSeq", "1 OPTIONS")):
        request.headers.set(name, value)
    core.request(request, flow, fail)
    sent = flow.sent[0]
    assert isinstance(sent, Request)
    core.received(sent.reply(200), flow)
    assert listener.failures == ["ours"]
    core.close()


async def test_what_cannot_be_written_is_not_sent() -> None:
    core, flow = core_at([0.0]), Recording()
    core.send(Request("OPTIONS", "sip:a b"), flow)
    assert flow.sent == []
    core.close()
