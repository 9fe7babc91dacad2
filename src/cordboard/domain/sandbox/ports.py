"""What the sandbox needs of others."""

from __future__ import annotations

from typing import Protocol

from cordboard.infra.db import Tx


class NumberOwnership(Protocol):
    """Tells our numbers from handsets'."""

    async def is_owned(self, tx: Tx, number: str) -> bool:
        """Whether any account owns the number."""
        ...
