"""The sandbox's carrier: takes messages for handsets that are rows, and lets them answer by timers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import asyncpg

from cordboard.domain.messaging.models import DeliveryState, InboundPart, Outcome, PartResult, ReceiptReport, Submission
from cordboard.domain.numbers.inventory import SANDBOX_CARRIER
from cordboard.domain.sandbox.faults import is_away, strikes
from cordboard.domain.sandbox.models import Faults, HandsetMessage, HandsetScript, ReceiptManner
from cordboard.domain.sandbox.service import SandboxService
from cordboard.edge.carriers.inbox import CarrierInbox
from cordboard.infra.db import Database, Tx
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.kit.clock import Clock

RECEIPT_TIMER: Final = "sandbox.receipt"
REPLY_TIMER: Final = "sandbox.reply"
RECEIPT_SECONDS: Final = 1.0
LATE_RECEIPT_SECONDS: Final = 120.0
REPLY_SECONDS: Final = 2.0
UNDELIVERED_CODE: Final = "absent"

_CONCURRENCY: Final = 8
_STATES: Final[dict[ReceiptManner, tuple[DeliveryState, float]]] = {
    "delivered": ("delivered", RECEIPT_SECONDS),
    "undelivered": ("undelivered", RECEIPT_SECONDS),
    "late": ("delivered", LATE_RECEIPT_SECONDS),
}
"""What a receipt says, and after how many seconds."""


class SandboxCarrier:
    """A `MessageCarrier`. A message for one of our own numbers goes there at once, as an inbound one."""

    def __init__(self, *, database: Database, clock: Clock, sandbox: SandboxService, inbox: CarrierInbox) -> None:
        self._database = database
        self._clock = clock
        self._sandbox = sandbox
        self._inbox = inbox

    @property
    def name(self) -> str:
        """Its name, which no configured carrier may have."""
        return SANDBOX_CARRIER

    @property
    def concurrency(self) -> int:
        """Each send takes a connection of the pool for a moment."""
        return _CONCURRENCY

    async def send(self, submission: Submission) -> PartResult:
        """Puts the message on its handset, unless a fault strikes. A repeat of a submission shows once."""
        try:
            async with self._database.transaction() as tx:
                faults, since = await self._sandbox.faults(tx)
                if is_away(faults, since, self._clock.now()):
                    return _result(submission, "unavailable", "the sandbox is disconnected for a moment")
                if _strikes(faults.throttle_percent, "throttle", submission):
                    return _result(submission, "throttled", "the sandbox throttles")
                await self._take(tx, submission, faults)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return _result(submission, "unknown", f"the database was lost: {type(error).__name__}")
        return _result(submission, "accepted")

    async def close(self) -> None:
        """Nothing of its own to release."""

    async def _take(self, tx: Tx, submission: Submission, faults: Faults) -> None:
        if not await self._sandbox.is_handset(tx, submission.recipient):
            await self._inbox.take(tx, self.name, [_for_one_of_ours(submission)])
            await arm(tx, self._receipts(submission, "delivered", faults))
            return
        if not await self._sandbox.deliver(tx, self._as_got(submission)):
            return
        script = await self._sandbox.script_of(tx, submission.recipient)
        await arm(tx, [*self._receipts(submission, script.receipt, faults), *self._reply(submission, script)])

    def _as_got(self, submission: Submission) -> HandsetMessage:
        return HandsetMessage(
            handset=submission.recipient,
            direction="inbound",
            sender=submission.sender,
            recipient=submission.recipient,
            text=submission.text,
            media_urls=list(submission.media_urls),
            at=self._clock.now(),
            message_id=submission.message_id,
            attempt=submission.attempt,
        )

    def _receipts(self, submission: Submission, manner: ReceiptManner, faults: Faults) -> list[Timer]:
        """The timers of the receipt: none, one, or two when it is told twice."""
        if manner not in _STATES or _strikes(faults.drop_receipts_percent, "drop", submission):
            return []
        state, delay = _STATES[manner]
        twice = _strikes(faults.duplicate_receipts_percent, "duplicate", submission)
        return [
            Timer(
                RECEIPT_TIMER,
                submission.account_id,
                f"{_remote_id(submission)}/{copy}",
                self._clock.now() + timedelta(seconds=delay + copy),
                payload={"remoteId": _remote_id(submission), "state": state},
            )
            for copy in range(2 if twice else 1)
        ]

    def _reply(self, submission: Submission, script: HandsetScript) -> list[Timer]:
        if not script.reply:
            return []
        payload = {"handset": submission.recipient, "to": submission.sender, "text": script.reply}
        fire_at = self._clock.now() + timedelta(seconds=REPLY_SECONDS)
        return [Timer(REPLY_TIMER, submission.account_id, _remote_id(submission), fire_at, payload=payload)]


class Handsets:
    """What handsets send: when they are asked to, and by timers, whose handlers work in the worker."""

    def __init__(self, *, clock: Clock, sandbox: SandboxService, inbox: CarrierInbox) -> None:
        self._clock = clock
        self._sandbox = sandbox
        self._inbox = inbox

    async def tell_receipts(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of `RECEIPT_TIMER`."""
        await self._inbox.take(tx, SANDBOX_CARRIER, [self._receipt(timer) for timer in timers])

    async def send_replies(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of `REPLY_TIMER`."""
        for timer in timers:
            handset, to, text = timer.payload["handset"], timer.payload["to"], timer.payload["text"]
            if await self._sandbox.is_handset(tx, handset) and await self._sandbox.may_reply(tx, handset, to):
                await self.text(tx, handset, to, text, (), repeat_of=timer.scope)

    async def text(
        self, tx: Tx, handset: str, to: str, text: str, media_urls: Sequence[str], *, repeat_of: str | None = None
    ) -> tuple[HandsetMessage, bool]:
        """A handset texts one of our numbers; whether the number was anybody's. Raises NotAHandsetError."""
        message = HandsetMessage(
            handset=handset,
            direction="outbound",
            sender=handset,
            recipient=to,
            text=text,
            media_urls=list(media_urls),
            at=self._clock.now(),
        )
        await self._sandbox.send(tx, message)
        part = InboundPart(
            carrier=SANDBOX_CARRIER,
            sender=handset,
            recipient=to,
            text=text,
            media_urls=tuple(media_urls),
            carrier_message_id=repeat_of,
        )
        return message, await self._inbox.take(tx, SANDBOX_CARRIER, [part])

    def _receipt(self, timer: Timer) -> ReceiptReport:
        state: DeliveryState = timer.payload["state"]
        return ReceiptReport(
            carrier=SANDBOX_CARRIER,
            remote_id=timer.payload["remoteId"],
            state=state,
            final=True,
            error_code=UNDELIVERED_CODE if state == "undelivered" else None,
            done_at=timer.fire_at,
        )


def _strikes(percent: int, purpose: str, submission: Submission) -> bool:
    return strikes(percent, purpose, submission.message_id, submission.attempt)


def _for_one_of_ours(submission: Submission) -> InboundPart:
    return InboundPart(
        carrier=SANDBOX_CARRIER,
        sender=submission.sender,
        recipient=submission.recipient,
        text=submission.text,
        media_urls=submission.media_urls,
        carrier_message_id=_remote_id(submission),
    )


def _remote_id(submission: Submission) -> str:
    return f"{submission.message_id.hex}-{submission.attempt}"


def _result(submission: Submission, outcome: Outcome, message: str | None = None) -> PartResult:
    accepted = outcome == "accepted"
    return PartResult(
        submission=submission,
        part=submission.parts[0],
        outcome=outcome,
        remote_id=_remote_id(submission) if accepted else None,
        error_code=None if accepted else "sandbox",
        error_message=message,
    )
