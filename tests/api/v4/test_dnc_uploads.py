"""Requests 59 and 60: files of numbers that are not to be contacted."""

from __future__ import annotations

import pytest
from tests.harness import Api, Tenant
from tests.uploads import send, state_of, work_off

from cordboard.testing.webhook_receiver import WebhookReceiver

BULK, ASYNC = "/v4/dnc/bulk", "/v4/dnc/bulkAsync"
JENNY, JOHN = "+15558675309", "+15558675310"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    return await api.account("acme")


async def listed(api: Api, tenant: Tenant) -> set[tuple[str, str, str]]:
    """Endpoint, selector and subtype of each entry."""
    rows = await api.fetch("select endpoint, selector, subtype from dnc where account_id = $1", tenant.id)
    return {(row["endpoint"], row["selector"], row["subtype"]) for row in rows}


async def buy(api: Api, tenant: Tenant) -> str:
    free: str = (await api.get("/v4/number/available", tenant, areaCode="949")).payload[0]["phoneNumber"]
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [free]})
    return free


@pytest.mark.parametrize("field", ["file", "parts"])
async def test_numbers_are_listed(api: Api, acme: Tenant, field: str) -> None:
    ours = await buy(api, acme)
    rows = f"(555) 867-5309\n{JOHN},call\n{JOHN},SMS,{ours}\n{JOHN},sms,{ours}\n{JENNY},bypass,CUSTOMER_GLOBAL\n"
    answer = await send(api, BULK, acme, "Endpoint,Subtype,Selector\n" + rows.replace("309\n", "309,,\n", 1), field)

    assert answer.only["errors"] == {"2": "has 2 cells; the header has 3"}
    assert {name: answer.only[name] for name in answer.only if name != "errors"} == {
        "processedRows": 5,
        "successRows": 4,
        "failedRows": 1,
        "encoding": "utf-8",
    }
    assert await listed(api, acme) == {
        (JENNY, "CUSTOMER_GLOBAL", "sms"),
        (JOHN, ours, "sms"),
        (JENNY, "CUSTOMER_GLOBAL", "bypass"),
    }


async def test_endpoints_alone_are_enough(api: Api, acme: Tenant) -> None:
    assert (await send(api, BULK, acme, f"endpoint\n{JENNY}\n\n{JOHN}", "file")).only["successRows"] == 2
    again = (await send(api, BULK, acme, f"endpoint\n{JENNY}\n", "file")).only
    assert (again["successRows"], again["errors"]) == (1, None), "what is listed stays"
    assert await listed(api, acme) == {(JENNY, "CUSTOMER_GLOBAL", "sms"), (JOHN, "CUSTOMER_GLOBAL", "sms")}


async def test_bad_rows_are_told(api: Api, acme: Tenant) -> None:
    stranger = await api.account("stranger")
    theirs = await buy(api, stranger)
    rows = f"911,,\n{JENNY},fax,\n{JENNY},,{theirs}\n{JENNY},,nobody\n{JENNY},,20001\n{JENNY},call,\n"
    done = (await send(api, BULK, acme, "endpoint,subtype,selector\n" + rows, "file")).only

    assert done["errors"] == {
        "1": "endpoint '911' is not a phone number; send it as +19495551234",
        "2": "subtype must be one of sms, call, bypass",
        "3": f"selector {theirs} is neither CUSTOMER_GLOBAL nor a number of this account",
        "4": "selector 'nobody' is neither CUSTOMER_GLOBAL nor a phone number",
        "5": "selector 20001 is neither CUSTOMER_GLOBAL nor a number of this account",
    }
    assert await listed(api, acme) == {(JENNY, "CUSTOMER_GLOBAL", "call")}


@pytest.mark.parametrize("path", [BULK, ASYNC])
@pytest.mark.parametrize("header", ["phone", "endpoint,reason", "endpoint,endpoint", ""])
async def test_other_columns_are_refused(api: Api, acme: Tenant, path: str, header: str) -> None:
    refused = await send(api, path, acme, header + "\n+15558675309,x\n" if header else "", "parts")

    assert (refused.status, refused.errors) == (400, [("400", "parts")])
    assert await listed(api, acme) == set()


async def test_contacts_are_marked_and_the_account_is_told(api: Api, acme: Tenant) -> None:
    contact = (await api.post("/v4/contact", acme, {"extData": {"phonenumber1": JENNY}})).only["contactId"]
    async with WebhookReceiver() as receiver:
        async with api.platform.database.transaction() as tx:
            await api.platform.accounts.change_setting(tx, acme.id, "dnc_callback_url", receiver.url("/dnc"))
        await send(api, BULK, acme, f"endpoint\n{JENNY}\n{JENNY}\n{JOHN}\n", "file")
        await api.settle()

    assert (await api.get(f"/v4/contact/{contact}", acme)).only["dnc"] == 1
    told = sorted((one.json["endpoint"], one.json["action"], one.json["source"]) for one in receiver.requests)
    assert told == [(JENNY, "added", "api"), (JOHN, "added", "api")]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (ASYNC, {}),
        (BULK, {"callback": "websocket"}),
        (BULK, {"incrementalCallback": "false"}),
        (ASYNC, {"callback": "websocket", "incrementalCallback": "true"}),
    ],
)
async def test_in_the_background(api: Api, acme: Tenant, path: str, query: dict[str, str]) -> None:
    begun = (await send(api, path, acme, f"endpoint\n{JENNY}\nx\n", "file", **query)).only
    assert (begun["status"], begun["processedRows"], "contactIds" in begun) == ("processing", 0, False)
    assert await listed(api, acme) == set()

    await work_off(api)

    done = await state_of(api, acme, begun["uploadId"])
    assert (done["status"], done["successRows"], done["failedRows"]) == ("completed", 1, 1)
    assert (list(done["errors"]), "contactIds" in done) == (["2"], False)
    assert await listed(api, acme) == {(JENNY, "CUSTOMER_GLOBAL", "sms")}


async def test_a_long_file_is_for_the_background(api: Api, acme: Tenant) -> None:
    refused = await send(api, BULK, acme, "endpoint\n" + f"{JENNY}\n" * 10_001, "file")

    assert (refused.status, "bulkAsync" in str(refused.errors[0][1])) == (413, True)
