"""What voice tells higher contexts through the outbox. The subject of a call's events is its id, of a conference's its
own.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

PLACED: Final = "voice.placed"
"""An outbound call was accepted, whatever becomes of it: `CallEvent`."""

DIALING: Final = "voice.dialing"
IN_PROGRESS: Final = "voice.in_progress"
COMPLETED: Final = "voice.completed"
"""A call rings, is answered, is over: `CallEvent`."""

RECORDED: Final = "voice.recorded"
"""A recording is stored: `RecordingEvent`."""

THRESHOLD: Final = "voice.threshold_met"
THRESHOLD_RESET: Final = "voice.threshold_reset"
"""A number has made as many calls as its account wants to know of: `ThresholdEvent`; and may start counting anew."""

CONFERENCE_STARTED: Final = "voice.conference_started"
CONFERENCE_ENDED: Final = "voice.conference_ended"
CONFERENCE_JOINED: Final = "voice.conference_joined"
CONFERENCE_LEFT: Final = "voice.conference_left"
"""`ConferenceEvent`."""


class CallEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A call as events carry it. Times are epoch milliseconds, `cost` and `surcharge` numbers in the account's
    currency."""

    account_sid: str
    call_sid: str
    parent_call_sid: str | None = None
    api_version: str = "V3"
    bill_country: str
    call_type: str
    called_number: str
    caller_number: str
    created_time: int
    start_time: int | None = None
    end_time: int | None = None
    direction: str
    duration: int = 0
    billed_duration: int = 0
    cost: float = 0.0
    surcharge: float = 0.0
    from_country: str
    from_country_code: int
    to_country: str
    to_country_code: int
    server_ip: str = ""
    status: str
    reason: str | None = None
    hangup_by: str | None = None
    answered_by: str | None = None
    dtmf_entered: str = ""
    webrtc_username: str | None = None
    campaign_id: str | None = None
    contact_id: str | None = None
    number_set_id: str | None = None
    metadata: dict[str, Any] = {}


class RecordingEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A recording as events carry it; `recording_date` is epoch milliseconds, `duration` seconds. What is None always
    is a member of the reference that nothing here stands for.
    """

    account_sid: str
    call_sid: str
    parent_call_sid: str | None = None
    recording_id: str
    api_version: str = "V3"
    action_performed: str | None = None
    action_method: str | None = None
    duration: int
    file_upload_status: int = 1
    is_active: int = 1
    is_request: int | None = None
    recording_date: int
    recording_direction: str
    recording_url: str
    request: str | None = None
    response: str | None = None
    webrtc_username: str | None = None
    call_type: str = "call"
    parent_call_type: str | None = None
    metadata: dict[str, Any] = {}


class ConferenceEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A conference as events carry it; `call_sid` who came or went, `guest_token` its member number. No conference is
    scheduled.
    """

    account_sid: str
    conf_id: str
    name: str
    call_sid: str = ""
    guest_token: str = ""
    schedule_id: str | None = None
    server_ip: str = ""
    miniconf: bool = False


class ThresholdEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`reset_time_ms`: when the counting starts anew, epoch milliseconds."""

    account_sid: str
    phone_number: str
    threshold_met: bool
    reset_time_ms: int
