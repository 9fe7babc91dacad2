"""Ours: the calls of the sandbox's handsets, as the API asks for them and shows them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.harness import Api, Tenant

from cordboard.domain.sandbox.repository import CHANNEL
from cordboard.kit.clock import epoch_ms

NUMBER = "+19495550100"
HANDSET = "+19492221234"
CALLS = f"/sandbox/handsets/{HANDSET}/calls"


@dataclass(frozen=True, slots=True)
class Lab:
    """The platform, an administrator, and an account that owns NUMBER."""

    api: Api
    admin: Tenant
    owner: Tenant

    async def place(self, **more: Any) -> str:
        """HANDSET calls NUMBER; the call's id."""
        call_id: str = (await self.api.post(CALLS, self.admin, {"to": NUMBER, **more})).only["callId"]
        return call_id

    async def take(self, node: str = "voice-1") -> None:
        """A voice process claims what waits."""
        async with self.api.platform.database.transaction() as tx:
            await self.api.platform.sandbox.claim_calls(tx, node, 10)

    async def rows(self) -> list[dict[str, Any]]:
        """What is written down."""
        return await self.api.fetch("select * from sandbox_calls order by number")


@pytest.fixture
async def lab(api: Api) -> Lab:
    """The usual one."""
    owner = await api.account()
    await api.post("/v4/number/purchase", owner, {"phoneNumber": [NUMBER]})
    return Lab(api, await api.account("admin", role="platform-admin"), owner)


async def test_a_handset_is_asked_to_call(lab: Lab) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    connection = await asyncpg.connect(lab.api.platform.database.url)
    await connection.add_listener(CHANNEL, lambda *said: heard.put_nowait(said))
    body = {"to": "(949) 555-0100", "answerMs": 20_000, "say": "Hi", "dtmf": "w1#", "hangupAfterMs": 3_600_000}

    shown = (await lab.api.post(CALLS, lab.admin, body)).only

    await asyncio.wait_for(heard.get(), 10)
    await connection.close()
    (row,) = await lab.rows()
    assert shown == {
        "callId": str(row["id"]),
        "direction": "outbound",
        "from": HANDSET,
        "to": NUMBER,
        "state": "waiting",
        "startedAt": epoch_ms(lab.api.clock.now()),
        "answeredAt": None,
        "endedAt": None,
        "reason": "",
        "digits": "",
        "recordingUrl": None,
    }
    assert (row["state"], row["node"], row["handset"]) == ("waiting", None, HANDSET)
    assert row["plan"] == {"answerMs": 20_000, "say": "Hi", "dtmf": "w1#", "hangupAfterMs": 3_600_000}
    assert (await lab.api.get(CALLS, lab.admin)).payload == [shown]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["to"]),
        ({"to": "nobody"}, ["to"]),
        ({"to": NUMBER, "answerMs": -1}, ["answerMs"]),
        ({"to": NUMBER, "answerMs": 120_001}, ["answerMs"]),
        ({"to": NUMBER, "dtmf": "1" * 65}, ["dtmf"]),
        ({"to": NUMBER, "dtmf": "call me"}, ["dtmf"]),
        ({"to": NUMBER, "say": "x" * 1601}, ["say"]),
        ({"to": NUMBER, "hangupAfterMs": 6 * 3_600_000 + 1}, ["hangupAfterMs"]),
    ],
)
async def test_a_wrong_call_is_refused(lab: Lab, body: dict[str, Any], fields: list[str]) -> None:
    answer = await lab.api.post(CALLS, lab.admin, body)

    assert answer.status == 400
    assert [field for _, field in answer.errors] == fields
    assert await lab.rows() == []


async def test_who_may_be_called_and_who_calls(lab: Lab) -> None:
    nobody = await lab.api.post(CALLS, lab.admin, {"to": "+19495550101"})
    owned = await lab.api.post(f"/sandbox/handsets/{NUMBER}/calls", lab.admin, {"to": NUMBER})
    odd = await lab.api.post("/sandbox/handsets/me/calls", lab.admin, {"to": NUMBER})

    assert (nobody.status, nobody.errors) == (404, [("404", "to")])
    assert owned.status == 409
    assert odd.errors == [("400", "number")]
    assert await lab.rows() == []


async def test_one_process_takes_a_call(lab: Lab) -> None:
    await lab.place()
    await lab.take("voice-1")
    await lab.take("voice-2")

    assert [(row["state"], row["node"]) for row in await lab.rows()] == [("ringing", "voice-1")]
    assert (await lab.api.get(CALLS, lab.admin)).only["state"] == "ringing"


async def test_hanging_up_before_anybody_took_it(lab: Lab) -> None:
    call_id = await lab.place()

    shown = (await lab.api.delete(f"{CALLS}/{call_id}", lab.admin)).only

    assert (shown["state"], shown["reason"]) == ("ended", "hung up before it was placed")
    assert shown["endedAt"] == epoch_ms(lab.api.clock.now())
    await lab.take()
    assert [row["state"] for row in await lab.rows()] == ["ended"]


async def test_hanging_up_asks_the_process_that_has_it(lab: Lab) -> None:
    call_id = await lab.place()
    await lab.take()

    shown = (await lab.api.delete(f"{CALLS}/{call_id}", lab.admin)).only

    assert shown["state"] == "ringing"
    sandbox = lab.api.platform.sandbox
    async with lab.api.platform.database.transaction() as tx:
        assert await sandbox.hangups_asked(tx, "voice-2") == []
        assert await sandbox.hangups_asked(tx, "voice-1") == [UUID(call_id)]
        await sandbox.call_ended(tx, UUID(call_id), "the handset hung up", "12", "http://x/y.wav")
        assert await sandbox.hangups_asked(tx, "voice-1") == []
    again = (await lab.api.delete(f"{CALLS}/{call_id}", lab.admin)).only
    assert (again["state"], again["digits"], again["recordingUrl"]) == ("ended", "12", "http://x/y.wav")


async def test_only_calls_of_the_handset_are_hung_up(lab: Lab) -> None:
    call_id = await lab.place()

    other = await lab.api.delete(f"/sandbox/handsets/+19492229999/calls/{call_id}", lab.admin)
    unknown = await lab.api.delete(f"{CALLS}/{UUID(int=1)}", lab.admin)
    odd = await lab.api.delete(f"{CALLS}/first", lab.admin)

    assert [answer.status for answer in (other, unknown, odd)] == [404, 404, 404]
    assert [row["state"] for row in await lab.rows()] == ["waiting"]


async def test_the_newest_calls_are_shown_in_the_order_of_time(lab: Lab) -> None:
    placed = [await lab.place() for _ in range(3)]

    newest = (await lab.api.get(CALLS, lab.admin, size="2")).payload
    older = (await lab.api.get(CALLS, lab.admin, size="2", offset="2")).payload

    assert [call["callId"] for call in older + newest] == placed
    assert (await lab.api.get("/sandbox/handsets/+19492229999/calls", lab.admin)).payload == []


async def test_only_administrators_get_in(lab: Lab) -> None:
    for method, path, body in (
        ("GET", CALLS, None),
        ("POST", CALLS, {"to": NUMBER}),
        ("DELETE", f"{CALLS}/{UUID(int=1)}", None),
    ):
        assert (await lab.api.call(method, path, None, body)).status == 403
        answer = await lab.api.call(method, path, lab.owner, body)
        assert (answer.status, answer.errors[0][1]) == (401, "needs the privilege platform-admin")
    assert await lab.rows() == []
