"""The worker is killed with SIGKILL again and again while a campaign runs: every contact gets each message once, and
every run ends where the contact's answer leads.

`CORDBOARD_KILL_RUNS` says how many contacts there are, `CORDBOARD_KILL_SECONDS` how far apart the kills are.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.installation import Served, connected, serving

pytestmark = pytest.mark.system

PEOPLE = int(os.environ.get("CORDBOARD_KILL_RUNS", "800"))
_KILLS_APART = float(os.environ.get("CORDBOARD_KILL_SECONDS", "3"))
_PATIENCE = 90.0 + PEOPLE / 40
_FIRST = 2_000_000
_CODES = 40
_ASK, _THANKS, _LATER, _PITY = "Coming?", "Thanks", "See you", "Pity"


async def test_a_worker_that_is_killed_neither_loses_nor_doubles_a_step(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", []) as served:
        campaign = await opened(served)
        killing = asyncio.create_task(kill_again_and_again(served))
        await served.call(
            "POST",
            f"/v4/campaign/{campaign}/batch",
            {"statements": [EVERYBODY], "start": True, "periodMs": 1, "displayName": "all"},
        )
        await waiting(served, answered=PEOPLE // 2)
        await served.call("POST", "/sandbox/clock/advance", {"seconds": 3600})
        kills = await ended(served, killing)
        got, endings, states = await outcome(served)

    assert kills >= 2
    assert set(got.values()) == {1}
    texts_of = defaultdict(set)
    for person, text in got:
        texts_of[person].add(text)
    for n in range(PEOPLE):
        expected = {_ASK, _THANKS, _LATER} if answers(n) else {_ASK, _PITY}
        unsure = states.get(number_of(n), set())
        assert expected - texts_of[number_of(n)] <= unsure, n
        assert texts_of[number_of(n)] <= expected, n
    assert endings == {("completed", "[1,2,3,5,6]"): PEOPLE // 2, ("completed", "[1,2,4]"): PEOPLE // 2}


EVERYBODY = {"variable": "phonenumber1", "operation": "begins with", "value": "+1949"}


def number_of(n: int) -> str:
    """A contact's number."""
    return f"+1949{_FIRST + n}"


def answers(n: int) -> bool:
    """Every second contact says yes."""
    return n % 2 == 0


