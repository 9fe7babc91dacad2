"""How calls go on and end: whatever is told in whatever order, each call is charged, told and forgotten once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness import Api, Tenant
from tests.voice_node import (
    CALLEE,
    NUMBER,
    OTHER_CALLEE,
    VoiceNode,
    buy,
    change,
    money,
    place,
    prepay,
    set_price,
    stored,
    told,
)

from cordboard.domain.voice.admission import LONGEST_CALL
from cordboard.domain.voice.models import CallRecord, CallRequest
from cordboard.domain.voice.pricing import billed_seconds, cost_of
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall
from cordboard.kit.errors import CordboardError
from cordboard.run.reaper import reaper_of

MINUTE = 600_000
"""The price of a minute in these tests, in micro-units: a second is 10,000."""

FUNDS = 5_000_000
STEPS = ("ring", "answer", "extend", "finish", "finish twice", "wait", "look", "die")


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER."""
    tenant = await api.account()
    await buy(api, tenant, NUMBER)
    await set_price(api, MINUTE)
    return tenant


@pytest.fixture
def node(api: Api) -> VoiceNode:
    """The process that makes the calls."""
    return VoiceNode(api)


async def reap(api: Api) -> None:
    """One look of the reaper."""
    await reaper_of(api.platform).once()


async def calling(api: Api, owner: Tenant, node: VoiceNode, count: int = 1, **changes: Any) -> list[CallRecord]:
    """So many calls that the node is making."""
    for _ in range(count):
        await place(api, owner, **changes)
        api.clock.advance(0.001)  # one after the other
    return await node.claim()


async def ledger(api: Api, tenant: Tenant) -> list[tuple[int, int, str]]:
    """Amount, seconds and description of each charge for a call."""
    rows = await api.fetch(
        "select amount, seconds, description from ledger_entries where account_id = $1 and kind = 'call' order by id",
        tenant.id,
    )
    return [(row["amount"], row["seconds"], row["description"]) for row in rows]


@dataclass(slots=True)
class Expected:
    """What must become of a call, kept by hand."""

    record: CallRecord
    told: Counter[str] = field(default_factory=lambda: Counter({"voice.placed": 1}))
    answered_at: datetime | None = None
    over: bool = False
    cost: int = 0

    def end(self, now: datetime) -> None:
        """It is over now."""
        if not self.over:
            talked = -int((self.answered_at - now).total_seconds() // 1) if self.answered_at else 0
            self.over, self.cost = True, cost_of(billed_seconds(talked), MINUTE)
            self.told["voice.completed"] += 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2), st.integers(1, 130)), max_size=25))
async def test_any_order_of_events_charges_tells_and_forgets_each_call_once(
    api: Api, steps: Sequence[tuple[str, int, int]]
) -> None:
    tenant, node = await api.account(), VoiceNode(api, "node-of-steps")
    await offer_and_buy(api, tenant)
    await set_price(api, MINUTE)
    await prepay(api, tenant, FUNDS)
    for _ in range(3):
        await place(api, tenant, statusCallbackUrl="http://127.0.0.1:1/status")
    calls = [Expected(record) for record in await node.claim()]
    assert len(calls) == 3

    for step, index, number in steps:
        await take(api, tenant, node, calls, step, calls[index], number)
        assert (await money(api, tenant))[1] == await held(api, tenant)
    await node.ends(*(call.record for call in calls))
    for call in calls:
        call.end(api.clock.now())

    spent = sum(call.cost for call in calls)
    assert await money(api, tenant) == (FUNDS - spent, 0)
    assert await api.fetch("select * from live_calls where account_id = $1", tenant.id) == []
    assert sorted(amount for amount, _, _ in await ledger(api, tenant)) == sorted(
        -one.cost for one in calls if one.cost
    )
    events = await api.fetch("select topic, subject from outbox where account_id = $1", tenant.id)
    counted = Counter((row["subject"], row["topic"]) for row in events if row["topic"].startswith("voice."))
    assert counted == Counter({(str(c.record.id), topic): times for c in calls for topic, times in c.told.items()})
    (jobs,) = await api.fetch("select count(*) as callbacks from jobs where account_id = $1", tenant.id)
    assert jobs["callbacks"] == 3
    assert [(await stored(api, call.record.id))["cost"] for call in calls] == [call.cost for call in calls]


async def offer_and_buy(api: Api, tenant: Tenant) -> None:
    """The tenant gets NUMBER, whoever had it."""
    async with api.platform.database.transaction() as tx:
        await tx.execute("delete from numbers")
    await buy(api, tenant, NUMBER)


async def held(api: Api, tenant: Tenant) -> int:
    """What the account's live calls have reserved."""
    (row,) = await api.fetch(
        "select coalesce(sum(held), 0)::bigint as held from live_calls where account_id = $1", tenant.id
    )
    amount: int = row["held"]
    return amount


