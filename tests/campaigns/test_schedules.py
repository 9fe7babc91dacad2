"""Requests 189 to 191: schedules make runners at their times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.campaigns.house import Business
from tests.campaigns.test_runs import control

from cordboard.kit.clock import epoch_ms


@pytest.fixture
async def campaign(business: Business) -> UUID:
    """A campaign that ends at once."""
    return await business.campaign([control(1)])


async def scheduled(business: Business, campaign: UUID, **members: Any) -> dict[str, Any]:
    """A schedule at ten every day in Los Angeles, with changes."""
    contact = await business.contact()
    body = {
        "status": 1,
        "timezoneId": -32,
        "recurring": True,
        "periodNumber": 1,
        "periodUnits": "DAYS",
        "timeOfDay": "10:00",
        "createBatchRequest": {"displayName": "daily", "periodMs": 1, "start": True, "contactIds": [str(contact)]},
        **members,
    }
    made: dict[str, Any] = (
        await business.api.post(f"/v4/campaign/{campaign}/batch/schedule", business.owner, body)
    ).only
    return made


async def started(business: Business) -> int:
    """How many runners have let somebody in."""
    await business.api.settle()
    rows = await business.api.fetch("select started from runners")
    return sum(row["started"] for row in rows)


def at(day: int, hour: int, month: int = 1) -> datetime:
    """A time of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


async def test_a_runner_is_made_each_day_and_what_was_missed_runs_once(business: Business, campaign: UUID) -> None:
    made = await scheduled(business, campaign)
    assert made["nextScheduled"] == epoch_ms(at(5, 18))
    assert made["createBatchRequest"]["displayName"] == "daily"
    assert await started(business) == 0
    business.at(at(5, 18))
    assert await started(business) == 1
    (listed,) = (await business.api.get("/v4/campaign/batch/schedule", business.owner)).payload
    assert (listed["lastRun"], listed["nextScheduled"]) == (epoch_ms(at(5, 18)), epoch_ms(at(6, 18)))
    business.at(at(9, 20))  # nobody was there for three days
    assert await started(business) == 2
    (listed,) = (await business.api.get("/v4/campaign/batch/schedule", business.owner)).payload
    assert listed["nextScheduled"] == epoch_ms(at(10, 18))


async def test_one_is_read_by_its_id(business: Business, campaign: UUID) -> None:
    made = await scheduled(business, campaign)
    path = f"/v4/campaign/{campaign}/batch/schedule/{made['eventId']}"
    api, owner = business.api, business.owner
    assert (await api.get(path, owner)).only == made == (await api.get("/v4/campaign/batch/schedule", owner)).payload[0]
    other = await business.campaign([control(1)])
    for method in ("GET", "DELETE"):
        assert (await api.call(method, path, await api.account())).status == 404
        assert (await api.call(method, path.replace(str(campaign), str(other)), owner)).status == 404
    await api.delete(path, owner)
    assert (await api.get(path, owner)).status == 404


async def test_clocks_that_change_keep_the_hour(business: Business, campaign: UUID) -> None:
    business.at(at(7, 20, month=3))
    made = await scheduled(business, campaign)
    assert made["nextScheduled"] == epoch_ms(at(8, 17, month=3))


async def test_one_that_does_not_recur_runs_once(business: Business, campaign: UUID) -> None:
    await scheduled(business, campaign, recurring=False)
    business.at(at(5, 18))
    assert await started(business) == 1
    business.at(at(8, 18))
    assert await started(business) == 1
    (listed,) = (await business.api.get("/v4/campaign/batch/schedule", business.owner)).payload
    assert (listed["status"], listed["nextScheduled"]) == (0, None)


async def test_it_rests_and_goes_on_as_it_is_told(business: Business, campaign: UUID) -> None:
    made = await scheduled(business, campaign)
    path = f"/v4/campaign/{campaign}/batch/schedule/{made['eventId']}"
    rested = (await business.api.put(path, business.owner, {"status": 0})).only
    assert (rested["status"], rested["nextScheduled"]) == (0, None)
    business.at(at(6, 20))
    assert await started(business) == 0
    moved = (await business.api.put(path, business.owner, {"status": 1, "timeOfDay": "11:00"})).only
    assert moved["nextScheduled"] == epoch_ms(at(7, 19))
    assert (await business.api.delete(path, business.owner)).only["eventId"] == made["eventId"]
    business.at(at(8, 20))
    assert await started(business) == 0


