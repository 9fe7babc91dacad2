"""Calls as events and form callbacks tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from cordboard.domain.voice.events import CallEvent, RecordingEvent
from cordboard.domain.voice.models import CallRecord, Recording
from cordboard.infra.events import Event
from cordboard.kit.clock import epoch_ms
from cordboard.kit.money import to_number
from cordboard.kit.phone import country_of

Parameters = list[tuple[str, str]]
_TIME: Final = "%Y-%m-%d %H:%M:%S"


def call_event(topic: str, record: CallRecord, at: datetime) -> Event:
    """An event of a call; its subject is the call."""
    caller, callee = country_of(record.caller), country_of(record.callee)
    payload = CallEvent(
        account_sid=str(record.account_id),
        call_sid=str(record.id),
        parent_call_sid=_text(record.parent_call_id),
        bill_country=callee.iso if record.direction == "outbound" else caller.iso,
        call_type=record.kind,
        called_number=record.callee,
        caller_number=record.caller,
        created_time=epoch_ms(record.created_at),
        start_time=_epoch(record.answered_at),
        end_time=_epoch(record.ended_at),
        direction=record.direction,
        duration=record.seconds,
        billed_duration=record.billed_seconds,
        cost=to_number(record.cost),
        surcharge=to_number(record.surcharge),
        from_country=caller.iso,
        from_country_code=caller.calling_code,
        to_country=callee.iso,
        to_country_code=callee.calling_code,
        server_ip=record.node or "",
        status=record.status,
        reason=record.reason,
        hangup_by=record.hangup_by,
        answered_by=record.answered_by,
        dtmf_entered=record.digits,
        webrtc_username=_text(record.client_id) if record.kind == "webrtc" else None,
        campaign_id=_text(record.campaign_id),
        contact_id=_text(record.contact_id),
        number_set_id=_text(record.number_set_id),
        metadata=record.metadata or {},
    )
    return Event(topic, record.account_id, str(record.id), _builtins(payload), at, record.request_id)


def recording_event(topic: str, recording: Recording, call_type: str, at: datetime) -> Event:
    """An event of a recording; its subject is the call."""
    payload = RecordingEvent(
        account_sid=str(recording.account_id),
        call_sid=str(recording.call_id),
        parent_call_sid=_text(recording.parent_call_id),
        recording_id=str(recording.id),
        duration=recording.seconds,
        recording_date=epoch_ms(recording.created_at),
        recording_direction=recording.direction,
        recording_url=recording.url,
        call_type=call_type,
        metadata=recording.metadata or {},
    )
    return Event(topic, recording.account_id, str(recording.call_id), _builtins(payload), at)


def status_parameters(record: CallRecord) -> Parameters:
    """What a call's status callback is posted, and its number's hangup callback."""
    members = [
        ("AccountSid", str(record.account_id)),
        ("CallSid", str(record.id)),
        ("To", record.callee),
        ("From", record.caller),
        ("Direction", record.direction),
        ("Status", record.status),
        ("CallStatus", record.status),
        ("BilledDuration", str(record.billed_seconds)),
        ("Duration", str(record.seconds)),
        ("CallInitiate", _time(record.created_at)),
        ("CallStartTime", _time(record.answered_at)),
        ("DateCreated", _time(record.created_at)),
        ("EndTime", _time(record.ended_at)),
        ("HangupBy", record.hangup_by or ""),
        ("AnsweredBy", record.answered_by or ""),
    ]
    return members + metadata_parameter(record)


def heartbeat_parameters(record: CallRecord) -> Parameters:
    """What a call's heartbeat URL is posted every minute."""
    members = [
        ("AccountSid", str(record.account_id)),
        ("CallSid", str(record.id)),
        ("To", record.callee),
        ("From", record.caller),
        ("CallInitiate", _time(record.created_at)),
        ("CallStartTime", _time(record.answered_at)),
        ("Direction", record.direction),
        ("Status", record.status),
    ]
    return members + metadata_parameter(record)


def recording_parameters(recording: Recording, digits: str = "") -> Parameters:
    """What a recording's callback is posted."""
    return [
        ("AccountSid", str(recording.account_id)),
        ("CallSid", str(recording.call_id)),
        ("RecordingSid", str(recording.id)),
        ("RecordingUrl", recording.url),
        ("RecordingDuration", str(recording.seconds)),
        ("Digits", digits),
    ]


def metadata_parameter(record: CallRecord) -> Parameters:
    """The call's metadata as one JSON value, where it has any."""
    return [("metadata", msgspec.json.encode(record.metadata).decode())] if record.metadata else []


def _builtins(payload: msgspec.Struct) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.to_builtins(payload)
    return members


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else epoch_ms(moment)


def _time(moment: datetime | None) -> str:
    return moment.strftime(_TIME) if moment else ""
