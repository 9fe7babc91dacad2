"""Requests 107 to 109, 112 and 113: what is offered, bought, shown, edited, and charged month by month."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.harness import PASSWORD, Api, Tenant

from cordboard.domain.numbers.errors import NoSmsNumberError, NumberSetNotFoundError
from cordboard.domain.numbers.inventory import ATTRIBUTES
from cordboard.domain.numbers.models import LONG_CODE, PaceRequest
from cordboard.domain.numbers.months import month_after
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids, time_of

NUMBER, SECOND, THIRD = "+17145550100", "+17145550101", "+17145550102"
NOBODYS = "+17145550199"
TOLL_FREE, SHORT_CODE = "+18885550100", "71400"
EVERYTHING = list(ATTRIBUTES.values())
MONTHLY = 1_000_000
URLS = ("voiceUrl", "voiceFallbackUrl", "smsUrl", "smsFallbackUrl", "heartbeatUrl", "hangupCallbackUrl")
METHODS = (
    "voiceMethod",
    "voiceFallbackMethod",
    "smsMethod",
    "smsFallbackMethod",
    "heartbeatMethod",
    "hangupCallbackMethod",
)


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER."""
    tenant = await api.account()
    await buy(api, tenant, NUMBER)
    return tenant


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


async def buy(api: Api, tenant: Tenant, *numbers: str) -> list[dict[str, Any]]:
    """Buys numbers and answers the payload."""
    payload: list[dict[str, Any]] = (
        await api.post("/v4/number/purchase", tenant, {"phoneNumber": list(numbers)})
    ).payload
    assert len(payload) == len(numbers)
    return payload


async def offer(api: Api, *offers: tuple[str, Sequence[str], Sequence[str]]) -> None:
    """Makes (carrier, numbers, attributes) the inventory."""
    async with api.platform.database.transaction() as tx:
        await api.platform.numbers.sync_inventory(tx, offers)


async def available(api: Api, tenant: Tenant, **query: str) -> list[str]:
    """The numbers that can be bought."""
    return [one["phoneNumber"] for one in (await api.get("/v4/number/available/", tenant, **query)).payload]


async def prepay(api: Api, tenant: Tenant, amount: int) -> None:
    """Makes an account pay in advance, with so much to spend."""
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, tenant.id, "prepaid")
        await api.platform.billing.credit(tx, tenant.id, amount, "a test")


async def charges(api: Api, tenant: Tenant) -> list[tuple[int, str]]:
    """Amount and description of what was charged."""
    rows = await api.fetch(
        "select amount, description from ledger_entries where account_id = $1 and kind = 'mrc_did' order by id",
        tenant.id,
    )
    return [(row["amount"], row["description"]) for row in rows]


async def stored(api: Api) -> dict[str, UUID]:
    """Who owns what."""
    return {row["phone_number"]: row["account_id"] for row in await api.fetch("select * from numbers")}


async def signed_in_again(api: Api, tenant: Tenant) -> Tenant:
    """The same tenant with a token that has not expired."""
    tokens = await api.platform.people.sign_in.with_password(tenant.user.username, PASSWORD, "", 60)
    return replace(tenant, token=tokens.access_token)


async def test_the_sandbox_offers_twenty_numbers_of_each_area(api: Api, owner: Tenant) -> None:
    offered = (await api.get("/v4/number/available", owner, areaCode="714, 201")).payload

    assert offered[0] == {
        "phoneNumber": SECOND,  # NUMBER is sold
        "region": "US-CA",
        "timezone": -32,
        "attributes": EVERYTHING,
        "numberType": 1,
    }
    assert Counter(one["region"] for one in offered) == {"US-CA": 20, "US-NJ": 20}
    assert (offered[-1]["phoneNumber"], offered[-1]["timezone"]) == ("+12015550119", -20)


async def test_the_sandbox_has_a_hundred_numbers_of_any_area_and_the_same_every_time(
    api: Api, stranger: Tenant
) -> None:
    first = await available(api, stranger, areaCode="714", size="1000")

    assert len(set(first)) == 100
    assert await available(api, stranger, areaCode="714", size="1000") == first
    assert len(set(await available(api, stranger, areaCode="all", size="1"))) > 300


