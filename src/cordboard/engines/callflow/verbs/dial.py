"""Dial: the caller joined with somebody else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

from cordboard.engines.callflow import commands
from cordboard.engines.callflow.attributes import (
    DIGITS,
    DIRECTION,
    FILE_FORMAT,
    FLAG,
    FLAG_OR_URL,
    KEY,
    METHOD,
    NUMBER,
    PHRASES,
    URL,
    Attribute,
    Direction,
    FileFormat,
    choice,
    decimal,
    text,
    whole,
)
from cordboard.engines.callflow.commands import DialTarget, Method, Parameters
from cordboard.engines.callflow.events import ConferenceLeft, DialEnded, FlowEvent
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb
from cordboard.engines.callflow.verbs.dial_nouns import LONGEST_BRIDGE, LONGEST_RING, Conference, Number, Sip, User
from cordboard.engines.callflow.verbs.dial_targets import MOST_TARGETS, TargetError, targets_of

IfMachine = Literal["continue", "hangup", "redirect"]

_ON_MACHINE: Final[tuple[IfMachine, ...]] = ("continue", "hangup", "redirect")
_COUNTRY: Final = "Calling code of {} that come without one."
_OF_SIP: Final = (
    "action",
    "method",
    "timeout",
    "time_limit",
    "caller_id",
    "dial_music",
    "callback_url",
    "callback_method",
    "heartbeat_url",
    "heartbeat_method",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial(Verb):
    """Calls somebody and joins them with the caller: one number; up to ten with commas between them, which ring
    together and where a callee has to press `groupConfirmKey` to take the call; or nouns. When the dialled part is over
    `action` is requested with `DialCallStatus` (completed, user_busy, no_answer, unallocated_numbers,
    insufficient_funds, failed, canceled), `DialCallSid`, `DialCallDuration` (seconds) and `RecordingUrl` where it was
    recorded, after a conference with `ConferenceSid`; its document goes on. Without `action` the next verb runs.
    """

    name = "Dial"
    content = f"a number, or up to {MOST_TARGETS} with commas between them"
    holds = (Number, Sip, User, Conference)

    action: Annotated[str, Attribute("action", URL, "Requested when the dialled part is over.")] = ""
    method: Annotated[Method, Attribute("method", METHOD, "How `action` is requested.")] = "POST"
    timeout: Annotated[int, Attribute("timeout", whole(1, LONGEST_RING), "Seconds that it rings.")] = 60
    time_limit: Annotated[int, Attribute("timeLimit", whole(1, LONGEST_BRIDGE), "Seconds of talk at most.")] = 14400
    caller_id: Annotated[
        str, Attribute("callerId", NUMBER, "What the callee sees.", shown="the original caller's number")
    ] = ""
    hide_caller_id: Annotated[bool, Attribute("hideCallerId", FLAG, "The callee sees no number.")] = False
    caller_name: Annotated[str, Attribute("CallerName", text(64), "The name that the callee sees.")] = ""
    dial_music: Annotated[
        str, Attribute("dialMusic", URL, "Audio that the caller hears meanwhile.", shown="ringing")
    ] = ""
    callback_url: Annotated[str, Attribute("callbackUrl", URL, "Told when the callee is joined, and leaves.")] = ""
    callback_method: Annotated[Method, Attribute("callbackMethod", METHOD, "How that is requested.")] = "POST"
    confirm_sound: Annotated[
        bool | str,
        Attribute(
            "confirmSound", FLAG_OR_URL, "The callee hears a sound before it is joined, or the document of this URL."
        ),
    ] = False
    heartbeat_url: Annotated[str, Attribute("heartbeatUrl", URL, "Told every 60 s while they talk.")] = ""
    heartbeat_method: Annotated[Method, Attribute("heartbeatMethod", METHOD, "How that is requested.")] = "POST"
    group_confirm_key: Annotated[
        str, Attribute("groupConfirmKey", KEY, "Pressed by the callee who takes the call.")
    ] = ""
    group_confirm_file: Annotated[str, Attribute("groupConfirmFile", URL, "Audio that asks for that key.")] = ""
    on_answer_play: Annotated[str, Attribute("onAnswerPlay", URL, "Audio for the callee before it is joined.")] = ""
    on_answer_say: Annotated[str, Attribute("onAnswerSay", text(), "A text for the callee before it is joined.")] = ""
    play_dtmf: Annotated[str, Attribute("PlayDTMF", DIGITS, "Digits keyed once the callee has answered.")] = ""
    play_dtmf_delay: Annotated[float, Attribute("PlayDTMFDelay", decimal(0, 60), "Seconds before that.")] = 0
    hangup_on_star: Annotated[bool, Attribute("hangupOnStar", FLAG, "The caller's key * ends the dialled part.")] = (
        False
    )
    digits_match: Annotated[
        tuple[str, ...], Attribute("digitsMatch", PHRASES, "Digits that `callbackUrl` is told, if keyed.")
    ] = ()
    straight_to_vm: Annotated[bool, Attribute("straightToVm", FLAG, "Aims at the callee's voicemail.")] = False
    forwarded_from: Annotated[
        str, Attribute("forwardedFrom", NUMBER, "The number that the call was forwarded from.")
    ] = ""
    if_machine: Annotated[IfMachine, Attribute("ifMachine", choice(_ON_MACHINE), "When a machine answers.")] = (
        "continue"
    )
    if_machine_url: Annotated[
        str, Attribute("ifMachineUrl", URL, 'The document for it, with `ifMachine="redirect"`.')
    ] = ""
    if_machine_method: Annotated[Method, Attribute("ifMachineMethod", METHOD, "How that is requested.")] = "POST"
    to_country_code: Annotated[int | None, Attribute("ToCountryCode", whole(1, 999), _COUNTRY.format("numbers"))] = None
    from_country_code: Annotated[
        int | None, Attribute("FromCountryCode", whole(1, 999), "Accepted; has no effect.")
    ] = None
    record: Annotated[bool, Attribute("record", FLAG, "Their talk is recorded.")] = False
    record_direction: Annotated[Direction, Attribute("recordDirection", DIRECTION, "Who is recorded.")] = "both"
    record_callback_url: Annotated[str, Attribute("recordCallbackUrl", URL, "Told about the recording.")] = ""
    record_lifetime: Annotated[
        int | None, Attribute("recordLifetime", whole(0, 999_999_999), "Accepted; has no effect.")
    ] = None
    record_format: Annotated[FileFormat, Attribute("recordFormat", FILE_FORMAT, "What is stored.")] = "mp3"
    outbound_action: Annotated[str, Attribute("outboundAction", text(), "Accepted; has no effect.")] = ""

    def begin(self, run: Run) -> None:
        """Joins a room, or rings."""
        room = next((child for child in self.children if isinstance(child, Conference)), None)
        if room is not None:
            self._join(run, room)
            return
        settled = self._with_sip_settings()
        try:
            targets = targets_of(settled.text, settled.children, self._document(), settled.to_country_code)
            settled.check_group(targets)
        except TargetError as error:
            run.fail("DIAL", self.describe(), f"{error}; nobody is dialled")
            return
        step = run.new_id()
        run.update(step=step, stoppable=True)
        run.emit(settled.command(step, targets))

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """The dialled part is over."""
        if not run.awaits(event):
            return
        if isinstance(event, DialEnded):
            run.log(
                "DIAL", self.describe(), f"{event.status} after {event.seconds} s", success=event.status != "failed"
            )
            self._after(run, _dialled(event))
        elif isinstance(event, ConferenceLeft):
            response = event.error or f"Left after {event.seconds} s"
            run.log("CONFERENCE", self.describe(), response, success=event.error is None)
            self._after(run, _conferred(event))

    def check_group(self, targets: tuple[DialTarget, ...]) -> None:
        """A list of numbers needs a key to confirm. Raises TargetError."""
        if "," in self.text and len(targets) > 1 and not self.group_confirm_key:
            raise TargetError("a group call needs groupConfirmKey, the key that takes the call")

    def command(self, step: int, targets: tuple[DialTarget, ...]) -> commands.Dial:
        """What the host is asked."""
        return commands.Dial(
            step=step,
            targets=targets,
            ring_seconds=self.timeout,
            limit_seconds=self.time_limit,
            caller_id=self.caller_id,
            caller_name=self.caller_name,
            hide_caller_id=self.hide_caller_id,
            forwarded_from=self.forwarded_from,
            ring_audio_url=self.dial_music,
            callback_url=self.callback_url,
            callback_method=self.callback_method,
            heartbeat_url=self.heartbeat_url,
            heartbeat_method=self.heartbeat_method,
            confirm_key=self.group_confirm_key,
            confirm_audio_url=self.group_confirm_file,
            confirm_sound=self.confirm_sound is True,
            on_answer_play=self.on_answer_play,
            on_answer_say=self.on_answer_say,
            send_digits=self.play_dtmf,
            send_digits_after_seconds=self.play_dtmf_delay,
            hangup_on_star=self.hangup_on_star,
            digits_match=self.digits_match,
            straight_to_voicemail=self.straight_to_vm,
            if_machine=self.if_machine,
            if_machine_url=self.if_machine_url,
            if_machine_method=self.if_machine_method,
            record=self.record,
            record_direction=self.record_direction,
            record_format=self.record_format,
            record_callback_url=self.record_callback_url,
        )

    def _document(self) -> str:
        return self.confirm_sound if isinstance(self.confirm_sound, str) else ""

    def _with_sip_settings(self) -> Dial:
        changes: dict[str, Any] = {}
        for noun in self.children:
            if isinstance(noun, Sip):
                for name in noun.given.keys() & set(_OF_SIP):
                    changes.setdefault(name, getattr(noun, name))
        return replace(self, **changes)

    def _join(self, run: Run, room: Conference) -> None:
        if not room.text:
            run.fail("CONFERENCE", self.describe(), "Conference needs the room's name as its text; nobody is joined")
            return
        step = run.new_id()
        run.update(step=step, stoppable=True)
        run.emit(_joining(step, room))

    def _after(self, run: Run, told: Parameters) -> None:
        run.update(step=0, stoppable=False)
        settled = self._with_sip_settings()
        if settled.action:
            run.act(settled.action, settled.method, told)
        else:
            run.done()


def _joining(step: int, room: Conference) -> commands.JoinConference:
    return commands.JoinConference(
        step=step,
        name=room.text,
        muted=room.muted,
        beep=room.beep,
        start_on_enter=room.start_on_enter,
        end_on_exit=room.end_on_exit or room.end_on_exit_older,
        wait_url=room.wait_url or room.wait_sound,
        most_members=room.max_participants,
        hangup_on_star=room.hangup_on_star,
        callback_url=room.callback_url,
        callback_method=room.callback_method if "callback_method" in room.given else room.method,
        digits_match=room.digits_match,
        stay_alone=room.stay_alone,
        limit_seconds=room.time_limit,
        record=room.record,
        record_format=room.record_file_format,
        record_callback_url=room.record_callback_url,
        record_callback_method=room.record_callback_method,
    )


def _dialled(event: DialEnded) -> Parameters:
    told = (
        ("DialCallStatus", str(event.status)),
        ("DialCallSid", event.call_sid),
        ("DialCallDuration", str(event.seconds)),
    )
    return (*told, ("RecordingUrl", event.recording_url)) if event.recording_url else told


def _conferred(event: ConferenceLeft) -> Parameters:
    told = (
        ("DialCallStatus", "completed" if event.error is None else "failed"),
        ("DialCallDuration", str(event.seconds)),
        ("ConferenceSid", event.conference_sid),
    )
    return (*told, ("RecordingUrl", event.recording_url)) if event.recording_url else told
