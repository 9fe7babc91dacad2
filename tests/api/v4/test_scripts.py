"""Requests 129 to 135: scripts, written and gone through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.testing.webhook_receiver import WebhookReceiver

ADMIN, RUN = "/v4/scriptadmin", "/v4/script"
UNKNOWN_NAME = {"negated": True, "variable": "first_name", "operation": "exists"}
QUESTIONS: list[dict[str, Any]] = [
    {
        "context": "Only if unknown, %%LAST_NAME|stranger%%.",
        "question": "What is your first name?",
        "type": "string",
        "variableName": "first_name",
        "save": True,
        "filters": [UNKNOWN_NAME],
    },
    {"question": "Hi %%FIRST_NAME|there%%, what can I do for you?"},
    {
        "question": "How would you rate this call?",
        "type": "integer",
        "variableName": "call_rating",
        "save": False,
        "minNumericValue": 1,
        "maxNumericValue": 5,
    },
]
GOOD = {"variable": "call_rating", "operation": "greater_than", "value": 3}
OPTIONS: list[dict[str, Any]] = [
    {"filters": [GOOD], "type": "transfer", "details": {"transferNumber": "(714) 555-1234"}},
    {"type": "campaign", "details": {"campaignId": "1234c31a-e7e0-499f-b720-210e4aea3745"}},
    {"filters": [GOOD | {"negated": True}], "type": "hangup"},
]
BODY = {"name": "My First Script", "externalURL": None, "questions": QUESTIONS, "completionOptions": OPTIONS}
NOBODYS = "be9c67a0-4d13-11ea-8a1f-6139612c1544"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that has the scripts."""
    return await api.account()


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """Whom a script's webhook tells."""
    async with WebhookReceiver() as started:
        yield started


async def add(api: Api, tenant: Tenant, **changes: Any) -> dict[str, Any]:
    shown: dict[str, Any] = (await api.post(ADMIN, tenant, BODY | changes)).only
    return shown


async def contact(api: Api, tenant: Tenant, **ext_data: str) -> str:
    data = {"phonenumber1": "+17142220000"} | ext_data
    made: str = (await api.post("/v4/contact", tenant, {"extData": data})).only["contactId"]
    return made


async def ext_data_of(api: Api, tenant: Tenant, contact_id: str) -> dict[str, str]:
    found: dict[str, str] = (await api.get(f"/v4/contact/{contact_id}", tenant)).only["extData"]
    return found


async def run(api: Api, tenant: Tenant, script: dict[str, Any], contact_id: str, **responses: Any) -> Any:
    body = {"contactId": contact_id, "responses": responses}
    return await api.post(f"{RUN}/{script['scriptId']}", tenant, body)


async def test_a_script_is_kept_as_it_was_written(api: Api, acme: Tenant) -> None:
    made = await add(api, acme)
    one = f"{ADMIN}/{made['scriptId']}"

    assert made["questions"][0] == QUESTIONS[0] | {"filters": [UNKNOWN_NAME | {"value": ""}]}
    assert made["questions"][1] == QUESTIONS[1]
    assert made["completionOptions"][0]["details"] == {"transferNumber": "+17145551234"}
    assert (await api.get(one, acme)).only == made
    assert (await api.get(ADMIN, acme)).payload == [made]

    api.clock.advance(60)
    edited = (await api.put(one, acme, {"name": "Page", "externalURL": "https://crm.example.com/?c=%%ID%%"})).only
    assert edited == made | {
        "name": "Page",
        "externalUrl": "https://crm.example.com/?c=%%ID%%",
        "externalURL": "https://crm.example.com/?c=%%ID%%",
        "questions": [],
        "completionOptions": [],
        "modified": made["modified"] + 60_000,
    }
    assert (await api.delete(one, acme)).only == edited
    assert (await api.get(one, acme)).status == 404


async def test_an_agent_sees_what_the_contact_calls_for(api: Api, acme: Tenant) -> None:
    script = await add(api, acme, externalUrl="https://crm.example.com/?n=%%FIRST_NAME%%")
    known = await contact(api, acme, first_name="J\u00f6 & Co")
    unknown = await contact(api, acme, phonenumber1="+17142220001", call_rating="4")
    agent = await api.account("agent", role="webrtc-agent")

    for_known = (await api.get(f"{RUN}/{script['scriptId']}", acme, contactId=known)).only
    for_unknown = (await api.get(f"{RUN}/{script['scriptId']}", acme, contactId=unknown)).only

    assert [one["question"] for one in for_known["questions"]] == [
        "Hi J\u00f6 & Co, what can I do for you?",
        "How would you rate this call?",
    ]
    assert for_known["externalUrl"] == "https://crm.example.com/?n=J%C3%B6%20%26%20Co"
    assert [one["question"] for one in for_unknown["questions"]][:2] == [
        "What is your first name?",
        "Hi there, what can I do for you?",
    ]
    assert for_unknown["questions"][0]["context"] == "Only if unknown, stranger."
    assert for_unknown["questions"][2]["value"] == "4"
    assert (await api.get(f"{RUN}/{script['scriptId']}", agent, contactId=known)).status == 404
    assert (await api.get(f"{RUN}/{script['scriptId']}", acme, contactId=NOBODYS)).status == 404
    assert (await api.get(f"{RUN}/{script['scriptId']}", acme)).errors == [("400", "contactId")]