async def test_what_the_sandbox_offers_can_be_bought_even_where_no_state_is_known(api: Api, stranger: Tenant) -> None:
    (number,) = await available(api, stranger, areaCode="999", size="1")

    (bought,) = await buy(api, stranger, number)

    assert (bought["phoneNumber"], bought["region"]) == ("+19995550100", "")
    assert await available(api, stranger, areaCode="199,000") == []


async def test_toll_free_numbers_are_told_apart(api: Api, stranger: Tenant) -> None:
    offered = (await api.get("/v4/number/available", stranger, type="tollfree", size="2")).payload

    assert len(offered) == 14
    assert {one["numberType"] for one in offered} == {2}
    assert await available(api, stranger, type="tollfree", areaCode="888,714", size="1") == [TOLL_FREE]
    assert await available(api, stranger, type="tollfree", areaCode="714") == []


async def test_a_configured_inventory_takes_the_sandboxs_place(api: Api, stranger: Tenant) -> None:
    await offer(
        api,
        ("acme", [SECOND, NUMBER, TOLL_FREE, SHORT_CODE], ["sms-enabled"]),
        ("beta", ["+12015551234"], ["voice-enabled"]),
    )

    assert set(await available(api, stranger)) == {NUMBER, SECOND, TOLL_FREE, SHORT_CODE, "+12015551234"}
    assert await available(api, stranger, areaCode="714") == [NUMBER, SECOND]
    assert await available(api, stranger, areaCode="714,201", size="1") == ["+12015551234", NUMBER]
    assert await available(api, stranger, areaCode="400") == []  # the digits of the short code are no area
    assert await available(api, stranger, type="voice") == ["+12015551234"]
    assert await available(api, stranger, type="mms") == []
    assert await available(api, stranger, type="tollfree") == [TOLL_FREE]
    refused = await api.post("/v4/number/purchase", stranger, {"phoneNumber": [THIRD]})
    assert refused.errors == [("400", "phoneNumber")]


async def test_a_number_stays_with_its_carrier_and_attributes(api: Api, stranger: Tenant) -> None:
    await offer(api, ("acme", [NUMBER, SHORT_CODE], ["sms-enabled"]))

    number, short_code = await buy(api, stranger, NUMBER, SHORT_CODE)
    await offer(api, ("beta", [NUMBER], EVERYTHING))

    assert (number["attributes"], number["numberType"]) == (["sms-enabled"], 1)
    assert (short_code["phoneNumber"], short_code["numberType"], short_code["region"]) == (SHORT_CODE, 4, "")
    assert await api.fetch("select distinct carrier, attributes from numbers") == [
        {"carrier": "acme", "attributes": ["sms-enabled"]}
    ]
    assert await available(api, stranger) == []


async def test_the_inventory_follows_the_settings(api: Api, stranger: Tenant) -> None:
    await offer(api, ("acme", [NUMBER, SECOND], ["sms-enabled"]), ("beta", [THIRD], ["sms-enabled"]))
    await offer(api, ("acme", [SECOND], EVERYTHING))

    assert await api.fetch("select phone_number, area, carrier, attributes from inventory") == [
        {"phone_number": SECOND, "area": "714", "carrier": "acme", "attributes": EVERYTHING}
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"areaCode": "71"}, "areaCode"),
        ({"areaCode": "714,abc"}, "areaCode"),
        ({"areaCode": "714,all"}, "areaCode"),
        ({"areaCode": ","}, "areaCode"),
        ({"areaCode": ",".join(str(code) for code in range(200, 251))}, "areaCode"),
        ({"size": "0"}, "size"),
        ({"size": "1001"}, "size"),
        ({"size": "many"}, "size"),
        ({"type": "fax"}, "type"),
    ],
)
async def test_a_bad_search_is_refused(api: Api, stranger: Tenant, query: dict[str, str], field: str) -> None:
    answer = await api.get("/v4/number/available", stranger, **query)

    assert answer.status == 400
    assert [named for _, named in answer.errors] == [field]


