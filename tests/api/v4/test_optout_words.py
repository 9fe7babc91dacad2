"""Opt-out words: an account's own, and what STOP, START and YES do to its list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.domain.compliance.models import Word
from cordboard.kit.clock import epoch_ms

PATH = "/v4/dncrule/optout/"
HANDSET, OTHER = "+19492221234", "+19492221235"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account."""
    return await api.account()


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


async def classify(api: Api, texts: Sequence[tuple[Tenant, str, str]]) -> list[Word | None]:
    """What texts (to whom, from whom) ask for."""
    async with api.platform.database.transaction() as tx:
        return await api.platform.compliance.classify(
            tx, [(tenant.id, text) for tenant, _, text in texts], [sender for _, sender, _ in texts]
        )


async def opt_out(api: Api, *people: tuple[Tenant, str]) -> list[bool]:
    """STOP of some people."""
    async with api.platform.database.transaction() as tx:
        return await api.platform.compliance.opt_out(tx, [(tenant.id, number) for tenant, number in people])


async def opt_in(api: Api, *people: tuple[Tenant, str]) -> list[bool]:
    """START of some people."""
    async with api.platform.database.transaction() as tx:
        return await api.platform.compliance.opt_in(tx, [(tenant.id, number) for tenant, number in people])


async def told(api: Api) -> list[tuple[str, str, str]]:
    """Subject, action and source of the events so far."""
    rows = await api.fetch("select subject, payload from outbox where topic = 'compliance.dnc_changed' order by id")
    return [(row["subject"], row["payload"]["action"], row["payload"]["source"]) for row in rows]


async def test_a_word_is_added_shown_and_compared(api: Api, owner: Tenant, stranger: Tenant) -> None:
    added = (await api.post(PATH, owner, {"match": " No more ", "matchRule": "beginsWith"})).only

    assert added == {
        "accountSid": owner.sid,
        "match": "No more",
        "matchRule": "beginsWith",
        "created": epoch_ms(api.clock.now()),
    }
    assert (await api.get(PATH, owner)).payload == [added]
    assert await api.fetch("select account_id, match, match_rule from optout_words") == [
        {"account_id": owner.id, "match": "No more", "match_rule": "beginsWith"}
    ]
    texts = [(owner, HANDSET, "no more of this"), (stranger, HANDSET, "no more of this"), (stranger, HANDSET, "Stop")]
    assert await classify(api, texts) == ["stop", None, "stop"]


async def test_a_word_is_whole_unless_something_else_is_said(api: Api, owner: Tenant) -> None:
    assert (await api.post(PATH, owner, {"match": "basta"})).only["matchRule"] == "exactMatch"

    assert await classify(api, [(owner, HANDSET, "Basta!"), (owner, HANDSET, "Basta cosi")]) == ["stop", None]


async def test_a_word_stands_once_whatever_its_case(api: Api, owner: Tenant) -> None:
    first = (await api.post(PATH, owner, {"match": "basta"})).only
    api.clock.advance(5)

    changed = (await api.post(PATH, owner, {"match": "BASTA", "matchRule": "beginsWith"})).only

    assert changed == {**first, "match": "BASTA", "matchRule": "beginsWith"}
    assert (await api.get(PATH, owner)).payload == [changed]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "match"),
        ({"match": ""}, "match"),
        ({"match": " ... "}, "match"),
        ({"match": "x" * 161}, "match"),
        ({"match": "a\x00b"}, "match"),
        ({"match": 7.5}, "match"),
        ({"match": "basta", "matchRule": "endsWith"}, "matchRule"),
    ],
)
async def test_a_bad_word_is_refused(api: Api, owner: Tenant, body: dict[str, Any], field: str) -> None:
    answer = await api.post(PATH, owner, body)

    assert answer.status == 400
    assert answer.errors == [("400", field)]
    assert (await api.get(PATH, owner)).payload == []


