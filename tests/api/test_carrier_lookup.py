"""Requests 36 and 105: carriers looked up, charged, used again and listed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from aiohttp import web
from tests.harness import Api, Tenant, open_api

from cordboard.domain.lookups.settings import LookupSettings
from cordboard.infra.db import Database
from cordboard.kit.clock import epoch_ms
from cordboard.testing.clock import VirtualClock

NUMBER = "+15714345400"
PATH = f"/v4/carrier/lookup/{NUMBER}/"
PRICE = 4000


class Directory:
    """A directory of one's own: answers `status` and `answer` to whoever has the key."""

    def __init__(self) -> None:
        self.answer: Any = {"network": "Level 3", "company": "Level 3 Communications LLC", "wireless": False}
        self.status = 200
        self.asked: list[str] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/facts", self._serve)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        assert self._runner is not None
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/facts"

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["number"])
        if request.headers.get("Authorization") != "Bearer key":
            return web.Response(status=401)
        if isinstance(self.answer, str):
            return web.Response(text=self.answer, status=self.status)
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def directory() -> AsyncIterator[Directory]:
    async with Directory() as opened:
        yield opened


@pytest.fixture
async def asking(database: Database, clock: VirtualClock, tmp_path: Path, directory: Directory) -> AsyncIterator[Api]:
    """The platform with a directory set."""
    lookup = LookupSettings(url=directory.url, api_key="key", seconds=2)
    async with open_api(database, clock, tmp_path, lookup=lookup) as opened:
        yield opened
        await opened.platform.provider_client.close()


async def charges(api: Api, tenant: Tenant) -> list[tuple[int, str, str]]:
    rows = await api.fetch(
        "select amount, description, subject_id from ledger_entries where account_id = $1 order by booked_at, id",
        tenant.id,
    )
    return [(row["amount"], row["description"], str(row["subject_id"])) for row in rows]


async def test_the_sandbox_invents_a_carrier_and_the_lookup_is_charged_and_kept(api: Api) -> None:
    acme = await api.account()

    shown = (await api.get(PATH, acme)).only

    assert shown == {
        "apiVersion": "4",
        "carrierSid": shown["carrierSid"],
        "phoneNumber": NUMBER,
        "network": shown["network"],
        "company": shown["company"],
        "wireless": shown["wireless"],
        "zipCode": shown["zipCode"],
        "city": "Sterling",
        "state": "VA",
        "country": "US",
        "status": True,
        "dateCreated": "2026-01-05T12:00:00.000Z",
        "date": epoch_ms(api.clock.now()),
    }
    assert shown["company"].startswith(shown["network"])
    assert (type(shown["wireless"]), len(shown["zipCode"])) == (bool, 5)
    assert await charges(api, acme) == [(-PRICE, f"carrier of {NUMBER}", shown["carrierSid"])]
    assert [
        (row["account_id"], row["phone_number"], row["price"])
        for row in await api.fetch("select account_id, phone_number, price from carrier_lookups")
    ] == [(acme.id, NUMBER, PRICE)]


async def test_a_number_is_told_in_any_way_and_has_the_same_facts_every_time(api: Api) -> None:
    acme, other = await api.account(), await api.account("other")
    changing = ("carrierSid", "date")

    answers = [
        (await api.get("/v4/carrier/lookup/(571) 434-5400", acme)).only,
        (await api.get("/v4/carrier/lookup/15714345400", other)).only,
    ]

    first, second = ({name: value for name, value in one.items() if name not in changing} for one in answers)
    assert first == second


async def test_what_is_no_number_is_refused_and_not_charged(api: Api) -> None:
    acme = await api.account()

    for number in ("x", "12", "0" * 30, "+1571"):
        answer = await api.get(f"/v4/carrier/lookup/{number}", acme)
        assert (answer.status, answer.errors) == (400, [("400", "phoneNumber")])
        assert "is not a phone number" in answer.body["error"][0]["message"]
    assert await charges(api, acme) == []


async def test_who_cannot_pay_gets_nothing(api: Api) -> None:
    acme = await api.account()
    async with api.platform.database.transaction() as tx:
        await api.platform.billing.set_mode(tx, acme.id, "prepaid")
        await api.platform.billing.credit(tx, acme.id, PRICE * 2 - 1, "a test")
    assert (await api.get(PATH, acme)).only["phoneNumber"] == NUMBER

    answer = await api.get(PATH, acme)

    assert (answer.status, answer.errors[0][0]) == (400, "insufficient_funds")
    assert len(await api.fetch("select from carrier_lookups")) == 1


async def test_a_directory_is_asked_once_a_month(asking: Api, directory: Directory) -> None:
    acme = await asking.account()

    first = (await asking.get(PATH, acme)).only
    asking.clock.advance(timedelta(days=29).total_seconds())
    directory.answer = {"network": "Another", "zipCode": "20164", "wireless": None}
    acme = await signed_in_again(asking, acme)
    second = (await asking.get(PATH, acme)).only
    asking.clock.advance(timedelta(days=1, seconds=1).total_seconds())
    acme = await signed_in_again(asking, acme)
    third = (await asking.get(PATH, acme)).only

    assert (first["network"], first["company"]) == ("Level 3", "Level 3 Communications LLC")
    assert (first["wireless"], first["city"], first["state"]) == (False, "Sterling", "VA")
    assert (second["network"], second["dateCreated"]) == ("Level 3", first["dateCreated"])
    assert second["carrierSid"] != first["carrierSid"]
    assert (third["network"], third["zipCode"], third["wireless"]) == ("Another", "20164", None)
    assert third["dateCreated"] == "2026-02-04T12:00:01.000Z"
    assert directory.asked == [NUMBER, NUMBER]
    assert [amount for amount, _, _ in await charges(asking, acme)] == [-PRICE] * 3


