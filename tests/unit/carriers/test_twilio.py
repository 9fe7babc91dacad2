"""What only Twilio does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.carriers.conftest import CALLBACK, as_called

from cordboard.domain.messaging.models import InboundPart, ReceiptReport
from cordboard.edge.carriers.port import BadSignatureError, CarrierWebhook
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.twilio import TwilioApi, TwilioWebhooks, sign
from cordboard.kit.errors import InvalidInputError
from cordboard.testing.message_api import TakenMessage
from cordboard.testing.twilio import FakeTwilio

TAKEN = TakenMessage("SM1", "+19495550100", "+19492221234", "Hello", [], CALLBACK)


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        yield server


@pytest.fixture
def reader(twilio: FakeTwilio) -> TwilioWebhooks:
    return TwilioWebhooks(CarrierSettings(name="t", kind="twilio", account=twilio.account, api_key=twilio.auth_token))


def test_the_signature_is_the_one_of_twilios_documentation() -> None:
    """The example of the page about the security of webhooks."""
    form = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+14158675310"],
        "Digits": ["1234"],
        "From": ["+14158675310"],
        "To": ["+18005551212"],
    }

    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "GvWf1cFY/Q7PnoempGyD5oXAezc="


@given(st.dictionaries(st.text(min_size=1), st.text()), st.text())
def test_the_fake_and_the_reader_sign_alike(fields: dict[str, str], token: str) -> None:
    webhook = FakeTwilio(auth_token=token).webhook(CALLBACK, fields)

    assert (
        sign(token, CALLBACK, {name: [value] for name, value in fields.items()})
        == (webhook.headers["X-Twilio-Signature"])
    )


@pytest.mark.parametrize(
    ("status", "state", "final"),
    [
        ("accepted", "enroute", False),
        ("sending", "enroute", False),
        ("undelivered", "undelivered", True),
        ("failed", "failed", True),
        ("canceled", "failed", True),
        ("read", "delivered", True),
    ],
)
async def test_statuses(twilio: FakeTwilio, reader: TwilioWebhooks, status: str, state: str, final: bool) -> None:
    (report,) = reader.read(as_called(twilio.receipt(TAKEN, status)))

    assert isinstance(report, ReceiptReport)
    assert (report.state, report.final) == (state, final)


async def test_the_url_is_signed_too(twilio: FakeTwilio, reader: TwilioWebhooks) -> None:
    with pytest.raises(BadSignatureError, match="public_url"):
        reader.read(as_called(twilio.receipt(TAKEN, "delivered"), url="https://elsewhere.example/"))


async def test_fields_that_nobody_knows_yet_are_signed_and_passed_over(
    twilio: FakeTwilio, reader: TwilioWebhooks
) -> None:
    form = {"MessageSid": "SM1", "From": "+19492221234", "To": "+19495550100", "Body": "", "New": "ü", "Empty": ""}

    (part,) = reader.read(as_called(twilio.webhook(CALLBACK, form)))

    assert isinstance(part, InboundPart)
    assert (part.text, part.carrier_message_id) == ("", "SM1")


async def test_what_is_neither_a_receipt_nor_a_text_is_passed_over(twilio: FakeTwilio, reader: TwilioWebhooks) -> None:
    assert reader.read(as_called(twilio.webhook(CALLBACK, {"MessageSid": "SM1", "EventType": "READ"}))) == []


async def test_a_webhook_without_a_message_is_refused(twilio: FakeTwilio, reader: TwilioWebhooks) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        reader.read(as_called(twilio.webhook(CALLBACK, {"CallSid": "CA1"})))

    assert refusal.value.errors[0].field == "MessageSid"


@pytest.mark.parametrize("body", [b"\xff", b"a=1&" * 300])
def test_what_is_no_form_is_refused(reader: TwilioWebhooks, body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        reader.read(CarrierWebhook(CALLBACK, {}, body))


@pytest.mark.parametrize("answer", [b"", b"\xff", b"{}", b"[]", b"<html>"])
def test_answers_that_say_nothing(answer: bytes) -> None:
    api = TwilioApi(CarrierSettings(name="t", kind="twilio"), CALLBACK)

    assert api.remote_id(answer) is None
    assert (api.problem(answer).code, api.problem(answer).message) == (None, None)
