"""Assistants as they are kept: `/v4/ai/assistant`."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Api, Tenant

ASSISTANT = {
    "name": "Shirts",
    "instructions": "Sell a shirt to %%FIRSTNAME%%. Find out the size.",
    "greeting": "Hi %%firstname|there%%, which size?",
    "maxTurns": 3,
    "timeoutMinutes": 60,
    "outcomes": ["Sold", "unsold"],
}


@pytest.fixture
async def tenant(api: Api) -> Tenant:
    """A customer."""
    return await api.account()


async def test_assistants_are_kept(api: Api, tenant: Tenant) -> None:
    made = (await api.post("/v4/ai/assistant", tenant, ASSISTANT)).only
    path = f"/v4/ai/assistant/{made['aiAssistId']}"

    assert made | ASSISTANT == made
    assert (await api.get(path, tenant)).only == made
    assert (await api.get("/v4/ai/assistant", tenant)).payload == [made]
    edited = (await api.put(path, tenant, {"greeting": "", "maxTurns": 50})).only
    assert edited == made | {"greeting": "", "maxTurns": 50}
    stranger = await api.account("stranger")
    assert (await api.get("/v4/ai/assistant", stranger)).payload == []
    for method in ("GET", "PUT", "DELETE"):
        assert (await api.call(method, path, stranger, {} if method == "PUT" else None)).status == 404
    async with api.platform.database.connection() as connection:
        ids = [made["aiAssistId"], "no id", str(tenant.id)]
        assert await api.platform.assistants.unknown(connection, tenant.id, ids) == set(ids[1:])
        assert await api.platform.assistants.unknown(connection, stranger.id, ids) == set(ids)
    assert (await api.delete(path, tenant)).only == edited
    assert (await api.get(path, tenant)).status == 404


async def test_what_is_wrong_with_an_assistant_is_named(api: Api, tenant: Tenant) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": " "}, "name"),
        ({"instructions": ""}, "instructions"),
        ({"instructions": "x" * 8001}, "instructions"),
        ({"greeting": "x" * 1601}, "greeting"),
        ({"maxTurns": 0}, "maxTurns"),
        ({"maxTurns": 51}, "maxTurns"),
        ({"timeoutMinutes": 0}, "timeoutMinutes"),
        ({"timeoutMinutes": 10081}, "timeoutMinutes"),
        ({"outcomes": ["ok", "OK"]}, "outcomes[1]"),
        ({"outcomes": ["Timeout"]}, "outcomes[0]"),
        ({"outcomes": [" "]}, "outcomes[0]"),
        ({"outcomes": [str(n) for n in range(21)]}, "outcomes"),
        ({"model": "x" * 256}, "model"),
    ]
    for members, field in wrong:
        answer = await api.post("/v4/ai/assistant", tenant, ASSISTANT | members)
        assert (answer.status, [more for _, more in answer.errors]) == (400, [field]), members
    assert await api.fetch("select 1 from assistants") == []


async def test_only_those_who_may_keep_assistants(api: Api, tenant: Tenant) -> None:
    one = f"/v4/ai/assistant/{tenant.id}"
    await api.assert_privileges(
        [
            ("GET", "/v4/ai/assistant", "workflow-read"),
            ("POST", "/v4/ai/assistant", "workflow-update"),
            ("GET", one, "workflow-read"),
            ("PUT", one, "workflow-update"),
            ("DELETE", one, "workflow-update"),
        ],
        "gi-agent",
    )