async def test_a_bought_number_is_shown_stored_charged_and_to_be_renewed(api: Api, stranger: Tenant) -> None:
    (bought,) = await buy(api, stranger, "(714) 555-0100")

    renewal = month_after(api.clock.now(), api.clock.now().day)
    phone_sid = UUID(bought.pop("phoneSid"))
    assert time_of(phone_sid) == api.clock.now()
    assert bought == {
        "accountSid": stranger.sid,
        "friendlyName": "",
        "phoneNumber": NUMBER,
        "cnam": "",
        "countryName": "US",
        **dict.fromkeys(URLS, ""),
        **dict.fromkeys(METHODS, "POST"),
        "renewalDate": epoch_ms(renewal),
        "purchaseDate": epoch_ms(api.clock.now()),
        "region": "US-CA",
        "timezone": -32,
        "reputationResults": {},
        "ftcComplaintCount": 0,
        "branded": False,
        "remediation": False,
        "attributes": EVERYTHING,
        "numberType": 1,
        "keywordActions": {},
    }
    assert await stored(api) == {NUMBER: stranger.id}
    assert await charges(api, stranger) == [(-MONTHLY, f"{NUMBER} for a month")]
    assert await api.fetch("select subject_id from ledger_entries") == [{"subject_id": phone_sid}]
    assert await api.fetch("select account_id, kind, scope, fire_at from timers") == [
        {"account_id": stranger.id, "kind": "numbers.renew", "scope": NUMBER, "fire_at": renewal}
    ]


async def test_what_cannot_be_bought_is_told_of_beside_what_was(api: Api, owner: Tenant, stranger: Tenant) -> None:
    wanted = [THIRD, NUMBER, "+17142421234", SECOND, THIRD]

    answer = await api.post("/v4/number/purchase", stranger, {"phoneNumber": wanted})

    assert [one["phoneNumber"] for one in answer.payload] == [THIRD, SECOND]
    assert [error["moreInfo"] for error in answer.body["error"]] == [NUMBER, "+17142421234"]
    assert await stored(api) == {NUMBER: owner.id, SECOND: stranger.id, THIRD: stranger.id}
    assert len(await charges(api, stranger)) == 2


async def test_when_nothing_can_be_bought_the_purchase_fails(api: Api, owner: Tenant) -> None:
    answer = await api.post("/v4/number/purchase", owner, {"phoneNumber": [NUMBER]})

    assert answer.status == 400
    assert answer.errors == [("400", "phoneNumber")]
    assert NUMBER in answer.body["error"][0]["message"]
    assert await charges(api, owner) == [(-MONTHLY, f"{NUMBER} for a month")]


async def test_a_prepaid_account_buys_what_its_balance_covers(api: Api, stranger: Tenant) -> None:
    await prepay(api, stranger, 2 * MONTHLY)

    answer = await api.post("/v4/number/purchase", stranger, {"phoneNumber": [THIRD, SECOND, NUMBER]})

    assert [one["phoneNumber"] for one in answer.payload] == [THIRD, SECOND]
    assert [error["moreInfo"] for error in answer.body["error"]] == [NUMBER]
    assert "balance" in answer.body["error"][0]["message"]
    assert await stored(api) == {SECOND: stranger.id, THIRD: stranger.id}
    assert len(await charges(api, stranger)) == 2
    assert await api.fetch("select balance, held from balances") == [{"balance": 0, "held": 0}]
    assert {row["scope"] for row in await api.fetch("select scope from timers")} == {SECOND, THIRD}


async def test_a_bought_number_joins_the_set_and_takes_its_settings(api: Api, stranger: Tenant) -> None:
    settings = {"smsUrl": "https://example.com/sms", "smsMethod": "GET", "keywordActions": {"HI": {"campaignId": "7"}}}
    made = (await api.post("/v4/numberset", stranger, {"name": "mine", **settings})).only

    bought = (
        await api.post("/v4/number/purchase", stranger, {"phoneNumber": [NUMBER], "numberSetId": made["numberSetId"]})
    ).only

    assert bought["numberSetId"] == made["numberSetId"]
    assert {name: bought[name] for name in settings} == settings
    assert (await api.get(f"/v4/number/{NUMBER}", stranger)).only == bought


