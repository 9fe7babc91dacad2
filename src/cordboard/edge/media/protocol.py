"""What call control and the media engine say to each other, over a local stream: a four-octet length, then msgpack.

Call control sends a `Request` with one command; the engine answers with a `Response` of the same id. Events come
unasked.
A leg is one party's RTP stream; a leg hears the room that it is in, and what is played to it. A call between two
parties is a room of two. Ids are the caller's and unique while they are in use.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from cordboard.wire.sdp.description import Security
from cordboard.wire.sdp.media import RemoteMedia

LARGEST_FRAME = 1024 * 1024
"""Octets of a frame; a longer one ends the connection."""

Direction = Literal["in", "out", "both"]
"""Of a recorded leg: `in` is what the party says, `out` what it hears."""


class FileClip(msgspec.Struct, frozen=True, tag="file"):
    """A mono 8 kHz WAV file: 16-bit PCM or G.711 mu-law."""

    path: str


class ToneClip(msgspec.Struct, frozen=True, tag="tone"):
    """Frequencies in Hz that sound together, on and off for some milliseconds, as often as `cycles` says."""

    frequencies: tuple[float, ...]
    on_ms: int
    off_ms: int = 0
    cycles: int = 1


class SilenceClip(msgspec.Struct, frozen=True, tag="silence"):
    """Silence of a length."""

    ms: int


Clip: TypeAlias = FileClip | ToneClip | SilenceClip


class OpenLeg(msgspec.Struct, frozen=True, tag="open_leg"):
    """Takes a port for a leg; answered by `LegOpened`."""

    leg: str
    security: Security = "none"


class ConnectLeg(msgspec.Struct, frozen=True, tag="connect_leg"):
    """Tells a leg its other side, the first time or after a new offer. Answered by `Done`."""

    leg: str
    remote: RemoteMedia


class CloseLeg(msgspec.Struct, frozen=True, tag="close_leg"):
    """Ends a leg with what it plays and records (whose events come first). Answered by `LegStatistics`."""

    leg: str


class JoinRoom(msgspec.Struct, frozen=True, tag="join_room"):
    """Puts a leg into a room, out of the one it was in; the first member makes the room. Muted members are not heard,
    deaf ones hear nothing.
    """

    room: str
    leg: str
    mute: bool = False
    deaf: bool = False


class LeaveRoom(msgspec.Struct, frozen=True, tag="leave_room"):
    """Takes a leg out of its room; harmless when it is in none."""

    leg: str


class SetMember(msgspec.Struct, frozen=True, tag="set_member"):
    """Mutes or deafens a leg in its room."""

    leg: str
    mute: bool
    deaf: bool


class SetPair(msgspec.Struct, frozen=True, tag="set_pair"):
    """How loud `destination` hears `source` in their room: 0 not at all, 1 as it is. Kept while both are in the
    room.
    """

    source: str
    destination: str
    gain: float


class Play(msgspec.Struct, frozen=True, tag="play", kw_only=True):
    """Plays clips one after the other, `loops` times (0: until stopped), to a leg or into a room. `mix`: over what is
    heard anyway, else in its place. A digit among `stop_keys` ends it (a leg's only). `PlayEnded` follows.
    """

    play: str
    leg: str | None = None
    room: str | None = None
    clips: list[Clip]
    loops: int = 1
    mix: bool = False
    stop_keys: str = ""


class StopPlay(msgspec.Struct, frozen=True, tag="stop_play"):
    """Ends a play; harmless when it has ended."""

    play: str


class Record(msgspec.Struct, frozen=True, tag="record", kw_only=True):
    """Records a leg or a whole room into a WAV file (mono, 8 kHz, 16 bit) that appears under its name when it is
    complete.
    Ends by a digit of `stop_keys`, after `max_seconds`, or after `silence_seconds` of silence from the leg. A digit of
    `pause_keys` pauses and resumes. `RecordEnded` follows.
    """

    record: str
    path: str
    leg: str | None = None
    room: str | None = None
    direction: Direction = "both"
    max_seconds: float = 3600
    silence_seconds: float | None = None
    stop_keys: str = ""
    pause_keys: str = ""
    trim_silence: bool = False


class PauseRecord(msgspec.Struct, frozen=True, tag="pause_record"):
    """Pauses or resumes a recording."""

    record: str
    paused: bool


class StopRecord(msgspec.Struct, frozen=True, tag="stop_record"):
    """Ends a recording; harmless when it has ended."""

    record: str


class SendDigits(msgspec.Struct, frozen=True, tag="send_digits"):
    """Sends digits (0-9 * # A-D; `w` half a second, `W` a second) to a leg's party: as RFC 4733 events, else as tones.
    `DigitsSent` follows.
    """

    leg: str
    digits: str
    tone_ms: int = 100
    gap_ms: int = 70


class DetectMachine(msgspec.Struct, frozen=True, tag="detect_machine"):
    """Listens whether a person or a machine answered, for at most some seconds. `MachineDetected` follows."""

    leg: str
    seconds: float = 5.0


class GetStatistics(msgspec.Struct, frozen=True, tag="get_statistics"):
    """Asks for a live leg's figures; answered by `LegStatistics`."""

    leg: str


class GetStatus(msgspec.Struct, frozen=True, tag="get_status"):
    """Asks how the engine does; answered by `EngineStatus`."""


Command: TypeAlias = (
    OpenLeg
    | ConnectLeg
    | CloseLeg
    | JoinRoom
    | LeaveRoom
    | SetMember
    | SetPair
    | Play
    | StopPlay
    | Record
    | PauseRecord
    | StopRecord
    | SendDigits
    | DetectMachine
    | GetStatistics
    | GetStatus
)


class Request(msgspec.Struct, frozen=True, tag="request"):
    """One command; `id` is echoed."""

    id: int
    command: Command


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The command was carried out."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The command was not carried out: `unknown` (leg, room or play), `busy` (no port, no room for a leg),
    `invalid`.
    """

    code: Literal["unknown", "busy", "invalid"]
    message: str


class LegOpened(msgspec.Struct, frozen=True, tag="leg_opened", kw_only=True):
    """Where a leg's media is to be sent, for the SDP. ICE and DTLS values only with that security; `srtp_key` is ours
    for SDES (suite AES_CM_128_HMAC_SHA1_80).
    """

    host: str
    port: int
    ssrc: int
    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    fingerprint: str | None = None
    srtp_key: str | None = None


class LegStatistics(msgspec.Struct, frozen=True, tag="leg_statistics", kw_only=True):
    """What a leg's media was like. Jitter as in RFC 3550 in milliseconds; `mos` estimated by the E-model (1.0 to 4.5),
    0 while nothing was received; `round_trip_ms` by RTCP, where the other side reports.
    """

    codec: str = ""
    packets_received: int = 0
    packets_sent: int = 0
    lost: int = 0
    duplicated: int = 0
    late: int = 0
    refused: int = 0
    """Packets that were not the party's: another source, an unknown payload type, failed authentication."""
    jitter_ms: float = 0.0
    round_trip_ms: float | None = None
    mos: float = 0.0
    remote: str = ""


class EngineStatus(msgspec.Struct, frozen=True, tag="engine_status", kw_only=True):
    """How the engine does. `late_ticks`: those that began more than 5 ms late."""

    legs: int
    most_legs: int
    ticks: int
    late_ticks: int


Result: TypeAlias = Done | Failed | LegOpened | LegStatistics | EngineStatus


class Response(msgspec.Struct, frozen=True, tag="response"):
    """The answer to the request of that id."""

    id: int
    result: Result


class DigitPressed(msgspec.Struct, frozen=True, tag="digit_pressed"):
    """A party pressed a key; told once, when the key goes down. `tone`: heard in the audio, not told by RFC 4733."""

    leg: str
    digit: str
    tone: bool = False


class PlayEnded(msgspec.Struct, frozen=True, tag="play_ended", kw_only=True):
    """A play is over: it `finished`, was `stopped`, ended by a `key`, or `failed` (with why)."""

    play: str
    reason: Literal["finished", "stopped", "key", "failed"]
    key: str | None = None
    played_ms: int = 0
    error: str | None = None


class RecordEnded(msgspec.Struct, frozen=True, tag="record_ended", kw_only=True):
    """A recording is over and its file complete. `voiced_ms`: how much of it was not silence."""

    record: str
    path: str
    reason: Literal["stopped", "key", "longest", "silence", "closed", "failed"]
    key: str | None = None
    duration_ms: int = 0
    voiced_ms: int = 0
    error: str | None = None


class DigitsSent(msgspec.Struct, frozen=True, tag="digits_sent"):
    """All digits of a `SendDigits` are out."""

    leg: str


class MachineDetected(msgspec.Struct, frozen=True, tag="machine_detected"):
    """Who answered."""

    leg: str
    answered_by: Literal["human", "machine", "unknown"]
    after_ms: int


class MediaStarted(msgspec.Struct, frozen=True, tag="media_started"):
    """The first authentic packet of a leg came (after ICE and DTLS, where it has them)."""

    leg: str


class MediaSilent(msgspec.Struct, frozen=True, tag="media_silent"):
    """Nothing came from a leg that should send, for some seconds; told once, and anew after packets came again."""

    leg: str
    seconds: float


MediaEvent: TypeAlias = (
    DigitPressed | PlayEnded | RecordEnded | DigitsSent | MachineDetected | MediaStarted | MediaSilent
)

FromEngine: TypeAlias = (
    Response | DigitPressed | PlayEnded | RecordEnded | DigitsSent | MachineDetected | MediaStarted | MediaSilent
)
