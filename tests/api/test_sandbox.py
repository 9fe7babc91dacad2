"""Ours: the sandbox's handsets, clock and faults, with the sandbox's carrier stepped by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.harness import Answer, Api, Tenant, open_api

from cordboard.domain.messaging.models import Submission
from cordboard.edge.carriers.whole import WholeMessageLink
from cordboard.infra.db import Database
from cordboard.infra.db.business_clock import CHANNEL
from cordboard.kit.clock import SystemClock, epoch_ms
from cordboard.kit.ids import Ids
from cordboard.run.message_carriers import build_message_carriers
from cordboard.run.settings import Sandbox
from cordboard.testing.clock import VirtualClock
from cordboard.testing.webhook_receiver import Answer as WebAnswer
from cordboard.testing.webhook_receiver import WebhookReceiver

NUMBER, SECOND = "+19495550100", "+19495550101"
HANDSET = "+19492221234"


@dataclass(frozen=True, slots=True)
class Lab:
    """The platform with its sandbox, an administrator, and an account that owns NUMBER."""

    api: Api
    admin: Tenant
    owner: Tenant
    link: WholeMessageLink

    async def send(self, text: str = "Hello", **more: Any) -> str:
        """The account sends a text to HANDSET, which gets it at once; its messageSid."""
        body = {"from": NUMBER, "to": HANDSET, "text": text, **more}
        sid: str = (await self.api.post("/v4/sms", self.owner, body)).only["messageSid"]
        await self.link.feed_once()
        return sid

    async def later(self, seconds: float) -> None:
        """Lets business time go on, and does what becomes due."""
        self.api.clock.advance(seconds)
        await self.api.settle()

    async def messages(self, handset: str = HANDSET) -> list[tuple[str, str]]:
        """Direction and text of what a handset shows."""
        shown = (await self.api.get(f"/sandbox/handsets/{handset}/messages", self.admin)).payload
        return [(message["direction"], message["text"]) for message in shown]

    async def script(self, handset: str = HANDSET, **script: Any) -> Answer:
        """Sets how a handset behaves."""
        return await self.api.put(f"/sandbox/handsets/{handset}", self.admin, script)

    async def faults(self, **faults: int) -> Answer:
        """Sets the faults."""
        return await self.api.put("/sandbox/faults", self.admin, faults)

    async def delivery(self, sid: str) -> str | None:
        """The delivery status in the log."""
        status: str | None = (await self.api.get(f"/v4/logs/sms/details/{sid}", self.owner)).only["dlrStatus"]
        return status

    async def inbound(self) -> list[str]:
        """The texts that came in."""
        rows = await self.api.fetch("select body from messages where direction = 'inbound' order by created_at")
        return [row["body"] for row in rows]


@pytest.fixture
async def lab(api: Api) -> Lab:
    """The usual one."""
    owner = await api.account()
    await api.post("/v4/number/purchase", owner, {"phoneNumber": [NUMBER]})
    return Lab(api, await api.account("admin", role="platform-admin"), owner, link_of(api))


def link_of(api: Api) -> WholeMessageLink:
    """The link of the sandbox's carrier."""
    ((carrier, tps),) = build_message_carriers(api.platform)
    return WholeMessageLink(
        carrier=carrier,
        tps=tps,
        database=api.platform.database,
        messaging=api.platform.messaging,
        wakeup=asyncio.Event(),
    )


async def test_a_handset_gets_what_it_is_sent(lab: Lab) -> None:
    await lab.send("Grüße 😀", mediaUrl=["https://media.example/a.png", "https://media.example/b.png"])

    shown = (await lab.api.get(f"/sandbox/handsets/{HANDSET}/messages", lab.admin)).only

    assert shown == {
        "direction": "inbound",
        "from": NUMBER,
        "to": HANDSET,
        "text": "Grüße 😀",
        "mediaUrl": "https://media.example/a.png",
        "mediaUrls": ["https://media.example/a.png", "https://media.example/b.png"],
        "at": epoch_ms(lab.api.clock.now()),
    }


