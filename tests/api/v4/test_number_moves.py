"""Requests 110 and 111: numbers given back, and numbers handed between a parent account and its subaccounts."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.harness import PASSWORD, Answer, Api, Tenant

from cordboard.domain.numbers.models import LONG_CODE, PaceRequest
from cordboard.domain.numbers.moving import QUARANTINE
from cordboard.domain.numbers.service import RENEWAL_TIMER
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids

NUMBER, SECOND, THIRD = "+17145550100", "+17145550101", "+17145550102"
NOBODYS = "+17145550199"
MONTH = timedelta(days=31)  # from the clock's start, in January
RELEASE, TRANSFER = "/v4/number/release", "/v4/number/transfer"


@pytest.fixture
async def parent(api: Api) -> Tenant:
    """A parent account that owns NUMBER and SECOND."""
    tenant = await api.account("parent")
    await buy(api, tenant, NUMBER, SECOND)
    return tenant


@pytest.fixture
async def child(api: Api, parent: Tenant) -> Tenant:
    """A subaccount of it that owns nothing."""
    return await api.account("child", parent=parent.id)


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


async def buy(api: Api, tenant: Tenant, *numbers: str) -> Answer:
    return await api.post("/v4/number/purchase", tenant, {"phoneNumber": list(numbers)})


async def transfer(api: Api, by: Tenant, to: Tenant, *numbers: str, **more: Any) -> Answer:
    return await api.post(TRANSFER, by, {"phoneNumbers": list(numbers), "toAccountSid": to.sid, **more})


async def owners(api: Api) -> dict[str, UUID]:
    return {row["phone_number"]: row["account_id"] for row in await api.fetch("select * from numbers")}


async def renewals(api: Api) -> dict[str, UUID]:
    """Which numbers are to be charged for another month, and whom."""
    rows = await api.fetch("select scope, account_id from timers where kind = $1", RENEWAL_TIMER)
    return {row["scope"]: row["account_id"] for row in rows}


async def months_paid(api: Api) -> list[UUID]:
    rows = await api.fetch("select account_id from ledger_entries order by booked_at, id")
    return [row["account_id"] for row in rows]


async def available(api: Api, tenant: Tenant) -> list[str]:
    shown = (await api.get("/v4/number/available", tenant, areaCode="714", size="100")).payload
    return [one["phoneNumber"] for one in shown]


async def tie_things_to(api: Api, tenant: Tenant, number: str) -> UUID:
    """Puts a number into a set, tags it, gives it to a user, a mailbox and a phone; answers the set."""
    made = await api.post("/v4/numberset", tenant, {"name": "sales", "phoneNumbers": [number]})
    async with api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into route_tags (account_id, route_tag, distribution_type, created_at) values ($1, 'main', 1, $2)"
            " on conflict do nothing",
            tenant.id,
            api.clock.now(),
        )
        await api.platform.numbers.set_route_tag(tx, tenant.id, [number], "main")
        await api.platform.numbers.assign_user(tx, tenant.id, number, tenant.user.id)
    phone = {"username": f"desk-{tenant.user.id.hex[:8]}", "callerId": number}
    assert (await api.post("/v4/sip/phone", tenant, phone)).status == 200
    mailbox = await api.put(f"/v4/voicemail/{number}/settings", tenant, {"greetingText": "Hello"})
    assert mailbox.status == 200
    set_id: UUID = UUID(made.only["numberSetId"])
    return set_id


async def test_a_released_number_is_gone_and_was_what_is_answered(api: Api, parent: Tenant) -> None:
    before = (await api.get(f"/v4/number/{NUMBER}", parent)).only

    answer = await api.post(f"{RELEASE}/", parent, {"phoneNumber": ["(714) 555-0100"]})

    assert answer.payload == [before]
    assert "error" not in answer.body
    assert await owners(api) == {SECOND: parent.id}
    assert await renewals(api) == {SECOND: parent.id}
    assert (await api.get(f"/v4/number/{NUMBER}", parent)).status == 404
    api.clock.advance(MONTH.total_seconds())
    await api.settle()
    assert await months_paid(api) == [parent.id] * 3  # two bought, one renewed


async def test_what_was_tied_to_a_released_number_lets_go_of_it(api: Api, parent: Tenant) -> None:
    set_id = await tie_things_to(api, parent, NUMBER)

    released = (await api.post(RELEASE, parent, {"phoneNumber": [NUMBER]})).only

    assert (released["numberSetId"], released["routeTag"]) == (str(set_id), "main")
    assert released["assignedUser"] == str(parent.user.id)
    assert (await api.get(f"/v4/numberset/{set_id}", parent)).only["phoneNumbers"] == []
    assert await api.fetch("select caller_id from sip_phones") == [{"caller_id": ""}]
    assert await api.fetch("select from mailboxes") == []
    bought = (await buy(api, parent, NUMBER)).only
    assert {"numberSetId", "routeTag", "assignedUser"} & bought.keys() == set()


async def test_good_and_bad_numbers_are_told_apart(api: Api, parent: Tenant, stranger: Tenant) -> None:
    await buy(api, stranger, THIRD)

    answer = await api.post(RELEASE, parent, {"phoneNumber": [SECOND, THIRD, NUMBER, SECOND, NOBODYS]})

    assert [one["phoneNumber"] for one in answer.payload] == [SECOND, NUMBER]
    assert [error["moreInfo"] for error in answer.body["error"]] == [THIRD, NOBODYS]
    assert await owners(api) == {THIRD: stranger.id}


@pytest.mark.parametrize("numbers", [[], ["nonsense"], [NUMBER] * 101, [THIRD]])
async def test_a_release_of_nothing_is_refused(api: Api, parent: Tenant, numbers: list[str]) -> None:
    answer = await api.post(RELEASE, parent, {"phoneNumber": numbers})

    assert (answer.status, answer.errors) == (400, [("400", "phoneNumber")])
    assert await owners(api) == {NUMBER: parent.id, SECOND: parent.id}
    assert await renewals(api) == {NUMBER: parent.id, SECOND: parent.id}


async def test_a_released_number_rests_for_a_week_for_all_but_its_last_owner(
    api: Api, parent: Tenant, stranger: Tenant
) -> None:
    await api.post(RELEASE, parent, {"phoneNumber": [NUMBER, SECOND]})

    assert {NUMBER, SECOND} & set(await available(api, parent)) == set()
    refused = await buy(api, stranger, NUMBER)
    assert (refused.status, refused.errors) == (400, [("400", "phoneNumber")])
    assert await owners(api) == {}
    assert (await buy(api, parent, NUMBER)).only["accountSid"] == parent.sid
    assert [row["phone_number"] for row in await api.fetch("select * from number_quarantine")] == [SECOND]

    api.clock.advance(QUARANTINE.total_seconds())
    await api.settle()
    stranger = await signed_in_again(api, stranger)
    assert SECOND in await available(api, stranger)
    assert (await buy(api, stranger, SECOND)).only["accountSid"] == stranger.sid


async def test_a_second_release_rests_for_another_week(api: Api, parent: Tenant, stranger: Tenant) -> None:
    await api.post(RELEASE, parent, {"phoneNumber": [NUMBER]})
    api.clock.advance(timedelta(minutes=90).total_seconds())
    await buy(api, parent, NUMBER)
    await api.post(RELEASE, parent, {"phoneNumber": [NUMBER]})

    api.clock.advance((QUARANTINE - timedelta(minutes=60)).total_seconds())
    await api.settle()
    stranger = await signed_in_again(api, stranger)

    assert (await buy(api, stranger, NUMBER)).status == 400
    api.clock.advance(timedelta(minutes=60).total_seconds())
    await api.settle()
    assert (await buy(api, stranger, NUMBER)).status == 200


async def test_a_purchase_that_the_balance_does_not_cover_ends_no_rest(
    api: Api, parent: Tenant, stranger: Tenant
) -> None:
    await api.post(RELEASE, parent, {"phoneNumber": [NUMBER]})
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, parent.id, "prepaid")

    assert (await buy(api, parent, NUMBER)).status == 400

    assert (await buy(api, stranger, NUMBER)).status == 400


async def test_the_inventory_of_carriers_does_not_offer_what_rests(api: Api, stranger: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.numbers.sync_inventory(tx, [("acme", ["+17142420001", "+17142420002"], ["voice-enabled"])])
    await buy(api, stranger, "+17142420001")
    assert await available(api, stranger) == ["+17142420002"]

    await api.post(RELEASE, stranger, {"phoneNumber": ["+17142420001"]})

    assert await available(api, stranger) == ["+17142420002"]
    api.clock.advance(QUARANTINE.total_seconds())
    await api.settle()
    assert len(await available(api, await signed_in_again(api, stranger))) == 2


async def test_what_waits_to_be_sent_from_a_released_number_is_not_sent(api: Api, parent: Tenant) -> None:
    at = epoch_ms(api.clock.now() + timedelta(hours=1))
    body = {"from": NUMBER, "to": "+19492221234", "text": "later", "scheduledTime": at}
    sent = (await api.post("/v4/sms", parent, body)).only
    assert await api.fetch("select state from messages") == [{"state": "scheduled"}]

    await api.post(RELEASE, parent, {"phoneNumber": [NUMBER]})
    api.clock.advance(3600)
    await api.settle()

    (row,) = await api.fetch("select state, error_code from messages where id = $1", UUID(sent["messageSid"]))
    assert (row["state"], row["error_code"]) == ("failed", "not_owned")


async def test_releases_and_renewals_of_the_same_moment_do_not_clash(api: Api, parent: Tenant) -> None:
    api.clock.advance(MONTH.total_seconds())
    parent = await signed_in_again(api, parent)

    answers = await asyncio.gather(
        api.worker.timers.fire_due(),
        api.post(RELEASE, parent, {"phoneNumber": [SECOND, NUMBER]}),
        api.post(RELEASE, parent, {"phoneNumber": [NUMBER, SECOND]}),
    )
    await api.settle()

    assert sorted(answer.status for answer in answers[1:]) == [200, 400]
    assert await owners(api) == {}
    renewed = len(await months_paid(api)) - 2
    api.clock.advance(3 * MONTH.total_seconds())
    await api.settle()
    assert len(await months_paid(api)) == renewed + 2
    assert await renewals(api) == {}


async def test_a_parent_hands_numbers_to_its_subaccount(api: Api, parent: Tenant, child: Tenant) -> None:
    await api.put(f"/v4/number/{NUMBER}", parent, {"friendlyName": "Main", "smsUrl": "https://example.com/sms"})
    api.clock.advance(timedelta(minutes=10).total_seconds())
    before = (await api.get(f"/v4/number/{NUMBER}", parent)).only

    answer = await transfer(api, parent, child, NUMBER, fromAccountSid=parent.sid)

    assert answer.only == {**before, "accountSid": child.sid}
    assert "error" not in answer.body
    assert (await api.get(f"/v4/number/{NUMBER}", child)).only == answer.only
    assert (await api.get(f"/v4/number/{NUMBER}", parent)).status == 404
    assert await renewals(api) == {NUMBER: child.id, SECOND: parent.id}
    api.clock.advance(MONTH.total_seconds())
    await api.settle()
    assert sorted((await months_paid(api))[2:], key=str) == sorted([parent.id, child.id], key=str)


async def test_a_subaccount_hands_numbers_to_its_parent_and_the_parent_takes_them(
    api: Api, parent: Tenant, child: Tenant
) -> None:
    await buy(api, child, THIRD, NOBODYS)

    given = await transfer(api, child, parent, THIRD)
    taken = await transfer(api, parent, parent, NOBODYS, fromAccountSid=child.sid)

    assert [answer.only["accountSid"] for answer in (given, taken)] == [parent.sid, parent.sid]
    assert set((await owners(api)).values()) == {parent.id}
    acting = {"accountSid": child.sid}
    await transfer(api, parent, child, THIRD)
    assert (await transfer(api, parent, parent, THIRD, **acting)).only["accountSid"] == parent.sid


async def test_a_parent_takes_numbers_back_from_a_subaccount_that_is_not_active(
    api: Api, parent: Tenant, child: Tenant
) -> None:
    await transfer(api, parent, child, NUMBER)
    await api.put(f"/ams/v3/accounts/status/{child.sid}", parent, {"status": "closed"})

    refused = await transfer(api, parent, child, SECOND)
    assert (refused.status, await owners(api)) == (409, {NUMBER: child.id, SECOND: parent.id})

    assert (await transfer(api, parent, parent, NUMBER, fromAccountSid=child.sid)).status == 200
    assert await owners(api) == {NUMBER: parent.id, SECOND: parent.id}


async def test_what_a_number_was_tied_to_stays_behind_and_its_logs_too(api: Api, parent: Tenant, child: Tenant) -> None:
    set_id = await tie_things_to(api, parent, NUMBER)
    await api.put(f"/v4/number/{NUMBER}", parent, {"keywordActions": {"join": {"campaignId": "x"}}})
    await api.post("/v4/sms", parent, {"from": NUMBER, "to": "+19492221234", "text": "hello"})
    await api.settle()

    moved = (await transfer(api, parent, child, NUMBER)).only

    assert {"numberSetId", "routeTag", "assignedUser"} & moved.keys() == set()
    assert moved["keywordActions"] == {}
    assert (await api.get(f"/v4/numberset/{set_id}", parent)).only["phoneNumbers"] == []
    assert await api.fetch("select caller_id from sip_phones") == [{"caller_id": ""}]
    assert await api.fetch("select from mailboxes") == []
    assert await api.fetch("select account_id from messages") == [{"account_id": parent.id}]


async def test_a_number_keeps_its_pace(api: Api, parent: Tenant, child: Tenant) -> None:
    now = api.clock.now()
    async with api.platform.database.transaction() as tx:
        await api.platform.numbers.reserve_pace(tx, [PaceRequest(parent.id, NUMBER, LONG_CODE, 60)], now)

    await transfer(api, parent, child, NUMBER)

    async with api.platform.database.transaction() as tx:
        request = PaceRequest(child.id, NUMBER, LONG_CODE, 1)
        assert await api.platform.numbers.reserve_pace(tx, [request], now) == [now + timedelta(seconds=60)]


async def test_one_bad_number_does_not_hold_up_the_others(
    api: Api, parent: Tenant, child: Tenant, stranger: Tenant
) -> None:
    await buy(api, stranger, THIRD)

    answer = await transfer(api, parent, child, SECOND, THIRD, NUMBER)

    assert [one["phoneNumber"] for one in answer.payload] == [SECOND, NUMBER]
    assert [error["moreInfo"] for error in answer.body["error"]] == [THIRD]
    assert await owners(api) == {SECOND: child.id, NUMBER: child.id, THIRD: stranger.id}


@pytest.mark.parametrize("numbers", [[], ["nonsense"], [NUMBER] * 101, [THIRD]])
async def test_a_transfer_of_nothing_is_refused(api: Api, parent: Tenant, child: Tenant, numbers: list[str]) -> None:
    answer = await transfer(api, parent, child, *numbers)

    assert (answer.status, answer.errors) == (400, [("400", "phoneNumbers")])
    assert await renewals(api) == {NUMBER: parent.id, SECOND: parent.id}


async def test_numbers_move_between_a_parent_and_its_own_subaccount_only(
    api: Api, parent: Tenant, child: Tenant, stranger: Tenant
) -> None:
    """Every caller, source and target of two trees."""
    sibling = await api.account("sibling", parent=parent.id)
    cousin = await api.account("cousin", parent=stranger.id)
    family = (parent, child, sibling, stranger, cousin)
    fates: dict[tuple[str, str, str], int] = {}
    for source in family:
        async with api.platform.database.transaction() as tx:
            await tx.execute("update numbers set account_id = $1", source.id)
        for caller in family:
            for target in family:
                edge = target.id == source.account.parent_id or target.account.parent_id == source.id
                may = caller.id in (source.id, source.account.parent_id)
                if edge and may and source is not target:
                    continue
                answer = await transfer(api, caller, target, NUMBER, fromAccountSid=source.sid)
                fates[caller.account.name, source.account.name, target.account.name] = answer.status
        assert set((await owners(api)).values()) == {source.id}

    refused_with_a_reason = {key for key, status in fates.items() if status == 400}
    assert set(fates.values()) == {400, 404}
    assert refused_with_a_reason == {
        *((one.account.name, one.account.name, one.account.name) for one in family),  # nowhere to go
        ("parent", "child", "child"),
        ("parent", "sibling", "sibling"),
        ("stranger", "cousin", "cousin"),
        ("parent", "child", "sibling"),  # by way of the parent
        ("parent", "sibling", "child"),
    }


async def test_two_that_move_the_same_numbers_do_not_clash(api: Api, parent: Tenant, child: Tenant) -> None:
    answers = await asyncio.gather(
        transfer(api, parent, child, NUMBER, SECOND),
        transfer(api, parent, child, SECOND, NUMBER),
        api.post(RELEASE, parent, {"phoneNumber": [SECOND]}),
    )

    assert {answer.status for answer in answers} <= {200, 400}
    assert (await owners(api))[NUMBER] == child.id
    assert sum(len(answer.body["payload"]) for answer in answers) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_a_number_has_one_owner_who_pays_for_it(
    api: Api, parent: Tenant, child: Tenant, stranger: Tenant, seed: int
) -> None:
    chance = random.Random(seed)
    tenants, numbers = [parent, child, stranger], (NUMBER, SECOND, THIRD)
    for _ in range(40):
        caller, target = chance.choice(tenants), chance.choice(tenants)
        some = chance.sample(numbers, chance.randint(1, 3))
        match chance.choice(("buy", "release", "transfer", "a day")):
            case "buy":
                await buy(api, caller, *some)
            case "release":
                await api.post(RELEASE, caller, {"phoneNumber": some})
            case "transfer":
                await transfer(api, caller, target, *some, fromAccountSid=chance.choice(tenants).sid)
            case _:
                api.clock.advance(timedelta(days=1).total_seconds())
                await api.settle()
                tenants = [await signed_in_again(api, tenant) for tenant in tenants]
        owned = await owners(api)
        assert await renewals(api) == owned
        resting = {row["phone_number"] for row in await api.fetch("select phone_number from number_quarantine")}
        assert resting & owned.keys() == set()
        assert set(await available(api, tenants[2])) & (resting | owned.keys()) == set()


async def test_a_target_that_is_none_is_named(api: Api, parent: Tenant) -> None:
    nobody = str(Ids.random_uuid())

    for body, status, field in (
        ({"phoneNumbers": [NUMBER]}, 400, "toAccountSid"),
        ({"phoneNumbers": [NUMBER], "toAccountSid": "x"}, 400, "toAccountSid"),
        ({"phoneNumbers": [NUMBER], "toAccountSid": nobody}, 404, "toAccountSid"),
        ({"phoneNumbers": [NUMBER], "toAccountSid": parent.sid, "fromAccountSid": nobody}, 404, "fromAccountSid"),
    ):
        answer = await api.post(TRANSFER, parent, body)
        assert (answer.status, answer.errors) == (status, [(str(status), field)])


async def test_a_privilege_is_needed(api: Api) -> None:
    await api.assert_privileges(
        (("POST", RELEASE, "number-purchase"), ("POST", TRANSFER, "number-purchase")), "mdashboard"
    )


async def signed_in_again(api: Api, tenant: Tenant) -> Tenant:
    """The same tenant with a token that has not expired."""
    tokens = await api.platform.people.sign_in.with_password(tenant.user.username, PASSWORD, "", 60)
    return replace(tenant, token=tokens.access_token)
