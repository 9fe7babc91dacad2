"""`checkFederalDnc`: who may ask, what there must be, whom it stops."""

from __future__ import annotations

import pytest
from tests.harness import Api, Tenant

_CALLER = "+19495550100"
_LISTED, _OTHER = "+17145550123", "+17145550124"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with a number."""
    tenant = await api.account()
    await api.post("/v4/number/purchase/", tenant, {"phoneNumber": [_CALLER]})
    return tenant


async def _call(api: Api, owner: Tenant, to: str) -> list[tuple[str, str | None]]:
    body = {"from": _CALLER, "to": to, "url": "https://example.com/a.xml", "checkFederalDnc": "true"}
    answer = await api.post("/v4/call/", owner, body)
    return [] if answer.body["status"] else answer.errors


async def _load(api: Api, *numbers: str) -> int:
    async with api.platform.database.transaction() as tx:
        return await api.platform.compliance.load_federal_list(tx, numbers)


async def _allow(api: Api, owner: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.change_setting(tx, owner.id, "federal_dnc", "true")


async def test_who_may_ask_and_what_there_must_be(api: Api, owner: Tenant) -> None:
    ((code, text),) = await _call(api, owner, _OTHER)
    assert (code, "no access" in str(text)) == ("no_federal_dnc", True)
    await _allow(api, owner)
    ((code, text),) = await _call(api, owner, _OTHER)
    assert (code, "cordboard dnc import" in str(text)) == ("503", True)


async def test_whom_it_stops(api: Api, owner: Tenant) -> None:
    await _allow(api, owner)
    assert await _load(api, _LISTED, _LISTED) == 1
    ((code, text),) = await _call(api, owner, _LISTED)
    assert code == "call_refused"
    assert str(text).startswith(f"{_LISTED} is on the federal do-not-call list")
    assert await _call(api, owner, _OTHER) == []
    (row,) = await api.fetch("select rules ->> 'federalDnc' as found from decisions where code = 'federal_dnc'")
    assert row["found"] == "listed"
    await api.post("/v4/dnc/", owner, {"endpoint": _LISTED, "selector": "CUSTOMER_GLOBAL", "subtype": "bypass"})
    assert await _call(api, owner, _LISTED) == []
    assert await _load(api) == 0
