"""Requests 144 to 146: the figures are those of the logs, by every grouping and period, however events come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant
from tests.voice_node import NUMBER, SECOND, VoiceNode, buy, place

from cordboard.domain.messaging.models import Outcome, PartResult
from cordboard.domain.voice.models import CallRecord
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids

AGGREGATE = "/v4/statistics/aggregate"
HOURLY = "/v4/statistics/numbers/hourly"
COMMUNICATIONS = "/v4/statistics/communications/aggregate"
HANDSETS = ("+19492221234", "+16192331234", "+12125550123")
USERS = (UUID("0e7a1a40-0001-4000-8000-000000000001"), UUID("0e7a1a40-0002-4000-8000-000000000002"))
CAMPAIGN = UUID("e8861980-5165-11e9-b3b4-55cdbe9b37b5")
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
FAR = 10 * WEEK


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER, and SECOND in a set."""
    return await tenant_of(api)


async def tenant_of(api: Api) -> Tenant:
    """The same, whoever had the numbers."""
    tenant = await api.account()
    async with api.platform.database.transaction() as tx:
        await tx.execute("delete from numbers")
        await tx.execute("delete from messages")
        await tx.execute("delete from calls")
        for service, price in (("sms_in", 1_000), ("sms_out", 7_500), ("call_out", 8_400), ("call_in", 5_600)):
            await tx.execute(
                "insert into rates (service, prefix, price) values ($1, '', $2) on conflict do nothing", service, price
            )
    await buy(api, tenant, NUMBER, SECOND)
    made = await api.post("/v4/numberset", tenant, {"name": "east", "phoneNumbers": [SECOND]})
    assert made.status == 200, made.body
    return tenant


async def admit(api: Api, tenant: Tenant, **changes: Any) -> CallRecord:
    """A call comes to a voice process."""
    usual: dict[str, Any] = {"caller": HANDSETS[0], "callee": NUMBER, "node": "node-1"}
    call = InboundCall(account_id=tenant.id, parent_account_id=tenant.id, **{**usual, **changes})
    async with api.platform.database.transaction() as tx:
        (record,) = await api.platform.voice.admit(tx, [call])
    assert isinstance(record, CallRecord), record
    return record


def signed_in(api: Api, tenant: Tenant) -> Tenant:
    """The same, with a token from now on: they do not last for hours."""
    return Tenant(tenant.account, tenant.user, api._token_of(tenant.account, tenant.user))


def ms(moment: datetime) -> str:
    """A time as queries take it."""
    return str(epoch_ms(moment))


async def traffic(api: Api, tenant: Tenant, **query: str) -> list[dict[str, Any]]:
    """Request 146 over all that a test does."""
    times = {"startTimeMs": ms(api.clock.now() - FAR), "endTimeMs": ms(api.clock.now() + HOUR)}
    return (await api.get(COMMUNICATIONS, tenant, **{**times, **query})).payload


async def test_the_last_hour_by_the_minute_with_what_happened_in_each(api: Api, owner: Tenant) -> None:
    carrier, node = CarrierDouble(api), VoiceNode(api)
    api.clock.advance(30)
    await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSETS[0], "text": "x" * 200})
    await carrier.work()
    await place(api, owner)
    (call,) = await node.claim()
    api.clock.advance(60)
    await carrier.deliver(HANDSETS[0], NUMBER, "hello")
    await node.answers(call)
    inbound = await admit(api, owner)
    await node.answers(inbound)
    api.clock.advance(60)
    await node.ends(call, inbound)
    await api.settle()

    shown = (await api.get(AGGREGATE, owner)).payload

    assert [bucket["timeMs"] for bucket in shown] == [
        epoch_ms(api.clock.now().replace(second=0) - (59 - index) * MINUTE) for index in range(60)
    ]
    nothing = dict.fromkeys(set(shown[0]) - {"timeMs"}, 0)
    assert [{**bucket, "timeMs": 0} for bucket in shown[:-3]] == [{"timeMs": 0, **nothing}] * 57
    assert [{k: v for k, v in bucket.items() if v and k != "timeMs"} for bucket in shown[-3:]] == [
        {"callsDialed": 1, "outboundSms": 1},
        {"outboundCallsStarted": 1, "inboundCallsStarted": 1, "inboundSms": 1},
        {"callsCompleted": 2},
    ]