async def test_a_message_is_delivered_after_a_second(lab: Lab) -> None:
    sid = await lab.send()
    await lab.later(0.5)
    assert await lab.delivery(sid) == "Sent"

    await lab.later(0.5)

    assert await lab.delivery(sid) == "Delivered"
    assert await lab.api.fetch("select from timers where kind like 'sandbox.%'") == []


async def test_a_handset_that_is_away_gives_an_undelivered_receipt(lab: Lab) -> None:
    await lab.script(receipt="undelivered")
    sid = await lab.send()

    await lab.later(1)

    shown = (await lab.api.get(f"/v4/logs/sms/details/{sid}", lab.owner)).only
    assert (shown["dlrStatus"], shown["errorCode"]) == ("Undelivered", "absent")


async def test_receipts_may_be_late_or_never_come(lab: Lab) -> None:
    await lab.script(receipt="none")
    never = await lab.send("never")
    await lab.later(1)
    await lab.script(receipt="late")
    late = await lab.send("late")

    await lab.later(119)
    assert await lab.delivery(late) == "Sent"
    await lab.later(1)

    assert await lab.delivery(late) == "Delivered"
    await lab.later(3600)
    assert await lab.delivery(never) == "Sent"


async def test_a_handset_replies_after_two_seconds(lab: Lab) -> None:
    answer = await lab.script(reply="Hi yourself")
    assert answer.only == {
        "receipt": "delivered",
        "reply": "Hi yourself",
        "answer": "human",
        "answerAfterMs": None,
        "say": None,
        "dtmf": None,
        "hangupAfterMs": None,
    }
    await lab.send()
    await lab.later(1.9)
    assert await lab.inbound() == []

    await lab.later(0.1)

    assert await lab.inbound() == ["Hi yourself"]
    assert await lab.messages() == [("inbound", "Hello"), ("outbound", "Hi yourself")]
    rows = await lab.api.fetch(
        "select account_id, sender, recipient, carrier from messages where direction = 'inbound'"
    )
    assert rows == [{"account_id": lab.owner.id, "sender": HANDSET, "recipient": NUMBER, "carrier": "sandbox"}]


async def test_a_reply_can_stop_everything(lab: Lab) -> None:
    await lab.script(reply="STOP")
    await lab.send()
    await lab.later(2)

    answer = await lab.api.post("/v4/sms", lab.owner, {"from": NUMBER, "to": HANDSET, "text": "Buy!"})

    assert (answer.status, answer.errors[0][0]) == (400, "opted_out")


async def test_two_that_answer_each_other_do_not_do_so_for_ever(lab: Lab) -> None:
    await lab.script(reply="Pong")
    for _ in range(8):
        await lab.send("Ping")
        await lab.later(2)
    assert await lab.inbound() == ["Pong"] * 5

    await lab.later(60)
    await lab.send("Ping")
    await lab.later(2)

    assert await lab.inbound() == ["Pong"] * 6


async def test_a_script_that_is_put_again_replaces_the_former_one(lab: Lab) -> None:
    await lab.script(reply="Hi", receipt="none")
    await lab.script(answer="busy", answerAfterMs="1500", dtmf="12#w*")

    rows = await lab.api.fetch("select number, script from sandbox_handsets")

    assert [row["number"] for row in rows] == [HANDSET]
    assert rows[0]["script"] == {
        "receipt": "delivered",
        "reply": None,
        "answer": "busy",
        "answerAfterMs": 1500,
        "say": None,
        "dtmf": "12#w*",
        "hangupAfterMs": None,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("receipt", "lost"),
        ("answer", "yes"),
        ("answerAfterMs", -1),
        ("answerAfterMs", 120_001),
        ("reply", "x" * 1601),
        ("dtmf", "12a"),
        ("hangupAfterMs", -1),
    ],
)
async def test_a_wrong_script_is_refused(lab: Lab, field: str, value: Any) -> None:
    answer = await lab.script(**{field: value})

    assert answer.status == 400
    assert answer.errors == [("400", field)]
    assert await lab.api.fetch("select from sandbox_handsets") == []


