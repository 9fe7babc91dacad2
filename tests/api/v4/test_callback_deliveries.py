"""What webhooks send, in which order, how often, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from tests.api.v4.test_sms import HANDSET, NUMBER, body
from tests.carrier_double import CarrierDouble
from tests.harness import PASSWORD, Api, Tenant, open_api

from cordboard.domain.compliance.events import DNC_CHANGED
from cordboard.domain.messaging.events import RECEIVED, SENT, MessageEvent
from cordboard.domain.webhooks.deliverer import LEASE_SECONDS, Deliverer
from cordboard.domain.webhooks.events import DISABLED
from cordboard.domain.webhooks.recording import CIRCUIT_OPENS_AT
from cordboard.domain.webhooks.targets import Targets
from cordboard.infra.db import Database
from cordboard.infra.events import Event, append
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids
from cordboard.run.settings import Network
from cordboard.run.worker import build_deliverer
from cordboard.testing.clock import VirtualClock
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver, verify_signature

BASE = "/v4/callback/configuration"
_JITTER = 1.2


@dataclass(slots=True)
class House:
    """An account, its customer's server, and the platform between them."""

    api: Api
    owner: Tenant
    receiver: WebhookReceiver

    async def hook(self, path: str = "/hook", event_type: str = "sms_inbound", **more: Any) -> str:
        """Adds a configuration for a path of the receiver and answers its id."""
        given = {"eventType": event_type, "name": path, "url": self.receiver.url(path), **more}
        hook_id: str = (await self.api.post(BASE, self.owner, given)).only["id"]
        return hook_id

    async def tell(self, *texts: str, sender: str = HANDSET, topic: str = RECEIVED, **more: Any) -> list[str]:
        """Events of messages, as messaging tells them; answers their ids. They are not delivered yet."""
        ids, now = Ids(self.api.clock), self.api.clock.now()
        events = []
        for text in texts:
            message = MessageEvent(
                account_sid=self.owner.sid,
                message_sid=str(ids.time_uuid()),
                direction="inbound" if topic == RECEIVED else "outbound",
                to=NUMBER,
                sender=sender,
                text=text,
                status=more.pop("status", "success"),
                created_at=epoch_ms(now),
                **more,
            )
            events.append(Event(topic, self.owner.id, sender, msgspec.to_builtins(message), now))
        async with self.api.platform.database.transaction() as tx:
            await append(tx, events)
        return [event.payload["messageSid"] for event in events]

    async def told(self, *texts: str, sender: str = HANDSET, topic: str = RECEIVED, **more: Any) -> list[str]:
        """`tell`, and all that is due happens."""
        sids = await self.tell(*texts, sender=sender, topic=topic, **more)
        await self.api.settle()
        return sids

    async def later(self, seconds: float) -> None:
        """Time passes, and what is due by then happens."""
        self.api.clock.advance(seconds)
        await self.api.settle()

    async def signed_in(self) -> Tenant:
        """The owner with a fresh token, after time has passed."""
        tokens = await self.api.platform.people.sign_in.with_password(self.owner.user.username, PASSWORD, "", 60)
        self.owner = replace(self.owner, token=tokens.access_token)
        return self.owner

    async def deliveries(self, hook_id: str, **query: str) -> list[dict[str, Any]]:
        """A configuration's deliveries as the API lists them."""
        return list((await self.api.get(f"{BASE}/{hook_id}/deliveries", await self.signed_in(), **query)).payload)

    def texts(self, path: str = "/hook") -> list[str]:
        """The texts that the receiver was told at a path, in order."""
        return [request.json["text"] for request in self.receiver.requests if request.path == path]


@pytest.fixture
async def house(api: Api) -> AsyncIterator[House]:
    """The usual one."""
    async with WebhookReceiver() as receiver:
        yield House(api, await api.account(), receiver)


async def waiting(house: House) -> list[dict[str, Any]]:
    """The queue."""
    return await house.api.fetch("select * from webhook_queue order by seq")


