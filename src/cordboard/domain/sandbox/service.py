"""The sandbox's verbs: handsets get and send messages, faults are set, time is moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cordboard.domain.sandbox import repository
from cordboard.domain.sandbox.errors import NotAHandsetError
from cordboard.domain.sandbox.models import Faults, HandsetMessage, HandsetScript
from cordboard.domain.sandbox.ports import NumberOwnership
from cordboard.infra.db import Tx, business_clock
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.kit.clock import MovableClock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.paging import Page

FURTHEST: Final = timedelta(days=3660)
"""How far ahead business time may be in all."""

_MOST_REPLIES: Final = 5
_REPLY_WINDOW: Final = timedelta(minutes=1)


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
