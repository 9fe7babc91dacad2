"""What only Telnyx does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest
from tests.unit.carriers.conftest import CALLBACK, as_called

from cordboard.domain.messaging.models import InboundPart, ReceiptReport, Submission
from cordboard.edge.carriers.port import BadSignatureError, CarrierWebhook
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.telnyx import TelnyxApi, TelnyxWebhooks, is_public_key
from cordboard.kit.clock import SystemClock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.testing.message_api import TakenMessage
from cordboard.testing.telnyx import FakeTelnyx

TAKEN = TakenMessage("id-1", "+19495550100", "+19492221234", "Hello", [], CALLBACK)


@pytest.fixture
async def telnyx() -> AsyncIterator[FakeTelnyx]:
    async with FakeTelnyx() as server:
        yield server


def reader(public_key: str) -> TelnyxWebhooks:
    return TelnyxWebhooks(CarrierSettings(name="t", kind="telnyx", public_key=public_key), SystemClock())


def signed(telnyx: FakeTelnyx, body: bytes) -> CarrierWebhook:
    return CarrierWebhook(CALLBACK, telnyx.sign(body), body)


def test_a_request_has_what_the_api_asks_for() -> None:
    settings = CarrierSettings(name="t", kind="telnyx", api_key="KEY", account="profile-1")
    one = Submission(
        account_id=Ids.random_uuid(),
        message_id=Ids.random_uuid(),
        created_at=datetime(2026, 1, 5, tzinfo=UTC),
        carrier="t",
        attempt=1,
        sender="+19495550100",
        recipient="+19492221234",
        text="Hello",
        media_urls=("https://media.example/a.png",),
    )

    request = TelnyxApi(settings, CALLBACK).request(one)

    assert request.url == "https://api.telnyx.com/v2/messages"
    assert request.headers["Authorization"] == "Bearer KEY"
    assert msgspec.json.decode(request.body) == {
        "from": "+19495550100",
        "to": "+19492221234",
        "text": "Hello",
        "type": "MMS",
        "media_urls": ["https://media.example/a.png"],
        "messaging_profile_id": "profile-1",
        "webhook_url": CALLBACK,
        "use_profile_webhooks": False,
    }


@pytest.mark.parametrize(
    ("status", "state", "final"),
    [
        ("delivery_failed", "undelivered", True),
        ("sending_failed", "failed", True),
        ("expired", "expired", True),
        ("delivery_unconfirmed", "enroute", False),
    ],
)
async def test_final_statuses(telnyx: FakeTelnyx, status: str, state: str, final: bool) -> None:
    (report,) = reader(telnyx.public_key).read(as_called(telnyx.receipt(TAKEN, status)))

    assert isinstance(report, ReceiptReport)
    assert (report.state, report.final) == (state, final)
    assert report.done_at == datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("age", [301, -302])
async def test_an_old_signature_is_refused(telnyx: FakeTelnyx, age: float) -> None:
    telnyx.age = age

    with pytest.raises(BadSignatureError, match="5 minutes"):
        reader(telnyx.public_key).read(as_called(telnyx.receipt(TAKEN, "delivered")))


async def test_a_signature_within_five_minutes_is_good(telnyx: FakeTelnyx) -> None:
    telnyx.age = 290

    assert len(reader(telnyx.public_key).read(as_called(telnyx.receipt(TAKEN, "delivered")))) == 1


async def test_another_accounts_signature_and_another_time_are_refused(telnyx: FakeTelnyx) -> None:
    async with FakeTelnyx() as stranger:
        with pytest.raises(BadSignatureError):
            reader(telnyx.public_key).read(as_called(stranger.receipt(TAKEN, "delivered")))
    webhook = as_called(telnyx.receipt(TAKEN, "delivered"))
    later = {**webhook.headers, "telnyx-timestamp": str(int(webhook.headers["telnyx-timestamp"]) + 1)}
    with pytest.raises(BadSignatureError):
        reader(telnyx.public_key).read(CarrierWebhook(webhook.url, later, webhook.body))


async def test_without_a_public_key_nothing_gets_in(telnyx: FakeTelnyx) -> None:
    with pytest.raises(BadSignatureError, match="set public_key of the carrier t"):
        reader("").read(as_called(telnyx.receipt(TAKEN, "delivered")))


async def test_other_events_are_passed_over(telnyx: FakeTelnyx) -> None:
    webhook = telnyx.webhook(CALLBACK, "10dlc.brand.update", {"type": "TCR_BRAND_UPDATE"})

    assert reader(telnyx.public_key).read(as_called(webhook)) == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b"{}", b'{"data": {}}', b'{"data": {"event_type": "message.received"}}']
)
async def test_what_is_no_webhook_of_telnyx_is_refused(telnyx: FakeTelnyx, body: bytes) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        reader(telnyx.public_key).read(signed(telnyx, body))

    assert refusal.value.errors[0].field == "body"


async def test_nulls_stand_for_nothing(telnyx: FakeTelnyx) -> None:
    payload = {
        "id": "m-1",
        "from": {"phone_number": "+19492221234"},
        "to": [{"phone_number": "+19495550100"}, {"phone_number": "+19495550101"}],
        "text": None,
        "media": [{"url": None}],
        "errors": [],
    }

    parts = reader(telnyx.public_key).read(as_called(telnyx.webhook(CALLBACK, "message.received", payload)))

    assert [(part.recipient, part.text, part.media_urls) for part in parts if isinstance(part, InboundPart)] == [
        ("+19495550100", "", ()),
        ("+19495550101", "", ()),
    ]
    assert len({part.carrier_message_id for part in parts if isinstance(part, InboundPart)}) == 2


@pytest.mark.parametrize("answer", [b"", b"\xff", b"{}", b'{"errors": []}', b'{"errors": [{}]}', b"<html>"])
def test_answers_that_say_nothing(answer: bytes) -> None:
    api = TelnyxApi(CarrierSettings(name="t", kind="telnyx"), CALLBACK)

    assert api.remote_id(answer) is None
    assert (api.problem(answer).code, api.problem(answer).message) == (None, None)


def test_public_keys_are_told_from_other_texts() -> None:
    assert is_public_key(FakeTelnyx().public_key)
    assert [text for text in ("", "AAAA", "no base64", "ü") if is_public_key(text)] == []
