"""Fields of requests that make calls, read and checked; and how a call is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.voice.models import CallOptions, CallRecord
from cordboard.edge.api.frame.endpoint import Call
from cordboard.infra.db import Database, Tx
from cordboard.infra.http import check_url
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError
from cordboard.kit.money import to_number
from cordboard.kit.phone import parse_number

LARGEST_METADATA: Final = 4096
LONGEST_RING: Final = 999
KEYS: Final = frozenset("0123456789*#")
_SENDABLE: Final = KEYS | frozenset("wW")
_MOST_KEYS: Final = 128
_TIME: Final = "%Y-%m-%d %H:%M:%S"


class CallHandling(msgspec.Struct, rename="camel", kw_only=True):
    """What every request that makes calls may say of their handling. Times are in seconds. The reference spells two
    names in two ways, and both are right.
    """

    url: str = ""
    url_method: str = "POST"
    status_callback_url: str = ""
    status_callback_method: str = "POST"
    fallback_url: str = ""
    heartbeat_callback_url: str = ""
    record: bool = False
    record_callback_url: str = ""
    transcribe: bool = False
    transcribe_callback_url: str = ""
    transcibe_callback_url: str = ""
    if_machine: str = ""
    if_machine_callback_url: str = ""
    if_machine_callabck_url: str = ""
    timeout: int = 60
    play_dtmf: str | list[str] = ""
    hide_caller_id: bool = False
    check_federal_dnc: bool = False
    metadata: dict[str, Any] | None = None
    group_confirm_key: str = ""
    group_confirm_file: str = ""


def options_of(body: CallHandling, *, allow_private: bool, errors: list[FieldError]) -> CallOptions:
    """The options of a call; each bad field adds to `errors`."""
    for field, url in _urls(body):
        if url and (problem := check_url(url, allow_private)):
            errors.append(FieldError(field, problem))
    keys = digits(body.play_dtmf, "playDtmf", errors)
    machine_url = body.if_machine_callback_url or body.if_machine_callabck_url
    if body.if_machine and body.if_machine not in ("hangup", "continue", "redirect"):
        errors.append(FieldError("ifMachine", "must be hangup, continue or redirect"))
    if not 1 <= body.timeout <= LONGEST_RING:
        errors.append(FieldError("timeout", f"must be from 1 to {LONGEST_RING} seconds"))
    if body.group_confirm_key and body.group_confirm_key not in KEYS:
        errors.append(FieldError("groupConfirmKey", "must be one of 0-9, * and #"))
    check_metadata(body.metadata, errors)
    return CallOptions(
        url=body.url,
        url_method=method(body.url_method, "urlMethod", errors),
        fallback_url=body.fallback_url,
        status_callback_url=body.status_callback_url,
        status_callback_method=method(body.status_callback_method, "statusCallbackMethod", errors),
        heartbeat_url=body.heartbeat_callback_url,
        record=body.record,
        record_callback_url=body.record_callback_url,
        transcribe=body.transcribe,
        transcribe_callback_url=body.transcribe_callback_url or body.transcibe_callback_url,
        if_machine=body.if_machine or ("continue" if machine_url else None),
        if_machine_url=machine_url,
        timeout=body.timeout,
        play_dtmf=keys,
        hide_caller_id=body.hide_caller_id,
        confirm_key=body.group_confirm_key,
        confirm_file=body.group_confirm_file,
    )


def _urls(body: CallHandling) -> list[tuple[str, str]]:
    return [
        ("url", body.url),
        ("statusCallbackUrl", body.status_callback_url),
        ("fallbackUrl", body.fallback_url),
        ("heartbeatCallbackUrl", body.heartbeat_callback_url),
        ("recordCallbackUrl", body.record_callback_url),
        ("transcribeCallbackUrl", body.transcribe_callback_url or body.transcibe_callback_url),
        ("ifMachineCallbackUrl", body.if_machine_callback_url or body.if_machine_callabck_url),
        ("groupConfirmFile", body.group_confirm_file),
    ]


def digits(given: str | list[str], field: str, errors: list[FieldError]) -> str:
    """Keys as text; some clients send a list of single ones."""
    keys = given if isinstance(given, str) else "".join(given)
    if set(keys) - _SENDABLE or len(keys) > _MOST_KEYS:
        errors.append(FieldError(field, f"holds other than 0-9, *, # and w (a pause), or more than {_MOST_KEYS}"))
    return keys


def method(given: str, field: str, errors: list[FieldError]) -> str:
    """The method of a request that the platform is to make."""
    if given.upper() not in ("GET", "POST"):
        errors.append(FieldError(field, "must be GET or POST"))
    return given.upper()


def check_metadata(metadata: dict[str, Any] | None, errors: list[FieldError]) -> None:
    """Metadata has a size."""
    if metadata is not None and len(msgspec.json.encode(metadata)) > LARGEST_METADATA:
        errors.append(FieldError("metadata", f"must be at most {LARGEST_METADATA} bytes of JSON"))


def exclusive(names: tuple[str, str], given: tuple[object, object], errors: list[FieldError]) -> None:
    """Exactly one of two fields has to be given."""
    both = bool(given[0]), bool(given[1])
    if sum(both) != 1:
        more = ", not both" if all(both) else ""
        errors.append(FieldError(names[0], f"give either {names[0]} or {names[1]}{more}"))


def number(given: str | None, field: str, errors: list[FieldError]) -> str | None:
    """A telephone number in E.164; None where none was given."""
    if not given:
        return None
    found = parse_number(given)
    if found is None:
        errors.append(FieldError(field, f"{given[:40]!r} is not a phone number; send it as +19495551234"))
    return found


@asynccontextmanager
async def deciding(call: Call, database: Database) -> AsyncIterator[Tx]:
    """A transaction for requests that may be refused: committed before the refusal is raised, so that the ledger of
    decisions keeps it. The request's own one where its frame opened that.
    """
    if call.transaction is not None:
        yield call.transaction
        return
    async with database.transaction() as tx:
        yield tx


def render_placed(call_id: UUID, created_at: Any) -> dict[str, Any]:
    """A call that was accepted, as the reference answers."""
    return {"callSid": call_id, "createdTime": created_at.strftime(_TIME)}


def render_call(record: CallRecord) -> dict[str, Any]:
    """A call as the log shows it; `date` is epoch milliseconds, as its samples have it. Ours are the members after
    it.
    """
    return {
        "accountSid": record.account_id,
        "yearMonthDay": f"{record.created_at:%Y%m%d}",
        "callSid": record.id,
        "apiVersion": "V3",
        "callDuration": record.seconds,
        "cost": to_number(record.cost),
        "createdTime": record.created_at.strftime(_TIME),
        "direction": record.direction,
        "duration": record.seconds,
        "durationBilled": record.billed_seconds,
        "from": record.caller,
        "endTime": record.ended_at.strftime(_TIME) if record.ended_at else None,
        "startTime": record.answered_at.strftime(_TIME) if record.answered_at else None,
        "status": record.status,
        "to": record.callee,
        "type": record.kind,
        "rvmCallerId": None,
        "voiceMailStatus": None,
        "date": epoch_ms(record.created_at),
        "surcharge": to_number(record.surcharge),
        "parentCallSid": record.parent_call_id,
        "reason": record.reason,
        "hangupBy": record.hangup_by,
        "answeredBy": record.answered_by,
        "dtmfEntered": record.digits,
        "campaignId": record.campaign_id,
        "contactId": record.contact_id,
        "conferenceId": record.conference_id,
        "metadata": record.metadata or {},
        "media": record.media,
    }
