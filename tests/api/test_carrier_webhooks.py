"""The webhooks of HTTP carriers, and a message's whole way over one: real loopback HTTP in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.harness import Api, Tenant, open_api

from cordboard.edge.api.frame.refusals import LARGEST_BODY
from cordboard.edge.api.frame.server import listen, make_server
from cordboard.edge.carriers.http_api import webhook_url
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.infra.db import Database
from cordboard.run.api import build_api
from cordboard.run.carriers import build_carriers
from cordboard.run.message_carriers import build_message_carriers
from cordboard.run.settings import Compat, Http
from cordboard.testing.clock import VirtualClock
from cordboard.testing.message_api import ApiBehaviour, MessageApiServer, SignedWebhook, TakenMessage
from cordboard.testing.telnyx import FakeTelnyx
from cordboard.testing.twilio import FakeTwilio
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver

NUMBER, HANDSET = "+19495550100", "+19492221234"


@dataclass(frozen=True, slots=True)
class House:
    """The platform on a socket with one HTTP carrier, called acme, and an account that owns NUMBER."""

    api: Api
    carrier: MessageApiServer
    owner: Tenant
    url: str

    @property
    def webhooks(self) -> str:
        """Where the carrier tells its news."""
        return webhook_url(self.url, "acme")

    async def send(self, text: str = "Hello", **more: Any) -> str:
        """Sends a text to HANDSET and answers its messageSid."""
        body = {"from": NUMBER, "to": HANDSET, "text": text, **more}
        sid: str = (await self.api.post("/v4/sms", self.owner, body)).only["messageSid"]
        return sid

    async def until(self, sid: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The log of a message once it fits; business time goes on meanwhile."""
        async with asyncio.timeout(10):
            while not condition(shown := (await self.api.get(f"/v4/logs/sms/details/{sid}", self.owner)).only):
                self.api.clock.advance(0.2)
                await asyncio.sleep(0.02)
        result: dict[str, Any] = shown
        return result

    async def post(self, webhook: SignedWebhook, **changes: Any) -> httpx.Response:
        """Makes a webhook's request, changed."""
        async with httpx.AsyncClient() as client:
            sent: dict[str, Any] = {"url": webhook.url, "headers": webhook.headers, "content": webhook.body}
            return await client.post(**{**sent, **changes})

    async def inbound(self) -> list[dict[str, Any]]:
        """What came in."""
        return await self.api.fetch(
            "select account_id, sender, body, state, media_urls from messages where direction = 'inbound'"
        )


@pytest.fixture(params=["telnyx", "twilio"])
async def house(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """The installation with each carrier in turn."""
    behaviour = ApiBehaviour(receipts="delivered")
    if request.param == "telnyx":
        telnyx = FakeTelnyx(behaviour)
        settings = {"kind": "telnyx", "api_key": telnyx.api_key, "public_key": telnyx.public_key}
        async with telnyx, opened(telnyx, settings, database, tmp_path) as house:
            yield house
    else:
        twilio = FakeTwilio(behaviour)
        settings = {"kind": "twilio", "api_key": twilio.auth_token, "account": twilio.account}
        async with twilio, opened(twilio, settings, database, tmp_path) as house:
            yield house


@asynccontextmanager
async def opened(
    carrier: MessageApiServer, settings: dict[str, Any], database: Database, data_dir: Path
) -> AsyncIterator[House]:
    """The installation, served on a port of its own, with its links running."""
    socket = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    acme = CarrierSettings(**{"name": "acme", "base_url": carrier.url(), "response_seconds": 2.0, **settings})
    changes = {"carriers": (acme,), "http": Http(public_url=url), "compat": Compat(errors_as_200=True)}
    async with open_api(database, VirtualClock(), data_dir, **changes) as api:
        async with database.transaction() as tx:
            await api.platform.numbers.sync_inventory(tx, [("acme", [NUMBER], ["sms-enabled", "mms-enabled"])])
        owner = await api.account()
        await api.post("/v4/number/purchase", owner, {"phoneNumber": [NUMBER]})
        server = make_server(build_api(api.platform))
        links = build_carriers(api.platform, build_message_carriers(api.platform))
        running = [asyncio.create_task(server.serve(sockets=[socket])), asyncio.create_task(links.run())]
        try:
            yield House(api, carrier, owner, url)
        finally:
            await carrier.close()
            links.stop()
            server.should_exit = True
            await asyncio.wait_for(asyncio.gather(*running), 15)


async def test_a_message_goes_out_and_its_receipt_comes_back(house: House) -> None:
    sid = await house.send("Hello wörld 😀")

    shown = await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")

    (message,) = house.carrier.messages
    assert (message.sender, message.recipient, message.text) == (NUMBER, HANDSET, "Hello wörld 😀")
    assert message.callback_url == house.webhooks
    assert shown["status"] == "success"
    assert house.carrier.told == [200]
    (send,) = await house.api.fetch("select state, remote_id, receipt from sms_sends")
    assert send == {"state": "accepted", "remote_id": message.id, "receipt": "delivered"}


async def test_media_go_out(house: House) -> None:
    sid = await house.send("Look", mediaUrl="https://media.example/a.png")

    await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")

    assert house.carrier.messages[0].media_urls == ["https://media.example/a.png"]


async def test_a_message_that_the_carrier_refuses_fails_with_its_words(house: House) -> None:
    house.carrier.change(mode="refuse")

    shown = await house.until(await house.send(), lambda log: log["status"] == "failed")

    assert shown["errorCode"] in ("40310", "21211")
    assert "Invalid" in shown["errorMessage"]


async def test_a_message_that_was_never_answered_is_uncertain_and_sent_once(house: House) -> None:
    house.carrier.change(mode="hang_up")

    await house.until(await house.send(), lambda log: log["status"] == "uncertain")

    assert len(house.carrier.messages) == 1


async def test_throttled_messages_are_sent_later(house: House) -> None:
    house.carrier.change(mode="throttle")
    sid = await house.send()
    await house.carrier.wait_for(lambda: house.carrier.refused)
    house.carrier.change(mode="accept")

    await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")

    assert len(house.carrier.messages) == 1
    sends = await house.api.fetch("select state from sms_sends order by attempt")
    assert [send["state"] for send in sends] == ["throttled"] * (len(sends) - 1) + ["accepted"]
    assert len(sends) > 1


async def test_an_undelivered_receipt_keeps_the_carriers_code(house: House) -> None:
    house.carrier.change(receipts="none")
    sid = await house.send()
    (message,) = await house.carrier.wait_for(1)
    status = "delivery_failed" if isinstance(house.carrier, FakeTelnyx) else "undelivered"

    answered = await house.carrier.tell(house.carrier.receipt(message, status, "30003"))

    assert answered == 200
    shown = await house.until(sid, lambda log: log["dlrStatus"] == "Undelivered")
    assert shown["errorCode"] == "30003"


async def test_a_receipt_may_come_again_and_early_ones_do_not_undo_it(house: House) -> None:
    sid = await house.send()
    await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
    (message,) = house.carrier.messages

    for status in ("delivered", "sent", "delivered"):
        assert await house.carrier.tell(house.carrier.receipt(message, status)) == 200

    await house.until(sid, lambda log: log["dlrStatus"] == "Delivered")
    assert len(await house.api.fetch("select from ledger_entries where subject_id = $1", sid)) == 1


async def test_a_receipt_of_nobodys_message_is_kept_for_a_while(house: House) -> None:
    """It may have overtaken the answer to its message."""
    message = TakenMessage("early-1", NUMBER, HANDSET, "Hello", [], house.webhooks)

    assert await house.carrier.tell(house.carrier.receipt(message, "delivered")) == 200

    rows = await house.api.fetch("select carrier, remote_id from early_receipts")
    assert rows == [{"carrier": "acme", "remote_id": "early-1"}]


async def test_a_text_comes_in_once_however_often_it_is_told(house: House) -> None:
    webhook = house.carrier.inbound(house.webhooks, HANDSET, NUMBER, "Hi yourself 😀")

    answers = [await house.post(webhook) for _ in range(3)]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "<Response/>")] * 3
    assert answers[0].headers["content-type"].startswith("text/xml")
    assert await house.inbound() == [
        {
            "account_id": house.owner.id,
            "sender": HANDSET,
            "body": "Hi yourself 😀",
            "state": "received",
            "media_urls": [],
        }
    ]