async def test_another_accounts_set_cannot_be_joined(api: Api, owner: Tenant, stranger: Tenant) -> None:
    theirs = (await api.post("/v4/numberset", owner, {"name": "theirs"})).only["numberSetId"]

    answer = await api.post("/v4/number/purchase", stranger, {"phoneNumber": [SECOND], "numberSetId": theirs})

    assert answer.status == 404
    assert await stored(api) == {NUMBER: owner.id}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "phoneNumber"),
        ({"phoneNumber": []}, "phoneNumber"),
        ({"phoneNumber": ["x"]}, "phoneNumber"),
        ({"phoneNumber": ["+1714555010"]}, "phoneNumber"),
        ({"phoneNumber": [f"+1714555{last}" for last in range(1000, 1101)]}, "phoneNumber"),
        ({"phoneNumber": [THIRD], "numberSetId": "mine"}, "numberSetId"),
    ],
)
async def test_a_bad_purchase_is_refused(api: Api, stranger: Tenant, body: dict[str, Any], field: str) -> None:
    answer = await api.post("/v4/number/purchase", stranger, body)

    assert answer.status == 400
    assert [named for _, named in answer.errors] == [field]
    assert await stored(api) == {}


async def test_two_accounts_that_want_the_same_numbers_share_them_out(api: Api, stranger: Tenant) -> None:
    other = await api.account("other")
    numbers = [f"+17145550{last}" for last in range(110, 130)]

    bodies = [{"phoneNumber": numbers}, {"phoneNumber": numbers[::-1]}] * 3
    tenants = [stranger, other, other, stranger, stranger, other]
    answers = await asyncio.gather(
        *(api.post("/v4/number/purchase", tenant, body) for tenant, body in zip(tenants, bodies, strict=True))
    )

    assert {answer.status for answer in answers} <= {200, 400}
    owners = Counter((await stored(api)).values())
    assert owners.total() == len(numbers)
    booked = {tenant.id: len(await charges(api, tenant)) for tenant in (stranger, other)}
    assert {account: count for account, count in booked.items() if count} == owners


async def test_numbers_are_shown_page_by_page(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await buy(api, owner, THIRD, SECOND)
    await buy(api, stranger, NOBODYS)

    first = await api.get("/v4/number/", owner, size="2")
    last = await api.get("/v4/number/", owner, size="2", nextKey=first.body["nextKey"])

    assert [one["phoneNumber"] for one in first.payload] == [NUMBER, SECOND]
    assert base64.b64decode(first.body["nextKey"]) == THIRD.encode()
    assert [one["phoneNumber"] for one in last.payload] == [THIRD]
    assert (first.body["count"], last.body["count"]) == (3, 3)
    assert "nextKey" not in last.body


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"nextKey": "%%%"}, "nextKey"),
        ({"nextKey": "é"}, "nextKey"),
        ({"nextKey": base64.b64encode(b"\xff\xfe").decode()}, "nextKey"),
        ({"nextKey": base64.b64encode(b"a\0b").decode()}, "nextKey"),
        ({"size": "0"}, "size"),
        ({"size": "1001"}, "size"),
        ({"size": "x"}, "size"),
    ],
)
async def test_a_bad_page_is_refused(api: Api, owner: Tenant, query: dict[str, str], field: str) -> None:
    answer = await api.get("/v4/number", owner, **query)

    assert answer.status == 400
    assert [named for _, named in answer.errors] == [field]


async def test_every_setting_is_edited_stored_and_shown(api: Api, owner: Tenant) -> None:
    settings = {
        "friendlyName": "Front desk",
        **{name: f"https://example.com/{name}" for name in URLS},
        **dict.fromkeys(METHODS, "GET"),
        "keywordActions": {"HI": {"campaignId": "e8861980-5165-11e9-b3b4-55cdbe9b37b5"}},
    }

    edited = (await api.put(f"/v4/number/{NUMBER}/", owner, settings)).only

    assert {name: edited[name] for name in settings} == settings
    assert (await api.get(f"/v4/number/{NUMBER}/", owner)).only == edited
    assert (await api.get("/v4/number", owner)).only == edited
    (row,) = await api.fetch("select friendly_name, urls, keyword_actions from numbers")
    assert (row["friendly_name"], row["keyword_actions"]) == ("Front desk", settings["keywordActions"])
    assert row["urls"] == {name: settings[name] for name in (*URLS, *METHODS)}


