"""A run as it is kept between steps. It is data alone, so that it may be written down and read back anywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

MOST_REMEMBERED: Final = 100
"""How much of the way is kept with the run; the whole of it is in the debug log."""

Ending = Literal["completed", "stopped", "failed"]


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """What a run waits for. `token` tells this wait from earlier ones: whoever wakes the run has to show it.

    `time`: until `until`. `event`: for something that is told of, until `until` at the latest. `answer`: for what an
    effect of its node comes to, until `until` at the latest.
    """

    kind: Literal["time", "event", "answer"]
    token: int
    until: datetime | None


class Loop(msgspec.Struct, frozen=True, kw_only=True):
    """A repeater under way: how often it has been round, when last, and how often on that day of its clock."""

    node: int
    attempts: int = 0
    last: datetime | None = None
    day: str = ""
    on_day: int = 0


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is the node where the run is, None once it has ended. `variables` are the campaign's own data, names in
    lower case; they come before the contact's. `moves` counts the nodes entered, `path` has the last of them.
    """

    at: int | None
    variables: dict[str, str] = {}
    loops: tuple[Loop, ...] = ()
    wait: Wait | None = None
    moves: int = 0
    path: tuple[int, ...] = ()
    ending: Ending | None = None
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.ending is not None