async def test_a_handset_texts_one_of_our_numbers(lab: Lab) -> None:
    answer = await lab.api.post(f"/sandbox/handsets/{HANDSET}/messages", lab.admin, {"to": NUMBER, "text": "Hi"})

    assert answer.only["direction"] == "outbound"
    assert await lab.inbound() == ["Hi"]
    assert await lab.messages() == [("outbound", "Hi")]
    contacts = (await lab.api.get("/v4/contact", lab.owner)).only
    assert contacts["extData"] == {"phonenumber1": HANDSET}


async def test_a_handset_sends_a_picture(lab: Lab) -> None:
    async with WebhookReceiver() as web:
        web.answer("/a.png", WebAnswer(data=b"\x89PNG", headers={"Content-Type": "image/png"}))
        body = {"to": NUMBER, "mediaUrl": web.url("/a.png")}
        answer = await lab.api.post(f"/sandbox/handsets/{HANDSET}/messages", lab.admin, body)
        await lab.api.settle()

    assert answer.only["mediaUrl"] == body["mediaUrl"]
    (row,) = await lab.api.fetch("select state, media_urls from messages where direction = 'inbound'")
    assert row["state"] == "received"
    assert row["media_urls"][0].endswith(".png")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"text": "Hi"}, ["to"]),
        ({"to": NUMBER}, ["text"]),
        ({"to": "nobody"}, ["to", "text"]),
        ({"to": NUMBER, "text": "x" * 1601}, ["text"]),
        ({"to": NUMBER, "mediaUrl": "ftp://media.example/a"}, ["mediaUrl"]),
    ],
)
async def test_a_wrong_text_is_refused(lab: Lab, body: dict[str, str], fields: list[str]) -> None:
    answer = await lab.api.post(f"/sandbox/handsets/{HANDSET}/messages", lab.admin, body)

    assert answer.status == 400
    assert [field for _, field in answer.errors] == fields
    assert await lab.api.fetch("select from sandbox_messages") == []


async def test_a_text_to_nobody_leaves_nothing(lab: Lab) -> None:
    answer = await lab.api.post(f"/sandbox/handsets/{HANDSET}/messages", lab.admin, {"to": SECOND, "text": "Hi"})

    assert (answer.status, answer.errors) == (404, [("404", "to")])
    assert await lab.api.fetch("select from sandbox_messages") == []


async def test_a_number_of_an_account_is_no_handset(lab: Lab) -> None:
    scripted = await lab.script(NUMBER, reply="Hi")
    texted = await lab.api.post(f"/sandbox/handsets/{NUMBER}/messages", lab.admin, {"to": NUMBER, "text": "Hi"})

    assert (scripted.status, texted.status) == (409, 409)
    assert await lab.inbound() == []


async def test_a_message_for_another_of_our_numbers_goes_there(lab: Lab) -> None:
    other = await lab.api.account("other")
    await lab.api.post("/v4/number/purchase", other, {"phoneNumber": [SECOND]})

    sid = await lab.send("From number to number", to=SECOND)
    await lab.later(1)

    rows = await lab.api.fetch("select account_id, sender, body from messages where direction = 'inbound'")
    assert rows == [{"account_id": other.id, "sender": NUMBER, "body": "From number to number"}]
    assert await lab.delivery(sid) == "Delivered"
    assert await lab.messages(SECOND) == []


async def test_a_submission_that_is_repeated_shows_once(lab: Lab) -> None:
    await lab.script(reply="Hi")
    ((carrier, _),) = build_message_carriers(lab.api.platform)
    once = Submission(
        account_id=lab.owner.id,
        message_id=Ids.random_uuid(),
        created_at=lab.api.clock.now(),
        carrier="sandbox",
        attempt=1,
        sender=NUMBER,
        recipient=HANDSET,
        text="Hello",
    )

    first, again = await carrier.send(once), await carrier.send(once)
    await lab.later(2)

    assert first == again
    assert first.outcome == "accepted"
    assert await lab.messages() == [("inbound", "Hello"), ("outbound", "Hi")]
    assert await lab.inbound() == ["Hi"]