async def signed_in_again(api: Api, tenant: Tenant) -> Tenant:
    """The same account with a user whose token has not expired."""
    from_now = await api.account(parent=tenant.id)
    rows = await api.fetch("update users set account_id = $1 where id = $2 returning id", tenant.id, from_now.user.id)
    assert rows
    return Tenant(tenant.account, from_now.user, api._token_of(tenant.account, from_now.user))


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (500, {}, "answers with status 500"),
        (401, {}, "answers with status 401"),
        (200, "<html>", "not what it should be"),
        (200, {"wireless": "maybe"}, "not what it should be"),
        (200, [], "not what it should be"),
    ],
)
async def test_a_directory_that_fails_costs_nothing(
    asking: Api, directory: Directory, status: int, answer: Any, reason: str
) -> None:
    directory.status, directory.answer = status, answer
    acme = await asking.account()

    failed = await asking.get(PATH, acme)

    assert (failed.status, failed.errors[0][0]) == (503, "503")
    assert reason in str(failed.errors[0][1])
    assert await charges(asking, acme) == []
    assert await asking.fetch("select from carrier_lookups") == []


async def test_a_number_that_the_directory_does_not_know_has_what_the_plan_tells(
    asking: Api, directory: Directory
) -> None:
    directory.status = 404

    shown = (await asking.get(PATH, await asking.account())).only

    assert (shown["network"], shown["wireless"], shown["city"]) == ("", None, "Sterling")


async def test_what_calls_are_told_costs_nothing(asking: Api, directory: Directory) -> None:
    acme, other = await asking.account(), await asking.account("other")
    lookups = asking.platform.lookups
    async with asking.platform.database.transaction() as tx:
        before = await lookups.known(tx, acme.id, NUMBER)
    await asking.get(PATH, acme)
    async with asking.platform.database.transaction() as tx:
        after = await lookups.known(tx, acme.id, NUMBER)
        others = await lookups.known(tx, other.id, NUMBER)

    assert (before.city, before.state) == ("Sterling", "VA")
    assert (after.network, after.wireless) == ("Level 3", False)
    assert others == before
    assert directory.asked == [NUMBER]
    assert len(await charges(asking, acme)) == 1


async def test_the_log_is_paged_by_day_and_by_the_last_id(api: Api) -> None:
    acme = await api.account()
    sids = []
    for _ in range(4):
        sids.append((await api.get(PATH, acme)).only["carrierSid"])
        api.clock.advance(60)
    sids.reverse()

    today = (await api.get("/v4/logs/carrier/", acme)).payload
    page = (await api.get("/v4/logs/carrier", acme, limit="2")).payload
    rest = (await api.get("/v4/logs/carrier", acme, limit="2", lastId=sids[1])).payload
    ranged = await api.get("/v4/logs/carrier", acme, startDate="20260105", endDate="2026-01-05")

    assert [one["carrierSid"] for one in today] == sids
    assert [one["carrierSid"] for one in page + rest] == sids
    assert ranged.payload == today
    assert (await api.get("/v4/logs/carrier", acme, startDate="2026-01-06", endDate="2026-01-07")).payload == []
    assert (await api.get("/v4/logs/carrier", acme, endDate="2026-01-04", startDate="2026-01-01")).payload == []
    newest = today[0]
    assert newest["price"] == 0.004
    assert newest.keys() == {
        "accountSid", "yearMonthDay", "carrierSid", "phoneNumber", "network", "company", "wireless", "zipCode",
        "city", "state", "country", "status", "price", "date",
    }  # fmt: skip
    assert (newest["accountSid"], newest["yearMonthDay"], newest["status"]) == (acme.sid, "20260105", True)


async def test_a_log_that_cannot_be_is_refused_by_name(api: Api) -> None:
    acme = await api.account()
    rows = [
        ({"startDate": "yesterday"}, "startDate"),
        ({"startDate": "2026-01-05", "endDate": "2026-01-04"}, "endDate"),
        ({"startDate": "9999-12-31"}, "startDate"),
        ({"limit": "0"}, "limit"),
        ({"limit": "5001"}, "limit"),
        ({"lastId": "x"}, "lastId"),
    ]
    for query, field in rows:
        answer = await api.get("/v4/logs/carrier", acme, **query)
        assert (answer.status, str(answer.errors[0][1]).split()[0].rstrip(":")) == (400, field), query


async def test_lookups_of_others_do_not_exist(api: Api) -> None:
    acme, stranger = await api.account(), await api.account("stranger")
    sid = (await api.get(PATH, acme)).only["carrierSid"]

    assert (await api.get("/v4/logs/carrier", stranger)).payload == []
    assert (await api.get("/v4/logs/carrier", stranger, lastId=sid)).status == 404


async def test_privileges(api: Api) -> None:
    await api.assert_privileges(
        [("GET", PATH, "number-read"), ("GET", "/v4/logs/carrier", "log-read")], "contact-admin"
    )
