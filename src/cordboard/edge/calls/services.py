"""What the parts of call control share: the doors that they go through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cordboard.domain.voice.service import VoiceService
from cordboard.edge.calls.ledger import CallLedger
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.timing import USUAL, Timing
from cordboard.edge.sip.port import SipAgent
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database, Tx
from cordboard.infra.http import GuardedClient
from cordboard.infra.speech.port import Speaker, Transcriber
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids


class Clips(Protocol):
    """Audio by URL (`infra.speech.clips`)."""

    async def fetch(self, url: str) -> Path:
        """A mono 8 kHz WAV file of what the URL holds. Raises SpeechError."""
        ...

    async def to_mp3(self, wav: Path) -> Path:
        """The same recording as mp3, beside it. Raises SpeechError."""
        ...


class Assets(Protocol):
    """The files of an account, by name (`domain.assets`)."""

    async def url(self, account_id: UUID, asset_type: str, name: str) -> str | None:
        """Where an asset of a type (`audio`, `inboundxml`) is; None when there is none of that name."""
        ...


class Texts(Protocol):
    """Sends a text for a call's Sms verb (messaging is a sibling)."""

    async def send(
        self, tx: Tx, account_id: UUID, sender: str, recipient: str, text: str, status_callback: str
    ) -> UUID:
        """Accepts a text. Raises CordboardError."""
        ...


class Presence(Protocol):
    """Which webphone users are in a call (`domain.phones`)."""

    async def on_call(
        self, tx: Tx, account_id: UUID, client_id: UUID, call_id: UUID, conf_id: UUID | None = None
    ) -> None:
        """A user's webphone is in a call."""
        ...

    async def off_call(self, tx: Tx, account_id: UUID, client_id: UUID, call_id: UUID) -> None:
        """No longer in that one."""
        ...


@dataclass(frozen=True, slots=True)
class CallServices:
    """One voice process's. `router` picks the media engine for a new call and raises EngineError when there is none."""

    clock: Clock
    ids: Ids
    database: Database
    client: GuardedClient
    blobs: Blobs
    voice: VoiceService
    ledger: CallLedger
    agent: SipAgent
    router: Callable[[], Awaitable[MediaRouter]]
    speaker: Speaker
    transcriber: Transcriber
    clips: Clips
    assets: Assets
    texts: Texts
    presence: Presence
    recordings: Path
    """Where recordings are written while they run."""
    timing: Timing = USUAL
