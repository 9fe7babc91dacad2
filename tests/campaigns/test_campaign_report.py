"""Request 180: the figures of the report are those of the logs, by every grouping, however events come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.campaigns.house import NUMBERS, PERSON, Business
from tests.campaigns.test_runs import question, sms
from tests.harness import Tenant
from tests.voice_node import VoiceNode

from cordboard.domain.billing.models import Rate
from cordboard.domain.reporting.models import CampaignFigures
from cordboard.domain.reporting.repository.campaign_days import CampaignDay
from cordboard.domain.reporting.subscribers_campaigns import CampaignSubscribers
from cordboard.domain.voice.models import CallRequest
from cordboard.infra.events import Event
from cordboard.kit.clock import epoch_ms

PATH = "/v4/campaign/report"
SECOND, THIRD, FOURTH = "+16192331234", "+12125550123", "+12125550124"
FIGURES = ("sends", "replies", "optOuts", "cost", "surcharge")
RATES = (
    Rate(service="sms_out", price=7_500, surcharge=3_000),
    Rate(service="sms_in", price=1_000, surcharge=500),
    Rate(service="call_out", price=8_400, surcharge=1_100, surcharge_percent=10_000_000),
)


@pytest.fixture
async def priced(business: Business) -> Business:
    """The business on a rate card with surcharges."""
    async with business.api.platform.database.transaction() as tx:
        await business.api.platform.billing.put_rates(tx, RATES)
    return business


async def report(business: Business, **query: str) -> list[dict[str, Any]]:
    """The report's rows."""
    return list((await business.api.get(PATH, signed_in(business), **query)).payload)


def signed_in(business: Business) -> Tenant:
    """The owner, with a token of today."""
    owner = business.owner
    return Tenant(owner.account, owner.user, business.api._token_of(owner.account, owner.user))


async def log_of(business: Business, campaign: UUID, **days: str) -> dict[str, float]:
    """What a campaign's log of messages comes to."""
    answer = await business.api.get("/v4/logs/sms", signed_in(business), campaignId=str(campaign), **days)
    rows = answer.payload
    took = [row for row in rows if row["direction"] == "outbound" and row["status"] == "success"]
    came = [row for row in rows if row["direction"] == "inbound"]
    return {
        "sends": len(took),
        "replies": len(came),
        "optOuts": sum(row["opt"] == "out" for row in came),
        "cost": round(sum(row["price"] for row in rows), 6),
        "surcharge": round(sum(row["surcharge"] for row in rows), 6),
    }


def figures(row: dict[str, Any]) -> dict[str, float]:
    """Those of a row."""
    return {name: row[name] for name in FIGURES}


async def a_day_of(business: Business, campaign: UUID) -> None:
    """Four contacts are texted: one says yes, one no more, one of them cannot be written to; one says nothing."""
    for phone in (PERSON, SECOND, THIRD, FOURTH):
        await business.start(campaign, await business.contact(phone))
    await business.api.settle()
    business.api.clock.advance(10)
    taken = await business.carrier.work()
    while more := await refused_or_taken(business):
        taken += more
    await business.api.settle()
    await business.reply("yes please", sender=PERSON)
    await business.reply("STOP", sender=SECOND)
    await refused_or_taken(business)
    await refused_or_taken(business)


async def refused_or_taken(business: Business) -> Sequence[Any]:
    """Some seconds pass, and what is due is taken, or refused where it goes to the third contact."""
    await business.api.settle()
    business.api.clock.advance(5)
    taken = await business.carrier.work()
    await business.api.settle()
    return taken


async def two_texts(business: Business) -> tuple[UUID, str, str]:
    """A campaign that asks and thanks, and its templates; the question takes two segments."""
    ask, thanks = await business.template("x" * 200), await business.template("Thanks")
    nodes = [sms(1, ask, 2), question(2, "node1.reply", 3, 4), sms(3, thanks), {"id": 4, "type": "control"}]
    return await business.campaign(nodes), ask, thanks


