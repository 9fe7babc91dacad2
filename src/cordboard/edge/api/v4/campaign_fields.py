"""Campaigns and runs as requests show and write them."""

from __future__ import annotations

from datetime import time
from typing import Any, Final
from uuid import UUID

from cordboard.domain.workflows.models import Campaign, EndedRun, Run
from cordboard.engines.workflow.reading import wall_time
from cordboard.engines.workflow.turn import LONGEST_VALUE, MOST_VARIABLES
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError

_LONGEST_NAME: Final = 64


def render_campaign(one: Campaign) -> dict[str, Any]:
    """A campaign as the reference shows it; what is not set is left out. The counters are deprecated and stay 0."""
    shown = {
        "accountSid": one.account_id,
        "campaignId": one.id,
        "campaignName": one.name,
        "lastUsed": epoch_ms(one.last_used) if one.last_used else None,
        **dict.fromkeys(("sends", "clicks", "replies", "optOuts", "cost"), 0),
        "numberSet": one.number_set_id,
        "timezoneProtectionType": one.protection_type,
        "timezoneProtectionTimezoneFixed": one.protection_timezone,
        "timezoneProtectionStartTime": _clock(one.protection_start),
        "timezoneProtectionEndTime": _clock(one.protection_end),
        "workflowDisplayType": one.display_type,
        "workflowVersion": one.workflow_version,
    }
    return {name: value for name, value in shown.items() if value is not None}


def render_run(run: Run | EndedRun) -> dict[str, Any]:
    """Where a contact is in a campaign, and why."""
    state = run.state
    shown = {
        "accountSid": run.account_id,
        "campaignRunId": run.id,
        "campaignId": run.campaign_id,
        "contactId": run.contact_id,
        "batchId": run.batch_id,
        "version": run.version,
        "status": state.ending or "waiting",
        "node": state.at,
        "waitsFor": state.wait.kind if state.wait else None,
        "until": epoch_ms(state.wait.until) if state.wait and state.wait.until else None,
        "path": list(state.path),
        "variables": state.variables,
        "sender": run.sender or None,
        "startedAt": epoch_ms(run.created_at),
    }
    if isinstance(run, EndedRun):
        shown |= {"endedAt": epoch_ms(run.ended_at), "reason": run.reason or None}
    return {name: value for name, value in shown.items() if value is not None}


def time_of_day(given: str | None, field: str, errors: list[FieldError]) -> time | None:
    """A time such as 09:00:00 or 9:00 am; None where none was given."""
    if not given:
        return None
    found = wall_time(given)
    if found is None:
        errors.append(FieldError(field, "must be a time of day: HH:MM:SS"))
    return found


def set_id(given: str | None, errors: list[FieldError]) -> UUID | None:
    """A number set's id; None where none was given."""
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        errors.append(FieldError("numberSet", "must be the id of a number set"))
        return None


def variables_of(given: dict[str, Any] | None, errors: list[FieldError]) -> dict[str, str]:
    """The campaign's own data as texts: numbers and booleans as their spelling; null leaves a name out."""
    found: dict[str, str] = {}
    for name, value in (given or {}).items():
        field = f"campaignExtData.{name[:_LONGEST_NAME]}"
        if value is None:
            continue
        if not isinstance(value, str | int | float):
            errors.append(FieldError(field, "must be a text, a number or a boolean"))
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if not 1 <= len(name.strip()) <= _LONGEST_NAME or "\0" in name + text:
            errors.append(FieldError(field, f"must have a name of 1 to {_LONGEST_NAME} characters, and no U+0000"))
        elif len(text) > LONGEST_VALUE:
            errors.append(FieldError(field, f"may have {LONGEST_VALUE} characters"))
        found[name.strip().lower()] = text
    if len(found) > MOST_VARIABLES:
        errors.append(FieldError("campaignExtData", f"may have {MOST_VARIABLES} members"))
    return found


def _clock(moment: time | None) -> str | None:
    return None if moment is None else f"{moment:%H:%M}"