async def take(
    api: Api, tenant: Tenant, node: VoiceNode, calls: Sequence[Expected], step: str, call: Expected, seconds: int
) -> None:
    """One step of the scenario, on the platform and on what is expected of it."""
    match step:
        case "wait":
            api.clock.advance(seconds)
        case "look":
            await node.beat()
            await reap(api)
        case "die":
            await node.leave()
            await reap(api)
            for one in calls:
                one.end(api.clock.now())
        case "extend":
            balance, reserved = await money(api, tenant)
            granted = await node.extends(call.record)
            assert granted == (not call.over and balance - reserved >= MINUTE)
        case _:
            await go_on(node, call, step, api.clock.now())


async def go_on(node: VoiceNode, call: Expected, step: str, now: datetime) -> None:
    """A step of one call."""
    can_go_on = not call.over and call.answered_at is None
    if step == "ring":
        await node.rings(call.record)
        call.told["voice.dialing"] = max(call.told["voice.dialing"], int(can_go_on))
    elif step == "answer":
        await node.answers(call.record)
        if can_go_on:
            call.answered_at = now
            call.told["voice.in_progress"] += 1
    else:
        endings = [call.record] * (2 if step == "finish twice" else 1)
        assert len(await node.ends(*endings)) == (not call.over)
        call.end(now)


async def test_talk_is_billed_in_steps_of_six_seconds_and_the_rest_of_the_hold_is_free(
    api: Api, owner: Tenant, node: VoiceNode
) -> None:
    calls = await calling(api, owner, node, 3)
    balance = (await money(api, owner))[0]
    await node.answers(*calls)
    for call, seconds in zip(calls, (0.2, 5.8, 1.0), strict=True):
        api.clock.advance(seconds)
        await node.ends(call)

    assert [(amount, quantity) for amount, quantity, _ in await ledger(api, owner)] == [
        (-60_000, 6),
        (-60_000, 6),
        (-120_000, 12),
    ]
    assert {words for _, _, words in await ledger(api, owner)} == {f"outbound call {NUMBER} to {CALLEE}"}
    assert await money(api, owner) == (balance - 240_000, 0)


async def test_a_call_that_nobody_answered_costs_nothing(api: Api, owner: Tenant, node: VoiceNode) -> None:
    (call,) = await calling(api, owner, node)
    await node.rings(call, trunk="acme")
    await node.rings(call, trunk="beta")
    api.clock.advance(30)

    (ended,) = await node.ends(call, status="no_answer", reason="not answered within 30 s")

    assert (ended.status, ended.cost, ended.seconds, ended.trunk) == ("no_answer", 0, 0, "beta")
    assert await ledger(api, owner) == []
    assert (await money(api, owner))[1] == 0
    assert len(await told(api, "voice.dialing")) == 1


async def test_steps_told_together_are_taken_in_order(api: Api, owner: Tenant, node: VoiceNode) -> None:
    (call,) = await calling(api, owner, node)

    (changed,) = await node.progress(node.step(call, "dialing", "acme"), node.step(call, "in-progress"))

    assert (changed.status, changed.trunk, changed.answered_at) == ("in-progress", "acme", api.clock.now())
    assert await node.rings(call) == []
    assert [len(await told(api, topic)) for topic in ("voice.dialing", "voice.in_progress")] == [1, 1]
    (live,) = await api.fetch("select answered_at, node from live_calls")
    assert live == {"answered_at": api.clock.now(), "node": "node-1"}


async def test_a_minute_is_reserved_while_the_balance_covers_it(api: Api, owner: Tenant, node: VoiceNode) -> None:
    await prepay(api, owner, 2 * MINUTE + 1)
    (call,) = await calling(api, owner, node)
    await node.answers(call)

    assert [await node.extends(call) for _ in range(2)] == [True, False]
    assert await money(api, owner) == (2 * MINUTE + 1, 2 * MINUTE)
    api.clock.advance(120)
    await node.ends(call, status="insufficient_funds", reason="the balance does not cover another minute")
    assert await money(api, owner) == (1, 0)
    assert await node.extends(call) is False
    assert await money(api, owner) == (1, 0)


async def test_minutes_and_endings_at_the_same_time_lose_no_money_and_never_wait_for_each_other(
    api: Api, owner: Tenant, node: VoiceNode
) -> None:
    calls = await calling(api, owner, node, 6)
    await node.answers(*calls)
    api.clock.advance(59)

    await asyncio.gather(
        *(node.extends(call) for call in calls),
        node.ends(*calls[:4]),
        node.ends(*reversed(calls)),
        node.progress(*(node.step(call, "in-progress") for call in reversed(calls))),
        reap(api),
    )

    assert [amount for amount, _, _ in await ledger(api, owner)] == [-MINUTE] * 6
    assert (await money(api, owner))[1] == 0
    assert len(await told(api, "voice.completed")) == 6