async def test_an_event_is_delivered_signed_and_logged(house: House) -> None:
    hook_id = await house.hook()
    secret = (await house.api.get(f"{BASE}/{hook_id}/secret", house.owner)).only["secret"]

    (sid,) = await house.told('Hello\n"world"')

    (request,) = house.receiver.requests
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.json["text"] == 'Hello\n"world"'
    assert request.json["messageSid"] == sid
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "Cordboard"
    assert request.headers["webhook-timestamp"] == str(int(house.api.clock.now().timestamp()))
    assert verify_signature(request, secret)
    (shown,) = await house.deliveries(hook_id)
    assert shown["id"] == request.headers["webhook-id"]
    assert (shown["status"], shown["eventType"], shown["smsSid"]) == ("delivered", "sms_inbound", sid)
    assert shown["payload"] == request.json
    (attempt,) = shown["attempts"]
    assert attempt["statusCode"] == 200
    assert attempt["time"] == epoch_ms(house.api.clock.now())
    assert attempt["durationMs"] >= 0
    assert "error" not in attempt
    for table in ("webhook_queue", "webhook_lanes", "webhook_circuits"):
        assert await house.api.fetch(f"select from {table}") == []


async def test_every_enabled_configuration_of_the_type_is_told(house: House) -> None:
    other = await house.api.account("other")
    await house.api.post(
        BASE, other, {"eventType": "sms_inbound", "name": "theirs", "url": house.receiver.url("/theirs")}
    )
    await house.hook("/a")
    await house.hook("/b")
    await house.hook("/off", enabled=False)
    await house.hook("/out", event_type="sms_outbound")

    await house.told("in")
    await house.told("out", topic=SENT)
    await house.told("not out", topic=SENT, status="failed")

    assert {path: house.texts(path) for path in ("/a", "/b", "/off", "/out", "/theirs")} == {
        "/a": ["in"],
        "/b": ["in"],
        "/off": [],
        "/out": ["out"],
        "/theirs": [],
    }


async def test_templates_hold_the_events_variables(house: House) -> None:
    common = {
        "name": "common",
        "headers": {"X-Common": "c %%TO%%", "X-Both": "common"},
        "authHeaders": {"Authorization": "Bearer t0ken"},
    }
    connection = (await house.api.post("/v4/callback/authentication", house.owner, common)).only["id"]
    await house.hook(
        callbackServerConfigId=connection,
        url=house.receiver.url("/hook?who=%%FROM%%"),
        headers={"x-both": "own %%METADATA.LEAD%%", "Content-Type": "application/vnd.acme+json"},
        httpMethod="PUT",
        bodyTemplate='{"said": "%%BODY%%", "n": %%MESSAGECOUNT%%, "all": %%PAYLOAD%%, "unknown": "%%ACCESS_TOKEN%%"}',
    )

    (sid,) = await house.told('a "quoted" text', metadata={"lead": "7"})

    (request,) = house.receiver.requests
    assert (request.method, request.params) == ("PUT", {"who": [HANDSET]})
    assert request.json["said"] == 'a "quoted" text'
    assert request.json["n"] == 1
    assert request.json["all"]["messageSid"] == sid
    assert request.json["unknown"] == "%%ACCESS_TOKEN%%"
    assert request.headers["x-common"] == f"c {NUMBER}"
    assert request.headers["x-both"] == "own 7"
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.headers["content-type"] == "application/vnd.acme+json"


async def test_the_debug_log_tells_of_both_sides_without_secrets(house: House) -> None:
    common = {"name": "common", "authHeaders": {"Authorization": "Bearer t0ken"}}
    connection = (await house.api.post("/v4/callback/authentication", house.owner, common)).only["id"]
    await house.hook(callbackServerConfigId=connection)
    house.receiver.answer("/hook", Answer(body="x" * 10_000))

    (sid,) = await house.told("Hello")

    asked, answered = (await house.api.get(f"/v4/logs/debug/{sid}", house.owner)).payload
    assert (asked["type"], answered["type"]) == ("httpreq", "httpresp")
    sent = msgspec.json.decode(asked["data"])
    assert (sent["uri"], sent["method"]) == (house.receiver.url("/hook"), "POST")
    assert msgspec.json.decode(sent["parameters"])["text"] == "Hello"
    assert "Authorization: ***" in sent["headers"]
    assert "t0ken" not in asked["data"]
    came = msgspec.json.decode(answered["data"])
    assert (came["code"], len(came["body"])) == ("200", 8 * 1024)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_no_body_goes_with_methods_that_have_none(house: House, method: str) -> None:
    await house.hook(httpMethod=method, bodyTemplate="never sent", url=house.receiver.url("/hook?text=%%BODY%%"))

    await house.told("a&b=c d")

    (request,) = house.receiver.requests
    assert (request.method, request.body, request.params) == (method, b"", {"text": ["a&b=c d"]})
    assert "content-type" not in request.headers
    assert "webhook-signature" in request.headers


