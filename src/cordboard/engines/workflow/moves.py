"""What a node answers when the run is at it: where to go, or what to wait for."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec


class Go(msgspec.Struct, frozen=True):
    """On to a node; None: this way ends here."""

    to: int | None


class Sleep(msgspec.Struct, frozen=True):
    """Wait until a moment."""

    until: datetime


class Listen(msgspec.Struct, frozen=True):
    """Wait until something is told, or until a moment at the latest."""

    until: datetime | None


class Expect(msgspec.Struct, frozen=True):
    """Wait for what an effect of this node comes to, until a moment at the latest."""

    until: datetime


class Stop(msgspec.Struct, frozen=True):
    """The run ends, whatever loops it is in."""

    reason: str = ""


class Fail(msgspec.Struct, frozen=True):
    """The run ends as failed: it came to a limit."""

    reason: str


Move: TypeAlias = Go | Sleep | Listen | Expect | Stop | Fail
