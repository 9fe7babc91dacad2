"""What a call flow asks of its host. Commands of one step are carried out in order; those with a `step` are answered by
the event of that name.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Method = Literal["GET", "POST"]
Parameters: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values in the order in which they are sent."""


class Fetch(msgspec.Struct, frozen=True, tag="fetch", kw_only=True):
    """Request a document with the parameters (query string or form). The host tries again on connection errors, refuses
    private addresses and what is too large or too slow. `Fetched` or `FetchFailed` follows.
    """

    fetch: int
    url: str
    method: Method
    parameters: Parameters


class Notify(msgspec.Struct, frozen=True, tag="notify", kw_only=True):
    """Tell a URL something; its answer does not matter."""

    url: str
    method: Method
    parameters: Parameters


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """Pick up, if that has not been done."""


class Speak(msgspec.Struct, frozen=True, tag="speak", kw_only=True):
    """Say a text, `loops` times (0: until stopped). Any digit among `stop_keys` interrupts. `Played` follows."""

    step: int
    text: str
    voice: str
    ssml: bool = False
    loops: int = 1
    stop_keys: str = ""


class PlayAudio(msgspec.Struct, frozen=True, tag="play_audio", kw_only=True):
    """Play a URL (mp3, wav), `tone_stream://...`, or the last recording of this call (an empty URL). `Played`
    follows.
    """

    step: int
    url: str
    loops: int = 1
    stop_keys: str = ""


class StopPlaying(msgspec.Struct, frozen=True, tag="stop_playing"):
    """End a `Speak` or `PlayAudio`; `Played` follows all the same."""

    step: int


class SetTimer(msgspec.Struct, frozen=True, tag="set_timer"):
    """Fire after some seconds; setting a name anew replaces it."""

    name: str
    seconds: float


class CancelTimer(msgspec.Struct, frozen=True, tag="cancel_timer"):
    """Forget a timer; harmless when it has fired."""

    name: str


class Record(msgspec.Struct, frozen=True, tag="record", kw_only=True):
    """Record the call. Not in the background: `Recorded` is waited for, and `silence_seconds`, `stop_keys` end it.
    Times in seconds.
    """

    step: int
    background: bool
    direction: Literal["in", "out", "both"]
    file_format: Literal["mp3", "wav"]
    max_seconds: int
    silence_seconds: int | None
    stop_keys: str
    beep: bool
    trim_silence: bool
    transcribe: bool


class DialNumber(msgspec.Struct, frozen=True, tag="number", kw_only=True):
    """A telephone number to ring. `send_digits` are keyed once it has answered; the document at `url` is heard by it
    before the parties are joined.
    """

    number: str
    send_digits: str = ""
    url: str = ""
    method: Method = "POST"


class DialSip(msgspec.Struct, frozen=True, tag="sip", kw_only=True):
    """A SIP address to ring, `sip:user@host`, with credentials where it asks for them."""

    uri: str
    username: str = ""
    password: str = ""
    send_digits: str = ""


class DialUser(msgspec.Struct, frozen=True, tag="user", kw_only=True):
    """A phone or browser phone of the account: its user name or clientId."""

    user: str


DialTarget: TypeAlias = DialNumber | DialSip | DialUser


class Dial(msgspec.Struct, frozen=True, tag="dial", kw_only=True):
    """Ring targets together; the first to answer (and to press `confirm_key`, if there is one) is joined with the
    caller.
    `ring_seconds`, `limit_seconds`; `caller_id` empty: the original caller's. `digits_match`: digit strings told to
    `callback_url`. `DialEnded` follows.
    """

    step: int
    targets: tuple[DialTarget, ...]
    ring_seconds: int
    limit_seconds: int
    caller_id: str = ""
    caller_name: str = ""
    hide_caller_id: bool = False
    forwarded_from: str = ""
    ring_audio_url: str = ""
    callback_url: str = ""
    callback_method: Method = "POST"
    heartbeat_url: str = ""
    heartbeat_method: Method = "POST"
    confirm_key: str = ""
    confirm_audio_url: str = ""
    confirm_sound: bool = False
    on_answer_play: str = ""
    on_answer_say: str = ""
    send_digits: str = ""
    send_digits_after_seconds: float = 0
    hangup_on_star: bool = False
    digits_match: tuple[str, ...] = ()
    straight_to_voicemail: bool = False
    if_machine: Literal["continue", "hangup", "redirect"] = "continue"
    if_machine_url: str = ""
    if_machine_method: Method = "POST"
    record: bool = False
    record_direction: Literal["in", "out", "both"] = "both"
    record_format: Literal["mp3", "wav"] = "mp3"
    record_callback_url: str = ""