async def test_responses_are_saved_and_decide_what_is_offered(api: Api, acme: Tenant) -> None:
    script = await add(api, acme)
    person = await contact(api, acme, last_name="Doe")

    good = (await run(api, acme, script, person, first_name="John", call_rating="4", other="x")).only
    poor = (await run(api, acme, script, person, Call_Rating=2)).only

    assert good == {
        "scriptId": script["scriptId"],
        "contactId": person,
        "saved": {"first_name": "John"},
        "completionOptions": [
            {"type": "transfer", "details": {"transferNumber": "+17145551234"}},
            {"type": "campaign", "details": {"campaignId": "1234c31a-e7e0-499f-b720-210e4aea3745"}},
        ],
    }
    assert [option["type"] for option in poor["completionOptions"]] == ["campaign", "hangup"]
    assert await ext_data_of(api, acme, person) == {
        "phonenumber1": "+17142220000",
        "last_name": "Doe",
        "first_name": "John",
    }


async def test_two_agents_at_once_lose_nothing(api: Api, acme: Tenant) -> None:
    saved = [{"question": q, "variableName": q, "save": True} for q in ("a", "b", "c", "d")]
    script = await add(api, acme, questions=saved)
    person = await contact(api, acme)

    answers = await asyncio.gather(*(run(api, acme, script, person, **{q: f"{q}!"}) for q in "abcd"))

    assert [answer.status for answer in answers] == [200] * 4
    assert await ext_data_of(api, acme, person) == {"phonenumber1": "+17142220000"} | {q: f"{q}!" for q in "abcd"}


async def test_the_callback_is_told(api: Api, acme: Tenant, receiver: WebhookReceiver) -> None:
    hook = {
        "eventType": "api_callback",
        "name": "done",
        "enabled": True,
        "url": receiver.url("/"),
        "httpMethod": "POST",
    }
    callback = (await api.post("/v4/callback/configuration", acme, hook)).only["id"]
    script = await add(api, acme, callbackId=callback)
    person = await contact(api, acme)

    await run(api, acme, script, person, first_name="John")
    await api.settle()

    (told,) = [request.json for request in receiver.requests]
    assert told["scriptId"] == script["scriptId"]
    assert told["contactId"] == person
    assert told["clientId"] == str(acme.user.id)
    assert told["responses"] == {"first_name": "John"}
    assert "callbackId" not in told


async def test_what_cannot_be_saved_is_refused_whole(api: Api, acme: Tenant) -> None:
    script = await add(api, acme, questions=[{"question": "Number?", "variableName": "PhoneNumber1", "save": True}])
    person = await contact(api, acme)

    answer = await run(api, acme, script, person, phonenumber1="no number")

    assert answer.errors == [("400", "responses.phonenumber1")]
    assert (await run(api, acme, script, person, phonenumber1={"no": 1})).errors == [("400", "responses.phonenumber1")]
    assert await ext_data_of(api, acme, person) == {"phonenumber1": "+17142220000"}
    assert await api.fetch("select from outbox where topic = 'scripts.completed'") == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"questions": []}, ["questions"]),
        ({"questions": [{}]}, ["questions[0]"]),
        ({"questions": ["x"]}, ["questions[0]"]),
        ({"questions": [{"question": "?", "filters": [{"variable": "a"}]}]}, ["questions[0].filters[0].operation"]),
        ({"questions": [{"question": "?", "filters": "x"}]}, ["questions[0].filters[0]"]),
        ({"questions": [{"question": "?", "type": "date"}]}, ["questions[0].type"]),
        ({"questions": [{"question": "", "save": True}]}, ["questions[0].question", "questions[0].variableName"]),
        ({"questions": [{"question": "?", "options": ["a"], "displayOptions": []}]}, ["questions[0].displayOptions"]),
        (
            {"questions": [{"question": "?", "type": "integer", "minNumericValue": 5, "maxNumericValue": 1}]},
            ["questions[0].minNumericValue"],
        ),
        ({"questions": [{"question": "?", "maxNumericValue": 1}]}, ["questions[0].maxNumericValue"]),
        ({"questions": [{"question": "?"}] * 201}, ["questions"]),
        ({"completionOptions": [{"type": "fax"}]}, ["completionOptions[0].type"]),
        ({"completionOptions": [{"type": "transfer"}]}, ["completionOptions[0].details.transferNumber"]),
        (
            {"completionOptions": [{"type": "campaign", "details": {"campaignId": "x"}}]},
            ["completionOptions[0].details.campaignId"],
        ),
        (
            {"completionOptions": [{"type": "script", "details": {"scriptId": NOBODYS}}]},
            ["completionOptions[0].details.scriptId"],
        ),
        ({"callbackId": NOBODYS}, ["callbackId"]),
        ({"externalUrl": "gopher://x"}, ["externalUrl"]),
    ],
)
async def test_bad_scripts_are_named(api: Api, acme: Tenant, changes: dict[str, Any], fields: list[str]) -> None:
    answer = await api.post(ADMIN, acme, BODY | changes)

    assert answer.errors == [("400", field) for field in fields]
    assert await api.fetch("select from scripts") == []


async def test_a_script_may_lead_to_another(api: Api, acme: Tenant) -> None:
    first = await add(api, acme)
    option = {"type": "script", "details": {"scriptId": first["scriptId"]}}

    second = await add(api, acme, completionOptions=[option])

    assert second["completionOptions"] == [option]
    stranger = await api.account("stranger")
    assert (await api.post(ADMIN, stranger, BODY | {"completionOptions": [option]})).status == 400
