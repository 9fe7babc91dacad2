"""What the parts of a leg share, and what they ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from cordboard.edge.sip.client_auth import ClientRequest
from cordboard.edge.sip.core import Core, OnResponse
from cordboard.edge.sip.port import Ended, LegEvent, Refused, Source
from cordboard.edge.sip.timers import Timer
from cordboard.edge.sip.transports import Transports
from cordboard.infra.tasks import Tasks
from cordboard.wire.sip.dialog import Dialog
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.message import Request, Response


@dataclass(frozen=True, slots=True)
class LegContext:
    """What every leg works with. `random` gives numbers from 0 to 1 (for the waits after glare), `token` fresh words;
    `session_seconds` is the interval of session timers that we ask for, `t1` the estimate of a round trip.
    """

    core: Core
    transports: Transports
    tasks: Tasks
    token: Callable[[], str]
    random: Callable[[], float]
    session_seconds: int
    t1: float = 0.5


class Setup(Protocol):
    """How a leg comes about, until it is answered or not."""

    def ring(self, sdp: bytes) -> None:
        """Tells the caller that it rings."""
        ...

    def answer(self, sdp: bytes) -> None:
        """Picks up."""
        ...

    def refuse(self, status: int, reason: str) -> None:
        """Does not pick up."""
        ...

    def abandon(self, cause: str) -> None:
        """Gives up before it is answered, and finishes the leg."""
        ...

    def pracked(self, prack: Request, key: TransactionKey) -> None:
        """A PRACK came."""
        ...

    def hung_up(self) -> None:
        """The caller sent a BYE before it was answered; that is answered already."""
        ...


class LegHandle(Protocol):
    """A leg, as its parts know it (`leg.Leg`)."""

    setup: Setup | None

    @property
    def owner(self) -> Source | None:
        """Whom the other end belongs to."""
        ...

    @property
    def sip_call_id(self) -> str:
        """The Call-ID."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether its last event was told."""
        ...

    def tell(self, event: LegEvent) -> None:
        """Tells call control."""
        ...

    def finish(self, event: Refused | Ended, *, keep: bool = False) -> None:
        """Tells the last thing, once."""
        ...

    def forget(self) -> None:
        """Nothing comes for it any more."""
        ...

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        """A timer of the leg."""
        ...


class DialogHandle(Protocol):
    """A dialog of a leg, as those know it that deal with its media, its timer and transfers (`Conversation`)."""

    dialog: Dialog
    is_caller: bool
    peer_allows: frozenset[str]

    def reply(
        self,
        request: Request,
        key: TransactionKey,
        status: int,
        reason: str = "",
        *,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answers a request without a body."""
        ...

    def request(
        self,
        method: str,
        on_answer: OnResponse,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "",
    ) -> ClientRequest:
        """Sends a request; `on_answer` gets each answer to it."""
        ...

    def answer_invite(
        self, response: Response, key: TransactionKey, on_ack: Callable[[Request], None] | None = None
    ) -> None:
        """Sends a 2xx until its ACK comes."""
        ...

    def take_answer(self, ack: Request) -> None:
        """What an ACK says to an offer of ours."""
        ...

    def acknowledge(self, response: Response, invite: Request) -> None:
        """Sends the ACK for a 2xx."""
        ...

    def hang_up(self, event: Ended) -> None:
        """Ends the call."""
        ...

    def contact(self) -> str:
        """Where the party reaches us."""
        ...
