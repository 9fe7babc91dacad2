"""The telephones of the sandbox: one user agent for all handsets, which the platform knows as a trunk, and the other
way round.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import structlog

from cordboard.domain.numbers.inventory import SANDBOX_CARRIER
from cordboard.domain.sandbox.models import HandsetCall
from cordboard.domain.sandbox.repository import CHANNEL
from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.media.errors import EngineError
from cordboard.edge.sandbox_calls.hairpin import Hairpin
from cordboard.edge.sandbox_calls.line import Line
from cordboard.edge.sandbox_calls.tools import CallBook, Tools
from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.phones_port import PhoneBinding, PhoneCredentials
from cordboard.edge.sip.port import Caller, SipLeg, TrunkDestination
from cordboard.edge.sip.settings import SipSettings, TrunkSettings
from cordboard.infra.db.pool import Wakeups, wait_for_work
from cordboard.infra.tasks import Tasks
from cordboard.kit.ids import Ids
from cordboard.kit.phone import parse_number

MOST_LIVE: Final = 200
"""Calls of handsets at a time, those that go back into the platform among them."""

_PLATFORM: Final = "platform"
_LEGS_A_CALL: Final = 2
_CALLS_PER_SECOND: Final = 1000
_POLL_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 3.0
_DRAIN_SECONDS: Final = 5.0
_MOST_STARTS: Final = 5
_NOT_FOUND: Final = 404
_UNAVAILABLE: Final = 480
_NOT_ACCEPTABLE: Final = 488
_ANONYMOUS: Final = "anonymous"
_log = structlog.get_logger(__name__)


class _Endable(Protocol):
    def end(self, reason: str) -> None: ...


class NoPhones:
    """`edge.sip.phones_port.Phones`: nobody registers with a handset."""

    async def credentials(self, username: str) -> PhoneCredentials | None:
        """Nobody's."""
        return None

    async def register(self, binding: PhoneBinding) -> None:
        """Never asked."""

    async def unregister(self, account_id: UUID, user: str, contact: str) -> None:
        """Never asked."""