async def test_the_newest_messages_are_shown_in_the_order_of_time(lab: Lab) -> None:
    for text in ("one", "two", "three"):
        await lab.api.post(f"/sandbox/handsets/{HANDSET}/messages", lab.admin, {"to": NUMBER, "text": text})
    path = f"/sandbox/handsets/{HANDSET}/messages"

    newest = (await lab.api.get(path, lab.admin, size="2")).payload
    older = (await lab.api.get(path, lab.admin, size="2", offset="2")).payload

    assert [message["text"] for message in newest] == ["two", "three"]
    assert [message["text"] for message in older] == ["one"]
    assert await lab.messages("+19492229999") == []
    assert (await lab.api.get(path, lab.admin, size="0")).errors == [("400", "size")]
    assert (await lab.api.get("/sandbox/handsets/nobody/messages", lab.admin)).errors == [("400", "number")]


async def test_throttled_messages_are_sent_again(lab: Lab) -> None:
    assert (await lab.faults(throttlePercent=100)).only["throttlePercent"] == 100
    sid = await lab.send()
    assert await lab.messages() == []

    await lab.faults()
    lab.api.clock.advance(5)
    await lab.link.feed_once()
    await lab.later(1)

    assert await lab.delivery(sid) == "Delivered"
    sends = await lab.api.fetch("select state from sms_sends order by attempt")
    assert [send["state"] for send in sends] == ["throttled", "accepted"]


async def test_a_disconnected_carrier_takes_nothing_for_a_moment(lab: Lab) -> None:
    await lab.faults(disconnectEverySeconds=60)
    await lab.send("before")
    lab.api.clock.advance(60)
    await lab.send("meanwhile")
    assert [text for _, text in await lab.messages()] == ["before"]

    lab.api.clock.advance(5)
    await lab.link.feed_once()

    assert [text for _, text in await lab.messages()] == ["before", "meanwhile"]


async def test_receipts_get_lost_and_come_twice(lab: Lab) -> None:
    await lab.faults(dropReceiptsPercent=100)
    lost = await lab.send("lost")
    await lab.later(1)
    await lab.faults(duplicateReceiptsPercent=100)
    twice = await lab.send("twice")
    assert len(await lab.api.fetch("select from timers where kind = 'sandbox.receipt'")) == 2

    await lab.later(10)

    assert (await lab.delivery(lost), await lab.delivery(twice)) == ("Sent", "Delivered")


async def test_faults_are_shown_and_checked(lab: Lab) -> None:
    assert set((await lab.api.get("/sandbox/faults", lab.admin)).only.values()) == {0}
    await lab.faults(throttlePercent=1, dropReceiptsPercent=2, duplicateReceiptsPercent=3, disconnectEverySeconds=4)

    wrong = await lab.faults(
        throttlePercent=101, dropReceiptsPercent=-1, duplicateReceiptsPercent=1000, disconnectEverySeconds=-1
    )

    assert [field for _, field in wrong.errors] == [
        "throttlePercent",
        "dropReceiptsPercent",
        "duplicateReceiptsPercent",
        "disconnectEverySeconds",
    ]
    assert (await lab.api.get("/sandbox/faults", lab.admin)).only == {
        "throttlePercent": 1,
        "dropReceiptsPercent": 2,
        "duplicateReceiptsPercent": 3,
        "disconnectEverySeconds": 4,
    }


async def test_the_clock_moves_and_what_is_due_happens(lab: Lab) -> None:
    await lab.script(receipt="late")
    sid = await lab.send()
    before = lab.api.clock.now()

    moved = (await lab.api.post("/sandbox/clock/advance", lab.admin, {"seconds": 120})).only
    await lab.api.settle()

    assert lab.api.clock.now() == before + timedelta(seconds=120)
    assert moved == {"now": epoch_ms(before) + 120_000, "offsetSeconds": 120.0}
    assert (await lab.api.get("/sandbox/clock", lab.admin)).only == moved
    assert await lab.delivery(sid) == "Delivered"


