"""Requests 91 to 93: contacts handed out in order, each once, while their time lasts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.api.people import user_of
from tests.campaigns.house import Business, open_business
from tests.harness import Api
from tests.live_lists.house import BASE, NAME, Floor

from cordboard.domain.contacts.models import Contact
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.live_lists import service
from cordboard.domain.live_lists.errors import LiveListFullError, LiveListNotFoundError
from cordboard.domain.live_lists.models import Viewer
from cordboard.domain.live_lists.service import LiveListService
from cordboard.domain.workflows.models import EndedRun
from cordboard.infra.db import Tx
from cordboard.kit.clock import epoch_ms

QUEUE = f"{BASE}/queue/{NAME}"


async def test_a_contact_is_shown_as_contacts_are_with_what_put_it_there(floor: Floor) -> None:
    await floor.make()
    entry = await floor.entry("Anna", expires_in=60, variables={"source": "web"})
    async with floor.api.platform.database.transaction() as tx:
        assert await floor.put(tx, entry) == [None]
    contact = (await floor.api.get(f"/v4/contact/{floor.people['Anna']}", floor.owner)).only
    added = epoch_ms(floor.api.clock.now())
    expected = {
        **contact,
        "listName": NAME,
        "campaignId": str(entry.campaign_id),
        "campaignRunId": str(entry.run_id),
        "campaignExtData": {"source": "web"},
        "expiresAt": added + 60_000,
        "addedAt": added,
    }

    assert (await floor.api.get(QUEUE, floor.owner)).only == expected
    assert (await floor.take()).only == expected
    await floor.add("Anna")
    removed = (await floor.api.delete(QUEUE, floor.owner)).only
    assert (removed["contactId"], removed["expiresAt"]) == (expected["contactId"], None)


async def test_a_preview_takes_nobody_out(floor: Floor) -> None:
    await floor.make()
    await floor.add("Anna", expires_in=1)
    await floor.add("Bert", "Carl")
    floor.api.clock.advance(1)

    names = [(await floor.api.get(QUEUE, floor.owner, size=size)).payload for size in ("1", "2", "100")]
    assert [[one["extData"]["firstname"] for one in shown] for shown in names] == [
        ["Anna"],
        ["Anna", "Bert"],
        ["Anna", "Bert", "Carl"],
    ]
    assert len((await floor.api.get(QUEUE, floor.owner)).payload) == 1
    for wrong in ("0", "101", "-1", "x"):
        assert (await floor.api.get(QUEUE, floor.owner, size=wrong)).errors == [("400", "size")]


async def test_the_next_takes_the_expired_before_it_along(floor: Floor) -> None:
    await floor.make()
    await floor.add("Anna", expires_in=10)
    await floor.add("Bert", expires_in=30)
    await floor.add("Carl", expires_in=10)
    await floor.add("Dora")
    floor.api.clock.advance(10)

    assert await floor.taken() == "Bert"
    assert await floor.line() == ["Carl", "Dora"]
    assert await floor.taken() == "Dora"
    assert await floor.line() == []


async def test_an_empty_list_is_an_error_of_its_own_and_forgets_the_expired(floor: Floor) -> None:
    await floor.make()
    await floor.add("Anna", "Bert", expires_in=10)
    floor.api.clock.advance(10)
    for method in ("POST", "DELETE", "POST"):
        answer = await floor.api.call(method, QUEUE, floor.owner)
        assert (answer.status, answer.errors) == (404, [("live_list_empty", NAME)])
        assert answer.body["error"][0]["message"] == "The live list is empty"
        assert await floor.api.fetch("select from live_list_entries") == []
    told = await floor.api.fetch("select payload from outbox where topic = 'live_lists.status_changed'")
    assert [one["payload"]["status"] for one in told] == ["created", "empty"]


async def test_a_list_does_not_exist_for_whom_it_is_not(floor: Floor) -> None:
    await floor.make()
    await floor.add("Anna")
    agent = await user_of(floor.api, floor.owner, "webrtc-agent")
    stranger = await floor.api.account("stranger")
    for outsider in (agent, stranger):
        for method in ("GET", "POST", "DELETE"):
            answer = await floor.api.call(method, QUEUE, outsider)
            assert (answer.status, answer.body["error"][0]["message"]) == (404, "Live list not found")
    assert await floor.line() == ["Anna"]

    await floor.api.put(f"{BASE}/{NAME}", floor.owner, {"clientIds": [str(agent.user.id)]})
    assert (await floor.api.get(QUEUE, agent)).status == 200
    assert (await floor.take(agent)).status == 200


async def test_agents_who_ask_at_once_never_get_the_same_contact(floor: Floor) -> None:
    await floor.make()
    people = [f"p{number}" for number in range(24)]
    await floor.add(*people)

    answers = await asyncio.gather(*(floor.take() for _ in range(30)))

    got = [answer.only["extData"]["firstname"] for answer in answers if answer.status == 200]
    assert sorted(got) == sorted(people)
    assert [answer.status for answer in answers if answer.status != 200] == [404] * 6
    told = await floor.api.fetch("select payload from outbox where topic = 'live_lists.status_changed'")
    assert [one["payload"]["status"] for one in told] == ["created", "empty"]


class Meanwhile(ContactService):
    """Contacts; while they are being looked up, something happens in another transaction."""

    def __init__(self, api: Api, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__(api.clock, api.platform.ids)
        self._happens = happens

    async def of_accounts(self, tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Contact]:
        """The contacts, afterwards."""
        await self._happens()
        return await super().of_accounts(tx, keys)


async def test_who_comes_late_into_the_line_is_not_lost(floor: Floor) -> None:
    """A step that began before another one, and ends while the other's contact is being taken out."""
    await floor.make()
    early, late = await floor.entry("Early"), await floor.entry("Late")
    platform = floor.api.platform
    async with platform.database.connection() as slow, platform.database.transaction() as quick:
        step = slow.transaction()
        await step.start()
        await floor.put(slow, early)
        async with platform.database.transaction() as other:
            await floor.put(other, late)
        viewer = Viewer(floor.owner.id, floor.owner.user.id, sees_all=True)
        lists = LiveListService(floor.api.clock, platform.ids, platform.accounts, Meanwhile(floor.api, step.commit))
        taken = await lists.take(quick, viewer, NAME)

    assert taken is not None
    assert taken.contact.id == floor.people["Late"]
    assert await floor.taken() == "Early"


