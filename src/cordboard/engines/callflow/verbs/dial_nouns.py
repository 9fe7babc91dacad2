"""Whom Dial reaches: Number, Sip, User, Conference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from cordboard.engines.callflow.attributes import (
    DIGITS,
    FILE_FORMAT,
    FLAG,
    METHOD,
    NUMBER,
    PHRASES,
    URL,
    Attribute,
    FileFormat,
    text,
    whole,
)
from cordboard.engines.callflow.commands import Method
from cordboard.engines.callflow.tags import Tag

LONGEST_RING: Final = 999
LONGEST_BRIDGE: Final = 86400
MOST_MEMBERS: Final = 40
_DIGITS_DOC: Final = "Keyed once it has answered; `w` waits half a second."
_OF_DIAL: Final = "As Dial's, which it overrides."


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Tag):
    """A telephone number. Several ring together; the first to answer is joined."""

    name = "Number"
    content = "the number"

    send_digits: Annotated[str, Attribute("sendDigits", DIGITS, _DIGITS_DOC)] = ""
    url: Annotated[str, Attribute("url", URL, "A document that the callee hears before the parties are joined.")] = ""
    method: Annotated[Method, Attribute("method", METHOD, "How `url` is requested.")] = "POST"
    send_on_preanswer: Annotated[bool, Attribute("sendOnPreanswer", FLAG, "Accepted; has no effect.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sip(Tag):
    """A SIP address. Its attributes hold for the whole Dial; of several `Sip` the first that gives one counts."""

    name = "Sip"
    content = "the address, `sip:user@host`"

    action: Annotated[str, Attribute("action", URL, _OF_DIAL)] = ""
    method: Annotated[Method, Attribute("method", METHOD, _OF_DIAL)] = "POST"
    timeout: Annotated[int, Attribute("timeout", whole(1, LONGEST_RING), _OF_DIAL)] = 60
    time_limit: Annotated[int, Attribute("timeLimit", whole(1, LONGEST_BRIDGE), _OF_DIAL)] = 14400
    caller_id: Annotated[str, Attribute("callerId", NUMBER, _OF_DIAL, shown="the original caller's number")] = ""
    dial_music: Annotated[str, Attribute("dialMusic", URL, _OF_DIAL, shown="ringing")] = ""
    callback_url: Annotated[str, Attribute("callbackUrl", URL, _OF_DIAL)] = ""
    callback_method: Annotated[Method, Attribute("callbackMethod", METHOD, _OF_DIAL)] = "POST"
    heartbeat_url: Annotated[str, Attribute("heartbeatUrl", URL, _OF_DIAL)] = ""
    heartbeat_method: Annotated[Method, Attribute("heartbeatMethod", METHOD, _OF_DIAL)] = "POST"
    username: Annotated[str, Attribute("username", text(100), "For an address that asks who calls.")] = ""
    password: Annotated[str, Attribute("password", text(100), "For an address that asks who calls; never logged.")] = ""
    send_digits: Annotated[str, Attribute("sendDigits", DIGITS, _DIGITS_DOC)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Tag):
    """A phone or browser phone of the account."""

    name = "User"
    content = "the phone's user name, or the clientId of its user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference(Tag):
    """A room of the account; who comes first makes it. Nobody else is dialled."""

    name = "Conference"
    content = "the room's name"

    muted: Annotated[bool, Attribute("muted", FLAG, "Joins without being heard.")] = False
    beep: Annotated[bool, Attribute("beep", FLAG, "A beep when members come and go.")] = True
    start_on_enter: Annotated[
        bool,
        Attribute(
            "startConferenceOnEnter", FLAG, "The conference starts with this member; until then the others wait."
        ),
    ] = True
    end_on_exit: Annotated[bool, Attribute("endConferenceOnExit", FLAG, "It ends for all when this member leaves.")] = (
        False
    )
    end_on_exit_older: Annotated[
        bool, Attribute("endConferenceOnEnter", FLAG, "An older spelling of `endConferenceOnExit`.")
    ] = False
    wait_url: Annotated[str, Attribute("waitUrl", URL, "Audio while waiting.", shown="hold music")] = ""
    wait_sound: Annotated[str, Attribute("waitSound", URL, "The same, where there is no `waitUrl`.")] = ""
    wait_method: Annotated[Method, Attribute("waitMethod", METHOD, "Accepted; has no effect.")] = "POST"
    wait_sound_method: Annotated[Method, Attribute("waitSoundMethod", METHOD, "Accepted; has no effect.")] = "POST"
    max_participants: Annotated[int, Attribute("maxParticipants", whole(1, MOST_MEMBERS), "Members at most.")] = (
        MOST_MEMBERS
    )
    hangup_on_star: Annotated[bool, Attribute("hangupOnStar", FLAG, "The key * leaves the room.")] = False
    callback_url: Annotated[str, Attribute("callbackUrl", URL, "Told who comes, goes and keys, and the end.")] = ""
    callback_method: Annotated[Method, Attribute("callbackMethod", METHOD, "How that is requested.")] = "POST"
    method: Annotated[Method, Attribute("method", METHOD, "The same, where there is no `callbackMethod`.")] = "POST"
    digits_match: Annotated[
        tuple[str, ...], Attribute("digitsMatch", PHRASES, "Digits that `callbackUrl` is told, if keyed.")
    ] = ()
    stay_alone: Annotated[bool, Attribute("stayAlone", FLAG, "Stays when it is the last member.")] = True
    time_limit: Annotated[
        int | None, Attribute("timeLimit", whole(1, LONGEST_BRIDGE), "Seconds in the room at most.")
    ] = None
    record: Annotated[bool, Attribute("record", FLAG, "The room is recorded.")] = False
    record_file_format: Annotated[FileFormat, Attribute("recordFileFormat", FILE_FORMAT, "What is stored.")] = "mp3"
    record_callback_url: Annotated[str, Attribute("recordCallbackUrl", URL, "Told about the recording.")] = ""
    record_callback_method: Annotated[Method, Attribute("recordCallbackMethod", METHOD, "How that is requested.")] = (
        "POST"
    )