class SandboxPhone:
    """All handsets of one voice process. `platform` is the process's own agent, `sip` what is set of it."""

    def __init__(self, platform: Agent, sip: SipSettings, tools: Tools, book: CallBook) -> None:
        self._platform = platform
        self._sip = sip
        self._tools = tools
        self._book = book
        self._tasks = Tasks()
        self._lines: dict[UUID, _Endable] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._draining = False
        self._agent: Agent | None = None

    async def start(self) -> None:
        """Listens at a free port of loopback, and becomes the platform's trunk. The platform's agent has to listen
        already. Raises OSError.
        """
        self._agent = agent = await self._listen()
        host = _loopback(self._sip.host)
        await self._platform.add_trunk(
            TrunkSettings(
                name=SANDBOX_CARRIER,
                host=host,
                port=agent.port,
                exact_port=True,
                trusted_identity=True,
                keepalive=False,
            )
        )
        _log.info("sandbox.listening", host=host, port=agent.port)

    async def stop(self) -> None:
        """Hangs up on everybody, and closes. The platform's trunk stays, and leads nowhere. Safe to repeat."""
        self._draining = True
        for line in list(self._lines.values()):
            line.end("the platform is stopping")
        if self._calls:
            await asyncio.wait(set(self._calls), timeout=_DRAIN_SECONDS)
        await self._tasks.close()
        agent, self._agent = self._agent, None
        if agent is not None:
            await agent.stop()

    def loops(self, wakeups: Wakeups) -> dict[str, Callable[[], Awaitable[None]]]:
        """What runs while it listens, by name."""
        return {
            "handset calls": partial(self.claim, wakeups.event(CHANNEL)),
            "handset upkeep": self.upkeep,
        }

    async def claim(self, wakeup: asyncio.Event) -> None:
        """Makes the calls that handsets are to make, and hangs up where that was asked."""
        while True:
            await self.look()
            await wait_for_work(wakeup, _POLL_SECONDS)

    async def look(self) -> None:
        """One look."""
        room = 0 if self._draining or self._agent is None else MOST_LIVE - len(self._calls)
        if room > 0:
            for call in await self._book.claim(room):
                self._start(self._place(call))
        if self._lines:
            for call_id in await self._book.hangups():
                if line := self._lines.get(call_id):
                    line.end("the handset hung up")

    async def upkeep(self) -> None:
        """Keeps live calls from being taken for lost, and removes old recordings."""
        while True:
            await self.look_after()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look_after(self) -> None:
        """One round of that."""
        for url in await self._book.look_after(list(self._lines)):
            await self._tools.unpublish(url)

    async def _listen(self) -> Agent:
        """An agent at a port that is free for UDP and TCP alike, which takes more than one try now and then."""
        platform = TrunkSettings(
            name=_PLATFORM,
            host=_spoken_to_at(self._sip.host),
            port=self._platform.port,
            exact_port=True,
            trusted_identity=True,
            keepalive=False,
        )
        host = _loopback(self._sip.host)
        settings = msgspec.structs.replace(
            self._sip,
            host=host,
            port=0,
            tls_port=0,
            public_host=host,
            most_calls=_LEGS_A_CALL * MOST_LIVE,
            calls_per_second=_CALLS_PER_SECOND,
        )
        for tries_left in reversed(range(_MOST_STARTS)):
            agent = Agent(settings, [platform], NoPhones())
            agent.on_call(self._take)
            try:
                await agent.start()
            except OSError:
                await agent.stop()
                if not tries_left:
                    raise
            else:
                break
        return agent

    # Calls

    async def _take(self, leg: SipLeg) -> None:
        """The platform calls a handset."""
        if self._draining or len(self._calls) >= MOST_LIVE:
            await leg.refuse(_UNAVAILABLE, "No handset is free")
        else:
            self._start(self._receive(leg))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.start(work)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _receive(self, leg: SipLeg) -> None:
        try:
            await self._connect(leg)
        finally:
            await leg.hang_up("the sandbox failed")  # does nothing when it ended as it should

    async def _connect(self, leg: SipLeg) -> None:
        number = parse_number(leg.dialled)
        if number is None:
            await leg.refuse(_NOT_FOUND, "Not Found")
            return
        caller = _ANONYMOUS if leg.caller.hidden else leg.caller.number or _ANONYMOUS
        taken = await self._book.take(number, caller)
        if taken is None:
            await self._go_back(leg, number)
            return
        call, script = taken
        line = Line(call, leg, self._tools, self._book)
        with self._listed(call.id, line):
            await line.receive(script)

    async def _go_back(self, leg: SipLeg, number: str) -> None:
        """The number is an account's: the platform is called for it."""
        if not leg.offer:
            await leg.refuse(_NOT_ACCEPTABLE, "Not Acceptable Here")
            return
        called = await self._invite(number, leg.caller, leg.offer)
        hairpin = Hairpin(leg, called)
        with self._listed(Ids.random_uuid(), hairpin):
            await hairpin.run()

    async def _place(self, call: HandsetCall) -> None:
        """A handset calls."""
        try:
            media = await MediaLeg.open(await self._tools.router())
        except EngineError as error:
            await self._book.ended(call.id, f"no media: {error}")
            return
        leg = await self._invite(call.callee, Caller(number=call.handset), media.offer())
        line = Line(call, leg, self._tools, self._book)
        with self._listed(call.id, line):
            await line.follow_through(media)

    async def _invite(self, number: str, caller: Caller, sdp: bytes) -> SipLeg:
        if self._agent is None:
            raise RuntimeError("the sandbox's telephones are not there")
        return await self._agent.invite(TrunkDestination(_PLATFORM, number), caller, sdp)

    @contextmanager
    def _listed(self, call_id: UUID, line: _Endable) -> Iterator[None]:
        """Can be ended from outside while the block runs."""
        self._lines[call_id] = line
        try:
            yield
        finally:
            del self._lines[call_id]


def _loopback(host: str) -> str:
    """Loopback of the family of an address."""
    return "::1" if ":" in host else "127.0.0.1"


def _spoken_to_at(host: str) -> str:
    """Where who listens at an address is reached from loopback, and is seen to come from."""
    try:
        unspecified = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host
    return _loopback(host) if unspecified else host
