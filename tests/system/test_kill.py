"""Whoever is killed at whatever moment: nothing is lost, nothing is sent twice unmarked, and the money is right.

2,000 messages go from the API over SMPP to an SMSC while each role in turn is killed with SIGKILL. At the end every
accepted
message is in exactly one final state or `uncertain`, the SMSC has each at most once unless the send ledger says that it
was handed over again, the balance is the sum of the charges, and the customer's server has heard of every message.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.installation import Served, SmscProcess, connected, serving, smsc_process

from cordboard.testing.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.system

MESSAGES = 2_000
SENDERS = tuple(f"{code}" for code in range(20001, 20021))
ROLES = ("smpp", "api", "worker", "smpp", "worker", "api", "smpp")
FINAL = {"delivered", "undelivered", "failed", "expired", "uncertain"}
_PATIENCE = 120.0


async def test_kill_nine_of_every_role_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with (
        WebhookReceiver() as receiver,
        smsc_process(response_latency=0.01, receipt_delay=0.05, receipt_jitter=0.2) as smsc,
        serving(tmp_path / "data", [carrier_of(smsc)]) as served,
    ):
        await served.call("POST", "/v4/number/purchase", {"phoneNumber": list(SENDERS)})
        accepted: dict[str, str] = {}
        sending = asyncio.create_task(send_all(served, receiver.url("/status"), accepted))
        for role in ROLES:
            await kill(served, role)
        await sending
        rows = await settled(served, accepted)
        taken = await smsc.references()
        sends = await ledger(served)
        money = await balance(served)
        await heard(receiver, accepted)

    assert len(accepted) == MESSAGES
    states = Counter(row["state"] for row in rows)
    assert set(states) <= FINAL
    assert sum(states.values()) == MESSAGES
    assert states["delivered"] > MESSAGES * 0.8, states
    assert_taken_once(accepted, rows, taken, sends)
    assert money["balance"] == money["booked"]
    assert money["held"] == 0
    charged = sum(1 for row in rows if row["state"] in ("delivered", "undelivered"))
    assert money["sms"] == -charged * 7_500


def carrier_of(smsc: SmscProcess) -> dict[str, Any]:
    """The SMSC as a carrier, at a rate that gives the killing time."""
    return {
        "name": "acme",
        "host": "127.0.0.1",
        "port": smsc.port,
        "system_id": "kill",
        "window": 20,
        "tps": 150,
        "response_seconds": 3,
        "inventory": list(SENDERS),
    }


async def send_all(served: Served, callback: str, accepted: dict[str, str]) -> None:
    """Sends every message until it is accepted, each under its own idempotency key; fills `accepted` with recipients by
    id.
    """
    waiting = list(range(MESSAGES))
    headers = {"Authorization": f"Bearer {served.token}"}

    async def client() -> None:
        while waiting:
            number = waiting.pop()
            recipient = f"+1949{2_000_000 + number}"
            body = {
                "from": SENDERS[number % len(SENDERS)],
                "to": recipient,
                "text": f"message {number}",
                "messageStatusCallback": callback,
            }
            key = {**headers, "Idempotency-Key": f"kill-{number}"}
            accepted[await send(served.http, body, key)] = recipient

    await asyncio.gather(*(client() for _ in range(8)))


async def send(http: httpx.AsyncClient, body: dict[str, Any], headers: dict[str, str]) -> str:
    """Repeats a request, which its key makes harmless, until it is answered; the message's id."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                answer = await http.post("/v4/sms", json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 200:
                sid: str = answer.json()["payload"][0]["messageSid"]
                return sid
            assert answer.status_code == 409, answer.text  # the first try may still be running
            await asyncio.sleep(0.1)


async def kill(served: Served, role: str) -> None:
    """Kills the latest process of a role after a while, and waits until the supervisor has started another."""
    await asyncio.sleep(1.2)
    before = served.pids(role)
    os.kill(before[-1], signal.SIGKILL)
    async with asyncio.timeout(_PATIENCE):
        while len(served.pids(role)) == len(before):
            await asyncio.sleep(0.05)


async def settled(served: Served, accepted: dict[str, str]) -> list[dict[str, Any]]:
    """The message records once every one is final or uncertain, and stays so."""
    async with connected(served) as connection, asyncio.timeout(_PATIENCE):
        while True:
            rows = await connection.fetch("select id, state, recipient from messages where direction = 'outbound'")
            open_ones = [row for row in rows if row["state"] not in FINAL]
            if not open_ones and len(rows) >= len(accepted):
                return [dict(row) for row in rows]
            await asyncio.sleep(0.5)


async def ledger(served: Served) -> Counter[str]:
    """How often the send ledger says that each message was handed over."""
    async with connected(served) as connection:
        rows = await connection.fetch("select message_id, count(*) as tries from sms_sends group by message_id")
        return Counter({str(row["message_id"]): row["tries"] for row in rows})


async def balance(served: Served) -> dict[str, int]:
    """The administrator's balance and the sums of its ledger."""
    async with connected(served) as connection:
        row = await connection.fetchrow(
            "select balance, held, (select sum(amount) from ledger_entries)::bigint as booked,"
            " (select coalesce(sum(amount), 0) from ledger_entries where kind = 'sms')::bigint as sms from balances"
        )
        assert row is not None
        return dict(row)


async def heard(receiver: WebhookReceiver, accepted: dict[str, str]) -> None:
    """Waits until the customer's server has heard of every message at least once."""
    async with asyncio.timeout(_PATIENCE):
        while missing := accepted.keys() - {request.json["messageSid"] for request in receiver.requests}:
            assert missing
            await asyncio.sleep(0.5)


def assert_taken_once(
    accepted: dict[str, str], rows: list[dict[str, Any]], taken: dict[str, dict[str, int]], sends: Counter[str]
) -> None:
    """What the SMSC has fits the log: delivered ones are there, and none is there more often than the ledger says."""
    states = {row["recipient"]: row["state"] for row in rows}
    tries = {recipient: sends[sid] for sid, recipient in accepted.items()}
    for recipient, state in states.items():
        count = sum(taken.get(recipient.lstrip("+"), {}).values())
        assert count <= tries[recipient], (recipient, state)
        assert count <= 1, (recipient, state)  # nothing was marked for sending again: the default policy never does
        if state == "delivered":
            assert count == 1, recipient