async def test_every_process_is_told_of_the_clock(lab: Lab) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()

    def listen(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        heard.put_nowait(payload)

    connection = await asyncpg.connect(lab.api.platform.database.url)
    await connection.add_listener(CHANNEL, listen)
    await lab.api.post("/sandbox/clock/advance", lab.admin, {"seconds": 60})

    assert await asyncio.wait_for(heard.get(), 10) == "60000"
    await connection.close()


async def test_messages_have_a_place_after_a_long_jump(lab: Lab) -> None:
    await lab.api.post("/sandbox/clock/advance", lab.admin, {"seconds": 200 * 86_400})
    again = replace(lab, owner=await lab.api.account("later"))
    await lab.api.post("/v4/number/purchase", again.owner, {"phoneNumber": [SECOND]})

    sid = await again.send(**{"from": SECOND})

    assert await again.delivery(sid) == "Sent"


@pytest.mark.parametrize("seconds", [0, -1, 3661 * 86_400, "soon", None])
async def test_the_clock_does_not_go_back_or_out_of_sight(lab: Lab, seconds: Any) -> None:
    before = lab.api.clock.now()

    answer = await lab.api.post("/sandbox/clock/advance", lab.admin, {"seconds": seconds})

    assert (answer.status, answer.errors) == (400, [("400", "seconds")])
    assert lab.api.clock.now() == before


async def test_the_clock_does_not_get_out_of_sight_in_steps(lab: Lab) -> None:
    await lab.api.fetch("update business_clock set offset_ms = 3660::bigint * 86400000 returning 1")
    before = lab.api.clock.now()

    answer = await lab.api.post("/sandbox/clock/advance", lab.admin, {"seconds": 1})

    assert (answer.status, answer.errors) == (400, [("400", "seconds")])
    assert lab.api.clock.now() == before
    assert await lab.api.fetch("select offset_ms / 86400000 as days from business_clock") == [{"days": 3660}]


def test_the_systems_clock_moves() -> None:
    clock = SystemClock()
    clock.advance(3600)

    assert clock.offset == timedelta(hours=1)


async def test_only_administrators_get_in(lab: Lab) -> None:
    for method, path, body in (
        ("GET", f"/sandbox/handsets/{HANDSET}/messages", None),
        ("POST", f"/sandbox/handsets/{HANDSET}/messages", {"to": NUMBER, "text": "Hi"}),
        ("PUT", f"/sandbox/handsets/{HANDSET}", {}),
        ("GET", "/sandbox/clock", None),
        ("POST", "/sandbox/clock/advance", {"seconds": 1}),
        ("GET", "/sandbox/faults", None),
        ("PUT", "/sandbox/faults", {}),
    ):
        assert (await lab.api.call(method, path, None, body)).status == 403
        answer = await lab.api.call(method, path, lab.owner, body)
        assert (answer.status, answer.errors[0][1]) == (401, "needs the privilege platform-admin")


@pytest.fixture
async def without_sandbox(database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    """An installation whose sandbox is off."""
    async with open_api(database, VirtualClock(), tmp_path, sandbox=Sandbox(enabled=False)) as api:
        yield api


async def test_none_of_it_exists_while_the_sandbox_is_off(without_sandbox: Api) -> None:
    admin = await without_sandbox.account("admin", role="platform-admin")

    answers = [
        await without_sandbox.get("/sandbox/clock", admin),
        await without_sandbox.put("/sandbox/faults", admin, {}),
        await without_sandbox.get(f"/sandbox/handsets/{HANDSET}/messages", admin),
    ]

    assert [answer.status for answer in answers] == [404, 404, 404]
    assert build_message_carriers(without_sandbox.platform) == []