async def test_buckets_begin_at_the_start_and_reach_over_the_end(api: Api, owner: Tenant) -> None:
    carrier = CarrierDouble(api)
    start = api.clock.now()
    for _ in range(4):
        await carrier.deliver(HANDSETS[0], NUMBER, "hello")
        api.clock.advance(300)
    await api.settle()

    shown = (
        await api.get(
            AGGREGATE,
            owner,
            startTimeMs=ms(start + timedelta(seconds=59)),
            endTimeMs=ms(start + 11 * MINUTE),
            minutesAggregate="5",
        )
    ).payload

    assert [(one["timeMs"], one["inboundSms"]) for one in shown] == [
        (epoch_ms(start), 1),
        (epoch_ms(start + 5 * MINUTE), 1),
        (epoch_ms(start + 10 * MINUTE), 1),
    ]


async def test_a_row_shows_what_the_reference_lists(api: Api, owner: Tenant) -> None:
    carrier, node = CarrierDouble(api), VoiceNode(api)
    await carrier.deliver(HANDSETS[0], SECOND, "hello")
    await carrier.deliver(HANDSETS[1], SECOND, "STOP")
    for text in ("x", "x" * 400):
        await api.post("/v4/sms", owner, {"from": SECOND, "to": HANDSETS[0], "text": text})
    api.clock.advance(10)  # a sender's messages leave one after the other
    await carrier.work()
    calls = [await admit(api, owner, callee=SECOND) for _ in range(2)]
    await node.answers(*calls)
    await api.settle()
    replies = len(carrier.taken) - 2
    api.clock.advance(20)
    await node.ends(calls[0])
    api.clock.advance(31)
    await node.ends(calls[1])
    await api.settle()

    (shown,) = await traffic(api, owner, grouping="phoneNumber")
    (by_hour,) = (await api.get(HOURLY, owner)).payload

    sent = await api.fetch("select price from messages where direction = 'outbound' and sent_at is not null")
    calls_cost = await api.fetch("select sum(cost)::bigint as cost from calls")
    hour = epoch_ms(api.clock.now().replace(minute=0, second=0))
    assert shown == {
        "hourMs": hour,
        "number": SECOND,
        "sms": {
            "inbound": 2,
            "outbound": 2 + replies,
            "inboundCost": pytest.approx(0.002),
            "outboundCost": pytest.approx(sum(row["price"] for row in sent) / 1e6),
            "minMessageCount": 1,
            "maxMessageCount": 3,
            "optOuts": 1,
        },
        "call": {
            "inboundCount": 2,
            "outboundCount": 0,
            "inboundCallDuration": 71,
            "outboundCallDuration": 0,
            "minInboundDuration": 20,
            "maxInboundDuration": 51,
            "minOutboundDuration": 0,
            "maxOutboundDuration": 0,
            "inboundCost": pytest.approx(calls_cost[0]["cost"] / 1e6),
            "outboundCost": 0,
        },
    }
    assert by_hour == {
        "number": SECOND,
        "hourMs": hour,
        "sms": {"inbound": 2, "outbound": 2 + replies},
        "call": {"inbound": 2, "outbound": 0, "inboundDurationSeconds": 71, "outboundDurationSeconds": 0},
    }