async def test_the_report_is_equal_to_the_logs(priced: Business) -> None:
    campaign, _, _ = await two_texts(priced)
    await a_day_of(priced, campaign)
    await priced.start(campaign, await priced.contact("+12125550125"))
    await priced.api.settle()
    priced.api.clock.advance(5)
    assert await priced.carrier.work("refused", error_code="30", error_message="no such handset")
    await priced.api.settle()

    (shown,) = await report(priced, campaignId=str(campaign))

    assert shown == await log_of(priced, campaign)
    assert shown == {
        "sends": 5,  # four questions of two segments each, and thanks
        "replies": 2,
        "optOuts": 1,
        "cost": round(9 * 0.0075 + 2 * 0.001, 6),
        "surcharge": round(9 * 0.003 + 2 * 0.0005, 6),
    }
    log = await priced.api.get("/v4/logs/sms", priced.owner, campaignId=str(campaign), status="failed")
    assert len(log.payload) == 1
    assert (await report(priced))[0] == shown


async def test_it_tells_days_campaigns_and_templates_apart(priced: Business) -> None:
    first, ask, thanks = await two_texts(priced)
    other_text = await priced.template("Hello")
    other = await priced.campaign([sms(1, other_text)])
    async with priced.api.platform.database.transaction() as tx:
        await tx.execute("update campaigns set name = 'other' where id = $1", other)
    await a_day_of(priced, first)
    people = [await priced.contact(phone) for phone in ("+12125550126", "+12125550127")]
    today = f"{priced.api.clock.now():%Y-%m-%d}"
    priced.api.clock.advance(86_400)
    for contact in people:
        await priced.start(other, contact)
    for _ in range(3):
        await refused_or_taken(priced)
    tomorrow = f"{priced.api.clock.now():%Y-%m-%d}"

    days = await report(priced, grouping="date")
    campaigns = await report(priced, grouping=" Campaign ")
    everything = await report(priced, grouping="template,campaign,date")
    paged = [await report(priced, grouping="template,campaign,date", size="1", offset=f"{place}") for place in range(4)]
    (total,) = await report(priced)

    assert [(row["day"], row["sends"]) for row in days] == [(today, 5), (tomorrow, 2)]
    assert {(row["campaignId"], row["campaignName"], row["sends"]) for row in campaigns} == {
        (str(first), "c", 5),
        (str(other), "other", 2),
    }
    assert {(row["day"], row["campaignId"], row["templateId"], row["sends"], row["replies"]) for row in everything} == {
        (today, str(first), ask, 4, 2),
        (today, str(first), thanks, 1, 0),
        (tomorrow, str(other), other_text, 2, 0),
    }
    assert [row for rows in paged for row in rows] == everything
    for rows in (days, campaigns, everything):
        assert {name: round(sum(row[name] for row in rows), 6) for name in FIGURES} == total
    assert [row["sends"] for row in await report(priced, templateId=thanks)] == [1]
    assert [row["sends"] for row in await report(priced, campaignId=str(other), grouping="date")] == [2]
    assert figures((await report(priced, startDate=today, endDate=today))[0]) == await log_of(
        priced, first, startDate=today, endDate=today
    )


async def test_a_message_counts_on_the_day_of_its_log(priced: Business) -> None:
    """It was made before midnight and taken after it."""
    campaign, _, _ = await two_texts(priced)
    contact = await priced.contact()
    priced.api.clock.advance(86_400 - priced.api.clock.now().timestamp() % 86_400 - 1)
    today = f"{priced.api.clock.now():%Y-%m-%d}"
    await priced.start(campaign, contact)
    await priced.api.settle()
    priced.api.clock.advance(60)
    assert await priced.send()

    (row,) = await report(priced, grouping="date")

    assert (row["day"], row["sends"]) == (today, 1)
    assert figures(row) == await log_of(priced, campaign, startDate=today, endDate=today)


async def test_a_message_that_was_never_answered_for_counts_once_that_is_known(priced: Business) -> None:
    campaign, _, _ = await two_texts(priced)
    await priced.start(campaign, await priced.contact())
    await priced.api.settle()
    (message,) = await priced.carrier.work("unknown")
    await priced.api.settle()
    assert (await report(priced))[0]["sends"] == 0
    async with priced.api.platform.database.transaction() as tx:
        await tx.execute("update sms_sends set remote_id = 'late'")
    await priced.carrier.receipt("late")
    await priced.api.settle()
    assert (await report(priced))[0] == await log_of(priced, campaign)
    assert message.recipient == PERSON


