"""Requests 126 to 128: saved contact queries."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.domain.contacts.search import queries
from cordboard.kit.clock import epoch_ms

PATH = "/v4/query/contact"
NOBODYS = "5f0b3c80-4f6e-11eb-9c7d-2fb1a7e0c9d4"
EXISTS = {"variable": "firstname", "operation": "exists", "negated": False}
TEST = {"variable": "firstname", "operation": "contains", "value": "test", "negated": True}
BODY = {"queryName": "non-test contacts", "query": {"from": 0, "size": 5000, "statements": [EXISTS, TEST]}}


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that saves queries."""
    return await api.account()


async def save(api: Api, tenant: Tenant, name: str, **query: Any) -> dict[str, Any]:
    """A new query, a second after whatever was before."""
    api.clock.advance(1)
    body = {"queryName": name, "query": {"statements": [EXISTS], **query}}
    shown: dict[str, Any] = (await api.post(PATH, tenant, body)).only
    return shown


async def test_a_query_is_kept_as_it_was_given(api: Api, acme: Tenant) -> None:
    saved = (await api.post(PATH, acme, BODY)).only

    assert saved == {
        **BODY,
        "accountSid": acme.sid,
        "queryId": saved["queryId"],
        "created": epoch_ms(api.clock.now()),
    }
    assert (await api.get(PATH, acme)).payload == [saved]


async def test_queries_are_listed_the_oldest_first_and_names_may_repeat(api: Api, acme: Tenant) -> None:
    saved = [await save(api, acme, name) for name in ("b", "a", "b")]
    await save(api, await api.account("stranger"), "c")

    assert (await api.get(PATH, acme)).payload == saved
    assert saved[0]["query"] == {"statements": [EXISTS]}


async def test_a_query_is_replaced_as_a_whole(api: Api, acme: Tenant) -> None:
    saved, other = await save(api, acme, "a", size=5), await save(api, acme, "b")
    body = {"queryName": " c ", "query": {"statements": [TEST], "from": 7}}

    changed = (await api.put(f"{PATH}/{saved['queryId']}", acme, body)).only

    assert changed == {**saved, "queryName": "c", "query": {"statements": [TEST], "from": 7}}
    assert (await api.get(PATH, acme)).payload == [changed, other]


async def test_a_deleted_query_is_gone(api: Api, acme: Tenant) -> None:
    saved, other = await save(api, acme, "a"), await save(api, acme, "b")

    assert (await api.delete(f"{PATH}/{saved['queryId']}", acme)).only == saved

    assert (await api.get(PATH, acme)).payload == [other]
    assert (await api.delete(f"{PATH}/{saved['queryId']}", acme)).errors == [("404", "queryId")]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"queryName": " "}, ["queryName"]),
        ({"queryName": "x" * 256}, ["queryName"]),
        ({"queryName": None, "query": None}, ["queryName", "query"]),
        ({"query": {}}, ["query"]),
        ({"query": {"statements": [{"variable": "x", "operation": "like"}]}}, ["query.statements[0].operation"]),
        ({"query": {"statements": [EXISTS], "size": 0, "from": -1}}, ["query.size", "query.from"]),
        ({"query": {"statements": [EXISTS], "size": "many"}}, ["query.size"]),
        ({"query": {"statements": [EXISTS] * 101}}, ["query.statements"]),
        ({"query": {"statements": [{**TEST, "value": "x" * 4000}] * 20}}, ["query"]),
    ],
)
async def test_what_a_search_would_refuse_is_not_saved(
    api: Api, acme: Tenant, change: dict[str, Any], fields: list[str]
) -> None:
    saved = await save(api, acme, "a")

    added = await api.post(PATH, acme, {**BODY, **change})
    replaced = await api.put(f"{PATH}/{saved['queryId']}", acme, {**BODY, **change})

    assert added.status == replaced.status == 400
    assert [field for _, field in added.errors] == fields
    assert added.errors == replaced.errors
    assert (await api.get(PATH, acme)).payload == [saved]


async def test_an_account_keeps_so_many_and_no_more(api: Api, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_MOST", 2)
    saved = [await save(api, acme, "a"), await save(api, acme, "b")]

    answer = await api.post(PATH, acme, BODY)

    assert (answer.status, answer.body["error"][0]["message"]) == (400, "Too many saved queries")
    assert (await api.get(PATH, acme)).payload == saved


async def test_what_is_not_the_accounts_own_is_404(api: Api, acme: Tenant) -> None:
    saved, stranger = await save(api, acme, "a"), await api.account("stranger")

    for method in ("PUT", "DELETE"):
        for query_id in (saved["queryId"], NOBODYS, "nonsense"):
            answer = await api.call(method, f"{PATH}/{query_id}", stranger, BODY)
            assert answer.errors == [("404", "queryId")]
    assert (await api.get(PATH, acme)).payload == [saved]


async def test_a_privilege_is_needed(api: Api) -> None:
    rows = (
        ("GET", PATH, "contact-read"),
        ("POST", PATH, "contact-update"),
        ("PUT", f"{PATH}/{NOBODYS}", "contact-update"),
        ("DELETE", f"{PATH}/{NOBODYS}", "contact-update"),
    )

    await api.assert_privileges(rows, "number-admin")
