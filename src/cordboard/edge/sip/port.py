"""What call control asks of SIP, and what it is told: a leg is one dialog with one party, whatever transport it has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

import msgspec


class TrunkSource(msgspec.Struct, frozen=True):
    """A call came over a configured trunk."""

    trunk: str


class PhoneSource(msgspec.Struct, frozen=True):
    """A call came from a phone of an account that has proved who it is: by digest, or by its token (browser phones)."""

    account_id: UUID
    user: str


Source: TypeAlias = TrunkSource | PhoneSource


class TrunkDestination(msgspec.Struct, frozen=True):
    """A number, reached over a configured trunk."""

    trunk: str
    number: str


class PhoneDestination(msgspec.Struct, frozen=True):
    """One registered binding of a phone (see `SipAgent.bindings`)."""

    account_id: UUID
    user: str
    contact: str


class UriDestination(msgspec.Struct, frozen=True):
    """A SIP address, with credentials for a challenge."""

    uri: str
    username: str = ""
    password: str = ""


Destination: TypeAlias = TrunkDestination | PhoneDestination | UriDestination


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, as the callee sees it. `hidden`: by From "anonymous" and Privacy: id (RFC 3323), the number going in
    P-Asserted-Identity to trunks only. `diverted_from` goes into Diversion.
    """

    number: str
    name: str = ""
    hidden: bool = False
    diverted_from: str = ""


class Ringing(msgspec.Struct, frozen=True):
    """A provisional answer, with SDP when early media comes."""

    status: int
    sdp: bytes = b""


class Answered(msgspec.Struct, frozen=True):
    """The callee picked up; its SDP answers ours (empty when an early answer did already). On a leg that has been
    answered: what the party's ACK says to an offer of ours, which it had asked for by an empty `offer` or `Offered`.
    """

    sdp: bytes


class Refused(msgspec.Struct, frozen=True):
    """The call did not come about: a final status (408 when nothing came, 487 when we cancelled, 503 when the transport
    failed). `global_failure`: no other way is to be tried (486, 600, 603).
    """

    status: int
    reason: str
    global_failure: bool = False


class Ended(msgspec.Struct, frozen=True):
    """An established dialog is over: by the party (BYE), by us, by a session timer or a lost transport."""

    by: Literal["remote", "local", "timeout", "transport"]
    cause: str = ""


class Offered(msgspec.Struct, frozen=True):
    """A re-INVITE (or UPDATE) offers other media; to be answered by `answer_offer` or `refuse_offer`. Empty: it wants
    an offer of ours.
    """

    sdp: bytes


class Referred(msgspec.Struct, frozen=True):
    """The party transfers us (RFC 3515): `target` is where to; `replaces` names the dialog that an attended transfer
    takes over as (Call-ID, to-tag, from-tag). Accepted already; `notify_refer` tells how it goes.
    """

    target: str
    replaces: tuple[str, str, str] | None = None


class KeyedByInfo(msgspec.Struct, frozen=True):
    """A digit that came by SIP INFO (application/dtmf-relay)."""

    digit: str


LegEvent: TypeAlias = Ringing | Answered | Refused | Ended | Offered | Referred | KeyedByInfo


class SipLeg(Protocol):
    """One dialog. Events come in order through `events`; after `Refused` or `Ended` there are none. Every verb may be
    called at any time: what no longer applies does nothing.
    """

    @property
    def sip_call_id(self) -> str:
        """The Call-ID."""
        ...

    @property
    def dialog(self) -> tuple[str, str, str]:
        """Call-ID, local tag, remote tag: what Replaces names."""
        ...

    @property
    def source(self) -> Source | None:
        """Where an incoming call came from; None for our own calls."""
        ...

    @property
    def dialled(self) -> str:
        """What was called: the user part of an incoming call's Request-URI."""
        ...

    @property
    def caller(self) -> Caller:
        """Who calls: P-Asserted-Identity of trunks that are trusted with it, else From."""
        ...

    @property
    def offer(self) -> bytes:
        """The SDP of an incoming INVITE; empty when it wants ours in the answer."""
        ...

    @property
    def replaces(self) -> tuple[str, str, str] | None:
        """The dialog that an incoming INVITE is to replace (RFC 3891)."""
        ...

    @property
    def browser(self) -> bool:
        """Whether the party speaks WebRTC: an offer to it needs ICE and DTLS-SRTP."""
        ...

    @property
    def events(self) -> asyncio.Queue[LegEvent]:
        """What happens on the leg."""
        ...

    async def ring(self, sdp: bytes = b"") -> None:
        """180 Ringing, or 183 Session Progress when there is SDP for early media."""
        ...

    async def answer(self, sdp: bytes) -> None:
        """200 OK with SDP."""
        ...

    async def refuse(self, status: int, reason: str = "") -> None:
        """A final answer of 300 or more."""
        ...

    async def hang_up(self, cause: str = "") -> None:
        """CANCEL, BYE, or 487/603 for an incoming call that was not answered; whatever fits the state."""
        ...

    async def offer_media(self, sdp: bytes) -> bytes:
        """A re-INVITE with SDP; answers what the party answered. Raises OfferRefusedError."""
        ...

    async def answer_offer(self, sdp: bytes) -> None:
        """Answers an `Offered`."""
        ...

    async def refuse_offer(self, status: int = 488) -> None:
        """Refuses an `Offered`; the media stays as it is."""
        ...

    async def notify_refer(self, status: int, reason: str) -> None:
        """Tells the party how its transfer goes (a sipfrag NOTIFY); a final status ends the subscription."""
        ...


class OfferRefusedError(Exception):
    """The party refused new media, or was asked at a bad moment (491)."""


class SipAgent(Protocol):
    """The user agent of one voice process."""

    def on_call(self, handler: Callable[[SipLeg], Awaitable[None]]) -> None:
        """Who takes incoming calls. Called once they are authenticated and admitted; 100 Trying is out by then."""
        ...

    async def invite(
        self, destination: Destination, caller: Caller, sdp: bytes, headers: tuple[tuple[str, str], ...] = ()
    ) -> SipLeg:
        """Calls somebody. Failure shows as `Refused`, also when the destination is not there any more."""
        ...

    def bindings(self, account_id: UUID, user: str) -> list[PhoneDestination]:
        """Where a phone is registered at this process just now; most recent first."""
        ...

    def is_browser(self, destination: Destination) -> bool:
        """Whether it speaks WebRTC."""
        ...

    def security_of(self, destination: Destination) -> Literal["none", "sdes", "dtls"]:
        """How the media of an offer to it are to be protected: a browser's by DTLS-SRTP, a trunk's as it is set."""
        ...

    @property
    def trunks(self) -> tuple[str, ...]:
        """The trunks that can be used now, in the order of the settings."""
        ...
