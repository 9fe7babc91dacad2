"""Where calls and texts for numbers with a route tag go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.api.v4.test_sms import HANDSET, NUMBER
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.domain.routing.models import InboundEvent, RouteChoice, RouteKind
from cordboard.kit.ids import Ids
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

OTHER, COLLEAGUE = "+17145550101", "+12125550123"
CALIFORNIA = -32


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """The customer's server."""
    async with WebhookReceiver() as opened:
        yield opened


@pytest.fixture
async def owner(api: Api, receiver: WebhookReceiver) -> Tenant:
    """An account whose number asks `/own` and carries the tag `herd`."""
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, OTHER]})
    await api.put(f"/v4/number/{NUMBER}", tenant, {"smsUrl": receiver.url("/own")})
    await api.post("/v4/route/tag", tenant, {"routeTag": "herd"})
    await api.post("/v4/route/tag/assign", tenant, {"phoneNumbers": [NUMBER], "routeTag": "herd"})
    return tenant


@pytest.fixture
def carrier(api: Api) -> CarrierDouble:
    """The sandbox's place, taken by the test."""
    return CarrierDouble(api)


async def lead_to(
    api: Api, owner: Tenant, dest: str, dest_type: str, *rules: dict[str, Any], kind: str = "sms", **more: Any
) -> None:
    """Adds a destination to the tag, under rules if there are any."""
    body: dict[str, Any] = {"routeTag": "herd", "srcType": kind, "dest": dest, "destType": dest_type, **more}
    if rules:
        made = await api.post("/v4/route/ruleset", owner, {"name": "r", "statements": list(rules)})
        body["ruleSetId"] = made.only["ruleSetId"]
    assert (await api.post("/v4/route/dest", owner, body)).payload


async def listen(api: Api, owner: Tenant, url: str, **more: Any) -> None:
    """Adds a webhook that is asked about what is being routed."""
    body = {"eventType": "inroute", "name": "w", "url": url, "enabled": True, "httpMethod": "POST", **more}
    assert (await api.post("/v4/callback/configuration", owner, body)).payload


async def route_call(api: Api, owner: Tenant, kind: RouteKind = "call", **fields: str) -> tuple[RouteChoice, ...]:
    """A call for the number."""
    event = InboundEvent(
        account_id=owner.id,
        subject_id=Ids(api.clock).time_uuid(),
        kind=kind,
        route_tag="herd",
        timezone=CALIFORNIA,
        fields={"from": HANDSET, "to": NUMBER, **fields},
    )
    return await api.platform.inbound_routing.route_inbound(event)


async def routed(api: Api) -> list[tuple[str, str]]:
    """What waits in the outbox of what was routed where."""
    rows = await api.fetch("select payload from outbox where topic = 'routing.routed' order by id")
    return [(row["payload"]["destType"], row["payload"]["dest"]) for row in rows]


