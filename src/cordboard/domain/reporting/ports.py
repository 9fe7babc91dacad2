"""What reporting asks of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from cordboard.infra.db import Tx

LogPosition: TypeAlias = tuple[datetime, UUID]
"""When a record was made, and its id: their order is that of an export."""


class LogLine(NamedTuple):
    """A record of a log: where it stands, and its members as the log's requests answer them."""

    position: LogPosition
    members: dict[str, Any]


class LogReader(Protocol):
    """Reads one of an account's logs from end to end."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of the members, in order."""
        ...

    async def read(
        self, tx: Tx, account_id: UUID, start: datetime, end: datetime, after: LogPosition | None, limit: int
    ) -> list[LogLine]:
        """The first `limit` records made at `start` <= t < `end` that stand behind `after`, the oldest first."""
        ...
