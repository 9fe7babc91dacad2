"""Request 28 through the whole platform: what is sent, received, called, looked up and rented stands in the report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant
from tests.voice_node import VoiceNode, place

from cordboard.domain.billing.models import Rate
from cordboard.domain.messaging.models import Submission
from cordboard.domain.voice.models import CallRecord
from cordboard.domain.voice.use_cases.admit_inbound import InboundCall

NUMBER, HANDSET = "+17145550100", "+16195550123"
PATH = "/v4/billing/report"
TODAY = {"startDate": "2026-01-05", "endDate": "2026-01-05"}


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that bought NUMBER."""
    tenant = await api.account()
    assert (await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER]})).payload
    return tenant


async def report(api: Api, tenant: Tenant, **query: str) -> dict[str, dict[str, Any]]:
    """The lines by their item."""
    return {line["itemCode"]: line for line in (await api.get(PATH, tenant, **{**TODAY, **query})).payload}


async def price(api: Api, *rates: Rate) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.put_rates(tx, rates)


async def test_everything_that_is_used_stands_in_the_report(api: Api, owner: Tenant) -> None:
    node, carrier = VoiceNode(api), CarrierDouble(api)
    await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSET, "text": "x" * 200})
    await api.post("/v4/sms", owner, {"from": NUMBER, "to": "+17875550123", "text": "x"})
    await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSET, "text": "it is never handed over"})
    assert len(await take_two(api, carrier)) == 2
    await carrier.deliver(HANDSET, NUMBER, "hello")
    await carrier.deliver(HANDSET, NUMBER, "are you there?")
    await carrier.deliver(HANDSET, NUMBER, "", ["http://127.0.0.1:1/x"])
    inbound = InboundCall(
        account_id=owner.id, parent_account_id=owner.id, caller=HANDSET, callee=NUMBER, node=node.name
    )
    phone = InboundCall(
        account_id=owner.id, parent_account_id=owner.id, caller="ann", callee="bob", node=node.name, kind="sip",
        direction="outbound",
    )  # fmt: skip
    async with api.platform.database.transaction() as tx:
        came_in = await api.platform.voice.admit(tx, [inbound, phone])
    assert (await api.get(f"/v4/carrier/lookup/{HANDSET}", owner)).payload
    await place(api, owner, **{"from": NUMBER, "to": HANDSET})
    calls = [*await node.claim(), *(call for call in came_in if isinstance(call, CallRecord))]
    assert len(calls) == 3
    await node.answers(*calls)
    api.clock.advance(61)
    await node.ends(*calls)

    shown = await report(api, owner)

    assert {code: (line["billedCount"], line["rowCount"], line["totalDuration"]) for code, line in shown.items()} == {
        "AnuUS": (1, 1, 0),
        "AsoUS": (2, 1, 0),
        "AsoPR": (1, 1, 0),
        "AsiUS": (2, 2, 0),
        "AmiUS": (1, 1, 0),
        "AciUS": (2, 1, 66),
        "AcoUS": (2, 1, 66),
        "AsipoUS": (2, 1, 66),
        "AcaUS": (1, 1, 0),
    }
    assert shown["AsoUS"] == {
        "billedCount": 2,
        "rowCount": 1,
        "totalDuration": 0,
        "finalCost": 0.015,
        "cost": 0.015,
        "serviceType": "sms",
        "subType": "so",
        "lob": "api",
        "description": "API local outbound SMS - US",
        "itemCode": "AsoUS",
    }
    assert (shown["AsiUS"]["cost"], shown["AcoUS"]["cost"], shown["AsipoUS"]["serviceType"]) == (0, 0.00924, "sip")
    spent = await api.fetch("select -balance as spent, held from balances")
    waiting = round(0.0075 * 1e6)
    assert spent == [{"spent": round(sum(line["finalCost"] for line in shown.values()) * 1e6), "held": waiting}]


async def take_two(api: Api, carrier: CarrierDouble) -> list[Submission]:
    """The carrier takes the first two messages; the pace of the number keeps the third."""
    taken = await carrier.work()
    api.clock.advance(2.01)
    return [*taken, *(await carrier.work())]


async def test_surcharges_and_taxes_stand_in_lines_of_their_own(api: Api) -> None:
    tenant = await api.account()
    await price(
        api,
        Rate(service="number_month", price=1_000_000, surcharge=250_000),
        Rate(service="*", tax_percent=10_000_000),
    )
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, "+17145550101"]})

    answer = await api.get(PATH, tenant, **TODAY)

    assert answer.body["count"] == 3
    number, tax, surcharge = answer.payload
    assert (number["cost"], number["finalCost"], number["billedCount"]) == (2, 2.5, 2)
    assert tax == {"finalCost": 0.25, "cost": 0.25, "description": "Tax total", "itemCode": "Tax"}
    assert surcharge == {"finalCost": 0.5, "cost": 0.5, "description": "Surcharge total", "itemCode": "Surcharge"}
    assert await api.fetch("select balance from balances") == [{"balance": -2_750_000}]


async def test_days_are_utc_and_both_count(api: Api, owner: Tenant) -> None:
    for moment in ("2026-01-06 00:00:00", "2026-01-06 23:59:59", "2026-01-07 00:00:00"):
        api.clock.set(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        await CarrierDouble(api).deliver(HANDSET, NUMBER, "hello")

    api.clock.set(datetime(2026, 1, 5, 12, tzinfo=UTC))
    counts = {}
    for start, end in (("0105", "0105"), ("0106", "0106"), ("0107", "0107"), ("0105", "0107")):
        shown = await report(api, owner, startDate=f"2026{start}", endDate=f"2026{end}")
        counts[start, end] = shown.get("AsiUS", {"rowCount": 0})["rowCount"]

    assert counts == {("0105", "0105"): 0, ("0106", "0106"): 2, ("0107", "0107"): 1, ("0105", "0107"): 3}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"startDate": "2026-01-01", "endDate": "2026-04-01"}, "endDate"),
        ({"startDate": "2026-01-02", "endDate": "2026-01-01"}, "endDate"),
        ({"startDate": "yesterday"}, "startDate"),
        ({"endDate": "2026-02-30"}, "endDate"),
    ],
)
async def test_a_bad_range_is_refused(api: Api, owner: Tenant, query: dict[str, str], field: str) -> None:
    answer = await api.get(PATH, owner, **query)

    assert answer.status == 400
    assert [named for _, named in answer.errors] == [field]


async def test_ninety_days_are_not_too_many(api: Api, owner: Tenant) -> None:
    assert await report(api, owner, startDate="2026-01-01", endDate="2026-03-31") == await report(api, owner)
    assert await report(api, owner, startDate="", endDate="") == await report(api, owner)


async def test_a_parent_reads_the_report_of_its_subaccount_and_no_stranger_does(api: Api, owner: Tenant) -> None:
    child, stranger = await api.account("child", parent=owner.id), await api.account("stranger")
    await api.post("/v4/number/purchase", child, {"phoneNumber": ["+17145550109"]})

    assert (await report(api, owner, accountSid=child.sid))["AnuUS"]["rowCount"] == 1
    assert await report(api, owner, accountSid=child.sid) == await report(api, child)
    assert (await api.get(PATH, stranger, accountSid=child.sid)).status == 404
    assert (await api.get(PATH, child, accountSid=owner.sid)).status == 404
    assert await report(api, stranger) == {}


async def test_reading_it_needs_its_privilege(api: Api) -> None:
    await api.assert_privileges([("GET", PATH, "billing-read")], "gi-agent")
