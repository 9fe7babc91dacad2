"""What every HTTP carrier has to do, over real loopback HTTP: one suite, each carrier."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.carriers.conftest import CALLBACK, NAME, Rig, as_called

from cordboard.domain.messaging.models import InboundPart, PartResult, ReceiptReport, Submission
from cordboard.edge.carriers.http_api import moment, webhook_url
from cordboard.edge.carriers.port import BadSignatureError
from cordboard.kit.ids import Ids
from cordboard.testing.message_api import Mode, TakenMessage

SENDER, RECIPIENT = "+19495550100", "+19492221234"
TAKEN = TakenMessage("id-1", SENDER, RECIPIENT, "Hello", [], CALLBACK)


def submission(**changes: Any) -> Submission:
    usual: dict[str, Any] = {
        "account_id": Ids.random_uuid(),
        "message_id": Ids.random_uuid(),
        "created_at": datetime(2026, 1, 5, tzinfo=UTC),
        "carrier": NAME,
        "attempt": 1,
        "sender": SENDER,
        "recipient": RECIPIENT,
        "text": "Hello",
    }
    return Submission(**{**usual, **changes})


async def sent(rig: Rig, one: Submission | None = None, **settings: Any) -> PartResult:
    """What a carrier with these settings says of a message."""
    carrier = rig.carrier(**settings)
    try:
        return await carrier.send(one or submission())
    finally:
        await carrier.close()


async def test_a_message_is_accepted_with_the_carriers_id(rig: Rig) -> None:
    one = submission()

    result = await sent(rig, one)

    (message,) = rig.server.messages
    assert result == PartResult(submission=one, part=1, outcome="accepted", remote_id=message.id)
    assert message == TakenMessage(message.id, SENDER, RECIPIENT, "Hello", [], CALLBACK)


@pytest.mark.parametrize("text", ["Grüße, 東京 😀", "a&b=c+d %41 \n", "x" * 1600])
async def test_any_text_arrives_as_it_is(rig: Rig, text: str) -> None:
    assert (await sent(rig, submission(text=text))).outcome == "accepted"

    assert rig.server.messages[0].text == text


@pytest.mark.parametrize("text", ["Look", ""])
async def test_media_go_along(rig: Rig, text: str) -> None:
    media = ("https://media.example/a.png?x=1&y=2", "https://media.example/b.png")

    assert (await sent(rig, submission(text=text, media_urls=media))).outcome == "accepted"

    assert rig.server.messages[0].media_urls == list(media)
    assert rig.server.messages[0].text == text


@pytest.mark.parametrize(
    ("mode", "outcome", "codes"),
    [
        ("refuse", "refused", {"40310", "21211"}),
        ("throttle", "throttled", {"10011", "20429"}),
        ("fail", "unavailable", {"10007", "20500"}),
    ],
)
async def test_failures_are_told_apart_and_keep_the_carriers_words(
    rig: Rig, mode: Mode, outcome: str, codes: set[str]
) -> None:
    rig.server.change(mode=mode)

    result = await sent(rig)

    assert result.outcome == outcome
    assert result.remote_id is None
    assert result.error_code in codes
    assert result.error_message
    assert rig.server.messages == []


@pytest.mark.parametrize("mode", ["hang", "hang_up", "garble"])
async def test_a_message_that_may_have_been_taken_is_unknown(rig: Rig, mode: Mode) -> None:
    rig.server.change(mode=mode)

    result = await sent(rig, response_seconds=0.3)

    assert (result.outcome, result.remote_id) == ("unknown", None)
    assert result.error_message
    assert len(rig.server.messages) == 1


async def test_a_carrier_that_cannot_be_reached_is_unavailable(rig: Rig) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))

        result = await sent(rig, base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}")

    assert result.outcome == "unavailable"
    assert "no connection" in (result.error_message or "")


async def test_wrong_credentials_are_refused_and_not_shown(rig: Rig) -> None:
    result = await sent(rig, api_key="stolen-secret")

    assert result.outcome == "refused"
    assert result.error_code in ("10009", "20003")
    assert "stolen-secret" not in str(result.error_message)


async def test_many_go_at_once(rig: Rig) -> None:
    carrier = rig.carrier(window=20)
    results = await asyncio.gather(*(carrier.send(submission()) for _ in range(60)))
    await carrier.close()

    assert {result.outcome for result in results} == {"accepted"}
    assert len({result.remote_id for result in results}) == 60
    assert (carrier.name, carrier.concurrency) == (NAME, 20)


def test_a_carriers_name_is_spelled_as_a_url_does() -> None:
    assert CALLBACK == "https://cordboard.example/base/carriers/acme/messages"
    assert webhook_url("http://localhost", "a b/ü") == "http://localhost/carriers/a%20b%2F%C3%BC/messages"


@pytest.mark.parametrize(
    ("status", "state", "final"),
    [
        ("queued", "enroute", False),
        ("sent", "enroute", False),
        ("delivered", "delivered", True),
        ("no such status", "enroute", False),
    ],
)
async def test_a_receipt_is_read(rig: Rig, status: str, state: str, final: bool) -> None:
    (report,) = rig.reader.read(as_called(rig.server.receipt(TAKEN, status)))

    assert isinstance(report, ReceiptReport)
    assert (report.carrier, report.remote_id, report.state, report.final) == (NAME, "id-1", state, final)
    assert report.error_code is None


async def test_a_receipt_of_a_failure_has_the_carriers_code(rig: Rig) -> None:
    failed = "delivery_failed" if rig.settings["kind"] == "telnyx" else "undelivered"

    (report,) = rig.reader.read(as_called(rig.server.receipt(TAKEN, failed, "30003")))

    assert isinstance(report, ReceiptReport)
    assert (report.state, report.final, report.error_code) == ("undelivered", True, "30003")


async def test_a_text_from_a_handset_is_read(rig: Rig) -> None:
    webhook = rig.server.inbound(CALLBACK, RECIPIENT, SENDER, "Hi, 東京 & 😀")

    (part,) = rig.reader.read(as_called(webhook))
    (again,) = rig.reader.read(as_called(webhook))

    assert isinstance(part, InboundPart)
    assert (part.carrier, part.sender, part.recipient, part.text) == (NAME, RECIPIENT, SENDER, "Hi, 東京 & 😀")
    assert part.media_urls == ()
    assert part.carrier_message_id
    assert part == again


async def test_media_from_a_handset_are_read(rig: Rig) -> None:
    media = ["https://media.example/a.png", "https://media.example/b.png?x=1"]

    (part,) = rig.reader.read(as_called(rig.server.inbound(CALLBACK, "72345", SENDER, "", media)))

    assert isinstance(part, InboundPart)
    assert (part.sender, part.text, part.media_urls) == ("72345", "", tuple(media))


async def test_a_nul_character_does_not_get_far(rig: Rig) -> None:
    (part,) = rig.reader.read(as_called(rig.server.inbound(CALLBACK, RECIPIENT, SENDER, "a\0b")))

    assert isinstance(part, InboundPart)
    assert part.text == "ab"


async def test_a_webhook_that_was_changed_is_refused(rig: Rig) -> None:
    webhook = rig.server.inbound(CALLBACK, RECIPIENT, SENDER, "Send 10")

    with pytest.raises(BadSignatureError):
        rig.reader.read(as_called(webhook, body=webhook.body.replace(b"10", b"99")))


@pytest.mark.parametrize("signature", [None, "", "no base64 ü", "AAAA"])
async def test_a_webhook_without_a_good_signature_is_refused(rig: Rig, signature: str | None) -> None:
    webhook = as_called(rig.server.receipt(TAKEN, "delivered"))
    headers = {name: value for name, value in webhook.headers.items() if "signature" not in name}
    if signature is not None:
        headers |= {"telnyx-signature-ed25519": signature, "x-twilio-signature": signature}

    with pytest.raises(BadSignatureError):
        rig.reader.read(as_called(rig.server.receipt(TAKEN, "delivered"), headers=headers))


def test_times_are_read_with_their_zone_or_not_at_all() -> None:
    assert moment("2026-01-05T13:00:00+01:00") == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert moment("2026-01-05T12:00:00.5Z") == datetime(2026, 1, 5, 12, 0, 0, 500_000, tzinfo=UTC)
    assert [moment(text) for text in ("2026-01-05T12:00:00", "date-time", "", None)] == [None] * 4