class JoinConference(msgspec.Struct, frozen=True, tag="join_conference", kw_only=True):
    """Put the caller into a room of the account by name. `ConferenceLeft` follows."""

    step: int
    name: str
    muted: bool = False
    beep: bool = True
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str = ""
    most_members: int = 40
    hangup_on_star: bool = False
    callback_url: str = ""
    callback_method: Method = "POST"
    digits_match: tuple[str, ...] = ()
    stay_alone: bool = True
    limit_seconds: int | None = None
    record: bool = False
    record_format: Literal["mp3", "wav"] = "mp3"
    record_callback_url: str = ""
    record_callback_method: Method = "POST"


class SendSms(msgspec.Struct, frozen=True, tag="send_sms", kw_only=True):
    """Send a text. `SmsSent` follows."""

    step: int
    recipient: str
    sender: str
    text: str
    status_callback: str = ""
    status_callback_method: Method = "POST"


class Listen(msgspec.Struct, frozen=True, tag="listen", kw_only=True):
    """Hear what the caller says until `timeout_seconds` of silence. `Heard` follows."""

    step: int
    timeout_seconds: int
    language: str = "en-US"
    hints: tuple[str, ...] = ()
    grammar_url: str = ""
    beep: bool = False


class StopListening(msgspec.Struct, frozen=True, tag="stop_listening"):
    """End a `Listen`; no `Heard` follows."""

    step: int


class Abandon(msgspec.Struct, frozen=True, tag="abandon"):
    """Give up a `Dial` (hang up its legs), a `JoinConference` (leave) or a `Record` that is waited for (end it): the
    call is going elsewhere. Its event may still come, and does not matter.
    """

    step: int


class StartWorkflow(msgspec.Struct, frozen=True, tag="start_workflow"):
    """Start a campaign workflow for the caller. `WorkflowStarted` follows."""

    step: int
    workflow_id: str


class LeaveVoicemail(msgspec.Struct, frozen=True, tag="leave_voicemail"):
    """Greeting, beep, recording, into a number's mailbox; the call ends after it. `Recorded` follows."""

    step: int
    mailbox: str


class CountChoice(msgspec.Struct, frozen=True, tag="count_choice", kw_only=True):
    """Note that the caller chose an option of an IVR menu (empty: none that exists), for its statistics."""

    ivr: str
    version: int
    menu: str
    key: str


class Hangup(msgspec.Struct, frozen=True, tag="hangup"):
    """End the call, after some seconds where `after_seconds` says so (the flow goes on meanwhile)."""

    after_seconds: int = 0
    reason: str = ""


class Reject(msgspec.Struct, frozen=True, tag="reject"):
    """Refuse the call unanswered."""

    reason: Literal["busy", "rejected"]


class Log(msgspec.Struct, frozen=True, tag="log", kw_only=True):
    """A `callaction` for the debug log."""

    action: str
    parameter: str
    response: str
    success: bool = True


FlowCommand: TypeAlias = (
    Fetch
    | Notify
    | Answer
    | Speak
    | PlayAudio
    | StopPlaying
    | SetTimer
    | CancelTimer
    | Record
    | Dial
    | JoinConference
    | SendSms
    | Listen
    | StopListening
    | Abandon
    | StartWorkflow
    | LeaveVoicemail
    | CountChoice
    | Hangup
    | Reject
    | Log
)