async def test_groups_and_filters_go_together(api: Api, owner: Tenant) -> None:
    node = VoiceNode(api)
    sets = await api.fetch("select id from number_sets")
    calls = [
        await admit(api, owner, direction="outbound", kind="webrtc", caller=number, callee=HANDSETS[0], client_id=user)
        for number, user in ((NUMBER, USERS[0]), (SECOND, USERS[0]), (SECOND, USERS[1]))
    ]
    calls.append(await admit(api, owner, callee=NUMBER))
    async with api.platform.database.transaction() as tx:
        await tx.execute("update calls set campaign_id = $1 where id = $2", CAMPAIGN, calls[3].id)
    await node.ends(*calls)
    await api.settle()

    async def found(member: str, **query: str) -> list[tuple[Any, int]]:
        rows = await traffic(api, owner, **query)
        return [(row.get(member), row["call"]["inboundCount"] + row["call"]["outboundCount"]) for row in rows]

    east = str(sets[0]["id"])
    user, other = map(str, USERS)
    assert await found("none") == [(None, 4)]
    assert await found("number", grouping="phoneNumber") == [(NUMBER, 2), (SECOND, 2)]
    assert await found("webrtcUserId", grouping="webrtcUser") == [(user, 2), (other, 1)]
    assert await found("numberSetId", grouping="numberSet") == [(east, 2)]
    assert await found("none", phoneNumbers=f"{NUMBER}, (714) 555-0101") == [(None, 4)]
    assert await found("none", phoneNumbers=SECOND, webrtcClientIds=user) == [(None, 1)]
    assert await found("webrtcUserId", grouping="webrtcUser", numberSetId=east) == [(user, 1), (other, 1)]
    assert await found("number", grouping="phoneNumber", webrtcClientIds=f"{user},{other}") == [
        (NUMBER, 1),
        (SECOND, 2),
    ]
    assert await found("none", numberSetId=str(Ids.random_uuid())) == []
    hourly = (await api.get(HOURLY, owner, grouping="campaignId")).only
    assert (hourly["campaignId"], hourly["call"]["inbound"]) == (str(CAMPAIGN), 1)
    assert (await api.get(HOURLY, owner, campaignId=str(CAMPAIGN))).only["number"] == NUMBER
    assert (await api.get(HOURLY, owner, campaignId=str(CAMPAIGN), phoneNumber=SECOND)).payload == []


async def test_spend_and_duration_choose_among_rows(api: Api, owner: Tenant) -> None:
    node = VoiceNode(api)
    for number, seconds in ((NUMBER, 60), (SECOND, 120)):
        call = await admit(api, owner, callee=number)
        await node.answers(call)
        api.clock.advance(seconds)
        await node.ends(call)
    await api.settle()

    async def found(**query: str) -> list[str]:
        return [row["number"] for row in await traffic(api, owner, grouping="phoneNumber", **query)]

    assert await found(minDuration="61") == [SECOND]
    assert await found(maxDuration="60") == [NUMBER]
    assert await found(minDuration="60", maxDuration="120") == [NUMBER, SECOND]
    assert await found(minSpend="0.0056", maxSpend="0.0111") == [NUMBER]
    assert await found(minSpend="0.0112") == [SECOND]
    assert await found(maxSpend="0") == []


