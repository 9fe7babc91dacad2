"""What uploads need of others."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx


class NamedCallbacks(Protocol):
    """Knows the webhooks that a request may name as its callback."""

    async def has_api_callback(self, tx: Tx, account_id: UUID, webhook_id: UUID) -> bool:
        """Whether the account has such a webhook, of the type api_callback."""
        ...