async def test_archived_contacts_are_passed_by(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_LOOKED_AT_ONCE", 2)
    await floor.make()
    await floor.add("Anna", "Bert", "Carl", "Dora", "Emil")
    for gone in ("Anna", "Bert", "Carl", "Emil"):
        await floor.api.delete(f"/v4/contact/{floor.people[gone]}", floor.owner)

    assert await floor.line() == ["Dora"]
    assert await floor.taken() == "Dora"
    assert len(await floor.api.fetch("select from live_list_entries")) == 1
    assert await floor.taken() == ""
    assert await floor.api.fetch("select from live_list_entries") == []


async def test_a_repeated_request_gets_the_same_contact(floor: Floor) -> None:
    await floor.make()
    await floor.add("Anna", "Bert")
    key = {"Idempotency-Key": "once"}

    first, again = await floor.take(headers=key), await floor.take(headers=key)

    assert first.only == again.only
    assert await floor.line() == ["Bert"]


async def test_a_line_behaves_as_its_model(floor: Floor) -> None:
    """Adding, waiting and taking at random, against a list in memory."""
    chance, model = random.Random(26), list[tuple[str, float | None]]()
    await floor.make()
    now = 0.0
    for number in range(60):
        if (what := chance.random()) < 0.5:
            expires_in = chance.choice([None, 1, 3, 9])
            await floor.add(f"p{number}", expires_in=expires_in)
            model.append((f"p{number}", None if expires_in is None else now + expires_in))
        elif what < 0.7:
            floor.api.clock.advance(1)
            now += 1
        else:
            place = next((at for at, (_, until) in enumerate(model) if until is None or until > now), None)
            expected = "" if place is None else model[place][0]
            model = [] if place is None else model[place + 1 :]
            assert await floor.taken() == expected
    assert await floor.line() == [name for name, _ in model]


async def test_what_is_repeated_adds_nothing_and_what_is_full_takes_nothing(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_ENTRIES", 2)
    await floor.make()
    assert await floor.add("Anna", key="k") == [None]
    assert await floor.add("Anna", key="k") == [None]
    assert await floor.line() == ["Anna"]

    answers = await floor.add("Bert", "Carl")
    assert answers[0] is None
    assert isinstance(answers[1], LiveListFullError)
    (nowhere,) = await floor.add("Dora", to="nowhere")
    assert isinstance(nowhere, LiveListNotFoundError)
    assert await floor.line() == ["Anna", "Bert"]


def queueing(node: int, name: str, *children: int, **how: Any) -> dict[str, Any]:
    """A node that puts the contact in line."""
    usual = {"expirationType": "fixed", "expirationNumber": 1, "expirationUnits": "hours"}
    return {"id": node, "type": "agentQueue", "queueName": name, "children": list(children), **usual, **how}


@pytest.fixture
async def business(api: Api) -> Business:
    """A business with campaigns."""
    return await open_business(api)


async def test_a_workflow_puts_its_contacts_in_line(business: Business) -> None:
    api, owner = business.api, business.owner
    await api.post(BASE, owner, {"listName": NAME})
    people = [await business.contact(f"+1949222000{number}") for number in range(3)]
    campaign = await business.campaign([queueing(1, f" {NAME}")])
    runs = [
        await business.start(campaign, person, variables={"source": f"s{place}"}) for place, person in enumerate(people)
    ]
    await api.settle()

    shown = (await api.get(QUEUE, owner, size="10")).payload
    now = epoch_ms(api.clock.now())
    assert {one["contactId"]: one["campaignRunId"] for one in shown} == {
        str(person): str(run.id) for person, run in zip(people, runs, strict=True)
    }
    assert {one["campaignExtData"]["source"] for one in shown} == {"s0", "s1", "s2"}
    assert {(one["campaignId"], one["expiresAt"]) for one in shown} == {(str(campaign), now + 3_600_000)}


async def test_a_list_that_is_gone_is_noted_and_the_run_goes_on(business: Business) -> None:
    await business.api.post(BASE, business.owner, {"listName": NAME})
    campaign = await business.campaign([queueing(1, "nowhere", 2), queueing(2, NAME)])
    run = await business.start(campaign, await business.contact())
    await business.api.settle()

    over = await business.run(run.id)
    assert isinstance(over, EndedRun)
    assert (over.ending, over.state.path) == ("completed", (1, 2))
    assert (await business.api.get(QUEUE, business.owner)).only["campaignRunId"] == str(run.id)
    notes = [words for _, _, words in await business.history(run.id) if "not added" in words]
    assert notes == ["not added: Live list not found: nowhere"]
