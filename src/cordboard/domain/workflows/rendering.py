"""Runs as the engine sees them, and as events tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from cordboard.domain.contacts.models import PHONE_FIELD, Contact
from cordboard.domain.workflows.events import StatusEvent
from cordboard.domain.workflows.models import Campaign, EndedRun, Run
from cordboard.engines.workflow import world
from cordboard.engines.workflow.world import Person, World
from cordboard.kit.timezones import UNKNOWN

WAITING = "waiting"


def person_of(run: Run, contact: Contact | None) -> Person:
    """A contact; nobody in particular where there is none."""
    if contact is None:
        return Person(id=str(run.contact_id), created_at=run.created_at, phone="", timezone_id=UNKNOWN, ext_data={})
    return Person(
        id=str(contact.id),
        created_at=contact.created_at,
        phone=contact.phone or "",
        timezone_id=contact.timezone,
        ext_data={name.lower(): value for name, value in contact.ext_data.items()},
    )


def world_of(run: Run, campaign: Campaign, person: Person, now: datetime) -> World:
    """What a step may know."""
    return World(
        now=now,
        run_id=str(run.id),
        contact=person,
        campaign=world.Campaign(id=str(campaign.id), phone=run.sender, protection=campaign.protection),
    )


def ended_run(run: Run, now: datetime) -> EndedRun:
    """A run that is over, as it is kept."""
    return EndedRun(
        account_id=run.account_id,
        id=run.id,
        campaign_id=run.campaign_id,
        version=run.version,
        contact_id=run.contact_id,
        batch_id=run.batch_id,
        sender=run.sender,
        state=run.state,
        ending=run.state.ending or "stopped",
        reason=run.state.reason,
        created_at=run.created_at,
        ended_at=now,
    )


def phone_of(person: Person) -> str:
    """The number to write to and call; empty where there is none."""
    return person.phone or person.ext_data.get(PHONE_FIELD, "")


def status_event(run: Run) -> dict[str, Any]:
    """Where a run is, as campaign_status tells it."""
    state = run.state
    event = StatusEvent(
        account_sid=str(run.account_id),
        contact_id=str(run.contact_id),
        campaign_id=str(run.campaign_id),
        campaign_run_id=str(run.id),
        campaign_path=",".join(map(str, state.path)),
        workflow_version=run.version,
        next_node=state.at,
        status=state.ending or WAITING,
        last_phone=run.sender,
        failure_reason=state.reason if state.ending == "failed" else "",
    )
    payload: dict[str, Any] = msgspec.to_builtins(event)
    return payload
