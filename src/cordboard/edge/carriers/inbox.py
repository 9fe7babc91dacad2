"""Where what carriers tell goes, when it comes outside of a link: webhooks, and the sandbox's timers and requests."""

from __future__ import annotations

from collections.abc import Sequence

from cordboard.domain.messaging.models import InboundPart, ReceiptReport
from cordboard.domain.messaging.service import MessagingService
from cordboard.infra.db import Tx


class CarrierInbox:
    """Stores receipts and texts in the caller's transaction. What was taken before changes nothing."""

    def __init__(self, messaging: MessagingService) -> None:
        self._messaging = messaging

    async def take(self, tx: Tx, carrier: str, heard: Sequence[ReceiptReport | InboundPart]) -> bool:
        """Takes what `carrier` told; False when a text was for a number that is nobody's and was dropped."""
        receipts = [one for one in heard if isinstance(one, ReceiptReport)]
        parts = [one for one in heard if isinstance(one, InboundPart)]
        if receipts:
            await self._messaging.record(tx, carrier, [], receipts)
        return all(await self._messaging.receive(tx, parts)) if parts else True
