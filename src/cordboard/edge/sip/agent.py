"""The SIP user agent of a voice process: puts the parts together, opens and closes them."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import msgspec

from cordboard.edge.sip.addressing import Addressing
from cordboard.edge.sip.admission import Admission
from cordboard.edge.sip.context import LegContext
from cordboard.edge.sip.core import Core
from cordboard.edge.sip.dialler import Dialler
from cordboard.edge.sip.gate import Gate
from cordboard.edge.sip.leg_table import LegTable
from cordboard.edge.sip.phone_gate import PhoneGate
from cordboard.edge.sip.phones_port import Phones
from cordboard.edge.sip.port import Caller, Destination, PhoneDestination, PhoneSource, SipLeg, TrunkDestination
from cordboard.edge.sip.reception import OnCall, Reception
from cordboard.edge.sip.registrar import Registrar
from cordboard.edge.sip.settings import SipSettings, TrunkSettings
from cordboard.edge.sip.timers import Timers
from cordboard.edge.sip.transports import Transports
from cordboard.edge.sip.trunk_book import TrunkBook
from cordboard.edge.sip.trunk_keeper import TrunkKeeper
from cordboard.infra.tasks import Tasks
from cordboard.kit.clock import monotonic
from cordboard.wire.sip.transaction_layer import TransactionLayer

_TOKEN_OCTETS: Final = 8
_SECRET_OCTETS: Final = 32
_RESOLVE_SECONDS: Final = 300.0
_SWEEP_SECONDS: Final = 10.0
_SERVER_TRANSACTIONS_PER_CALL: Final = 10
_jitter = random.SystemRandom()


class SipStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Counters since the start, and how many there are now of `legs`, `bindings`, `connections` and transactions."""

    legs: int
    bindings: int
    connections: int
    client_transactions: int
    server_transactions: int
    sent_again: int
    absorbed: int
    stray: int
    malformed: int
    dropped: int
    banned: int
    bans: int
    calls_refused: int
    strangers_refused: int
    connections_refused: int
    timed_out: int
    trunks_up: int