async def test_what_a_dead_process_left_is_ended_charged_and_told(api: Api, owner: Tenant, node: VoiceNode) -> None:
    other = VoiceNode(api, "node-2")
    answered, ringing = await calling(api, owner, node, 2, statusCallbackUrl="http://127.0.0.1:1/status")
    (alive,) = await calling(api, owner, other)
    await node.answers(answered)
    async with api.platform.database.transaction() as tx:
        room = await api.platform.voice.conferences.open(tx, owner.id, "sales", node.name, mini=True)
    api.clock.advance(12)
    await reap(api)
    assert len(await api.fetch("select call_id from live_calls")) == 3

    async with api.platform.database.transaction() as tx:
        await tx.execute("update voice_nodes set seen_at = seen_at - interval '6 s' where node = $1", node.name)
    await asyncio.gather(reap(api), reap(api))

    rows = [await stored(api, call.id) for call in (answered, ringing, alive)]
    assert [(row["status"], row["reason"], row["cost"]) for row in rows] == [
        ("completed", "the process that had the call ended", 120_000),
        ("failed", "the process that had the call ended", 0),
        ("in-queue", None, 0),
    ]
    assert [row["node"] for row in await api.fetch("select node from voice_nodes")] == [other.name]
    assert sorted(event["callSid"] for event in await told(api, "voice.completed")) == sorted(
        (str(answered.id), str(ringing.id))
    )
    assert [event["confId"] for event in await told(api, "voice.conference_ended")] == [str(room.id)]
    assert len(await api.fetch("select id from jobs")) == 2
    assert await node.ends(answered, ringing) == []
    assert await node.beat() is True  # so it learns that it was taken for dead
    assert await node.beat() is False


async def test_calls_that_nobody_takes_or_that_last_too_long_are_ended(
    api: Api, owner: Tenant, node: VoiceNode
) -> None:
    (endless,) = await calling(api, owner, node)
    await node.answers(endless)
    api.clock.advance(LONGEST_CALL.total_seconds() - 30)
    async with api.platform.database.transaction() as tx:
        waiting = await api.platform.voice.place(tx, [_request(owner)])
    async with api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into call_commands (account_id, call_id, node, command, asked_at)"
            " values ($1, $2, 'gone', '{}', $3)",
            owner.id,
            endless.id,
            api.clock.now(),
        )
    await reap(api)
    assert len(await api.fetch("select call_id from live_calls")) == 2

    api.clock.advance(30)
    await reap(api)
    assert (await stored(api, endless.id))["reason"] == "the process that had the call ended"
    api.clock.advance(31)
    await reap(api)

    (left,) = waiting
    assert not isinstance(left, CordboardError)
    row = await stored(api, left.id)
    assert (row["status"], row["reason"]) == ("failed", "no voice process took the call")
    assert (await money(api, owner))[1] == 0
    api.clock.advance(300)
    await reap(api)
    assert await api.fetch("select id from call_commands") == []


def _request(tenant: Tenant) -> CallRequest:
    return CallRequest(account_id=tenant.id, parent_account_id=tenant.id, to=OTHER_CALLEE, caller=NUMBER)


async def test_a_call_that_comes_in_is_admitted_held_for_and_written_down(api: Api, owner: Tenant) -> None:
    await prepay(api, owner, 5_600)
    await change(api, owner, concurrent_calls="2")
    comes = InboundCall(
        account_id=owner.id, parent_account_id=owner.id, caller=CALLEE, callee=NUMBER, node="node-1", trunk="acme"
    )

    async def admit(*inbound: InboundCall) -> list[CallRecord | CordboardError]:
        async with api.platform.database.transaction() as tx:
            return await api.platform.voice.admit(tx, inbound)

    taken, poor = await admit(comes, comes)
    free = InboundCall(
        account_id=owner.id,
        parent_account_id=owner.id,
        caller="sip:ada",
        callee=CALLEE,
        node="node-1",
        direction="outbound",
        kind="sip",
    )
    by_phone, one_too_many = await admit(free, free)

    assert isinstance(taken, CallRecord)
    assert (taken.status, taken.direction, taken.trunk, taken.price) == ("dialing", "inbound", "acme", 5_600)
    assert isinstance(poor, CordboardError)
    assert poor.code == "insufficient_funds"
    assert isinstance(by_phone, CallRecord)
    assert (by_phone.direction, by_phone.kind, by_phone.price) == ("outbound", "sip", 0)
    assert isinstance(one_too_many, CordboardError)
    assert one_too_many.code == "429"
    live = await api.fetch("select node, direction, held from live_calls order by direction")
    assert [tuple(row.values()) for row in live] == [("node-1", "inbound", 5_600), ("node-1", "outbound", 0)]
    node = VoiceNode(api)
    assert await node.claim() == []
    await node.answers(taken)
    api.clock.advance(60)
    await node.ends(taken)
    assert await money(api, owner) == (0, 0)
    assert [words for _, _, words in await ledger(api, owner)] == [f"inbound call {CALLEE} to {NUMBER}"]
    assert await api.fetch("select * from call_spend") == []