async def test_an_edit_leaves_alone_what_it_does_not_name_and_an_empty_url_unsets_one(api: Api, owner: Tenant) -> None:
    await api.put(f"/v4/number/{NUMBER}", owner, {"smsUrl": "https://example.com/sms", "friendlyName": "Desk"})

    edited = (await api.put(f"/v4/number/{NUMBER}", owner, {"smsUrl": "", "voiceUrl": "https://example.com/v"})).only

    assert (edited["smsUrl"], edited["voiceUrl"], edited["friendlyName"]) == ("", "https://example.com/v", "Desk")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        *(({name: "ftp://example.com/x"}, [name]) for name in URLS),
        *(({name: "PATCH"}, [name]) for name in METHODS),
        ({"smsUrl": "nonsense", "voiceUrl": "https://"}, ["voiceUrl", "smsUrl"]),
        ({"smsUrl": 7}, ["smsUrl"]),
        ({"friendlyName": "x" * 256}, ["friendlyName"]),
        ({"keywordActions": {"HI": {}}}, ["keywordActions.HI"]),
        ({"keywordActions": {"HI": {"campaignId": 7}}}, ["keywordActions.HI"]),
        ({"keywordActions": {" ": {"campaignId": "7"}}}, ["keywordActions"]),
        ({"keywordActions": {"x" * 161: {"campaignId": "7"}}}, ["keywordActions"]),
        ({"keywordActions": {f"word{n}": {"campaignId": "7"} for n in range(201)}}, ["keywordActions"]),
        ({"keywordActions": "HI"}, ["keywordActions"]),
    ],
)
async def test_a_bad_setting_is_named_and_nothing_is_changed(
    api: Api, owner: Tenant, body: dict[str, Any], fields: list[str]
) -> None:
    answer = await api.put(f"/v4/number/{NUMBER}", owner, {"friendlyName": "changed", **body})

    assert answer.status == 400
    assert [named for _, named in answer.errors] == fields
    assert await api.fetch("select friendly_name, urls, keyword_actions from numbers") == [
        {"friendly_name": "", "urls": {}, "keyword_actions": {}}
    ]


@pytest.mark.parametrize("number", [NUMBER, NOBODYS, "x", "12345"])
async def test_a_number_that_is_not_the_accounts_does_not_exist(
    api: Api, owner: Tenant, stranger: Tenant, number: str
) -> None:
    answers = [
        await api.get(f"/v4/number/{number}", stranger),
        await api.put(f"/v4/number/{number}", stranger, {"friendlyName": "mine now"}),
    ]

    assert [answer.status for answer in answers] == [404, 404]
    assert await api.fetch("select account_id, friendly_name from numbers") == [
        {"account_id": owner.id, "friendly_name": ""}
    ]


async def test_a_parent_edits_the_number_of_its_subaccount(api: Api) -> None:
    parent = await api.account("parent")
    child = await api.account("child", parent=parent.id)
    await buy(api, child, NUMBER)

    edited = (await api.put(f"/v4/number/{NUMBER}", parent, {"accountSid": child.sid, "friendlyName": "ours"})).only

    assert (edited["accountSid"], edited["friendlyName"]) == (child.sid, "ours")


async def test_reading_does_not_allow_editing_nor_buying(api: Api) -> None:
    agent, billing = await api.account(role="gi-agent"), await api.account(role="billing-admin")

    assert (await api.get("/v4/number", agent)).payload == []
    answers = [
        await api.get("/v4/number", billing),
        await api.get("/v4/number/available", billing),
        await api.get(f"/v4/number/{NUMBER}", billing),
        await api.put(f"/v4/number/{NUMBER}", agent, {}),
        await api.post("/v4/number/purchase", agent, {"phoneNumber": [NUMBER]}),
    ]
    assert [answer.errors[0] for answer in answers] == [
        ("401", f"needs the privilege {privilege}")
        for privilege in ("number-read", "number-read", "number-read", "number-update", "number-purchase")
    ]


async def test_a_number_is_charged_when_its_month_is_over_and_not_before(api: Api, owner: Tenant) -> None:
    bought_at = api.clock.now()
    renewal = month_after(bought_at, bought_at.day)
    api.clock.advance((renewal - bought_at - timedelta(seconds=1)).total_seconds())
    await api.settle()
    assert len(await charges(api, owner)) == 1

    api.clock.advance(1)
    await api.settle()
    await api.settle()

    assert await charges(api, owner) == [(-MONTHLY, f"{NUMBER} for a month")] * 2
    shown = (await api.get("/v4/number", await signed_in_again(api, owner))).only
    assert shown["renewalDate"] == epoch_ms(month_after(renewal, bought_at.day))
    assert shown["purchaseDate"] == epoch_ms(bought_at)