async def test_pictures_come_in_and_are_kept(house: House) -> None:
    async with WebhookReceiver() as web:
        web.answer("/a", Answer(data=b"\x89PNG", headers={"Content-Type": "image/png"}))
        await house.post(house.carrier.inbound(house.webhooks, HANDSET, NUMBER, "", [web.url("/a")]))
        await house.api.settle()

    (row,) = await house.inbound()
    assert row["state"] == "received"
    assert row["media_urls"][0].startswith(f"{house.url}/media/")


async def test_a_text_for_nobody_is_taken_and_dropped(house: House) -> None:
    answer = await house.post(house.carrier.inbound(house.webhooks, HANDSET, "+19495559999", "Anybody?"))

    assert answer.status_code == 200
    assert await house.inbound() == []


async def test_a_bad_signature_is_403_and_changes_nothing(house: House) -> None:
    webhook = house.carrier.inbound(house.webhooks, HANDSET, NUMBER, "Hi 1")

    changed = await house.post(webhook, content=webhook.body.replace(b"1", b"2"))
    unsigned = await house.post(webhook, headers={})

    assert (changed.status_code, unsigned.status_code) == (403, 403)
    assert changed.json()["error"][0]["message"] == "Authentication Error"
    assert await house.inbound() == []


async def test_the_query_is_part_of_the_url(house: House) -> None:
    webhook = house.carrier.inbound(f"{house.webhooks}?from=portal", HANDSET, NUMBER, "Hi")

    assert (await house.post(webhook)).status_code == 200


async def test_failures_are_never_hidden_from_carriers(house: House) -> None:
    """The setting that answers failures with 200 holds for the API only: a carrier would not tell again."""
    webhook = house.carrier.inbound(house.webhooks, HANDSET, NUMBER, "Hi")

    unknown = await house.post(webhook, url=webhook_url(house.url, "nobody"))
    large = await house.post(webhook, content=b"x" * (LARGEST_BODY + 1))
    async with house.api.platform.database.transaction() as tx:
        await tx.execute("alter table messages rename to messages_away")
    broken = await house.post(webhook)
    async with house.api.platform.database.transaction() as tx:
        await tx.execute("alter table messages_away rename to messages")
    again = await house.post(webhook)

    assert (unknown.status_code, large.status_code, broken.status_code, again.status_code) == (404, 413, 500, 200)
    assert "messages" not in broken.text
    assert [row["body"] for row in await house.inbound()] == ["Hi"]


async def test_what_is_signed_but_makes_no_sense_is_400(house: House) -> None:
    if isinstance(house.carrier, FakeTelnyx):
        body = b'{"data": {"event_type": "message.received", "payload": 5}}'
        webhook = SignedWebhook(house.webhooks, house.carrier.sign(body), body)
    else:
        assert isinstance(house.carrier, FakeTwilio)
        webhook = house.carrier.webhook(house.webhooks, {"Body": "Hi"})

    assert (await house.post(webhook)).status_code == 400
