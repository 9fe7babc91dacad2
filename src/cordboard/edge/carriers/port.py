"""What a carrier that takes whole messages has to offer: HTTP message APIs and the sandbox. SMPP binds have a link of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from cordboard.domain.messaging.models import InboundPart, PartResult, ReceiptReport, Submission
from cordboard.kit.errors import UnauthenticatedError


class BadSignatureError(UnauthenticatedError):
    """A carrier's webhook was not signed by the carrier."""


class CarrierWebhook(msgspec.Struct, frozen=True):
    """A request that a carrier made to us: `url` as it called it, header names in lower case."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class MessageCarrier(Protocol):
    """A carrier that is asked once for each message. Any number of sends run at the same time."""

    @property
    def name(self) -> str:
        """The carrier's name in the settings."""
        ...

    @property
    def concurrency(self) -> int:
        """How many sends may run at once."""
        ...

    async def send(self, submission: Submission) -> PartResult:
        """Hands one message over. Never raises for what the carrier does: every failure is an outcome."""
        ...

    async def close(self) -> None:
        """Lets its connections go."""
        ...


class WebhookReader(Protocol):
    """The other half of an HTTP carrier: its webhooks. Lives in the api role."""

    @property
    def name(self) -> str:
        """The carrier's name in the settings."""
        ...

    def read(self, webhook: CarrierWebhook) -> Sequence[ReceiptReport | InboundPart]:
        """What a webhook tells, nothing for kinds that do not matter. Raises BadSignatureError, InvalidInputError."""
        ...