async def test_months_that_nobody_worked_are_made_up_for(api: Api, owner: Tenant) -> None:
    await buy(api, owner, SECOND)
    start = api.clock.now()
    second = month_after(month_after(start, start.day), start.day)
    api.clock.advance((second - start).total_seconds())

    await api.settle()

    assert Counter(await charges(api, owner)) == {
        (-MONTHLY, f"{NUMBER} for a month"): 3,
        (-MONTHLY, f"{SECOND} for a month"): 3,
    }


async def test_senders_are_of_their_account_and_owners_are_known_by_number(
    api: Api, owner: Tenant, stranger: Tenant
) -> None:
    await buy(api, stranger, SECOND)
    numbers = api.platform.numbers
    async with api.platform.database.transaction() as tx:
        senders = await numbers.senders(tx, [(owner.id, NUMBER), (stranger.id, NUMBER), (owner.id, NUMBER)])
        owners = await numbers.owners(tx, [NUMBER, SECOND, THIRD])
        assert await numbers.senders(tx, []) == {}

    assert list(senders) == [(owner.id, NUMBER)]
    assert senders[owner.id, NUMBER].sms_enabled
    assert senders[owner.id, NUMBER].mms_enabled
    assert {number: found.account_id for number, found in owners.items()} == {NUMBER: owner.id, SECOND: stranger.id}


async def test_the_pace_is_kept_from_batch_to_batch(api: Api, owner: Tenant) -> None:
    now, second = api.clock.now(), timedelta(seconds=1)
    wanted = [PaceRequest(owner.id, NUMBER, LONG_CODE, segments) for segments in (2, 1)]
    async with api.platform.database.transaction() as tx:
        assert await api.platform.numbers.reserve_pace(tx, [], now) == []
        assert await api.platform.numbers.reserve_pace(tx, wanted, now) == [now, now + 2 * second]
    async with api.platform.database.transaction() as tx:
        assert await api.platform.numbers.reserve_pace(tx, wanted[1:], now) == [now + 3 * second]

    assert await api.fetch("select account_id, phone_number, next_free_at from number_pace") == [
        {"account_id": owner.id, "phone_number": NUMBER, "next_free_at": now + 4 * second}
    ]


async def test_simultaneous_batches_never_take_the_same_place(api: Api, owner: Tenant) -> None:
    now = api.clock.now()

    async def reserve(*numbers: str) -> list[Any]:
        wanted = [PaceRequest(owner.id, number, LONG_CODE, 1) for number in numbers]
        async with api.platform.database.transaction() as tx:
            return await api.platform.numbers.reserve_pace(tx, wanted, now)

    batches = await asyncio.gather(*(reserve(*order) for order in [(NUMBER, SECOND), (SECOND, NUMBER)] * 4))

    places = sorted((place - now).total_seconds() for batch in batches for place in batch)
    assert places == sorted([*range(8), *range(8)])


async def test_a_set_sends_by_its_number_that_is_free(api: Api, owner: Tenant) -> None:
    await buy(api, owner, SECOND)
    made = await api.post("/v4/numberset", owner, {"name": "mine", "phoneNumbers": [NUMBER, SECOND]})
    set_id = UUID(made.only["numberSetId"])
    async with api.platform.database.transaction() as tx:
        busy = PaceRequest(owner.id, NUMBER, LONG_CODE, 10)
        await api.platform.numbers.reserve_pace(tx, [busy], api.clock.now())
        picked = await api.platform.numbers.pick_from_set(tx, owner.id, set_id, 3)

    assert [number.phone_number for number in picked] == [SECOND] * 3


async def test_a_set_without_a_number_that_texts_sends_nothing(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await offer(api, ("acme", [SECOND], ["voice-enabled"]))
    await buy(api, owner, SECOND)
    made = await api.post("/v4/numberset", owner, {"name": "voices", "phoneNumbers": [SECOND]})
    set_id = UUID(made.only["numberSetId"])
    numbers = api.platform.numbers
    async with api.platform.database.transaction() as tx:
        with pytest.raises(NoSmsNumberError):
            await numbers.pick_from_set(tx, owner.id, set_id, 1)
        with pytest.raises(NumberSetNotFoundError):
            await numbers.pick_from_set(tx, stranger.id, set_id, 1)
        with pytest.raises(NumberSetNotFoundError):
            await numbers.pick_from_set(tx, owner.id, Ids.random_uuid(), 1)
