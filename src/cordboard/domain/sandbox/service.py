"""The sandbox's verbs: handsets get and send messages, call and are called, faults are set, time is moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.sandbox import repository
from cordboard.domain.sandbox.errors import HandsetCallNotFoundError, NobodysNumberError, NotAHandsetError
from cordboard.domain.sandbox.models import (
    CallEnd,
    CallPlan,
    Faults,
    HandsetCall,
    HandsetMessage,
    HandsetScript,
)
from cordboard.domain.sandbox.ports import NumberOwnership
from cordboard.infra.db import Tx, business_clock
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.kit.clock import MovableClock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

FURTHEST: Final = timedelta(days=3660)
"""How far ahead business time may be in all."""

KEEP_RECORDINGS: Final = timedelta(days=1)

_MOST_REPLIES: Final = 5
_REPLY_WINDOW: Final = timedelta(minutes=1)
_FORGOTTEN_AT_ONCE: Final = 100


class SandboxService:
    """Every verb works in the caller's transaction."""

    def __init__(self, clock: MovableClock, numbers: NumberOwnership) -> None:
        self._clock = clock
        self._numbers = numbers

    async def is_handset(self, tx: Tx, number: str) -> bool:
        """Whether a number is a handset's: any that no account owns."""
        return not await self._numbers.is_owned(tx, number)

    async def script_of(self, tx: Tx, number: str) -> HandsetScript:
        """How the handset behaves."""
        return await repository.script_of(tx, number)

    async def put_script(self, tx: Tx, number: str, script: HandsetScript) -> None:
        """Sets how the handset behaves. Raises NotAHandsetError."""
        await self._require_handset(tx, number)
        await repository.put_script(tx, number, script)

    async def messages(self, tx: Tx, number: str, page: Page) -> Sequence[HandsetMessage]:
        """The handset's newest messages, in the order of time."""
        return await repository.newest(tx, number, page.size, page.offset)

    async def deliver(self, tx: Tx, message: HandsetMessage) -> bool:
        """Puts a message on its handset; False when its submission was put there before."""
        return await repository.keep(tx, message)

    async def send(self, tx: Tx, message: HandsetMessage) -> None:
        """Notes that a handset sends a message. Raises NotAHandsetError."""
        await self._require_handset(tx, message.handset)
        await repository.keep(tx, message)

    async def may_reply(self, tx: Tx, handset: str, recipient: str) -> bool:
        """Whether a scripted reply may go: at most so many a minute, because whoever gets it may answer by itself."""
        since = self._clock.now() - _REPLY_WINDOW
        return await repository.count_sent(tx, handset, recipient, since) < _MOST_REPLIES

    async def calls(self, tx: Tx, number: str, page: Page) -> Sequence[HandsetCall]:
        """The handset's newest calls, in the order of time."""
        return await repository.newest_calls(tx, number, page.size, page.offset)

    async def call_out(self, tx: Tx, handset: str, to: str, plan: CallPlan) -> HandsetCall:
        """Has a handset call one of our numbers; a voice process takes it from here. Raises NotAHandsetError,
        NobodysNumberError.
        """
        await self._require_handset(tx, handset)
        if await self.is_handset(tx, to):
            raise NobodysNumberError("to")
        call = HandsetCall(
            id=Ids.random_uuid(),
            handset=handset,
            direction="outbound",
            caller=handset,
            callee=to,
            state="waiting",
            started_at=self._clock.now(),
            plan=plan,
        )
        await repository.add_call(tx, call)
        return call

    async def hang_up(self, tx: Tx, handset: str, call_id: UUID) -> HandsetCall:
        """Ends a call: at once when no process has it yet, else as soon as its process hears of it; harmless when it is
        over. Raises HandsetCallNotFoundError.
        """
        call = await repository.lock_call(tx, handset, call_id)
        if call is None:
            raise HandsetCallNotFoundError("callId")
        if call.state == "waiting":
            end = CallEnd(at=self._clock.now(), reason="hung up before it was placed")
            await repository.end_call(tx, call_id, end)
            return msgspec.structs.replace(call, state="ended", ended_at=end.at, reason=end.reason)
        if call.state != "ended":
            await repository.ask_hangup(tx, call_id)
        return call

    async def take_call(self, tx: Tx, number: str, caller: str, node: str) -> tuple[HandsetCall, HandsetScript] | None:
        """A call reached a voice process for a number: the handset's call and how it behaves; None when the number is
        an account's.
        """
        if not await self.is_handset(tx, number):
            return None
        call = HandsetCall(
            id=Ids.random_uuid(),
            handset=number,
            direction="inbound",
            caller=caller,
            callee=number,
            state="ringing",
            started_at=self._clock.now(),
        )
        await repository.add_call(tx, call, node)
        return call, await repository.script_of(tx, number)

    async def claim_calls(self, tx: Tx, node: str, limit: int) -> Sequence[HandsetCall]:
        """Takes calls that handsets are to make for a voice process."""
        return await repository.claim_calls(tx, node, limit)

    async def hangups_asked(self, tx: Tx, node: str) -> Sequence[UUID]:
        """Which calls of a voice process are to end."""
        return await repository.hangups_asked(tx, node)

    async def call_answered(self, tx: Tx, call_id: UUID) -> None:
        """A handset talks."""
        await repository.mark_call_answered(tx, call_id, self._clock.now())

    async def call_heard(self, tx: Tx, call_id: UUID, digits: str) -> None:
        """The keys that a handset has heard so far."""
        await repository.put_digits(tx, call_id, digits)

    async def call_ended(
        self, tx: Tx, call_id: UUID, reason: str, digits: str = "", recording_url: str | None = None
    ) -> None:
        """A handset's call is over."""
        end = CallEnd(at=self._clock.now(), reason=reason, digits=digits, recording_url=recording_url)
        await repository.end_call(tx, call_id, end)

    async def look_after_calls(self, tx: Tx, live: Sequence[UUID]) -> Sequence[str]:
        """What a voice process does every few seconds: keeps its live calls, ends those that nobody has, and forgets
        old recordings, whose URLs it answers.
        """
        now = self._clock.now()
        await repository.renew_calls(tx, live)
        await repository.reap_calls(tx, now)
        return await repository.forget_recordings(tx, now - KEEP_RECORDINGS, _FORGOTTEN_AT_ONCE)

    async def faults(self, tx: Tx) -> tuple[Faults, datetime]:
        """The faults, and since when they are so."""
        return await repository.faults(tx)

    async def put_faults(self, tx: Tx, faults: Faults) -> None:
        """Sets the faults, from now on."""
        await repository.put_faults(tx, faults, self._clock.now())

    async def offset(self, tx: Tx) -> timedelta:
        """How far business time is ahead."""
        return await business_clock.read_offset(tx)

    async def advance_clock(self, tx: Tx, seconds: int) -> timedelta:
        """Moves business time ahead, here at once and elsewhere when the transaction commits. Raises InvalidInputError
        past the furthest.
        """
        step = timedelta(seconds=seconds)
        offset = await business_clock.advance(tx, step)
        if offset > FURTHEST:
            raise InvalidInputError.of(
                "seconds", f"would move time more than {FURTHEST.days} days ahead in all; use a new installation"
            )
        await maintain_partitions(tx, self._clock.now() + step)
        self._clock.advance(seconds)
        return offset

    async def _require_handset(self, tx: Tx, number: str) -> None:
        if not await self.is_handset(tx, number):
            raise NotAHandsetError(f"{number} belongs to an account; a handset has a number that nobody owns")