async def test_the_first_time_is_that_which_is_given(business: Business, campaign: UUID) -> None:
    made = await scheduled(business, campaign, nextScheduled=int(at(7, 3).timestamp()))
    assert made["nextScheduled"] == epoch_ms(at(7, 3))
    business.at(at(7, 2))
    assert await started(business) == 0
    business.at(at(7, 3))
    assert await started(business) == 1
    (listed,) = (await business.api.get("/v4/campaign/batch/schedule", business.owner)).payload
    assert (listed["lastRun"], listed["nextScheduled"]) == (epoch_ms(at(7, 3)), epoch_ms(at(7, 18)))


async def test_one_that_does_not_recur_runs_once_at_the_time_that_is_given(business: Business, campaign: UUID) -> None:
    await scheduled(business, campaign, recurring=False, nextScheduled=epoch_ms(at(7, 3)))
    business.at(at(7, 3))
    assert await started(business) == 1
    (listed,) = (await business.api.get("/v4/campaign/batch/schedule", business.owner)).payload
    assert (listed["status"], listed["nextScheduled"]) == (0, None)


async def test_an_edit_gives_another_time_or_lets_it_recur(business: Business, campaign: UUID) -> None:
    made = await scheduled(business, campaign)
    path = f"/v4/campaign/{campaign}/batch/schedule/{made['eventId']}"
    moved = (await business.api.put(path, business.owner, {"nextScheduled": epoch_ms(at(7, 3))})).only
    assert moved["nextScheduled"] == epoch_ms(at(7, 3))
    business.at(at(5, 18))
    assert await started(business) == 0
    recurs = (await business.api.put(path, business.owner, {"nextScheduled": None})).only
    assert recurs["nextScheduled"] == epoch_ms(at(6, 18))
    late = {"nextScheduled": epoch_ms(at(9, 0)), "expire": epoch_ms(at(8, 0))}
    refused = await business.api.put(path, business.owner, late)
    assert (refused.status, refused.errors) == (400, [("400", "nextScheduled")])


async def test_it_ends_when_it_expires(business: Business, campaign: UUID) -> None:
    made = await scheduled(business, campaign, expire=int(at(6, 0).timestamp()))
    assert made["status"] == 1
    business.at(at(5, 18))
    assert await started(business) == 1
    (listed,) = (await business.api.get("/v4/campaign/batch/schedule", business.owner)).payload
    assert (listed["status"], listed["nextScheduled"]) == (0, None)


async def test_bad_fields_are_named(business: Business, campaign: UUID) -> None:
    path = f"/v4/campaign/{campaign}/batch/schedule"
    api, owner = business.api, business.owner
    assert [f for _, f in (await api.post(path, owner, {})).errors] == ["createBatchRequest"]
    bad: dict[str, Any] = {"createBatchRequest": {"periodMs": "x"}}
    assert [f for _, f in (await api.post(path, owner, bad)).errors] == ["createBatchRequest.periodMs"]
    bad = {"createBatchRequest": {}, "filters": {"dnc": ["fax"]}}
    fields = [f for _, f in (await api.post(path, owner, bad)).errors]
    assert fields == ["createBatchRequest.contactIds", "createBatchRequest.filters.dnc"]
    contact = str(await business.contact())
    bad = {"createBatchRequest": {"contactIds": [contact]}, "timezoneId": 999, "recurring": True, "timeOfDay": "25:00"}
    fields = [f for _, f in (await api.post(path, owner, bad)).errors]
    assert set(fields) == {"timeOfDay", "timezoneId", "periodUnits"}
    good = {"createBatchRequest": {"contactIds": [contact]}, "timezoneId": -32, "timeOfDay": "10:00"}
    past = {**good, "nextScheduled": epoch_ms(api.clock.now())}
    assert [f for _, f in (await api.post(path, owner, past)).errors] == ["nextScheduled"]
    assert await api.fetch("select 1 from workflow_schedules") == []


async def test_what_was_shown_may_be_sent_back_with_changes(business: Business, campaign: UUID) -> None:
    made = await scheduled(business, campaign, nextScheduled=epoch_ms(at(7, 3)))
    path = f"/v4/campaign/{campaign}/batch/schedule/{made['eventId']}"
    shown = (await business.api.get(path, business.owner)).only
    same = (await business.api.put(path, business.owner, {**shown, "frequencyDescription": "daily"})).only
    assert same["nextScheduled"] == epoch_ms(at(7, 3))
    later = (await business.api.put(path, business.owner, {**shown, "timeOfDay": "11:00"})).only
    assert later["nextScheduled"] == epoch_ms(at(5, 19))
    business.at(at(5, 20))
    late = (await business.api.put(path, business.owner, later)).only
    assert late["nextScheduled"] == epoch_ms(at(6, 19))