async def test_pages_and_both_orders(api: Api, owner: Tenant) -> None:
    carrier = CarrierDouble(api)
    hours = []
    for _ in range(3):
        hours.append(epoch_ms(api.clock.now()))
        for number in (NUMBER, SECOND):
            await carrier.deliver(HANDSETS[0], number, "hello")
        api.clock.advance(3600)
    owner = signed_in(api, owner)
    await api.settle()
    rows = [(hour, number) for hour in hours for number in (NUMBER, SECOND)]

    def keys(found: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
        return [(row["hourMs"], row["number"]) for row in found]

    first = await api.get(HOURLY, owner, size="4")
    rest = await api.get(HOURLY, owner, size="4", offset=str(first.body.get("nextOffset")))
    backwards = await traffic(api, owner, grouping="phoneNumber", sortByHourMs="desc")

    assert keys(first.payload) + keys(rest.payload) == rows
    assert "nextOffset" not in rest.body
    assert keys(backwards) == [(hour, number) for hour in reversed(hours) for number in (NUMBER, SECOND)]


async def test_nobody_sees_another_accounts_figures(api: Api, owner: Tenant) -> None:
    await CarrierDouble(api).deliver(HANDSETS[0], NUMBER, "hello")
    await api.settle()
    stranger = await api.account()

    assert await traffic(api, stranger, grouping="phoneNumber") == []
    assert (await api.get(HOURLY, stranger, phoneNumber=NUMBER)).payload == []
    assert {bucket["inboundSms"] for bucket in (await api.get(AGGREGATE, stranger)).payload} == {0}
    rows = [("GET", path, "statistics-read") for path in (AGGREGATE, HOURLY, COMMUNICATIONS)]
    await api.assert_privileges(rows, "contact-admin")


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (AGGREGATE, {"startTimeMs": "-1"}, "startTimeMs"),
        (AGGREGATE, {"endTimeMs": "99999999999999999"}, "endTimeMs"),
        (AGGREGATE, {"startTimeMs": "1767614460000"}, "startTimeMs"),
        (AGGREGATE, {"startTimeMs": "2", "endTimeMs": "1"}, "endTimeMs"),
        (AGGREGATE, {"startTimeMs": "1609459200000"}, "startTimeMs"),
        (AGGREGATE, {"minutesAggregate": "0"}, "minutesAggregate"),
        (AGGREGATE, {"minutesAggregate": "1441"}, "minutesAggregate"),
        (AGGREGATE, {"startTimeMs": "1765000000000"}, "minutesAggregate"),
        (HOURLY, {"grouping": "none"}, "grouping"),
        (HOURLY, {"phoneNumber": "x"}, "phoneNumber"),
        (HOURLY, {"campaignId": "x"}, "campaignId"),
        (HOURLY, {"size": "10001"}, "size"),
        (HOURLY, {"offset": "-1"}, "offset"),
        (COMMUNICATIONS, {"grouping": "campaignId"}, "grouping"),
        (COMMUNICATIONS, {"aggregatePeriod": "months"}, "aggregatePeriod"),
        (COMMUNICATIONS, {"minSpend": "1e3"}, "minSpend"),
        (COMMUNICATIONS, {"maxSpend": "-1"}, "maxSpend"),
        (COMMUNICATIONS, {"minSpend": "2", "maxSpend": "1"}, "maxSpend"),
        (COMMUNICATIONS, {"minDuration": "2", "maxDuration": "1"}, "maxDuration"),
        (COMMUNICATIONS, {"minDuration": "-1"}, "minDuration"),
        (COMMUNICATIONS, {"phoneNumbers": "+19495551234,x"}, "phoneNumbers"),
        (COMMUNICATIONS, {"webrtcClientIds": "x"}, "webrtcClientIds"),
        (COMMUNICATIONS, {"phoneNumbers": ",".join(["+19495551234"] * 1001)}, "phoneNumbers"),
        (COMMUNICATIONS, {"sortByHourMs": "up"}, "sortByHourMs"),
    ],
)
async def test_what_cannot_be_asked_is_named(
    api: Api, owner: Tenant, path: str, query: dict[str, str], field: str
) -> None:
    answer = await api.get(path, owner, **query)

    assert answer.errors == [("400", field)]
    assert answer.status == 400


async def test_a_message_counts_when_it_is_known_to_be_sent_and_once(api: Api, owner: Tenant) -> None:
    carrier = CarrierDouble(api)
    await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSETS[0], "text": "hello"})
    (submission,) = await carrier.work("unknown")
    await api.settle()
    before = await traffic(api, owner)
    api.clock.advance(3600)
    known_at = api.clock.now()
    late = PartResult(submission=submission, part=1, outcome="accepted", remote_id="late")
    async with api.platform.database.transaction() as tx:
        await api.platform.messaging.record(tx, carrier.name, [late])
    api.clock.advance(3500)  # nobody tells of it for an hour
    await carrier.receipt("late", "undelivered")
    await api.settle()

    shown = await traffic(api, owner)

    assert before == []
    assert [(one["hourMs"], one["sms"]["outbound"]) for one in shown] == [(epoch_ms(known_at), 1)]


STEPS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from((1, 59, 61, 3599, 3600, 40_000, 90_000))),
    st.tuples(st.sampled_from(("send", "text", "call", "ring in", "ring from a phone")), st.integers(0, 5)),
    st.tuples(st.sampled_from(("take", "answer", "end", "settle")), st.integers(0, 3)),
)


