"""A carrier for tests that step: takes what is queued, and says what the test wants said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.harness import Api

from cordboard.domain.messaging.models import (
    FINAL_DELIVERY_STATES,
    DeliveryState,
    InboundPart,
    Outcome,
    PartResult,
    ReceiptReport,
    Submission,
)


@dataclass(slots=True)
class CarrierDouble:
    """Claims from the queue of `name` as its link would, and records answers. `taken` is what it accepted, in order."""

    api: Api
    name: str = "sandbox"
    whole: bool = True
    taken: list[Submission] = field(default_factory=list)
    _next_id: int = 1

    async def work(self, outcome: Outcome = "accepted", **details: str) -> list[Submission]:
        """Takes what is due and answers every part with `outcome`; answers what it took."""
        messaging = self.api.platform.messaging
        async with self.api.platform.database.transaction() as tx:
            claimed = await messaging.claim(tx, self.name, 0, 100, whole=self.whole)
        results = [self._result(one, part, outcome, details) for one in claimed for part in one.parts]
        async with self.api.platform.database.transaction() as tx:
            await messaging.record(tx, self.name, results)
        self.taken += claimed
        return claimed

    async def work_soon(self) -> list[Submission]:
        """The same, once there is something to take."""
        async with asyncio.timeout(10):
            while not (claimed := await self.work()):  # noqa: ASYNC110  (somebody else's link has to fail first)
                await asyncio.sleep(0.02)
        return claimed

    async def receipt(self, remote_id: str, state: DeliveryState = "delivered", error_code: str | None = None) -> None:
        """Tells what became of a part."""
        final = state in FINAL_DELIVERY_STATES
        report = ReceiptReport(carrier=self.name, remote_id=remote_id, state=state, final=final, error_code=error_code)
        async with self.api.platform.database.transaction() as tx:
            await self.api.platform.messaging.record(tx, self.name, [], [report])

    async def deliver(self, sender: str, recipient: str, text: str, media: Sequence[str] = ()) -> bool:
        """A handset texts one of our numbers; whether it was taken."""
        (taken,) = await self.deliver_all([sender], recipient, text, media)
        return taken

    async def deliver_all(
        self, senders: Sequence[str], recipient: str, text: str, media: Sequence[str] = ()
    ) -> list[bool]:
        """Handsets text one of our numbers, all at once, as links hand over what has come in."""
        parts = [
            InboundPart(carrier=self.name, sender=sender, recipient=recipient, text=text, media_urls=tuple(media))
            for sender in senders
        ]
        async with self.api.platform.database.transaction() as tx:
            return await self.api.platform.messaging.receive(tx, parts)

    def _result(self, one: Submission, part: int, outcome: Outcome, details: dict[str, str]) -> PartResult:
        remote_id = None
        if outcome == "accepted":
            remote_id = f"id-{self._next_id}"
            self._next_id += 1
        return PartResult(
            submission=one,
            part=part,
            outcome=outcome,
            remote_id=remote_id,
            error_code=details.get("error_code"),
            error_message=details.get("error_message"),
        )