async def test_a_call_is_a_send_and_what_the_log_says_that_it_cost_counts(priced: Business) -> None:
    campaign, node = UUID(int=1), VoiceNode(priced.api)
    owner = priced.owner.id
    request = CallRequest(account_id=owner, parent_account_id=owner, to=PERSON, caller=NUMBERS[0], campaign_id=campaign)
    async with priced.api.platform.database.transaction() as tx:
        await priced.api.platform.voice.place(tx, [request])
    (call,) = await node.claim()
    await node.answers(call)
    priced.api.clock.advance(60)
    await node.ends(call)
    await priced.api.settle()

    (row,) = await report(priced, grouping="campaign,template")

    assert row == {
        "campaignId": str(campaign),
        "campaignName": None,
        "templateId": None,
        "sends": 1,
        "replies": 0,
        "optOuts": 0,
        "cost": 0.0084,
        "surcharge": 0.00194,
    }
    (logged,) = (await priced.api.get("/v4/logs/call", signed_in(priced))).payload
    assert {"cost": logged["cost"], "surcharge": logged["surcharge"]}.items() <= row.items()


async def test_nothing_is_one_row_of_nothing_and_no_rows_of_any_group(business: Business) -> None:
    nothing = dict.fromkeys(FIGURES, 0)
    assert await report(business) == [nothing]
    assert await report(business, grouping="date") == []
    await business.campaign([{"id": 1, "type": "control"}])
    stranger = await business.api.account("stranger")
    assert (await business.api.get(f"{PATH}/", stranger)).payload == [nothing]


async def test_days_are_thirty_from_each_other_where_they_are_not_given(business: Business) -> None:
    today = business.api.clock.now().date()
    async with business.api.platform.database.transaction() as tx:
        for back in range(100):
            await tx.execute(
                "insert into campaign_days values ($1, $2, $3, $3, 1, 0, 0, 0, 0)",
                business.owner.id,
                today - timedelta(days=back),
                UUID(int=1),
            )

    async def span(**query: str) -> tuple[int, int]:
        """How many days ago the first and the last row are."""
        rows = await report(business, grouping="date", **query)
        ago = [(today - timedelta()).toordinal() - today.fromisoformat(row["day"]).toordinal() for row in rows]
        return max(ago), min(ago)

    def day(back: int) -> str:
        return f"{today - timedelta(days=back):%Y-%m-%d}"

    assert await span() == (30, 0)
    assert await span(endDate=day(50)) == (80, 50)
    assert await span(startDate=day(80).replace("-", "")) == (80, 50)
    assert await span(startDate=day(10)) == (10, 0)
    assert await span(startDate=day(70), endDate=day(65)) == (70, 65)
    assert await report(business, grouping="date", startDate="9998-12-31") == []
    assert await report(business, grouping="date", endDate="0001-01-01") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"grouping": "date,colour"}, "grouping"),
        ({"startDate": "yesterday"}, "startDate"),
        ({"endDate": "2026-02-30"}, "endDate"),
        ({"startDate": "2026-02-02", "endDate": "2026-02-01"}, "endDate"),
        ({"campaignId": "x"}, "campaignId"),
        ({"size": "0"}, "size"),
    ],
)
async def test_bad_queries_are_named(business: Business, query: dict[str, str], field: str) -> None:
    assert (await business.api.get(PATH, business.owner, **query)).errors == [("400", field)]


async def test_statistics_and_bills_know_campaigns(priced: Business) -> None:
    campaign, _, _ = await two_texts(priced)
    await a_day_of(priced, campaign)
    await priced.api.post("/v4/sms", priced.owner, {"from": NUMBERS[0], "to": THIRD, "text": "not of a campaign"})
    await refused_or_taken(priced)

    hourly = await priced.api.get("/v4/statistics/numbers/hourly", priced.owner, grouping="campaignId")
    bill = await priced.api.get("/v4/billing/report", priced.owner)
    counts = {line["itemCode"]: line.get("billedCount") for line in bill.payload}

    assert [(row["campaignId"], row["sms"]) for row in hourly.payload] == [
        (str(campaign), {"inbound": 2, "outbound": 5})
    ]
    assert (counts["BsoUS"], counts["AsoUS"]) == (9, 2)  # and the answer to STOP


