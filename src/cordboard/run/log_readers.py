"""The logs as reporting reads them: the members that the log's requests answer, whoever keeps the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.reporting.ports import LogLine, LogPosition
from cordboard.domain.voice.models import CallRecord
from cordboard.edge.api.v4.call_fields import render_call
from cordboard.edge.api.v4.sms_logs import render_record
from cordboard.infra.db import Tx
from cordboard.kit.ids import NIL

_BEGINNING: Final[LogPosition] = (datetime(1970, 1, 1, tzinfo=UTC), NIL)
_NOBODY: Final = NIL
_A_MESSAGE: Final = MessageRecord(
    account_id=_NOBODY,
    id=_NOBODY,
    created_at=_BEGINNING[0],
    parent_account_id=_NOBODY,
    direction="outbound",
    state="sent",
    sender="",
    recipient="",
    body="",
    sms_type="so",
)
_A_CALL: Final = CallRecord(
    account_id=_NOBODY,
    id=_NOBODY,
    created_at=_BEGINNING[0],
    parent_account_id=_NOBODY,
    direction="outbound",
    caller="",
    callee="",
    status="completed",
)


R_co = TypeVar("R_co", covariant=True)


class _Keeper(Protocol[R_co]):
    """A service that keeps a log."""

    async def read_on(
        self, tx: Tx, account_id: UUID, start: datetime, end: datetime, after: LogPosition, limit: int
    ) -> Sequence[R_co]: ...


class _Reader:
    """`reporting.ports.LogReader` over a service that keeps a log, and the way its requests show a record."""

    def __init__(self, keeper: _Keeper[Any], render: Callable[[Any], dict[str, Any]], sample: object) -> None:
        self._keeper = keeper
        self._render = render
        self._columns = tuple(render(sample))

    @property
    def columns(self) -> Sequence[str]:
        """The names of the members, in order."""
        return self._columns

    async def read(
        self, tx: Tx, account_id: UUID, start: datetime, end: datetime, after: LogPosition | None, limit: int
    ) -> list[LogLine]:
        """The records behind `after`."""
        found = await self._keeper.read_on(tx, account_id, start, end, after or _BEGINNING, limit)
        return [LogLine((record.created_at, record.id), self._render(record)) for record in found]


def messages_reader(messaging: _Keeper[MessageRecord]) -> _Reader:
    """The log of messages (request 102)."""
    return _Reader(messaging, render_record, _A_MESSAGE)


def calls_reader(voice: _Keeper[CallRecord]) -> _Reader:
    """The log of calls (request 99)."""
    return _Reader(voice, render_call, _A_CALL)