async def test_forms(house: House) -> None:
    await house.hook("/text", contentType="FORM-DATA", bodyTemplate="from=%%FROM%%&text=%%BODY%%&fixed=1")
    await house.hook("/json", contentType="FORM-DATA", bodyTemplate='{"text": "%%BODY%%", "n": 2}')
    await house.hook("/whole", contentType="FORM-DATA")
    await house.hook("/parts", contentType="MULTIPART-FORM-DATA", bodyTemplate='{"text": "%%BODY%%"}')

    await house.told("a&b=ü")

    by_path = {request.path: request for request in house.receiver.requests}
    assert by_path["/text"].form == {"from": [HANDSET], "text": ["a&b=ü"], "fixed": ["1"]}
    assert by_path["/text"].headers["content-type"] == "application/x-www-form-urlencoded"
    assert by_path["/json"].form == {"text": ["a&b=ü"], "n": ["2"]}
    assert by_path["/whole"].form["from"] == [HANDSET]
    kind, _, boundary = by_path["/parts"].headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="text"\r\n\r\na&b=ü\r\n--{boundary}--\r\n'
    assert by_path["/parts"].body == part.encode()


async def test_success_may_be_a_value_in_the_answer(house: House) -> None:
    hook_id = await house.hook(
        successPath="$.status", successValue="true", responseMapping={"ticket": "$.ticket.id", "none": "$.none"}
    )
    good = Answer(body='{"status": true, "ticket": {"id": 17}}')
    house.receiver.answer("/hook", Answer(body='{"status": false}'), Answer(body="not JSON"), good)

    await house.told("Hello")
    await house.later(5 * _JITTER)
    await house.later(300 * _JITTER)

    (shown,) = await house.deliveries(hook_id)
    assert shown["status"] == "delivered"
    wrong, odd, right = shown["attempts"]
    assert (wrong["statusCode"], wrong["error"]) == (200, "$.status is not true")
    assert odd["error"] == "the answer is not JSON, so $.status finds nothing"
    assert right["variables"] == {"ticket": 17}


async def test_a_failing_delivery_is_tried_on_schedule_and_then_failed(house: House) -> None:
    hook_id = await house.hook()
    house.receiver.answer("/hook", Answer(status=500))
    await house.told("Hello")
    counts = [len(house.receiver.requests)]

    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000):
        await house.later(seconds * 0.79)
        assert len(house.receiver.requests) == counts[-1]
        await house.later(seconds * 0.42)
        counts.append(len(house.receiver.requests))

    assert counts == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len({request.headers["webhook-id"] for request in house.receiver.requests}) == 1
    (shown,) = await house.deliveries(hook_id)
    assert (shown["status"], len(shown["attempts"])) == ("failed", 8)
    assert shown["attempts"][0]["error"] == "the answer's status is 500"
    assert await waiting(house) == []


async def test_a_key_waits_for_its_oldest_delivery_and_goes_on_after_it(house: House) -> None:
    await house.hook()
    house.receiver.answer("/hook", Answer(status=500), Answer())
    await house.told("first", "second")
    await house.told("elsewhere", sender="+19492225678")

    assert house.texts() == ["first", "elsewhere"]
    await house.told("third")
    assert house.texts() == ["first", "elsewhere"]
    await house.later(5 * _JITTER)
    assert house.texts() == ["first", "elsewhere", "first", "second", "third"]
    assert await waiting(house) == []


async def test_many_of_one_key_arrive_in_order(house: House) -> None:
    await house.hook()
    texts = [f"text {number}" for number in range(50)]

    await house.told(*texts)

    assert house.texts() == texts


async def test_a_receiver_that_hangs_up_counts_as_failed(house: House) -> None:
    hook_id = await house.hook()
    house.receiver.answer("/hook", Answer(close=True), Answer())

    await house.told("Hello")
    (before,) = await house.deliveries(hook_id)
    await house.later(5 * _JITTER)
    (after,) = await house.deliveries(hook_id)

    assert before["status"] == "waiting"
    assert before["attempts"][0]["error"] == "the peer closed the connection before answering"
    assert "statusCode" not in before["attempts"][0]
    assert (after["status"], len(after["attempts"])) == ("delivered", 2)


