"""A function of a text API: who may call it, and what answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cordboard.domain.callcenter.users.models import LOWEST_WRITER, CenterUser, UserSettings
from cordboard.edge.api.x5.parameters import Parameters
from cordboard.infra.db import Tx


@dataclass(slots=True)
class TextCall:
    """A request under way; `lines` are its answer."""

    function: str
    user: CenterUser
    given: Parameters
    tx: Tx
    now: datetime
    lines: list[str] = field(default_factory=list)

    @property
    def account_id(self) -> UUID:
        """Whose contact centre it is."""
        return self.user.account_id

    @property
    def name(self) -> str:
        """The user who asks, as lines name them."""
        return self.user.user

    def say(self, line: str) -> None:
        """Adds a line to the answer."""
        self.lines.append(line)


Handler = Callable[[TextCall], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Function:
    """`level` is the lowest of users who may call it; `flag` says whether the user's settings allow it, and `refusal`
    is what is answered where they do not, after `USER DOES NOT HAVE PERMISSION TO `. `needs_source` is off for those
    that never asked where a request comes from.
    """

    handler: Handler
    refusal: str
    flag: Callable[[UserSettings], object] = lambda _: True
    level: int = LOWEST_WRITER
    needs_source: bool = True


Functions = Mapping[str, Function]
