"""Calls of runs: from which number, and what follows from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.campaigns.house import NUMBERS, PERSON, Business
from tests.campaigns.test_runs import control, delay, sms

from cordboard.domain.workflows.models import Run

CALLS, TEXTS = NUMBERS
"""A number that only calls, and one that only writes, where `divide` made them so."""


def call(node: int, *children: int, **members: Any) -> dict[str, Any]:
    """A node that calls."""
    return {"id": node, "type": "call", "url": "https://example.com/x.xml", "children": list(children), **members}


async def divide(business: Business) -> None:
    """One number of the set calls, the other one writes."""
    for number, attribute in ((CALLS, "voice-enabled"), (TEXTS, "sms-enabled")):
        await business.api.fetch(
            "update numbers set attributes = $3 where account_id = $1 and phone_number = $2",
            business.owner.id,
            number,
            [attribute],
        )


async def callers(business: Business) -> list[str]:
    """The numbers that called, in order."""
    return [row["caller"] for row in await business.api.fetch("select caller from calls order by created_at, id")]


async def variables(business: Business, run_id: UUID) -> dict[str, str]:
    """What a run knows."""
    return (await business.run(run_id)).state.variables


async def test_where_the_known_number_only_writes_another_one_calls_and_it_writes_on(business: Business) -> None:
    await divide(business)
    first, second = await business.template("First"), await business.template("Second")
    nodes = [sms(1, first, 2), delay(2, 3), call(3, 4), delay(4, 5), sms(5, second)]
    started = await business.start(await business.campaign(nodes), await business.contact())
    assert await business.send() == ["First"]
    business.api.clock.advance(3600)
    await business.api.settle()
    assert await callers(business) == [CALLS]
    assert (await business.run(started.id)).sender == TEXTS
    business.api.clock.advance(3600)
    assert await business.send() == ["Second"]
    assert [one.sender for one in business.carrier.taken] == [TEXTS, TEXTS]


async def test_where_the_number_that_called_only_calls_another_one_writes(business: Business) -> None:
    await divide(business)
    hello = await business.template("Hello")
    started = await business.start(
        await business.campaign([call(1, 2), delay(2, 3), sms(3, hello), control(4)]), await business.contact()
    )
    await business.api.settle()
    assert (await business.run(started.id)).sender == CALLS, "further calls come from it"
    business.api.clock.advance(3600)
    assert await business.send() == ["Hello"]
    assert business.carrier.taken[-1].sender == TEXTS


async def test_a_text_right_after_a_call_comes_from_the_number_that_called(business: Business) -> None:
    hello, again = await business.template("Hello"), await business.template("Again")
    campaign = await business.campaign([call(1, 2), sms(2, hello, 3), call(3, 4), sms(4, again)])
    contacts = [await business.contact(f"+1949222100{n}") for n in range(6)]
    await business.start_all(campaign, contacts)
    while len(business.carrier.taken) < 2 * len(contacts) and await business.send():
        business.api.clock.advance(5)
    known: dict[str, set[str]] = {}
    for row in await business.api.fetch("select callee, caller from calls"):
        known.setdefault(row["callee"], set()).add(row["caller"])
    for text in business.carrier.taken:
        known[text.recipient].add(text.sender)
    assert len(business.carrier.taken) == 12
    assert [len(numbers) for numbers in known.values()] == [1] * 6


async def test_a_number_that_was_given_back_is_replaced_by_another_of_the_set(business: Business) -> None:
    started = await business.start(
        await business.campaign([call(1, 2), delay(2, 3), call(3)]), await business.contact()
    )
    await business.api.settle()
    (first,) = await callers(business)
    await business.api.fetch(
        "delete from numbers where account_id = $1 and phone_number = $2", business.owner.id, first
    )
    business.api.clock.advance(3600)
    await business.api.settle()
    assert len({first, *await callers(business)}) == 2
    assert "node3.error" not in await variables(business, started.id)


async def test_without_a_set_the_known_number_calls_or_the_run_is_told_why_not(business: Business) -> None:
    await divide(business)
    campaign = await business.campaign([call(1, 2), delay(2, 3), control(3)], number_set_id=None)
    good = await business.start(campaign, await business.contact(), sender=CALLS)
    bad = await business.start(campaign, await business.contact("+19492221002"), sender=TEXTS)
    await business.api.settle()
    assert await callers(business) == [CALLS]
    assert "node1.callstatus" not in await variables(business, good.id)
    told = await variables(business, bad.id)
    assert told["node1.callstatus"] == "failed"
    assert f"{TEXTS} is not voice-enabled" in told["node1.error"]
    assert any("not called" in words for _, _, words in await business.history(bad.id))


async def test_members_are_read_as_make_call_reads_them(business: Business) -> None:
    node = call(1, 2, timeout="25", ifMachine="hangup", metadata={"order": "7"})
    started = await business.start(await business.campaign([node, delay(2, 3), control(3)]), await business.contact())
    await business.api.settle()
    (row,) = await business.api.fetch("select options, metadata, callee from calls")
    assert row["callee"] == PERSON
    assert (row["options"]["timeout"], row["options"]["if_machine"]) == (25, "hangup")
    assert row["metadata"] == {"order": "7", "campaignRunId": str(started.id)}


async def test_members_that_become_bad_by_their_variables_are_told_to_the_run(business: Business) -> None:
    node = call(1, 2, timeout="%%SECONDS%%")
    started = await business.start(
        await business.campaign([node, delay(2, 3), control(3)]), await business.contact(), variables={"seconds": "x"}
    )
    await business.api.settle()
    assert await callers(business) == []
    assert isinstance(await business.run(started.id), Run)
    assert "timeout" in (await variables(business, started.id))["node1.error"]