async def test_a_dead_receiver_does_not_hold_up_its_neighbour(house: House) -> None:
    await house.hook("/dead")
    await house.hook("/fast")
    house.receiver.answer("/dead", Answer(hang=True))
    for number in range(120):
        await house.tell(f"text {number}", sender=f"+1949222{number:04d}")
    while await house.api.worker.dispatcher.drain():
        pass

    running = asyncio.create_task(house.api.worker.webhooks.run(asyncio.Event(), poll=0.05))
    try:
        await house.receiver.wait_for(120 + 50)
    finally:
        seen = {path: len(house.texts(path)) for path in ("/fast", "/dead")}
        await house.receiver.close()
        running.cancel()
        await asyncio.wait([running])
    assert seen == {"/fast": 120, "/dead": 50}


async def test_an_open_circuit_lets_one_lane_try_at_a_time(house: House) -> None:
    await house.hook()
    house.receiver.answer("/hook", Answer(status=503))
    for number in range(100):
        await house.tell("Hello", sender=f"+1949222{number:04d}")
    await house.api.settle()
    opened = len(house.receiver.requests)
    assert CIRCUIT_OPENS_AT <= opened <= 100
    (circuit,) = await house.api.fetch("select failures, probe_at from webhook_circuits")
    assert circuit["probe_at"] is not None

    await house.later(31)
    assert len(house.receiver.requests) == opened + 1
    await house.later(31)
    assert len(house.receiver.requests) == opened + 2

    house.receiver.answer("/hook", Answer())
    await house.later(31)
    for _ in range(3):
        await house.later(300 * _JITTER)
    assert await waiting(house) == []
    assert await house.api.fetch("select from webhook_circuits") == []
    assert len({request.headers["webhook-id"] for request in house.receiver.requests}) == 100


async def test_five_days_of_failures_disable_the_configuration(house: House) -> None:
    hook_id = await house.hook()
    house.receiver.answer("/hook", Answer(status=500))
    await house.told("first")
    for _ in range(5):
        await house.later(24 * 3600)
    (sid,) = await house.told("last", sender="+19492225678")

    shown = (await house.api.get(f"{BASE}/{hook_id}", await house.signed_in())).only

    assert shown["enabled"] is False
    assert shown["disabledReason"] == "every delivery failed for 5 days"
    logged = (await house.api.get(f"/v4/logs/debug/{hook_id}", house.owner)).only
    assert msgspec.json.decode(logged["data"])["action"] == "webhook-disabled"
    states = [(one["smsSid"], one["status"]) for one in await house.deliveries(hook_id)]
    assert states[0] == (sid, "waiting")
    await house.later(5 * _JITTER)
    assert [one["status"] for one in await house.deliveries(hook_id)] == ["cancelled", "failed"]
    house.receiver.answer("/hook", Answer())
    again = (await house.api.put(f"{BASE}/{hook_id}", house.owner, {"enabled": True})).only
    assert "disabledReason" not in again
    await house.told("works again")
    assert house.texts()[-1] == "works again"


async def test_its_owner_is_told_of_a_disabled_configuration(house: House) -> None:
    hook_id = await house.hook()
    told: list[Event] = []

    async def listen(_tx: object, events: Any) -> None:
        told.extend(events)

    house.api.worker.dispatcher.subscribe(DISABLED, listen)
    house.receiver.answer("/hook", Answer(status=500))
    await house.told("first")
    for _ in range(5):
        await house.later(24 * 3600)
    await house.told("last", sender="+19492225678")

    (event,) = told
    assert (event.account_id, event.subject) == (house.owner.id, hook_id)
    assert event.payload["url"] == house.receiver.url("/hook")
    assert epoch_ms(house.api.clock.now()) - event.payload["failingSince"] == 5 * 24 * 3600 * 1000


async def test_what_waits_for_a_configuration_that_goes_is_cancelled(house: House) -> None:
    hook_id = await house.hook()
    house.receiver.answer("/hook", Answer(status=500))
    await house.told("Hello")

    await house.api.delete(f"{BASE}/{hook_id}", house.owner)
    await house.later(5 * _JITTER)

    assert len(house.receiver.requests) == 1
    rows = await house.api.fetch("select state from webhook_deliveries")
    assert [row["state"] for row in rows] == ["cancelled"]
    assert await house.api.fetch("select from webhook_lanes") == []