@dataclass(slots=True)
class Play:
    """A story that goes on by steps."""

    api: Api
    tenant: Tenant
    carrier: CarrierDouble
    node: VoiceNode
    calls: list[CallRecord] = field(default_factory=list)

    async def take(self, step: str, choice: int) -> None:
        """One step."""
        number, handset = (NUMBER, SECOND)[choice % 2], HANDSETS[choice % 3]
        match step:
            case "wait":
                self.api.clock.advance(choice)
                self.tenant = signed_in(self.api, self.tenant)
                async with self.api.platform.database.transaction() as tx:
                    await maintain_partitions(tx, self.api.clock.now())
            case "send":
                body = {"from": number, "to": handset, "text": "x" * (1, 200, 400)[choice % 3]}
                await self.api.post("/v4/sms", self.tenant, body)
            case "text":
                await self.carrier.deliver(handset, number, ("hello", "STOP", "START")[choice // 2])
            case "take":
                outcomes: tuple[Outcome, ...] = ("accepted", "accepted", "refused", "unknown")
                await self.carrier.work(outcomes[choice])
            case "call":
                await self.api.post(
                    "/v4/call", self.tenant, {"from": number, "to": handset, "url": "https://example.com/x.xml"}
                )
                self.calls += await self.node.claim()
            case "ring in":
                self.calls.append(await admit(self.api, self.tenant, callee=number, caller=handset))
            case "ring from a phone":
                user = USERS[choice // 3]
                self.calls.append(
                    await admit(
                        self.api,
                        self.tenant,
                        direction="outbound",
                        kind="webrtc",
                        caller=number,
                        callee=handset,
                        client_id=user,
                    )
                )
            case "answer":
                await self.node.answers(*self.calls[choice::3])
            case "end":
                await self.node.ends(*self.calls[choice::2])
            case _:
                await self.api.settle()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=30))
async def test_the_figures_are_those_of_the_logs(api: Api, steps: Sequence[tuple[str, int]]) -> None:
    tenant = await tenant_of(api)
    play = Play(api, tenant, CarrierDouble(api), VoiceNode(api))
    start = api.clock.now()
    for step, choice in steps:
        await play.take(step, choice)
    await api.settle()

    await compare(api, tenant, start)
    async with api.platform.database.transaction() as tx:
        await api.platform.statistics.rebuild(tx)
    api.clock.advance(600)
    await api.settle()
    await compare(api, tenant, start)
    await CarrierDouble(api).deliver(HANDSETS[0], NUMBER, "after the filling")
    await play.take("end", 0)
    await api.settle()
    await compare(api, tenant, start)


async def compare(api: Api, tenant: Tenant, start: datetime) -> None:
    """Every answer, counted again over the logs."""
    tenant = signed_in(api, tenant)
    messages = await api.fetch("select * from messages where account_id = $1", tenant.id)
    calls = await api.fetch("select * from calls where account_id = $1", tenant.id)
    times = {"startTimeMs": ms(start), "endTimeMs": ms(api.clock.now() + MINUTE)}
    size = 60 * 24
    shown = (await api.get(AGGREGATE, tenant, **times, minutesAggregate=str(size))).payload
    assert [one for one in shown if sum(one.values()) > one["timeMs"]] == list(by_minutes(messages, calls, start, size))
    (east,) = await api.fetch("select id from number_sets where account_id = $1", tenant.id)
    facts = list(facts_of(messages, calls, {SECOND: east["id"]}))
    for period, step in (("hours", HOUR), ("days", DAY), ("weeks", WEEK)):
        for grouping, member, key in GROUPINGS:
            query = {**times, "grouping": grouping, "aggregatePeriod": period}
            answer = await api.get(COMMUNICATIONS, tenant, **query)
            assert answer.payload == list(summed(facts, step, member, key)), query
    for number in (NUMBER, SECOND):
        one = [fact for fact in facts if fact.number == number]
        query = {**times, "phoneNumbers": number, "grouping": "webrtcUser"}
        answer = await api.get(COMMUNICATIONS, tenant, **query)
        assert answer.payload == list(summed(one, HOUR, *GROUPINGS[2][1:]))


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that counts: a message, or a call that is over."""

    at: datetime
    number: str
    number_set: UUID | None
    user: UUID | None
    direction: str
    size: int | None = None
    seconds: int | None = None
    cost: int = 0
    opted_out: bool = False


GROUPINGS: tuple[tuple[str, str, Callable[[Fact], Any]], ...] = (
    ("none", "", lambda _: ""),
    ("phoneNumber", "number", lambda fact: fact.number),
    ("webrtcUser", "webrtcUserId", lambda fact: fact.user),
    ("numberSet", "numberSetId", lambda fact: fact.number_set),
)


def facts_of(messages: Iterable[Any], calls: Iterable[Any], sets: dict[str, UUID]) -> Iterable[Fact]:
    """What the logs have."""
    for row in messages:
        inbound = row["direction"] == "inbound"
        number = row["recipient"] if inbound else row["sender"]
        at = row["created_at"] if inbound else row["sent_at"]
        if at is not None:
            yield Fact(
                at,
                number,
                sets.get(number),
                None,
                row["direction"],
                size=row["segments"],
                cost=row["price"],
                opted_out=row["opt"] == "out",
            )
    for row in calls:
        if row["ended_at"]:
            number = row["callee"] if row["direction"] == "inbound" else row["caller"]
            talked = row["ended_at"] - row["answered_at"] if row["answered_at"] else timedelta()
            yield Fact(
                row["ended_at"],
                number,
                sets.get(number),
                row["client_id"] if row["kind"] == "webrtc" else None,
                row["direction"],
                seconds=ceil(talked.total_seconds()),
                cost=row["cost"],
            )


def by_minutes(messages: Iterable[Any], calls: Iterable[Any], start: datetime, size: int) -> Iterable[dict[str, int]]:
    """Request 144 over the logs, without buckets of nothing."""
    moments: list[tuple[datetime | None, str]] = []
    for row in messages:
        inbound = row["direction"] == "inbound"
        moments.append((row["created_at"] if inbound else row["sent_at"], "inboundSms" if inbound else "outboundSms"))
    for row in calls:
        moments.append((row["created_at"] if row["direction"] == "outbound" else None, "callsDialed"))
        moments.append((row["answered_at"], f"{row['direction']}CallsStarted"))
        moments.append((row["ended_at"], "callsCompleted"))
    names = (
        "callsDialed",
        "outboundCallsStarted",
        "inboundCallsStarted",
        "callsCompleted",
        "inboundSms",
        "outboundSms",
    )
    buckets: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    beginning = start.replace(second=0, microsecond=0)
    for moment, name in moments:
        if moment is not None:
            buckets[(moment - beginning) // (size * MINUTE)][name] += 1
    for index, bucket in sorted(buckets.items()):
        yield {"timeMs": epoch_ms(beginning + index * size * MINUTE), **bucket}


def summed(facts: Iterable[Fact], step: timedelta, member: str, key: Callable[[Fact], Any]) -> Iterable[dict[str, Any]]:
    """Request 146 over the logs."""
    monday = datetime.fromisoformat("2025-12-29T00:00:00+00:00")
    groups: dict[tuple[datetime, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        if key(fact) is not None:
            groups[fact.at - (fact.at - monday) % step, str(key(fact))].append(fact)
    for (moment, name), group in sorted(groups.items()):
        yield {
            "hourMs": epoch_ms(moment),
            **({member: name} if member else {}),
            "sms": _sms(group),
            "call": _calls(group),
        }


def _sms(group: Iterable[Fact]) -> dict[str, Any]:
    messages = [fact for fact in group if fact.size is not None]
    sizes = [fact.size for fact in messages if fact.size is not None]
    found: dict[str, Any] = {}
    for direction in ("inbound", "outbound"):
        ours = [fact for fact in messages if fact.direction == direction]
        found[direction] = len(ours)
        found[f"{direction}Cost"] = sum(fact.cost for fact in ours) / 1e6
    found["minMessageCount"], found["maxMessageCount"] = min(sizes, default=0), max(sizes, default=0)
    found["optOuts"] = sum(fact.opted_out for fact in messages)
    return found


def _calls(group: Iterable[Fact]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for direction in ("inbound", "outbound"):
        ours = [fact for fact in group if fact.direction == direction and fact.seconds is not None]
        seconds = [fact.seconds for fact in ours if fact.seconds is not None]
        name = direction.capitalize()
        found[f"{direction}Count"] = len(ours)
        found[f"{direction}CallDuration"] = sum(seconds)
        found[f"min{name}Duration"] = min(seconds, default=0)
        found[f"max{name}Duration"] = max(seconds, default=0)
        found[f"{direction}Cost"] = sum(fact.cost for fact in ours) / 1e6
    return found