async def test_an_account_has_at_most_200_words(api: Api, owner: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        for index in range(200):
            await api.platform.compliance.put_word(tx, owner.id, f"word {index}", "exactMatch")

    assert (await api.post(PATH, owner, {"match": "one more"})).errors == [("400", "match")]
    assert (await api.post(PATH, owner, {"match": "Word 7", "matchRule": "beginsWith"})).status == 200

    assert len((await api.get(PATH, owner)).payload) == 200


@pytest.mark.parametrize("place", ["query", "body"])
async def test_a_word_is_removed_by_query_or_body(api: Api, owner: Tenant, stranger: Tenant, place: str) -> None:
    added = (await api.post(PATH, owner, {"match": "No more"})).only
    named = {"match": "NO MORE"}

    async def remove(tenant: Tenant) -> Any:
        if place == "query":
            return await api.call("DELETE", PATH, tenant, params=named)
        return await api.call("DELETE", PATH, tenant, named)

    assert (await remove(stranger)).status == 404
    assert (await api.get(PATH, owner)).payload == [added]
    assert (await remove(owner)).only == added
    assert (await api.get(PATH, owner)).payload == []
    assert (await remove(owner)).status == 404


async def test_a_removal_names_its_word(api: Api, owner: Tenant) -> None:
    assert (await api.delete(PATH, owner)).errors == [("400", "match")]
    assert (await api.call("DELETE", PATH, owner, {"match": ["a"]})).errors == [("400", "match")]


async def test_a_privilege_is_needed(api: Api) -> None:
    clerk = await api.account(role="number-admin")

    for method, privilege in (("GET", "dnc-read"), ("POST", "dnc-update"), ("DELETE", "dnc-update")):
        answer = await api.call(method, PATH, clerk)
        assert answer.errors == [("401", f"needs the privilege {privilege}")]
        assert (await api.call(method, PATH)).status == 403


async def test_yes_is_start_from_who_opted_out_of_this_account(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await opt_out(api, (owner, HANDSET))

    texts = [(owner, HANDSET, "Yes"), (owner, OTHER, "Yes"), (stranger, HANDSET, "Yes"), (owner, HANDSET, "No")]
    assert await classify(api, texts) == ["start", None, None, None]
    async with api.platform.database.transaction() as tx:
        assert await api.platform.compliance.classify(tx, [(owner.id, "yes"), (owner.id, "STOP")]) == [None, "stop"]
        assert await api.platform.compliance.classify(tx, []) == []


async def test_stop_lists_for_all_texts_of_the_account_once(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await api.post("/v4/contact", owner, {"extData": {"phonenumber1": HANDSET}})

    assert await opt_out(api, (owner, HANDSET), (owner, OTHER), (owner, HANDSET)) == [True, True, False]
    assert await opt_out(api, (owner, HANDSET), (stranger, HANDSET)) == [False, True]

    rows = await api.fetch(
        "select account_id, endpoint, selector, subtype, source from dnc where endpoint = $1", HANDSET
    )
    assert {row.pop("account_id") for row in rows} == {owner.id, stranger.id}
    assert rows == [{"endpoint": HANDSET, "selector": "CUSTOMER_GLOBAL", "subtype": "sms", "source": "stop"}] * 2
    assert sorted(await told(api)) == [(HANDSET, "added", "stop"), (HANDSET, "added", "stop"), (OTHER, "added", "stop")]
    assert (await api.get("/v4/contact", owner)).only["dnc"] == 1


async def test_start_unlists_texts_of_the_account_and_leaves_calls(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await api.post("/v4/contact", owner, {"extData": {"phonenumber1": HANDSET}})
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET, "subtypes": ["sms", "call"]})
    await opt_out(api, (stranger, HANDSET), (owner, OTHER))

    assert await opt_in(api, (owner, HANDSET), (owner, HANDSET), (stranger, OTHER)) == [True, False, False]

    left = await api.fetch("select account_id, endpoint, subtype from dnc order by endpoint, subtype")
    assert left == [
        {"account_id": owner.id, "endpoint": HANDSET, "subtype": "call"},
        {"account_id": stranger.id, "endpoint": HANDSET, "subtype": "sms"},
        {"account_id": owner.id, "endpoint": OTHER, "subtype": "sms"},
    ]
    assert (await told(api))[-1] == (HANDSET, "removed", "start")
    assert (await api.get("/v4/contact", owner)).only["dnc"] == 1
    await api.delete(f"/v4/dnc/{HANDSET}/CUSTOMER_GLOBAL/call", owner)
    assert (await api.get("/v4/contact", owner)).only["dnc"] == 0