async def opened(served: Served) -> str:
    """A business with its contacts, and a campaign."""
    await served.call("POST", "/v4/number/purchase", {"phoneNumber": ["+17145550100"]})
    made = await served.call("POST", "/v4/numberset", {"name": "s", "phoneNumbers": ["+17145550100"]})
    await _widen(served)
    rows = "".join(f"{number_of(n)}\n" for n in range(PEOPLE))
    answer = await served.http.post(
        "/v4/contact/upload",
        files={"parts": ("contacts.csv", "phonenumber1\n" + rows)},
        headers={"Authorization": f"Bearer {served.token}"},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    templates = [await _template(served, text) for text in (_ASK, _THANKS, _LATER, _PITY)]
    body = {"campaignName": "kill", "numberSet": made[0]["numberSetId"], "timezoneProtectionType": 0}
    campaign: str = (await served.call("POST", "/v4/campaign", body))[0]["campaignId"]
    await served.call("POST", f"/v4/campaign/{campaign}/workflow", {"workflow": workflow(*templates)})
    return campaign


async def _template(served: Served, text: str) -> str:
    made = await served.call("POST", "/v4/smstemplate", {"templateTitle": text, "templateText": text})
    template: str = made[0]["templateId"]
    return template


async def _widen(served: Served) -> None:
    """Short codes, which send a hundred a second each; and handsets that answer."""
    async with connected(served) as connection:
        await connection.execute(
            "insert into numbers (account_id, phone_number, phone_sid, carrier, number_type, attributes, timezone,"
            " number_set_id, purchase_date, renewal_date) select account_id, (70000 + n)::text, gen_random_uuid(),"
            " carrier, 4, attributes, timezone, number_set_id, purchase_date, renewal_date"
            f" from numbers, generate_series(1, {_CODES}) n"
        )
        await connection.execute("update numbers set number_set_id = null where phone_number like '+%'")
        await connection.executemany(
            'insert into sandbox_handsets (number, script) values ($1, \'{"reply": "yes, gladly"}\')',
            [(number_of(n),) for n in range(PEOPLE) if answers(n)],
        )


def workflow(ask: str, thanks: str, later: str, pity: str) -> str:
    """A question, a wait for the answer, a wait for a time, and what follows from them."""

    def sms(node: int, template: str, *children: int) -> dict[str, Any]:
        return {"id": node, "type": "smsSend", "smsTemplateId": template, "children": list(children)}

    wait = {"timeoutType": "wait", "timeoutWaitNumber": 20, "timeoutWaitUnits": "minutes"}
    nodes = [
        sms(1, ask, 2),
        {
            "id": 2,
            "type": "event",
            "children": [3, 4],
            "timeoutData": {**wait, "timeoutPath": 4},
            "conditions": [
                {"statements": [{"variable": "node1.reply", "operation": "contains", "value": "yes"}], "path": 3}
            ],
        },
        sms(3, thanks, 5),
        sms(4, pity),
        {"id": 5, "type": "timeDelay", "children": [6], **wait, "timeoutWaitNumber": 30},
        sms(6, later),
    ]
    return msgspec.json.encode({"schemaVersion": 1, "startNode": 1, "nodes": nodes}).decode()


async def kill_again_and_again(served: Served) -> int:
    """Kills the worker until it is cancelled; answers how often."""
    kills = 0
    try:
        while True:
            await asyncio.sleep(_KILLS_APART)
            before = served.pids("worker")
            os.kill(before[-1], signal.SIGKILL)
            kills += 1
            while len(served.pids("worker")) == len(before):
                await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        return kills


async def waiting(served: Served, answered: int) -> None:
    """Waits until everybody was asked, and as many as will have answered and were thanked."""
    async with connected(served) as connection, asyncio.timeout(_PATIENCE):
        while (
            await connection.fetchval("select count(*) from runs where at_node = 5") < answered
            or await connection.fetchval("select count(*) from runs where at_node = 2") < PEOPLE - answered
        ):
            await asyncio.sleep(0.3)


async def ended(served: Served, killing: asyncio.Task[int]) -> int:
    """Waits until nothing is under way; the killing goes on for most of it."""
    async with connected(served) as connection, asyncio.timeout(_PATIENCE):
        while await connection.fetchval("select count(*) from ended_runs") < PEOPLE // 2:
            await asyncio.sleep(0.3)
        killing.cancel()
        kills = await killing
        while (
            await connection.fetchval("select count(*) from ended_runs") < PEOPLE
            or await connection.fetchval("select count(*) from sms_queue")
            or await connection.fetchval("select count(*) from messages where state in ('queued', 'scheduled')")
        ):
            await asyncio.sleep(0.3)
    return kills


async def outcome(
    served: Served,
) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], int], dict[str, set[str]]]:
    """How often each handset got each text; how runs ended and by which way; the texts that are uncertain."""
    async with connected(served) as connection:
        taken = await connection.fetch("select recipient, text from sandbox_messages where direction = 'inbound'")
        ways = await connection.fetch(
            "select ending, (state::jsonb -> 'path')::text as path, count(*) as n from ended_runs group by 1, 2"
        )
        unsure = await connection.fetch("select recipient, body from messages where state = 'uncertain'")
    got = Counter((row["recipient"], row["text"]) for row in taken)
    endings = {(row["ending"], row["path"].replace(" ", "")): row["n"] for row in ways}
    states: dict[str, set[str]] = {}
    for row in unsure:
        states.setdefault(row["recipient"], set()).add(row["body"])
    return got, endings, states