class Agent:
    """Implements `port.SipAgent`. `now` gives monotonic seconds; who moves it calls `wake` afterwards. `relay` is the
    path of the Unix socket that API processes bring their browsers to.
    """

    def __init__(
        self,
        settings: SipSettings,
        trunks: Sequence[TrunkSettings],
        phones: Phones,
        *,
        relay: Path | None = None,
        now: Callable[[], float] = monotonic,
        random: Callable[[], float] = _jitter.random,
    ) -> None:
        self._settings = settings
        self._relay = relay
        self._timers = Timers(now)
        self._tasks = Tasks()
        self._legs = LegTable()
        self._book = TrunkBook(trunks, now)
        self._admission = _admission(settings, now())
        self._addressing = Addressing(public_host=settings.public_host, user_agent=settings.user_agent)
        layer = TransactionLayer(_token, most_server_transactions=settings.most_calls * _SERVER_TRANSACTIONS_PER_CALL)
        self._core = Core(layer, self._timers, self._addressing, _token)
        self._gate = Gate(self._core, self._admission, self._book, self._legs)
        self._transports = Transports(settings, self._gate, now)
        context = LegContext(
            core=self._core,
            transports=self._transports,
            tasks=self._tasks,
            token=_token,
            random=random,
            session_seconds=settings.session_seconds,
        )
        phone_gate = PhoneGate(
            realm=settings.realm,
            algorithms=settings.digest_algorithms,
            secret=secrets.token_bytes(_SECRET_OCTETS),
            phones=phones,
            admission=self._admission,
            now=now,
        )
        self._registrar = Registrar(settings, self._core, phone_gate, phones, self._tasks)
        self._reception = Reception(
            context=context,
            legs=self._legs,
            book=self._book,
            gate=phone_gate,
            registrar=self._registrar,
            admission=self._admission,
            most_calls=settings.most_calls,
        )
        self._dialler = Dialler(
            context,
            self._legs,
            self._book,
            self._registrar.bindings,
            allow_private=settings.allow_private,
            most_calls=settings.most_calls,
        )
        self._keepers = [self._keeper(name) for name in self._book.trunks]
        self._core.listen(self._reception)
        self._registrar.on_registered = self._legs.moved
        self._gate.on_lost(self._registrar.flow_lost)
        self._gate.on_lost(self._legs.lost)

    async def start(self) -> None:
        """Listens, and says hello to the trunks. Raises OSError, ssl.SSLError."""
        await self._transports.open(self._relay)
        self._addressing.public_host = self._transports.public_host()
        self._addressing.port = self._transports.port
        self._addressing.tls_port = self._transports.tls_port
        await self._resolve()
        self._sweep()
        for keeper in self._keepers:
            keeper.start()

    async def stop(self) -> None:
        """Hangs up on everybody, takes registrations back, and closes. No leg is left without its last event."""
        self._reception.on_call = None
        for leg in self._legs:
            leg.end("the server is going down")
        for keeper in self._keepers:
            await keeper.stop()
        await self._registrar.close()
        await self._tasks.close()
        self._core.close()
        await self._transports.close()

    async def add_trunk(self, settings: TrunkSettings) -> None:
        """A trunk that came to be known after the start: last in the order, in the place of one of its name."""
        await self._book.add(settings, self._transports.resolver)
        keeper = self._keeper(settings.name)
        self._keepers.append(keeper)
        keeper.start()

    def on_call(self, handler: OnCall | None) -> None:
        """Who takes incoming calls; None: nobody, they are refused with 503."""
        self._reception.on_call = handler

    async def invite(
        self, destination: Destination, caller: Caller, sdp: bytes, headers: tuple[tuple[str, str], ...] = ()
    ) -> SipLeg:
        """Calls somebody."""
        return await self._dialler.dial(destination, caller, sdp, headers)

    def bindings(self, account_id: UUID, user: str) -> list[PhoneDestination]:
        """Where a phone is registered just now; most recent first."""
        return [binding.destination for binding in self._registrar.bindings.of(PhoneSource(account_id, user))]

    def is_browser(self, destination: Destination) -> bool:
        """Whether an offer to it needs ICE and DTLS-SRTP."""
        if not isinstance(destination, PhoneDestination):
            return False
        binding = self._registrar.bindings.find(destination)
        return binding is not None and binding.flow.is_browser

    def security_of(self, destination: Destination) -> Literal["none", "sdes", "dtls"]:
        """How the media of an offer to it are to be protected."""
        if isinstance(destination, TrunkDestination):
            trunk = self._book.get(destination.trunk)
            return "sdes" if trunk is not None and trunk.settings.srtp else "none"
        return "dtls" if self.is_browser(destination) else "none"

    @property
    def trunks(self) -> tuple[str, ...]:
        """The trunks that can be used now."""
        return self._book.usable()

    @property
    def port(self) -> int:
        """The port of UDP and TCP."""
        return self._transports.port

    @property
    def tls_port(self) -> int:
        """The port of TLS; 0 without it."""
        return self._transports.tls_port

    def wake(self) -> None:
        """Does what is due, when the clock was moved."""
        self._core.wake()

    def statistics(self) -> SipStatistics:
        """For the metrics."""
        layer = self._core.layer.statistics()
        return SipStatistics(
            legs=len(self._legs),
            bindings=len(self._registrar.bindings),
            connections=len(self._transports.streams) + len(self._transports.local.flows),
            client_transactions=layer.client,
            server_transactions=layer.server,
            sent_again=layer.sent_again,
            absorbed=layer.absorbed,
            stray=layer.stray,
            malformed=layer.malformed + self._gate.malformed_count,
            dropped=self._admission.dropped,
            banned=self._admission.banned,
            bans=self._admission.bans,
            calls_refused=self._admission.calls_refused,
            strangers_refused=self._admission.strangers_refused,
            connections_refused=self._transports.streams.refused,
            timed_out=layer.timed_out,
            trunks_up=len(self._book.usable()),
        )

    async def _resolve(self) -> None:
        await self._book.resolve(self._transports.resolver)
        self._timers.after(_RESOLVE_SECONDS, self._resolve_again)

    def _resolve_again(self) -> None:
        self._tasks.start(self._resolve())

    def _sweep(self) -> None:
        self._transports.streams.drop_idle()
        self._timers.after(_SWEEP_SECONDS, self._sweep)

    def _keeper(self, name: str) -> TrunkKeeper:
        return TrunkKeeper(
            self._book.trunks[name],
            core=self._core,
            transports=self._transports,
            tasks=self._tasks,
            token=_token,
            keepalive_seconds=self._settings.keepalive_seconds,
        )


def _token() -> str:
    return secrets.token_hex(_TOKEN_OCTETS)


def _admission(settings: SipSettings, now: float) -> Admission:
    return Admission(
        packets_per_second=settings.packets_per_second,
        strangers_per_second=settings.strangers_per_second,
        calls_per_second=settings.calls_per_second,
        auth_failures=settings.auth_failures,
        ban_seconds=settings.ban_seconds,
        now=now,
    )
