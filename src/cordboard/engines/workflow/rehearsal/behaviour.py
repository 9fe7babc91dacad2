"""How people, servers and telephones behave in a rehearsal."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Final, Literal

import msgspec


class Span(msgspec.Struct, frozen=True):
    """A time between two bounds, all of it equally likely."""

    shortest: timedelta = timedelta(0)
    longest: timedelta = timedelta(0)

    def drawn(self, random: Random) -> timedelta:
        """A time of it, in whole seconds where the bounds differ."""
        if self.longest <= self.shortest:
            return self.shortest
        width = int((self.longest - self.shortest).total_seconds())
        return self.shortest + timedelta(seconds=random.randint(0, width))


AT_ONCE: Final = Span()


class Reply(msgspec.Struct, frozen=True):
    """What somebody writes back, as often as `weight` says beside the others. `word`: what it means to the platform."""

    text: str
    weight: float = 1.0
    word: Literal["stop", "start", ""] = ""


class Replies(msgspec.Struct, frozen=True, kw_only=True):
    """Of the messages that reach somebody, the share `rate` is replied to, with one of `texts`, after a while."""

    rate: float = 0.0
    after: Span = AT_ONCE
    texts: tuple[Reply, ...] = (Reply("yes"),)

    def drawn(self, random: Random) -> Reply | None:
        """The reply to a message; None where none comes."""
        if not self.texts or random.random() >= self.rate:
            return None
        return random.choices(self.texts, [one.weight for one in self.texts])[0]


class CallEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How a call may end: as a run is told of it, and how likely it is beside the others."""

    name: str
    status: str
    weight: float = 1.0
    seconds: int = 0
    answered_by: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server or an assistant answers, after a while."""

    variables: dict[str, str] = {}
    outcome: str = "success"
    error: str = ""
    after: Span = AT_ONCE


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier lookup finds: the share `wireless` of the numbers are mobile ones; `facts` go for all of them."""

    wireless: float = 1.0
    facts: dict[str, str] = {}
    error: str = ""


ANSWERED: Final = CallEnd(name="answered", status="completed", seconds=30, answered_by="human")


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. What is named by a node, a webhook or an assistant goes before what goes for all; where nothing is
    said nobody replies, calls are answered, and servers answer with success and nothing else.
    """

    replies: Replies = Replies()
    replies_by_node: dict[int, Replies] = {}
    calls: tuple[CallEnd, ...] = (ANSWERED,)
    callbacks: dict[str, Answer] = {}
    assistants: dict[str, Answer] = {}
    lookup: Lookup = Lookup()

    def replies_to(self, node: int) -> Replies:
        """How people reply to a node's messages."""
        return self.replies_by_node.get(node, self.replies)
