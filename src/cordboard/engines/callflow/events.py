"""What the host tells a call flow: the answers to its commands, and what the caller does."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

DialStatus = Literal[
    "completed", "user_busy", "no_answer", "unallocated_numbers", "insufficient_funds", "failed", "canceled"
]
"""How a dialled leg ended, in the words of the call status."""


class Fetched(msgspec.Struct, frozen=True, tag="fetched", kw_only=True):
    """The answer to a `Fetch`. `url`: where it came from after redirects; `body` decoded."""

    fetch: int
    status: int
    url: str
    body: str
    content_type: str = ""


class FetchFailed(msgspec.Struct, frozen=True, tag="fetch_failed"):
    """A `Fetch` got no answer after its retries: refused address, no connection, too slow, too large."""

    fetch: int
    reason: str


class Played(msgspec.Struct, frozen=True, tag="played", kw_only=True):
    """A `Speak` or `PlayAudio` is over. `key`: the digit that interrupted it; `error`: why nothing was heard. `voice`
    is what spoke.
    """

    step: int
    elapsed_ms: int = 0
    key: str | None = None
    error: str | None = None
    voice: str | None = None


class DigitPressed(msgspec.Struct, frozen=True, tag="digit"):
    """The caller pressed a key (told for each, also for one that interrupted a play)."""

    digit: str


class TimerFired(msgspec.Struct, frozen=True, tag="timer"):
    """A timer that was set has run out."""

    name: str


class Recorded(msgspec.Struct, frozen=True, tag="recorded", kw_only=True):
    """A recording is over and stored."""

    step: int
    recording_sid: str = ""
    url: str = ""
    seconds: int = 0
    digits: str = ""
    error: str | None = None


class Transcribed(msgspec.Struct, frozen=True, tag="transcribed", kw_only=True):
    """A recording that was to be transcribed has been, or cannot be."""

    step: int
    transcription_sid: str
    recording_sid: str
    text: str = ""
    error: str | None = None


class DialEnded(msgspec.Struct, frozen=True, tag="dial_ended", kw_only=True):
    """A `Dial` is over: the bridged part has ended, or nobody was reached. The caller is still there."""

    step: int
    status: DialStatus
    call_sid: str = ""
    seconds: int = 0
    recording_url: str = ""


class ConferenceLeft(msgspec.Struct, frozen=True, tag="conference_left", kw_only=True):
    """The caller is out of a conference and still there."""

    step: int
    conference_sid: str
    seconds: int = 0
    recording_url: str = ""
    error: str | None = None


class SmsSent(msgspec.Struct, frozen=True, tag="sms_sent", kw_only=True):
    """A text was accepted or refused."""

    step: int
    sid: str = ""
    status: Literal["sent", "failed"] = "sent"
    error: str | None = None


class Heard(msgspec.Struct, frozen=True, tag="heard", kw_only=True):
    """What speech recognition understood; empty when nothing was said."""

    step: int
    text: str = ""
    confidence: float = 0.0
    error: str | None = None


class WorkflowStarted(msgspec.Struct, frozen=True, tag="workflow_started", kw_only=True):
    """A workflow was started for the caller, or could not be."""

    step: int
    error: str | None = None


class Interrupted(msgspec.Struct, frozen=True, tag="interrupted"):
    """The API hands the call to another document at once."""

    url: str
    method: str = "POST"


class HungUp(msgspec.Struct, frozen=True, tag="hung_up"):
    """The caller has hung up. The flow runs no more verbs; what still comes from its recordings and dialled legs
    (`Recorded`, `Transcribed`, `DialEnded`, `ConferenceLeft`) it tells to their URLs.
    """


FlowEvent: TypeAlias = (
    Fetched
    | FetchFailed
    | Played
    | DigitPressed
    | TimerFired
    | Recorded
    | Transcribed
    | DialEnded
    | ConferenceLeft
    | SmsSent
    | Heard
    | WorkflowStarted
    | Interrupted
    | HungUp
)
