"""Requests 102 and 103, and the debug log of a message (106)."""

from __future__ import annotations

import pytest
from tests.api.v4.test_sms import HANDSET, NUMBER, body
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with two numbers of the sandbox, one of them toll-free."""
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, "+18005550100"]})
    return tenant


async def test_a_day_of_messages_newest_first_with_filters(api: Api, owner: Tenant) -> None:
    carrier = CarrierDouble(api)
    first = (await api.post("/v4/sms", owner, body())).only["messageSid"]
    api.clock.advance(60)
    second = (await api.post("/v4/sms", owner, body(**{"from": "+18005550100"}, to="+12125550123"))).only["messageSid"]
    api.clock.advance(60)
    await carrier.work()
    await carrier.deliver(HANDSET, NUMBER, "hello")
    today = f"{api.clock.now():%Y-%m-%d}"

    async def sids(**filters: str) -> list[str]:
        query = {"startDate": today, "endDate": today.replace("-", ""), **filters}
        return [row["smsSid"] for row in (await api.get("/v4/logs/sms/", owner, **query)).payload]

    everything = await sids()
    assert everything[1:] == [second, first]
    assert await sids(direction="out") == [second, first]
    assert await sids(direction="inbound") == everything[:1]
    assert await sids(type="tollfree") == [second]
    assert await sids(to=HANDSET) == [first]
    assert await sids(**{"from": "(949) 222-1234"}) == everything[:1]
    assert await sids(status="failed") == []
    assert await sids(status="success", direction="out") == [second, first]
    assert await sids(limit="1", offset="1") == [second]
    assert await sids(campaignId="e8861980-5165-11e9-b3b4-55cdbe9b37b5") == []
    yesterday = {"startDate": "2026-01-01", "endDate": "2026-01-02"}
    assert (await api.get("/v4/logs/sms", owner, **yesterday)).payload == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("startDate", "yesterday"),
        ("endDate", "2026-13-01"),
        ("limit", "5001"),
        ("limit", "0"),
        ("offset", "-1"),
        ("direction", "up"),
        ("status", "maybe"),
        ("from", "x"),
    ],
)
async def test_a_bad_filter_is_named(api: Api, owner: Tenant, name: str, value: str) -> None:
    answer = await api.get("/v4/logs/sms", owner, **{name: value})

    assert answer.status == 400
    assert name in [named for _, named in answer.errors]


async def test_a_range_that_ends_before_it_starts_is_refused(api: Api, owner: Tenant) -> None:
    answer = await api.get("/v4/logs/sms", owner, startDate="2026-01-05", endDate="2026-01-04")

    assert answer.errors == [("400", "endDate")]


async def test_a_detail_shows_every_member_of_the_reference(api: Api, owner: Tenant) -> None:
    sid = (await api.post("/v4/sms", owner, body(messageStatusCallback="https://example.com/cb"))).only["messageSid"]
    await CarrierDouble(api).work()

    shown = (await api.get(f"/v4/logs/sms/details/{sid}/", owner)).only

    assert shown["yearMonthDay"] == f"{api.clock.now():%Y%m%d}"
    assert shown["callbackUrl"] == "https://example.com/cb"
    assert (shown["dlrStatus"], shown["status"], shown["smsType"], shown["smsCount"]) == ("Sent", "success", "so", 1)
    assert (shown["toCountry"], shown["fromCountryCode"], shown["price"]) == ("US", 1, 0.0075)
    assert {"accountSid", "apiVersion", "surcharge", "termCarrier", "useType", "opt", "paccountSid"} <= shown.keys()


async def test_a_message_of_another_account_is_not_there(api: Api, owner: Tenant) -> None:
    sid = (await api.post("/v4/sms", owner, body())).only["messageSid"]
    stranger = await api.account("stranger")

    assert (await api.get(f"/v4/logs/sms/details/{sid}", stranger)).status == 404
    assert (await api.get(f"/v4/logs/debug/{sid}", stranger)).status == 404
    assert (await api.get(f"/v4/decision/{sid}", stranger)).status == 404
    assert (await api.get("/v4/logs/sms/details/nonsense", owner)).status == 404
    assert (await api.get("/v4/logs/sms/details/c0b13242-777d-4e89-b9b2-fb5c14a1bbcf", owner)).status == 404


async def test_a_parent_sees_a_subaccounts_log_when_it_names_it(api: Api, owner: Tenant) -> None:
    child = await api.account("child", parent=owner.id)
    stranger = await api.account("stranger")
    await api.post("/v4/number/purchase", child, {"phoneNumber": ["+17145550105"]})
    sid = (await api.post("/v4/sms", child, body(**{"from": "+17145550105"}))).only["messageSid"]

    assert (await api.get(f"/v4/logs/sms/details/{sid}", owner)).status == 404
    assert (await api.get(f"/v4/logs/sms/details/{sid}", owner, accountSid=child.sid)).only["smsSid"] == sid
    assert (await api.get(f"/v4/logs/sms/details/{sid}", stranger, accountSid=child.sid)).status == 404


async def test_the_debug_log_tells_every_step(api: Api, owner: Tenant) -> None:
    carrier = CarrierDouble(api)
    sid = (await api.post("/v4/sms", owner, body())).only["messageSid"]
    await carrier.work()
    await carrier.receipt("id-1")

    entries = (await api.get(f"/v4/logs/debug/{sid}", owner)).payload

    assert {entry["type"] for entry in entries} == {"smsaction"}
    assert all(entry["level"] == 1 and entry["accountSid"] == owner.sid for entry in entries)
    steps = [entry["data"].split('"action":"')[1].split('"')[0] for entry in entries]
    assert steps == ["accept", "submit", "receipt"]