async def test_a_claim_whose_result_was_lost_is_repeated(house: House) -> None:
    await house.hook()
    await house.tell("Hello")
    await house.api.worker.dispatcher.drain()
    crashed = build_deliverer(house.api.platform)
    await crashed._claim()  # and the process dies

    await house.api.settle()
    assert house.texts() == []
    assert len(await waiting(house)) == 1
    await house.api.fetch(
        "update webhook_lanes set lease_until = lease_until - make_interval(secs => $1)", LEASE_SECONDS
    )
    await house.api.settle()
    assert house.texts() == ["Hello"]
    assert await waiting(house) == []


async def test_two_workers_share_the_work(house: House) -> None:
    await house.hook()
    for number in range(60):
        await house.tell(f"text {number}", sender=f"+1949222{number:04d}")
    while await house.api.worker.dispatcher.drain():
        pass
    workers = [_small(house), _small(house)]
    shares = [0, 0]

    while len(house.receiver.requests) < 60:
        for index, worker in enumerate(workers):
            shares[index] += await worker.deliver_due()
            await worker.settle()

    assert sorted(house.texts()) == sorted(f"text {number}" for number in range(60))
    assert min(shares) > 0


def _small(house: House) -> Deliverer:
    platform = house.api.platform
    return Deliverer(
        database=platform.database,
        client=platform.webhook_client,
        clock=platform.clock,
        targets=Targets(platform.webhook_connections, platform.webhooks),
        per_endpoint=5,
    )


async def test_what_is_added_while_its_key_is_being_finished_is_not_lost(house: House) -> None:
    await house.hook()
    texts = [f"text {number}" for number in range(150)]
    running = asyncio.create_task(house.api.worker.webhooks.run(asyncio.Event(), poll=0.001))
    try:
        for text in texts:
            await house.tell(text)
            await house.api.worker.dispatcher.drain()
        await house.receiver.wait_for(len(texts))
    finally:
        running.cancel()
        await asyncio.wait([running])

    assert house.texts() == texts
    assert await waiting(house) == []
    assert await house.api.fetch("select from webhook_lanes") == []


async def test_rotation_signs_with_both_secrets_for_a_day(house: House) -> None:
    hook_id = await house.hook()
    old = (await house.api.get(f"{BASE}/{hook_id}/secret", house.owner)).only["secret"]
    new = (await house.api.post(f"{BASE}/{hook_id}/secret/rotate", house.owner)).only["secret"]

    await house.told("today")
    await house.later(24 * 3600)
    await house.told("tomorrow")

    today, tomorrow = house.receiver.requests
    assert [verify_signature(today, secret) for secret in (old, new)] == [True, True]
    assert [verify_signature(tomorrow, secret) for secret in (old, new)] == [False, True]


async def test_replay_sends_again_what_happened_since(house: House) -> None:
    hook_id = await house.hook()
    other = await house.hook("/other")
    await house.told("too early")
    house.api.clock.advance(60)
    since = house.api.clock.now()
    house.receiver.answer("/hook", Answer(), Answer(status=500), Answer())
    await house.told("first")
    await house.told("second")
    seen = len(house.receiver.requests)

    replayed = (await house.api.post(f"{BASE}/{hook_id}/replay", house.owner, {"since": since.isoformat()})).only
    await house.later(5 * _JITTER)

    assert replayed == {"replayed": 1}  # the second one waits anyway
    assert [request.json["text"] for request in house.receiver.requests[seen:]] == ["second", "first"]
    assert len({request.headers["webhook-id"] for request in house.receiver.requests if request.path == "/hook"}) == 3
    again = (await house.api.post(f"{BASE}/{hook_id}/replay", house.owner, {"since": epoch_ms(since)})).only
    assert again == {"replayed": 2}
    nothing = {"since": str(epoch_ms(house.api.clock.now()) + 1)}
    assert (await house.api.post(f"{BASE}/{other}/replay", house.owner, nothing)).only == {"replayed": 0}


@pytest.mark.parametrize("since", ["yesterday", None, "", 1.5])
async def test_replay_names_a_bad_since(house: House, since: Any) -> None:
    hook_id = await house.hook()

    refused = await house.api.post(f"{BASE}/{hook_id}/replay", house.owner, {"since": since})

    assert (refused.status, refused.errors) == (400, [("400", "since")])


