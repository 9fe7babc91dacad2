"""The SMSC that tests hold in their hands: it listens, remembers, and does what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from cordboard.kit.clock import Clock, SystemClock
from cordboard.testing.certificates import Certificate
from cordboard.testing.smsc import codec
from cordboard.testing.smsc.behaviour import SmscBehaviour
from cordboard.testing.smsc.handset import HandsetMessage
from cordboard.testing.smsc.records import BindRecord, Delivery, Submit
from cordboard.testing.smsc.session import Session
from cordboard.testing.smsc.text import Encoding, Parts, texts
from cordboard.testing.smsc.traffic import Traffic

_WAIT = 10.0


class Smsc:
    """An SMPP 3.4 server for tests.

        async with Smsc(SmscBehaviour(receipt_delay=0.1)) as smsc:
            connect to ("127.0.0.1", smsc.port), bind, submit
            assert smsc.texts_to("19495550100") == ["Hello"]
            await smsc.deliver("19495550100", "19495550199", "Hi yourself")

    With a `certificate` it speaks TLS. `clock` dates the receipts. Message ids count up from
    `first_message_id`. With `keep=False` submits and deliveries are counted only, for long loads.
    """

    def __init__(
        self,
        behaviour: SmscBehaviour | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
        clock: Clock | None = None,
        first_message_id: int = 1_000_000_000,
        keep: bool = True,
    ) -> None:
        self._traffic = Traffic(behaviour or SmscBehaviour(), clock or SystemClock(), first_message_id, keep=keep)
        self._host = host
        self._wanted_port = port
        self._certificate = certificate
        self._server: asyncio.Server | None = None
        self._reference = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Session(self._traffic),
            self._host,
            self._wanted_port,
            ssl=self._certificate.server_context() if self._certificate else None,
        )

    async def close(self) -> None:
        """Drop every connection and stop listening. Safe to repeat."""
        if self._server is None:
            return
        self._server.close()
        self._traffic.close()
        await self._traffic.watch.until(lambda: not self._traffic.sessions, _WAIT)
        await self._server.wait_closed()
        self._server = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None, "the SMSC is not started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    # behaviour

    @property
    def behaviour(self) -> SmscBehaviour:
        """The rules in force; assign others at any time."""
        return self._traffic.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: SmscBehaviour) -> None:
        self._traffic.behaviour = behaviour

    def change(self, **changes: object) -> None:
        """Change some of the rules, by the names of `SmscBehaviour`. Raises ValueError."""
        self._traffic.behaviour = self._traffic.behaviour.changed(**changes)

    # what happened

    @property
    def binds(self) -> list[BindRecord]:
        """Every bind that was accepted, also of connections that are gone."""
        return self._traffic.binds

    @property
    def bound(self) -> int:
        """How many connections are bound now."""
        return sum(session.mode is not None for session in self._traffic.sessions)

    @property
    def submits(self) -> list[Submit]:
        """Every submit in order of arrival."""
        return self._traffic.submits

    @property
    def deliveries(self) -> list[Delivery]:
        """Every deliver_sm, receipts and messages, answered or not."""
        return self._traffic.deliveries

    def texts_to(self, number: str) -> list[str]:
        """The complete texts that the SMSC took for a number, with or without its plus sign."""
        wanted = number.lstrip("+")
        return texts(
            submit for submit in self._traffic.submits if submit.message_id and submit.destination.lstrip("+") == wanted
        )

    def stats(self) -> dict[str, int]:
        """Counts by name; see `tally.Counts`."""
        return {**self._traffic.tally.stats(), "bound": self.bound}

    def references(self) -> dict[str, dict[str, int]]:
        """By destination: how often each content was taken, contents named by a digest."""
        return self._traffic.tally.references()

    async def wait_for(self, condition: Callable[[], object], timeout: float = _WAIT) -> None:
        """Return when `condition()` is true, looked at whenever something comes in. Raises TimeoutError."""
        await self._traffic.watch.until(condition, timeout)

    # what the SMSC sends

    async def deliver(
        self,
        source: str,
        destination: str,
        text: str,
        *,
        encoding: Encoding = "gsm7",
        parts: Parts = "udh",
        system_id: str | None = None,
    ) -> int:
        """A handset texts one of the peer's numbers. Returns the first command_status other than 0, or 0,
        when every part is answered; waits for a bind if there is none. Without `system_id` the latest that
        bound gets it. Raises ValueError where the encoding lacks a character, RuntimeError if nobody ever
        bound."""
        self._reference = self._reference % 0xFF + 1
        message = HandsetMessage(source, destination, text, encoding, parts, self._reference)
        loop = asyncio.get_running_loop()
        owner = self._addressee(system_id)
        answers: list[asyncio.Future[int]] = []
        for body in message.bodies():
            answers.append(loop.create_future())
            number = self._traffic.next_delivery()
            delivery = Delivery(number, "message", "", source, destination, body, answers[-1])
            self._traffic.enqueue(owner, delivery)
        statuses = [await answer for answer in answers]
        return next((status for status in statuses if status), 0)

    def deliver_raw(self, data: bytes, *, system_id: str | None = None) -> None:
        """Send any bytes, malformed ones too, on a receiver's connection. Raises RuntimeError if there is
        none."""
        receivers = self._traffic.mailbox(self._addressee(system_id)).receivers
        if not receivers:
            raise RuntimeError("no receiver or transceiver is bound")
        receivers[-1].send(data)

    async def send_enquire_link(self) -> None:
        """Ask every bound connection for a sign of life; returns when each answered or went."""
        await self._request_all(codec.ENQUIRE_LINK)

    async def unbind(self) -> None:
        """Unbind every connection; returns when each answered or went."""
        await self._request_all(codec.UNBIND)

    def disconnect(self) -> None:
        """Drop every connection at once."""
        for session in list(self._traffic.sessions):
            session.abort()

    async def _request_all(self, command: int) -> None:
        bound = [session for session in self._traffic.sessions if session.mode is not None]
        async with asyncio.TaskGroup() as group:
            for session in bound:
                group.create_task(session.request(command))

    def _addressee(self, system_id: str | None) -> str:
        chosen = system_id or self.behaviour.system_id
        if chosen:
            return chosen
        if not self.binds:
            raise RuntimeError("nobody has bound yet: name a system_id")
        return self.binds[-1].system_id