async def test_days_are_forgotten_after_thirteen_months(priced: Business) -> None:
    campaign, _, _ = await two_texts(priced)
    await a_day_of(priced, campaign)
    for days, kept in ((396, True), (2, False)):
        priced.api.clock.advance(days * 86_400)
        async with priced.api.platform.database.transaction() as tx:
            await priced.api.platform.statistics.forget_old(tx)
        assert bool(await priced.api.fetch("select from campaign_days")) is kept


CAMPAIGNS = [UUID(int=place) for place in (1, 2)]
TEMPLATES = [None, *(UUID(int=place) for place in (3, 4))]


class Happened(NamedTuple):
    """A text sent or received, or a call, as a test of the counting makes it up; `micros`: its price."""

    kind: str
    status: str
    campaign: UUID | None
    template: UUID | None
    days: int
    micros: int
    opt: str | None


HAPPENED = st.builds(
    Happened,
    kind=st.sampled_from(("sent", "received", "called")),
    status=st.sampled_from(("success", "failed", "uncertain", "expired")),
    campaign=st.sampled_from([None, *CAMPAIGNS]),
    template=st.sampled_from(TEMPLATES),
    days=st.integers(0, 3),
    micros=st.integers(0, 3),
    opt=st.sampled_from(("out", "in", None)),
)


@given(st.lists(HAPPENED, max_size=30), st.lists(st.integers(0, 30), max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_events_count_once_however_they_are_told(
    business: Business, happened: list[Happened], cuts: list[int]
) -> None:
    events = [(one.kind, event_of(business, one)) for one in happened]
    expected = [pair for one in happened for pair in figures_of(business, one)]
    subscribers = CampaignSubscribers()
    async with business.api.platform.database.transaction() as tx:
        await tx.execute("delete from campaign_days")
        bounds = [0, *sorted(cut for cut in cuts if cut < len(events)), len(events)]
        for start, end in pairwise(bounds):
            for kind, subscriber in (
                ("sent", subscribers.messages_sent),
                ("received", subscribers.messages_received),
                ("called", subscribers.calls_completed),
            ):
                await subscriber(tx, [event for name, event in events[start:end] if name == kind])
        rows = await tx.fetch("select * from campaign_days")

    names = CampaignFigures.__struct_fields__
    assert {
        CampaignDay(*list(row)[:4]): CampaignFigures(**{name: row[name] for name in names}) for row in rows
    } == summed(expected)


def event_of(business: Business, one: Happened) -> Event:
    """It, told now."""
    made = epoch_ms(business.api.clock.now() - timedelta(days=one.days))
    payload = {
        "status": one.status,
        "campaignId": str(one.campaign) if one.campaign else None,
        "templateId": str(one.template) if one.template and one.kind != "called" else None,
        "createdAt": made,
        "createdTime": made,
        "price": one.micros / 1e6,
        "cost": one.micros / 1e6,
        "surcharge": 2 * one.micros / 1e6,
        "opt": one.opt,
    }
    return Event("t", business.owner.id, "s", payload, business.api.clock.now())


def figures_of(business: Business, one: Happened) -> Iterable[tuple[CampaignDay, CampaignFigures]]:
    """What it comes to, by the words of the reference."""
    if one.campaign is None or (one.kind == "sent" and one.status == "uncertain"):
        return
    nobody, cost, surcharge = UUID(int=0), one.micros, 2 * one.micros
    day = (business.api.clock.now() - timedelta(days=one.days)).date()
    template = nobody if one.kind == "called" else one.template or nobody
    key = CampaignDay(business.owner.id, day, one.campaign, template)
    if one.kind == "called":
        yield key, CampaignFigures(sends=1, cost=cost, surcharge=surcharge)
    elif one.kind == "received":
        yield key, CampaignFigures(replies=1, opt_outs=int(one.opt == "out"), cost=cost, surcharge=surcharge)
    else:
        yield key, CampaignFigures(sends=int(one.status == "success"), cost=cost, surcharge=surcharge)


def summed(figures: Iterable[tuple[CampaignDay, CampaignFigures]]) -> dict[CampaignDay, CampaignFigures]:
    """By key; nothing is no row."""
    found: dict[CampaignDay, CampaignFigures] = defaultdict(CampaignFigures)
    for key, one in figures:
        found[key] += one
    return {key: one for key, one in found.items() if one != CampaignFigures()}
