"""What can happen to a run."""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Started(msgspec.Struct, frozen=True, tag=True):
    """The run begins."""


class Due(msgspec.Struct, frozen=True, tag=True):
    """The time of the wait with this token has come."""

    token: int


class Told(msgspec.Struct, frozen=True, tag=True):
    """Variables became known: a reply to a message (`node1.reply`), what became of a call, an event from outside."""

    variables: dict[str, str]


class Answered(msgspec.Struct, frozen=True, tag=True):
    """What the effect came to that the run waits for under this token: variables, and a word that the node
    understands, such as `match` of a look-up in a do-not-call list.
    """

    token: int
    variables: dict[str, str] = {}
    outcome: str = ""


Input: TypeAlias = Started | Due | Told | Answered
