"""Requests 99, 101 and 104: the logs of calls and recordings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.voice.models import CallFilter, Recording, RecordingFilter
from cordboard.domain.voice.service import VoiceService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.call_fields import render_call
from cordboard.edge.api.v4.days import day_range
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.phone import parse_number

_TAG: Final = "Logs"
_MOST: Final = 5000
_DIRECTIONS: Final = {"in": "inbound", "out": "outbound", "inbound": "inbound", "outbound": "outbound"}
_CALL_EXAMPLE: Final = {
    "accountSid": "173c6f7f-c911-f823-fb2d-a13e4780c300",
    "yearMonthDay": "20200301",
    "callSid": "e0860f96-5b9b-11ea-bba3-2aef8d01d2b0",
    "apiVersion": "V3",
    "callDuration": 8,
    "cost": 0.00112,
    "createdTime": "2020-03-01 00:29:45",
    "direction": "inbound",
    "duration": 8,
    "durationBilled": 12,
    "from": "+15558851008",
    "endTime": "2020-03-01 00:29:53",
    "startTime": "2020-03-01 00:29:45",
    "status": "completed",
    "to": "+15559238223",
    "type": "call",
    "rvmCallerId": None,
    "voiceMailStatus": None,
    "date": 1583022585565,
}


class CallLogQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Days as YYYY-MM-DD or YYYYMMDD, UTC, both ends inclusive."""

    start_date: str | None = None
    end_date: str | None = None
    limit: int = 100
    offset: int = 0
    direction: Literal["in", "out", "inbound", "outbound"] | None = None
    status: str | None = None
    type: str | None = None
    campaign_id: UUID | None = None
    to: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")


class RecordingQuery(msgspec.Struct, rename="camel", kw_only=True):
    """All are optional. `startDate` is a hint only where `callSid` is given. `lastCallSid`: the last recording's or
    call's id of the page before.
    """

    call_sid: UUID | None = None
    recording_sid: UUID | None = None
    start_date: str | None = None
    limit: int = 100
    last_call_sid: UUID | None = None


class CallLogsResource:
    """`/v4/logs/call`, `/v4/logs/recording`."""

    def __init__(self, voice: VoiceService, clock: Clock) -> None:
        self._voice = voice
        self._clock = clock

    async def get_call_logs(self, call: Call) -> Reply:
        """Calls of a range of days, the newest first."""
        query: CallLogQuery = call.query
        errors: list[FieldError] = []
        start, end = day_range(query.start_date, query.end_date, self._clock.now(), errors)
        _check_page(query.limit, query.offset, errors)
        if errors:
            raise InvalidInputError(errors)
        wanted = CallFilter(
            start=start,
            end=end,
            limit=query.limit,
            offset=query.offset,
            direction=_DIRECTIONS[query.direction] if query.direction else None,
            status=query.status or None,
            kind=query.type or None,
            campaign_id=query.campaign_id,
            caller=_number(query.sender),
            callee=_number(query.to),
        )
        records = await self._voice.search(call.tx, call.principal.account_id, wanted)
        return Reply([render_call(record) for record in records])

    async def get_call_detail(self, call: Call) -> Reply:
        """One call."""
        record = await self._voice.get(call.tx, call.principal.account_id, uuid_in_path(call, "callSid"))
        return Reply([render_call(record)])

    async def get_recordings(self, call: Call) -> Reply:
        """Recordings, the newest first."""
        query: RecordingQuery = call.query
        errors: list[FieldError] = []
        _check_page(query.limit, 0, errors)
        start, end = None, None
        if query.start_date:
            start, _ = day_range(query.start_date, None, self._clock.now(), errors)
            end = start + timedelta(days=1)
        if errors:
            raise InvalidInputError(errors)
        wanted = RecordingFilter(
            limit=query.limit,
            call_id=query.call_sid,
            recording_id=query.recording_sid,
            start=None if query.call_sid else start,
            end=None if query.call_sid else end,
            after=query.last_call_sid,
        )
        found = await self._voice.search_recordings(call.tx, call.principal.account_id, wanted)
        return Reply([render_recording(one) for one in found])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="99",
                method="GET",
                path="/v4/logs/call",
                handler=self.get_call_logs,
                summary="Get call logs",
                privilege=Privilege.LOG_READ,
                query=CallLogQuery,
                tag=_TAG,
                example=Example(query={"startDate": "20200301", "endDate": "20200302"}, response=_CALL_EXAMPLE),
            ),
            Endpoint(
                number="101",
                method="GET",
                path="/v4/logs/call/details/{callSid}",
                handler=self.get_call_detail,
                summary="Get call detail log",
                privilege=Privilege.LOG_READ,
                tag=_TAG,
                example=Example(path={"callSid": "e0860f96-5b9b-11ea-bba3-2aef8d01d2b0"}, response=_CALL_EXAMPLE),
            ),
            Endpoint(
                number="104",
                method="GET",
                path="/v4/logs/recording",
                handler=self.get_recordings,
                summary="Call recordings",
                privilege=Privilege.LOG_READ,
                query=RecordingQuery,
                tag=_TAG,
                example=Example(query={"limit": "5"}, response={"recordingUrl": "https://example.com/media/x.mp3"}),
            ),
        )


def render_recording(recording: Recording) -> dict[str, Any]:
    """A recording as the reference shows it; `recordingDate` is epoch milliseconds."""
    return {
        "accountSid": recording.account_id,
        "yearMonthDay": f"{recording.created_at:%Y%m%d}",
        "callSid": recording.call_id,
        "recordingSid": recording.id,
        "apiVersion": "V3",
        "actionPerformed": None,
        "actionMethod": None,
        "callbackMethod": "POST",
        "callbackUrl": recording.callback_url or None,
        "duration": recording.seconds,
        "fileUploadStatus": 1,
        "isActive": 1,
        "isRequest": None,
        "recordingDate": epoch_ms(recording.created_at),
        "recordingDirection": recording.direction,
        "recordingUrl": recording.url,
        "request": None,
        "response": None,
        "fileFormat": recording.file_format,
        "size": recording.size,
        "transcription": recording.transcription,
        "metadata": recording.metadata or {},
    }


def _check_page(limit: int, offset: int, errors: list[FieldError]) -> None:
    if not 1 <= limit <= _MOST:
        errors.append(FieldError("limit", f"must be from 1 to {_MOST}"))
    if offset < 0:
        errors.append(FieldError("offset", "must not be negative"))


def _number(given: str | None) -> str | None:
    """A party to look for: a number however it is written, else an address as it is."""
    return (parse_number(given) or given.strip()) if given else None
