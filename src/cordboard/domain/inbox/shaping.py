"""Events of lower contexts as events of conversations; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from cordboard.domain.inbox.models import Direction, EventType
from cordboard.domain.voice.models import CallRecord
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import time_of, time_uuid_at
from cordboard.kit.phone import is_short_code

_PHONE: Final = "phonenumber1"
_OF_TELEPHONES: Final = frozenset({"call", "group"})
_CONTROL: Final = frozenset({"contactId", "publish", _PHONE})
_LONGEST_PACE: Final = timedelta(minutes=15)
"""How long a message may wait for its place in the queue; one that waited longer was planned for its time."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, before it is known in whose conversation: `other` is the number of whom it was with,
    empty where that is not known. `source_id` is the thing's own id, `time` the time UUID of its place.
    """

    account_id: UUID
    source_id: UUID
    time: UUID
    type: EventType
    status: str
    other: str
    contact_id: UUID | None
    publish: bool
    event: dict[str, Any]

    @property
    def happened_at(self) -> datetime:
        """The moment inside `time`."""
        return moment_of(self.time)

    @property
    def moved(self) -> bool:
        """Whether its place is another than its id's."""
        return self.time != self.source_id


def moment_of(time: UUID) -> datetime:
    """The moment inside a time UUID of ours. Raises ValueError for another UUID."""
    moment = time_of(time)
    if moment is None:
        raise ValueError(f"{time} is no time UUID")
    return moment


def day_of(moment: datetime) -> int:
    """The partition: yyyymmdd in UTC."""
    return int(f"{moment:%Y%m%d}")


def thread_of(account_id: UUID, number: str) -> UUID:
    """Where events with a number are kept that is no contact's (yet)."""
    return uuid5(account_id, number)


def is_reachable(number: str) -> bool:
    """Whether somebody can have a conversation under it: a number or a short code, not a name or a hidden caller."""
    return number.startswith("+") or is_short_code(number)


def event_body(
    kind: EventType,
    message_id: UUID,
    direction: Direction,
    *,
    to: str,
    sender: str,
    time: UUID,
    attributes: Mapping[str, Any],
    **members: Any,
) -> dict[str, Any]:
    """The members that every event has, and those of its type."""
    return {
        "messageId": str(message_id),
        "to": to,
        "from": sender,
        "direction": direction,
        **members,
        "tags": [],
        "attributes": dict(attributes),
        "version": "",
        "type": kind,
        "time": epoch_ms(moment_of(time)),
    }


def media_members(urls: list[str]) -> dict[str, Any]:
    """`mediaUrl`, and where there are several all of them as `mediaUrls`."""
    return {"mediaUrl": urls[0] if urls else "", **({"mediaUrls": urls} if len(urls) > 1 else {})}


def attributes_of(other: str, metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """The other party's number, and what else was noted of the event."""
    return {_PHONE: other, **{name: value for name, value in (metadata or {}).items() if name not in _CONTROL}}


def of_message(payload: Mapping[str, Any]) -> Happening:
    """A message of `messaging.sent` or `messaging.received`. One that was planned stands where it was sent."""
    message_id, inbound = UUID(payload["messageSid"]), payload["direction"] == "inbound"
    time = message_id if inbound else _sent_at(message_id, payload.get("scheduledTm"))
    other = payload["from"] if inbound else payload["to"]
    metadata: Mapping[str, Any] = payload.get("metadata") or {}
    return Happening(
        account_id=UUID(payload["accountSid"]),
        source_id=message_id,
        time=time,
        type="sms",
        status="received" if inbound else payload["status"],
        other=other,
        contact_id=_uuid(payload.get("contactId")),
        publish=inbound or metadata.get("publish") is True,
        event=event_body(
            "sms",
            message_id,
            "in" if inbound else "out",
            to=payload["to"],
            sender=payload["from"],
            time=time,
            attributes=attributes_of(other, metadata),
            body=payload["text"],
            **media_members(payload.get("mediaUrls") or []),
        ),
    )


def of_call(payload: Mapping[str, Any]) -> Happening | None:
    """A call of `voice.completed`; None for a leg to one of the account's own phones."""
    if payload["callType"] not in _OF_TELEPHONES:
        return None
    call_id, inbound = UUID(payload["callSid"]), payload["direction"] == "inbound"
    other = payload["callerNumber"] if inbound else payload["calledNumber"]
    return Happening(
        account_id=UUID(payload["accountSid"]),
        source_id=call_id,
        time=call_id,
        type="call",
        status=payload["status"],
        other=other,
        contact_id=_uuid(payload.get("contactId")),
        publish=False,
        event=event_body(
            "call",
            call_id,
            "in" if inbound else "out",
            to=payload["calledNumber"],
            sender=payload["callerNumber"],
            time=call_id,
            attributes=attributes_of(other, payload.get("metadata")),
            duration=payload["duration"],
        ),
    )


def of_recording(payload: Mapping[str, Any], call: CallRecord) -> Happening:
    """A recording of `voice.recorded`, of a call that is known."""
    recording_id, inbound = UUID(payload["recordingId"]), call.direction == "inbound"
    other = call.caller if inbound else call.callee
    return Happening(
        account_id=call.account_id,
        source_id=recording_id,
        time=recording_id,
        type="recording",
        status="recorded",
        other=other,
        contact_id=call.contact_id,
        publish=False,
        event=event_body(
            "recording",
            recording_id,
            "in" if inbound else "out",
            to=call.callee,
            sender=call.caller,
            time=recording_id,
            attributes=attributes_of(other, {"callSid": str(call.id)}),
            duration=payload["duration"],
            recordingUrl=payload["recordingUrl"],
        ),
    )


def of_voicemail(payload: Mapping[str, Any]) -> Happening:
    """A message of `voicemail.recorded`."""
    recording_id, other = UUID(payload["recordingId"]), payload["fromNumber"]
    said = {"transcription": payload["transcription"]} if payload.get("transcription") else {}
    return Happening(
        account_id=UUID(payload["accountSid"]),
        source_id=recording_id,
        time=recording_id,
        type="voicemail",
        status="received",
        other=other,
        contact_id=_uuid(payload.get("contactId")),
        publish=True,
        event=event_body(
            "voicemail",
            recording_id,
            "in",
            to=payload["phoneNumber"],
            sender=other,
            time=recording_id,
            attributes=attributes_of(other, {"callSid": payload["callSid"]}),
            duration=payload["seconds"],
            recordingUrl=payload["url"],
            **said,
        ),
    )


def _sent_at(message_id: UUID, scheduled: int | None) -> UUID:
    """The message's id, or a time UUID of the second that it was planned for: the same one each time it is asked."""
    made = moment_of(message_id)
    late = timedelta(seconds=scheduled) - timedelta(milliseconds=epoch_ms(made)) if scheduled else timedelta()
    if late <= _LONGEST_PACE:
        return message_id
    return _at(message_id, made + late)


def _at(identifier: UUID, moment: datetime) -> UUID:
    """A time UUID of `moment` with the sequence and node of `identifier`."""
    low = (1 << 64) - 1
    return UUID(int=(time_uuid_at(moment).int & ~low) | (identifier.int & low))


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
