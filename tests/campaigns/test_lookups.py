"""Lookups of runs: charged once whatever happens, and what is told when there is nothing to tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.api.v4.test_sms import prepay
from tests.campaigns.house import Business
from tests.campaigns.test_callbacks import Dying
from tests.campaigns.test_runs import control

from cordboard.domain.lookups.directories.invented import InventedDirectory
from cordboard.domain.lookups.errors import LookupUnavailableError
from cordboard.domain.lookups.models import NumberFacts
from cordboard.domain.workflows.models import EndedRun, Run

LOOKUP: dict[str, Any] = {"id": 1, "type": "carrierLookup", "children": [2]}


async def looking_up(business: Business, **ext_data: str) -> UUID:
    """A run that looks its contact's number up."""
    campaign = await business.campaign([LOOKUP, control(2)])
    return (await business.start(campaign, await business.contact(**ext_data))).id


async def failing(self: InventedDirectory, number: str) -> NumberFacts:
    """A directory that is away."""
    raise LookupUnavailableError("the directory is away")


async def test_a_lookup_whose_answer_was_lost_is_charged_once(business: Business) -> None:
    campaigns, worker = business.api.platform.campaigns, business.api.worker
    dying = replace(campaigns.look_up, answering=Dying(business.api.platform.database, business.api.clock))
    worker.jobs.handle("workflows.look_up_carrier", dying)
    run_id = await looking_up(business)
    await business.api.settle()
    assert isinstance(await business.run(run_id), Run)
    worker.jobs.handle("workflows.look_up_carrier", campaigns.look_up)
    business.api.clock.advance(60)
    await business.api.settle()
    over = await business.run(run_id)
    assert isinstance(over, EndedRun)
    assert over.state.variables["phonenumber1.country"] == "US"
    charged = await business.api.fetch("select 1 from ledger_entries where description like 'carrier of %'")
    assert len(charged) == len(await business.api.fetch("select 1 from carrier_lookups")) == 1


async def test_a_directory_that_is_away_is_asked_some_times_and_the_run_goes_on(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InventedDirectory, "look_up", failing)
    run_id = await looking_up(business)
    await business.api.settle()
    assert isinstance(await business.run(run_id), Run)
    for wait in (30, 60, 90, 120):
        business.api.clock.advance(wait)
        await business.api.settle()
    over = await business.run(run_id)
    assert isinstance(over, EndedRun)
    assert "the directory is away" in over.state.variables["lookup.error"]
    assert "phonenumber1.wireless" not in over.state.variables
    assert any(words.startswith("not looked up: ") for _, _, words in await business.history(run_id))
    assert await business.api.fetch("select 1 from carrier_lookups") == []


async def test_a_lookup_that_is_not_paid_for_is_told_to_the_run(business: Business) -> None:
    await prepay(business.api, business.owner, 1)
    run_id = await looking_up(business)
    await business.api.settle()
    over = await business.run(run_id)
    assert isinstance(over, EndedRun)
    assert "add funds" in over.state.variables["lookup.error"]
    assert any("add funds" in words for _, _, words in await business.history(run_id))
