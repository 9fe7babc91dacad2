"""One bind to an SMSC, kept up: claims messages, submits them in the window, records answers, receipts and texts."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog

from cordboard.domain.messaging.models import Outcome, PartResult, Submission
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.messaging.use_cases.record_results import LOST
from cordboard.edge.carriers.recorder import Recorder
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.smpp import mapping
from cordboard.edge.carriers.smpp.connection import SmppConnection
from cordboard.edge.carriers.throttle import Throttle
from cordboard.infra.db import Database
from cordboard.infra.telemetry.metrics import CARRIER_BOUND, CARRIER_WINDOW
from cordboard.kit.backoff import exponential
from cordboard.kit.clock import Clock, monotonic
from cordboard.wire.smpp import (
    BindMode,
    BindRefused,
    BindSettings,
    Bound,
    ClientSession,
    Delivered,
    Event,
    InvalidFieldError,
    PduRejected,
    SessionLost,
    State,
    Status,
    SubmitAnswered,
    SubmitTimedOut,
    describe_status,
    is_receipt,
)

_CONNECT_SECONDS: Final = 10.0
_LONGEST_PAUSE: Final = 30.0
_POLL_SECONDS: Final = 1.0
_MOST_LATE: Final = 10_000
_GATHER_SECONDS: Final = 0.002
"""Left for messages to come together and for places in the window to become free: a claim is a transaction."""

_log = structlog.get_logger(__name__)


class SmppLink:
    """Runs while its bind is owned here. `wakeup` is set when messages for the carrier arrive."""

    def __init__(
        self,
        *,
        carrier: CarrierSettings,
        bind: int,
        mode: BindMode,
        database: Database,
        messaging: MessagingService,
        clock: Clock,
        wakeup: asyncio.Event,
    ) -> None:
        self._carrier = carrier
        self._bind = bind
        self._mode: BindMode = mode
        self._database = database
        self._messaging = messaging
        self._clock = clock
        self._wakeup = wakeup
        self._throttle = Throttle(carrier.tps / max(carrier.binds, 1))
        self._recorder = Recorder(database, messaging, carrier.name)
        self._sent: dict[int, tuple[Submission, int]] = {}
        self._stopping = asyncio.Event()
        self._bound = asyncio.Event()
        self._log = _log.bind(carrier=carrier.name, bind=bind, mode=mode)

    @property
    def name(self) -> str:
        """What it is owned under."""
        return f"{self._carrier.name}/{self._bind}/{self._mode}"

    def stop(self) -> None:
        """Asks for the end in good order: nothing new, answers awaited, unbind."""
        self._stopping.set()
        self._wakeup.set()

    async def run(self) -> None:
        """Binds, and binds again, until it is stopped or cancelled."""
        await self._recover()
        recording = asyncio.create_task(self._recorder.run())
        try:
            attempt = 0
            while not self._stopping.is_set():
                attempt = 0 if await self._session() else attempt + 1
                await self._pause(exponential(attempt, base=0.5, ceiling=_LONGEST_PAUSE))
            await self._recorder.settled()
        finally:
            recording.cancel()
            await asyncio.gather(recording, return_exceptions=True)

    async def _recover(self) -> None:
        """What an owner that died had open may be with the carrier: nobody can tell."""
        if self._mode == "receiver":
            return
        async with self._database.transaction() as tx:
            count = await self._messaging.recover(tx, self._carrier.name, self._bind)
        if count:
            self._log.warning("link.recovered", parts=count)

    async def _session(self) -> bool:
        """One connection from bind to end; True when it was bound."""
        session = ClientSession(
            BindSettings(
                system_id=self._carrier.system_id,
                password=self._carrier.password,
                system_type=self._carrier.system_type,
                mode=self._mode,
            ),
            window=self._carrier.window,
            enquire_interval=self._carrier.enquire_seconds,
            response_timeout=self._carrier.response_seconds,
        )
        self._bound.clear()
        connection = SmppConnection(session, lambda event: self._heard(connection, event))
        try:
            await self._connect(connection)
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self._log.warning("link.no_connection", host=self._carrier.host, error=str(error) or repr(error))
            return False
        try:
            await self._pump(connection)
        finally:
            connection.abort()
            await connection.closed.wait()
            self._give_up_open()
            CARRIER_BOUND.labels(self._carrier.name, str(self._bind)).set(0)
            CARRIER_WINDOW.labels(self._carrier.name, str(self._bind)).set(0)
        return self._bound.is_set()

    async def _connect(self, connection: SmppConnection) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT_SECONDS):
            await loop.create_connection(
                lambda: connection, self._carrier.host, self._carrier.port, ssl=_tls(self._carrier)
            )

    async def _pump(self, connection: SmppConnection) -> None:
        """Feeds the window until the session ends, or ends it when the link is stopped."""
        session = connection.session
        submits = self._mode != "receiver"
        while not session.ended:
            self._wakeup.clear()
            if self._stopping.is_set():
                await self._finish(connection)
                return
            wait = _POLL_SECONDS
            if session.state is State.BOUND and submits:
                await asyncio.sleep(_GATHER_SECONDS)
                wait = await self._feed(connection)
            if wait > 0:
                await self._wait(wait)

    async def _feed(self, connection: SmppConnection) -> float:
        """Submits what fits; answers how many seconds to wait for the next try at the latest."""
        free = connection.session.window_free
        if free < self._least_batch:
            return _POLL_SECONDS
        allowed = self._throttle.allowed(monotonic())
        if allowed < 1:
            return self._throttle.wait(monotonic())
        try:
            async with self._database.transaction() as tx:
                claimed = await self._messaging.claim(
                    tx, self._carrier.name, self._bind, min(free, allowed), whole=False
                )
                next_due = None if claimed else await self._messaging.seconds_to_next(tx, self._carrier.name)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._log.warning("link.claim_failed", error=repr(error))
            return _POLL_SECONDS
        if not claimed:
            return min(_POLL_SECONDS, next_due) if next_due is not None else _POLL_SECONDS
        await self._submit_all(connection, claimed)
        return 0.0

    @property
    def _least_batch(self) -> int:
        """A claim is worth its transaction when an eighth of the window is free."""
        return max(1, self._carrier.window // 8)

    async def _submit_all(self, connection: SmppConnection, claimed: list[Submission]) -> None:
        """Hands claimed messages over. Parts beyond the window wait for answers; what a lost session leaves is
        unknown.
        """
        now = self._clock.now()
        waiting = [
            (submission, part, pdu)
            for submission in claimed
            for part, pdu in mapping.submits_of(submission, self._carrier, now)
        ]
        self._throttle.spend(len(waiting))
        for submission, part, pdu in waiting:
            while not connection.session.window_free and not connection.session.ended:
                connection.flush()
                self._wakeup.clear()
                await self._wait(_POLL_SECONDS)
            if connection.session.state is not State.BOUND:
                self._record(submission, part, "unavailable", error_message="the bind was lost before it was submitted")
                continue
            try:
                self._sent[connection.session.submit(pdu, monotonic())] = (submission, part)
            except InvalidFieldError as error:
                self._record(submission, part, "refused", error_code="field", error_message=str(error))
        connection.flush()
        self._show_window(connection)

    async def _finish(self, connection: SmppConnection) -> None:
        """Waits for the answers under way, then unbinds."""
        session = connection.session
        patience = self._carrier.response_seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience + 1):
                while session.unanswered and not session.ended:
                    await self._wait(_POLL_SECONDS)
                    self._wakeup.clear()
                await self._recorder.settled()
                if session.state is State.BOUND:
                    session.unbind(monotonic())
                    connection.flush()
                await connection.closed.wait()

    async def _wait(self, seconds: float) -> None:
        """Until something happened, or so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wakeup.wait()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _heard(self, connection: SmppConnection, event: Event) -> None:
        """Events of the session, as they happen."""
        match event:
            case SubmitAnswered() | SubmitTimedOut() | Delivered():
                self._carried(connection, event)
            case Bound():
                self._bound.set()
                CARRIER_BOUND.labels(self._carrier.name, str(self._bind)).set(1)
                self._log.info("link.bound", system_id=event.system_id)
            case BindRefused():
                self._log.error("link.bind_refused", status=describe_status(event.status))
            case PduRejected():
                self._log.warning("link.pdu_rejected", command=event.command_id, reason=event.reason)
            case SessionLost():
                self._log.warning("link.lost", reason=event.reason)
            case _:
                self._log.debug("link.event", kind=type(event).__name__)
        if connection.session.ended or isinstance(event, Bound):
            self._wakeup.set()

    def _carried(self, connection: SmppConnection, event: SubmitAnswered | SubmitTimedOut | Delivered) -> None:
        """What is about messages."""
        match event:
            case SubmitAnswered():
                self._answered(event)
                if connection.session.window_free >= self._least_batch:
                    self._wakeup.set()
            case SubmitTimedOut():
                if sent := self._sent.get(event.sequence):
                    self._record(*sent, "unknown", error_message="no answer in time")
                self._forget_oldest()
            case Delivered():
                self._delivered(connection, event)

    def _answered(self, event: SubmitAnswered) -> None:
        sent = self._sent.pop(event.sequence, None)
        if sent is None:
            return
        outcome = mapping.outcome_of(event.status)
        if outcome == "throttled":
            self._throttle.throttled(monotonic())
        if outcome != "accepted":
            reason = describe_status(event.status)
            self._record(*sent, outcome, error_code=f"{event.status:#04x}", error_message=reason)
            return
        hexadecimal = self._carrier.message_ids == "hex_in_answers"
        remote_id = mapping.canonical_id(event.message_id, hexadecimal=hexadecimal) if event.message_id else None
        self._record(*sent, outcome, remote_id=remote_id)

    def _delivered(self, connection: SmppConnection, event: Delivered) -> None:
        answer = self._answerer(connection, event.sequence)
        if is_receipt(event.message):
            receipt = mapping.receipt_of(event.message, self._carrier)
            if receipt is None:
                self._log.warning("link.receipt_without_id")
                answer(True)
            else:
                self._recorder.add(receipt, answer)
        else:
            self._recorder.add(mapping.inbound_of(event.message, self._carrier), answer)

    def _answerer(self, connection: SmppConnection, sequence: int) -> Callable[[bool], None]:
        def answer(taken: bool) -> None:
            connection.session.answer(sequence, Status.ESME_ROK if taken else Status.ESME_RX_P_APPN)
            connection.flush_soon()

        return answer

    def _record(
        self,
        submission: Submission,
        part: int,
        outcome: Outcome,
        *,
        remote_id: str | None = None,
        error_code: str | None = None,
        error_message: str | None = None,
    ) -> None:
        self._recorder.add(
            PartResult(
                submission=submission,
                part=part,
                outcome=outcome,
                remote_id=remote_id,
                error_code=error_code,
                error_message=error_message,
            )
        )

    def _give_up_open(self) -> None:
        """After a session: what it had sent and never heard of is unknown."""
        for submission, part in self._sent.values():
            self._record(submission, part, "unknown", error_message=LOST)
        self._sent.clear()

    def _forget_oldest(self) -> None:
        while len(self._sent) > _MOST_LATE:
            del self._sent[next(iter(self._sent))]

    def _show_window(self, connection: SmppConnection) -> None:
        outstanding = len(connection.session.unanswered)
        CARRIER_WINDOW.labels(self._carrier.name, str(self._bind)).set(outstanding)


def _tls(carrier: CarrierSettings) -> ssl.SSLContext | None:
    if not carrier.tls:
        return None
    context = ssl.create_default_context()
    if not carrier.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
