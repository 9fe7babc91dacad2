"""The decision ledger: what the gate writes, when, and who may read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.domain.compliance.models import Candidate, Decision, QuietHours
from cordboard.kit.clock import epoch_ms

NUMBER, NUMBER_2 = "+17145550100", "+17145550101"
HANDSET = "+19492221234"
NIGHT = QuietHours(time(21), time(8))


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns two numbers."""
    tenant = await api.account()
    assert len((await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, NUMBER_2]})).payload) == 2
    return tenant


def candidate(tenant: Tenant, **changes: Any) -> Candidate:
    """A text from NUMBER to HANDSET, with some members changed."""
    usual: dict[str, Any] = {
        "subject_id": UUID(int=7),
        "account_id": tenant.id,
        "channel": "sms",
        "sender": NUMBER,
        "recipient": HANDSET,
        "message_class": "marketing",
        "quiet": None,
        "at": "accept",
    }
    return Candidate(**{**usual, **changes})


async def decide(api: Api, candidates: Sequence[Candidate], now: datetime | None = None) -> list[Decision]:
    """The gate's answers."""
    async with api.platform.database.transaction() as tx:
        return await api.platform.compliance.decide(tx, candidates, now or api.clock.now())


async def test_a_refused_text_says_why_in_words_and_in_the_ledger(api: Api, owner: Tenant) -> None:
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET})

    answer = await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSET, "text": "Hello"})

    error = answer.body["error"][0]
    assert (answer.status, error["code"], error["message"]) == (400, "opted_out", "Recipient has unsubscribed")
    sid = error["moreInfo"].rsplit(" ", 1)[1]
    assert (await api.get(f"/v4/decision/{sid}/", owner)).only == {
        "accountSid": owner.sid,
        "messageSid": sid,
        "channel": "sms",
        "verdict": "refuse",
        "code": "opted_out",
        "reason": f"{HANDSET} has unsubscribed from this account",
        "deferUntil": None,
        "rules": {"stage": "accept", "dnc": "listed"},
        "rulesVersion": "2026-11",
        "decidedAt": epoch_ms(api.clock.now()),
    }


async def test_a_text_that_was_stopped_at_the_last_hop_shows_both_decisions_in_order(api: Api, owner: Tenant) -> None:
    sent = (await api.post("/v4/sms", owner, {"from": NUMBER, "to": HANDSET, "text": "Hello"})).only
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET, "selector": NUMBER})

    assert await CarrierDouble(api).work() == []

    shown = (await api.get(f"/v4/decision/{sent['messageSid']}", owner)).payload
    assert [(row["verdict"], row["rules"]["stage"]) for row in shown] == [("allow", "accept"), ("refuse", "submit")]
    assert shown[1]["reason"] == f"{HANDSET} has unsubscribed from {NUMBER}"


async def test_a_batch_is_decided_by_account_sender_and_channel_in_order(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET, "selector": NUMBER})
    await api.post("/v4/dnc", owner, {"endpoint": "+19492220000", "subtype": "call"})
    await api.post("/v4/dnc", owner, {"endpoint": "+19492220001", "subtype": "bypass"})

    decisions = await decide(
        api,
        [
            candidate(owner),
            candidate(owner, sender=NUMBER_2),
            candidate(stranger),
            candidate(owner, channel="call"),
            candidate(owner, recipient="+19492220000", channel="call", sender=NUMBER_2),
            candidate(owner, recipient="+19492220000"),
            candidate(owner, recipient="+19492220001"),
            candidate(owner),
        ],
    )

    assert [one.verdict for one in decisions] == [
        "refuse", "allow", "allow", "allow", "refuse", "allow", "allow", "refuse",
    ]  # fmt: skip
    rows = await api.fetch(
        "select channel, verdict, count(*) as n from decisions where account_id = $1 group by 1, 2 order by 1, 2",
        owner.id,
    )
    assert [tuple(row.values()) for row in rows] == [
        ("call", "allow", 1),
        ("call", "refuse", 1),
        ("sms", "allow", 3),
        ("sms", "refuse", 2),
    ]


async def test_at_submit_only_what_is_stopped_is_written(api: Api, owner: Tenant) -> None:
    night = datetime(2026, 1, 6, 8, tzinfo=UTC)
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET})

    decisions = await decide(
        api,
        [
            candidate(owner, at="submit"),
            candidate(owner, at="submit", recipient="+12125550123", quiet=NIGHT),
            candidate(owner, at="submit", recipient="+12125550123"),
            candidate(owner, at="release", recipient="+12125550123"),
        ],
        night,
    )

    assert [one.verdict for one in decisions] == ["refuse", "defer", "allow", "allow"]
    rows = await api.fetch("select rules ->> 'stage' as stage, verdict, defer_until from decisions")
    assert sorted((row["stage"], row["verdict"], row["defer_until"]) for row in rows) == [
        ("release", "allow", None),
        ("submit", "defer", datetime(2026, 1, 6, 13, tzinfo=UTC)),
        ("submit", "refuse", None),
    ]


async def test_a_deferral_shows_its_end_in_milliseconds(api: Api, owner: Tenant) -> None:
    night = datetime(2026, 1, 6, 8, tzinfo=UTC)

    await decide(api, [candidate(owner, recipient="+12125550123", quiet=NIGHT)], night)

    shown = (await api.get(f"/v4/decision/{UUID(int=7)}", owner)).only
    assert shown["deferUntil"] == epoch_ms(datetime(2026, 1, 6, 13, tzinfo=UTC))
    assert (shown["verdict"], shown["code"]) == ("defer", "quiet_hours")
    assert shown["rules"] == {
        "stage": "accept",
        "dnc": "not listed",
        "federalDnc": "not asked for",
        "quietHours": "inside, America/New_York",
    }


async def test_decisions_of_one_moment_come_in_the_order_of_the_stages(api: Api, owner: Tenant) -> None:
    await api.post("/v4/dnc", owner, {"endpoint": HANDSET})
    for stage in ("submit", "release", "accept"):
        await decide(api, [candidate(owner, at=stage)])

    shown = (await api.get(f"/v4/decision/{UUID(int=7)}", owner)).payload

    assert [row["rules"]["stage"] for row in shown] == ["accept", "release", "submit"]


async def test_nothing_is_asked_for_nobody(api: Api, owner: Tenant) -> None:
    assert await decide(api, []) == []


async def test_decisions_of_others_and_of_nothing_are_not_found(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")
    await decide(api, [candidate(owner)])

    for tenant, sid in ((stranger, str(UUID(int=7))), (owner, str(uuid4())), (owner, "7")):
        answer = await api.get(f"/v4/decision/{sid}", tenant)
        assert answer.status == 404
        assert answer.errors == [("404", "messageSid")]


async def test_a_privilege_is_needed(api: Api) -> None:
    clerk = await api.account(role="number-admin")
    path = f"/v4/decision/{UUID(int=7)}"

    assert (await api.get(path, clerk)).errors == [("401", "needs the privilege log-read")]
    assert (await api.get(path)).status == 403