async def test_deliveries_are_listed_by_status_and_page(house: House) -> None:
    hook_id = await house.hook()
    await house.told("one", "two", "three")
    house.receiver.answer("/hook", Answer(status=500))
    await house.told("four")

    def texts(shown: list[dict[str, Any]]) -> list[str]:
        return [one["payload"]["text"] for one in shown]

    assert texts(await house.deliveries(hook_id)) == ["four", "three", "two", "one"]
    assert texts(await house.deliveries(hook_id, status="waiting")) == ["four"]
    assert texts(await house.deliveries(hook_id, status="delivered")) == ["three", "two", "one"]
    assert texts(await house.deliveries(hook_id, status="failed")) == []
    assert texts(await house.deliveries(hook_id, size="2", offset="1")) == ["three", "two"]
    refused = await house.api.get(f"{BASE}/{hook_id}/deliveries", house.owner, status="lost", size="0")
    assert [field for _, field in refused.errors] == ["size"]
    refused = await house.api.get(f"{BASE}/{hook_id}/deliveries", house.owner, status="lost")
    assert [field for _, field in refused.errors] == ["status"]


async def test_a_header_that_would_break_out_is_not_sent(house: House) -> None:
    hook_id = await house.hook(headers={"X-Text": "%%BODY%%"})

    await house.told("a\r\nX-Evil: 1", "harmless")

    assert [request.headers["x-text"] for request in house.receiver.requests] == ["harmless"]
    harmless, evil = await house.deliveries(hook_id)
    assert (harmless["status"], evil["status"]) == ("delivered", "failed")
    assert "X-Text" in evil["attempts"][0]["error"]


async def test_secrets_do_not_follow_a_redirect_to_another_origin(house: House) -> None:
    common = {"name": "common", "authHeaders": {"X-Key": "t0ken"}}
    connection = (await house.api.post("/v4/callback/authentication", house.owner, common)).only["id"]
    await house.hook(callbackServerConfigId=connection)
    async with WebhookReceiver() as elsewhere:
        house.receiver.answer("/hook", Answer(status=307, headers={"Location": elsewhere.url("/there")}))
        await house.told("Hello")

        (followed,) = elsewhere.requests
    assert house.receiver.requests[0].headers["x-key"] == "t0ken"
    assert "x-key" not in followed.headers


async def test_a_message_tells_its_own_url(house: House) -> None:
    await house.api.post("/v4/number/purchase", house.owner, {"phoneNumber": [NUMBER]})
    carrier = CarrierDouble(house.api)
    callback = house.receiver.url("/status?id=7")
    wanted = body(messageStatusCallback=callback, deliveryStatusEnabled=True, metadata={"leadId": "7"})
    sid = (await house.api.post("/v4/sms", house.owner, wanted)).only["messageSid"]
    secret = (await house.api.get("/v4/callback/secret", house.owner)).only["secret"]

    await carrier.work()
    await house.api.settle()
    await carrier.receipt("id-1")
    await house.api.settle()

    sent, receipt = house.receiver.requests
    assert (sent.method, sent.target) == ("POST", "/status?id=7")
    assert sent.json == {
        "messageSid": sid,
        "accountSid": house.owner.sid,
        "to": HANDSET,
        "from": NUMBER,
        "text": "Hello",
        "messageCount": 1,
        "mediaUrl": "",
        "toCC": 1,
        "toCountry": "US",
        "fromCC": 1,
        "scheduledTm": int(house.api.clock.now().timestamp()),
        "fromCountry": "US",
        "metadata": {"leadId": "7"},
        "status": "success",
        "errorCode": None,
        "errorMessage": None,
        "dlrStatus": sent.json["dlrStatus"],
    }
    assert receipt.json == {**sent.json, "dlrStatus": "Delivered"}
    assert verify_signature(sent, secret)
    assert verify_signature(receipt, secret)
    logged = (await house.api.get(f"/v4/logs/debug/{sid}", house.owner)).payload
    assert [entry["type"] for entry in logged if entry["type"] != "smsaction"] == ["httpreq", "httpresp"] * 2