async def test_a_text_goes_to_the_destination_and_not_to_the_numbers_own_url(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    await lead_to(api, owner, receiver.url("/routed"), "sms", options={"smsMethod": "get"})
    receiver.answer("/routed", Answer(body="<Response><Sms>from the herd</Sms></Response>"))

    await carrier.deliver(HANDSET, NUMBER, "moo")
    await api.settle()

    (asked,) = receiver.requests
    assert (asked.method, asked.path, asked.params["Text"]) == ("GET", "/routed", ["moo"])
    assert [(one.sender, one.recipient, one.text) for one in await carrier.work()] == [
        (NUMBER, HANDSET, "from the herd")
    ]


async def test_a_number_without_a_tag_is_asked_as_ever(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    await lead_to(api, owner, "chip", "inbox")
    await api.put(f"/v4/number/{OTHER}", owner, {"smsUrl": receiver.url("/other")})

    await carrier.deliver(HANDSET, OTHER, "hello")
    kinds = [row["kind"] for row in await api.fetch("select kind from jobs")]
    await api.settle()

    assert kinds == ["messaging.answer"]
    assert [request.path for request in receiver.requests] == ["/other"]


async def test_where_no_rules_hold_the_numbers_own_url_is_asked(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    await lead_to(api, owner, "chip", "inbox", {"variable": "body", "operation": "contains", "value": "buffalo"})

    await carrier.deliver(HANDSET, NUMBER, "elk")
    await api.settle()

    assert [request.path for request in receiver.requests] == ["/own"]
    logged = await api.fetch("select data from debug_log where data like '%routeTag herd%'")
    assert ["own URL is asked" in row["data"] for row in logged] == [True]


async def test_rules_see_the_text_the_contact_and_the_time_of_the_number(
    api: Api, owner: Tenant, carrier: CarrierDouble
) -> None:
    await api.post("/v4/contact", owner, {"extData": {"phonenumber1": HANDSET, "animal": "cat"}})
    rules = [
        {"variable": "body", "operation": "begins with", "value": "buff"},
        {"variable": "from", "operation": "equals", "value": HANDSET},
        {"variable": "animal", "operation": "equals_one_of", "value": "dog, cat"},
        {"variable": "time.hhmm", "operation": "less_than", "value": "2400"},
        {"variable": "time.dayofweek", "operation": "equals", "value": f"{api.clock.now():%A}"},
    ]
    await lead_to(api, owner, "cats", "inbox", *rules)
    await lead_to(api, owner, "rest", "inbox", priority=2)

    await carrier.deliver(HANDSET, NUMBER, "Buffalo!")
    await carrier.deliver(COLLEAGUE, NUMBER, "Buffalo!")
    await api.worker.jobs.start_due()
    await api.worker.jobs.settle()

    assert sorted(await routed(api)) == [("inbox", "cats"), ("inbox", "rest")]


async def test_a_relayed_text_goes_on_from_our_number_and_never_in_circles(
    api: Api, owner: Tenant, carrier: CarrierDouble
) -> None:
    await api.put("/v4/route/tag", owner, {"routeTag": "herd", "distributionType": 4})
    await api.post("/v4/route/tag/assign", owner, {"phoneNumbers": [OTHER], "routeTag": "herd"})
    for dest in (COLLEAGUE, HANDSET, OTHER):
        await lead_to(api, owner, dest, "sms-relay")

    await carrier.deliver(HANDSET, NUMBER, "pass it on")
    await api.settle()

    assert [(one.sender, one.recipient, one.text) for one in await carrier.work()] == [
        (NUMBER, COLLEAGUE, "pass it on")
    ]
    logged = await api.fetch("select data from debug_log where data like '%relay%' and data like '%come back%'")
    assert len(logged) == 2


async def test_a_relay_that_is_refused_is_told_in_the_log(api: Api, owner: Tenant, carrier: CarrierDouble) -> None:
    await lead_to(api, owner, COLLEAGUE, "sms-relay")
    blocked = {"endpoint": COLLEAGUE, "selector": "CUSTOMER_GLOBAL", "subtype": "sms"}
    assert (await api.post("/v4/dnc", owner, blocked)).status == 200

    await carrier.deliver(HANDSET, NUMBER, "pass it on")
    await api.settle()

    assert await carrier.work() == []
    (logged,) = await api.fetch("select data from debug_log where data like '%\"relay\"%'")
    assert '"success":false' in logged["data"].replace(" ", "")


async def test_all_at_once_asks_every_url_once_even_if_the_job_is_repeated(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    await api.put("/v4/route/tag", owner, {"routeTag": "herd", "distributionType": 4})
    for path in ("/a", "/b"):
        await lead_to(api, owner, receiver.url(path), "sms")
        receiver.answer(path, Answer(body=f"<Response><Sms>{path}</Sms></Response>"))

    await carrier.deliver(HANDSET, NUMBER, "moo")
    await api.settle()
    (message,) = await api.fetch("select account_id, id from messages where direction = 'inbound'")
    async with api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into jobs (kind, account_id, payload, run_at) values ('messaging.route', $1, $2, $3)",
            message["account_id"],
            {"messageSid": str(message["id"])},
            api.clock.now(),
        )
    await api.settle()
    api.clock.advance(5)

    assert sorted(request.path for request in receiver.requests) == ["/a", "/b"]
    assert sorted(one.text for one in await carrier.work()) == ["/a", "/b"]


async def test_others_servers_give_variables_in_time_or_none(
    api: Api, owner: Tenant, carrier: CarrierDouble, receiver: WebhookReceiver
) -> None:
    await lead_to(api, owner, "gold", "inbox", {"variable": "tier", "operation": "equals", "value": "gold"})
    await lead_to(api, owner, "rest", "inbox", priority=2)
    good = Answer(body='{"customer": {"tier": "gold"}}')
    receiver.answer("/crm", good, good, Answer(status=500), Answer(close=True))
    receiver.answer("/off", Answer(body='{"customer": {"tier": "tin"}}'))
    mapping = {"responseMapping": {"Tier": "$.customer.tier"}}
    await listen(api, owner, receiver.url("/crm"), **mapping)
    await listen(api, owner, receiver.url("/off"), **mapping, enabled=False)

    for text in ("1", "2", "3", "4"):
        await carrier.deliver(HANDSET, NUMBER, text)
        await api.worker.jobs.start_due()
        await api.worker.jobs.settle()

    assert [dest for _, dest in await routed(api)] == ["gold", "gold", "rest", "rest"]
    first = receiver.requests[0]
    assert {name: first.json[name] for name in ("from", "to", "body", "eventType", "routeTag")} == {
        "from": HANDSET,
        "to": NUMBER,
        "body": "1",
        "eventType": "sms",
        "routeTag": "herd",
    }
    assert {request.path for request in receiver.requests} == {"/crm"}
    (message,) = await api.fetch("select id from messages where body = '1'")
    steps = await api.fetch("select type from debug_log where subject_id = $1 order by step", message["id"])
    assert [row["type"] for row in steps] == ["smsaction", "httpreq", "httpresp", "smsaction"]


async def test_calls_go_round_and_each_kind_has_its_own_turn(api: Api, owner: Tenant) -> None:
    await api.put("/v4/route/tag", owner, {"routeTag": "herd", "distributionType": 2})
    for dest in ("ann", "bob"):
        await lead_to(api, owner, dest, "webrtc", kind="call")
    await lead_to(api, owner, "chip", "inbox")

    turns = [(await route_call(api, owner))[0].dest for _ in range(3)]
    await route_call(api, owner, "sms")

    assert turns == ["ann", "bob", "ann"]
    rows = await api.fetch("select src_type, turn from route_turns order by src_type")
    assert [(row["src_type"], row["turn"]) for row in rows] == [("call", 3), ("sms", 1)]


async def test_a_call_is_told_all_that_its_destination_says(api: Api, owner: Tenant, receiver: WebhookReceiver) -> None:
    document = "<Response><Say>moo</Say></Response>"
    await lead_to(
        api,
        owner,
        "moo",
        "call",
        kind="call",
        name="Moo",
        options={"callXml": document},
        applyTags=["cow"],
        callbackUrl=receiver.url("/told"),
    )

    (choice,) = await route_call(api, owner, callednumber=NUMBER)
    await api.settle()

    assert (choice.dest, choice.dest_type, choice.name) == ("moo", "call", "Moo")
    assert (choice.option("callXml"), choice.option("nothing"), choice.apply_tags) == (document, "", ("cow",))
    (told,) = receiver.requests
    assert told.path == "/told"
    assert told.json["applyTags"] == ["cow"]
    assert told.json["fields"] == {"from": HANDSET, "to": NUMBER, "callednumber": NUMBER}
    assert [row["type"] for row in await api.fetch("select type from debug_log order by step")][:1] == ["callaction"]


async def test_all_at_once_rings_all_and_no_tag_rings_none(api: Api, owner: Tenant) -> None:
    await api.put("/v4/route/tag", owner, {"routeTag": "herd", "distributionType": 4})
    await lead_to(api, owner, "bob", "webrtc", kind="call", priority=2)
    await lead_to(api, owner, "ann", "webrtc", kind="call", priority=1)
    await lead_to(api, owner, "eve", "webrtc", kind="call", status=0)

    assert [choice.dest for choice in await route_call(api, owner)] == ["ann", "bob"]
    await api.delete("/v4/route/tag/herd", owner)
    assert await route_call(api, owner) == ()
