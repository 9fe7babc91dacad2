"""Form callbacks of calls: what is sent how, how often it is tried, and where it goes when nobody takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.harness import Api, Tenant
from tests.voice_node import CALLEE, NUMBER, VoiceNode, buy, place

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.rendering import heartbeat_parameters
from cordboard.kit.ids import Ids
from cordboard.testing.webhook_receiver import Answer, WebhookReceiver


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER."""
    tenant = await api.account()
    await buy(api, tenant, NUMBER)
    return tenant


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """The customer's server."""
    async with WebhookReceiver() as running:
        yield running


async def tell(api: Api, tenant: Tenant, url: str, **more: Any) -> UUID:
    """Puts a callback into the queue; answers its call."""
    call_id = Ids(api.clock).time_uuid()
    given = {"parameters": [("CallSid", str(call_id)), ("To", CALLEE)], **more}
    async with api.platform.database.transaction() as tx:
        await api.platform.voice.tell(tx, [Callback(account_id=tenant.id, call_id=call_id, url=url, **given)])
    return call_id


async def test_the_status_callback_tells_how_a_call_went(api: Api, owner: Tenant, receiver: WebhookReceiver) -> None:
    sid = await place(api, owner, statusCallbackUrl=receiver.url("/status"), metadata={"leadId": "7"})
    node = VoiceNode(api)
    (call,) = await node.claim()
    api.clock.advance(5)
    await node.answers(call)
    api.clock.advance(7)
    await node.ends(call, answered_by="human")
    await node.ends(call)
    await api.settle()

    (request,) = receiver.requests

    assert (request.method, request.path) == ("POST", "/status")
    assert {name: value for name, (value,) in request.form.items()} == {
        "AccountSid": owner.sid,
        "CallSid": str(sid),
        "To": CALLEE,
        "From": NUMBER,
        "Direction": "outbound",
        "Status": "completed",
        "CallStatus": "completed",
        "BilledDuration": "12",
        "Duration": "7",
        "CallInitiate": "2026-01-05 12:00:00",
        "CallStartTime": "2026-01-05 12:00:05",
        "DateCreated": "2026-01-05 12:00:00",
        "EndTime": "2026-01-05 12:00:12",
        "HangupBy": "TERMINATOR END",
        "AnsweredBy": "human",
        "metadata": '{"leadId":"7"}',
    }
    assert [name for name, _ in heartbeat_parameters(call)] == [
        "AccountSid",
        "CallSid",
        "To",
        "From",
        "CallInitiate",
        "CallStartTime",
        "Direction",
        "Status",
        "metadata",
    ]


async def test_a_get_carries_its_parameters_beside_those_of_the_url(
    api: Api, owner: Tenant, receiver: WebhookReceiver
) -> None:
    call_id = await tell(api, owner, receiver.url("/status?own=1"), method="get")
    await api.settle()

    (request,) = receiver.requests

    assert (request.method, request.body) == ("GET", b"")
    assert request.params == {"own": ["1"], "CallSid": [str(call_id)], "To": [CALLEE]}


async def test_one_that_fails_is_tried_again_and_then_told_to_the_fallback_once(
    api: Api, owner: Tenant, receiver: WebhookReceiver
) -> None:
    receiver.answer("/status", Answer(status=500), Answer(close=True), Answer(status=404))
    call_id = await tell(api, owner, receiver.url("/status"), fallback_url=receiver.url("/fallback"))

    tried = []
    for pause in (0, 5, 60, 300, 3600):
        api.clock.advance(pause)
        await api.settle()
        tried.append([request.path for request in receiver.requests])

    assert [len(paths) for paths in tried] == [1, 2, 3, 5, 5]
    assert tried[-1] == ["/status"] * 4 + ["/fallback"]
    assert receiver.requests[-1].form["CallSid"] == [str(call_id)]
    assert await api.fetch("select * from jobs") == []
    entries = await api.fetch("select type, data from debug_log where subject_id = $1 order by date, step", call_id)
    codes = [msgspec.json.decode(entry["data"])["code"] for entry in entries if entry["type"] == "httpresp"]
    assert codes == ["500", "0", "404", "404", "200"]


async def test_one_that_comes_through_later_spares_the_fallback(
    api: Api, owner: Tenant, receiver: WebhookReceiver
) -> None:
    receiver.answer("/status", Answer(status=503), Answer(status=204))
    await tell(api, owner, receiver.url("/status"), fallback_url=receiver.url("/fallback"))
    await api.settle()
    api.clock.advance(5)
    await api.settle()

    assert [request.path for request in receiver.requests] == ["/status", "/status"]
    assert await api.fetch("select * from jobs") == []


async def test_a_heartbeat_is_not_told_again_and_nobody_is_told_nothing(
    api: Api, owner: Tenant, receiver: WebhookReceiver
) -> None:
    receiver.answer("/heartbeat", Answer(status=500))
    await tell(api, owner, receiver.url("/heartbeat"), insist=False)
    await tell(api, owner, "")
    await api.settle()
    api.clock.advance(600)
    await api.settle()

    assert [request.path for request in receiver.requests] == ["/heartbeat"]
    assert await api.fetch("select * from jobs") == []