async def test_receipts_are_told_only_where_they_are_asked_for(house: House) -> None:
    await house.api.post("/v4/number/purchase", house.owner, {"phoneNumber": [NUMBER]})
    carrier = CarrierDouble(house.api)
    await house.api.post("/v4/sms", house.owner, body(messageStatusCallback=house.receiver.url("/status")))

    await carrier.work()
    await carrier.receipt("id-1")
    await house.api.settle()

    assert len(house.receiver.requests) == 1


async def test_a_failed_message_tells_its_own_url_but_not_sms_outbound(house: House) -> None:
    await house.hook("/outbound", event_type="sms_outbound")
    await house.api.post("/v4/number/purchase", house.owner, {"phoneNumber": [NUMBER]})
    await house.api.post("/v4/sms", house.owner, body(messageStatusCallback=house.receiver.url("/status")))

    await CarrierDouble(house.api).work("refused", error_code="11", error_message="bad address")
    await house.api.settle()

    (request,) = house.receiver.requests
    assert (request.path, request.json["status"], request.json["errorMessage"]) == ("/status", "failed", "bad address")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_changes_of_the_do_not_call_list_are_told(house: House, method: str) -> None:
    async with house.api.platform.database.transaction() as tx:
        accounts = house.api.platform.accounts
        await accounts.change_setting(tx, house.owner.id, "dnc_callback_url", house.receiver.url("/dnc?key=1"))
        await accounts.change_setting(tx, house.owner.id, "dnc_callback_method", method)
    payload = {
        "accountSid": house.owner.sid,
        "endpoint": HANDSET,
        "selector": "all",
        "subtype": "sms",
        "action": "added",
        "source": "api",
    }
    async with house.api.platform.database.transaction() as tx:
        await append(tx, [Event(DNC_CHANGED, house.owner.id, HANDSET, payload, house.api.clock.now())])
    await house.api.settle()

    (request,) = house.receiver.requests
    assert (request.method, request.path) == (method, "/dnc")
    if method == "POST":
        assert (request.json, request.params) == (payload, {"key": ["1"]})
    else:
        assert request.params == {"key": ["1"], **{name: [value] for name, value in payload.items()}}
        assert request.body == b""


async def test_an_address_that_may_not_be_reached_is_refused_when_it_is_connected_to(
    database: Database, clock: VirtualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    strict = Network(allow_private_callbacks=False)
    async with (
        WebhookReceiver() as receiver,
        open_api(database, clock, tmp_path_factory.mktemp("data"), network=strict) as api,
    ):
        house = House(api, await api.account(), receiver)
        await house.told("Hello", topic=SENT, status_callback=receiver.url("/status"))

        assert receiver.requests == []
        (row,) = await waiting(house)
    assert row["attempts"][0]["error"] == "127.0.0.1 is not a public address (loopback)"


async def test_an_answer_that_no_column_could_keep_is_left_out(house: House) -> None:
    hook_id = await house.hook(responseMapping={"bad": "$.bad", "long": "$.long", "good": "$.good"})
    house.receiver.answer(
        "/hook", Answer(body=msgspec.json.encode({"bad": "a\0b", "long": "x" * 2000, "good": 1}).decode())
    )

    await house.told("Hello")

    (shown,) = await house.deliveries(hook_id)
    assert (shown["status"], shown["attempts"][0]["variables"]) == ("delivered", {"good": 1})


async def test_an_answer_without_the_expected_errors_still_keeps_what_is_mapped(house: House) -> None:
    hook_id = await house.hook(errorResponseMapping={"why": "$.error"})
    house.receiver.answer("/hook", Answer(status=422, body='{"error": "no such lead"}'))

    await house.told("Hello")

    (shown,) = await house.deliveries(hook_id)
    assert shown["attempts"][0]["variables"] == {"why": "no such lead"}


async def test_a_key_that_is_gone_fails_deliveries_and_says_so(house: House) -> None:
    hook_id = await house.hook()
    await house.api.fetch(
        "update webhooks set secrets_sealed = jsonb_build_array(jsonb_build_object('sealed', 'v1.x.y'))"
    )

    await house.told("Hello")

    rows = await house.api.fetch("select state, attempts from webhook_deliveries where endpoint_id = $1::uuid", hook_id)
    assert [row["state"] for row in rows] == ["failed"]
    assert "cannot be opened" in rows[0]["attempts"][0]["error"]
    assert house.receiver.requests == []
