"""Requests made of targets and events."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.webhooks.composing import Request, compose
from cordboard.domain.webhooks.errors import UnsendableError
from cordboard.domain.webhooks.models import Delivery, Target
from cordboard.testing.clock import VirtualClock

NOW = VirtualClock().now()
URL = "https://example.com/hook"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def composed(target: Target, **members: Any) -> Request:
    """The request for an event with some members."""
    event = {"messageSid": "m1", "to": "+1", "from": "+2", "text": "Hi", "mediaUrls": [], "metadata": None, **members}
    delivery = Delivery(
        account_id=UUID(int=1),
        endpoint_id=UUID(int=2),
        subject="+2",
        message_id=UUID(int=3),
        event_type="sms_inbound",
        payload=json.dumps(event),
        occurred_at=NOW,
        created_at=NOW,
    )
    return compose(target, delivery, NOW)


def test_an_empty_template_sends_the_event() -> None:
    request = composed(Target(url=URL, body_template=" \n"))

    assert request.body is not None
    assert json.loads(request.body)["text"] == "Hi"
    assert request.headers == {"Content-Type": "application/json"}
    assert request.sensitive == frozenset()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"a": "%%SMSID%%/%%BODY%%"}', {"a": "m1/Hi"}),
        ('{"a": %%METADATA%%, "b": "%%METADATA.LEAD%%", "c": "%%metadata.deep%%"}', None),
        ('{"a": "%%MEDIAURL%%"}', {"a": "https://example.com/1.png"}),
        ('{"a": "%FROM%", "b": "%%CONTACTID|nobody%%"}', {"a": "+2", "b": "nobody"}),
        ('{"a": "%%ACCESS_TOKEN%%"}', {"a": "%%ACCESS_TOKEN%%"}),
    ],
)
def test_variables(template: str, expected: dict[str, Any] | None) -> None:
    metadata = {"lead": "7", "deep": {"er": [1]}}
    media = ["https://example.com/1.png", "https://example.com/2.png"]

    request = composed(Target(url=URL, body_template=template), metadata=metadata, mediaUrls=media, contactId=None)

    wanted: dict[str, Any] = expected or {"a": metadata, "b": "7", "c": '{"er":[1]}'}
    assert json.loads(request.body or b"") == wanted


@given(TEXTS)
def test_no_text_breaks_out_of_a_json_template(text: str) -> None:
    template = '{"inside": "<%%BODY%%>", "bare": %%BODY%%, "all": %%PAYLOAD%%, "number": %%COUNT%%}'

    request = composed(Target(url=URL, body_template=template), text=text, count=3)

    found = json.loads(request.body or b"")
    assert list(found) == ["inside", "bare", "all", "number"]
    assert found["inside"] == f"<{text}>"
    assert (found["all"]["text"], found["number"]) == (text, 3)


@given(TEXTS)
def test_no_text_breaks_out_of_a_url(text: str) -> None:
    request = composed(Target(url=URL + "/%%BODY%%?q=%%BODY%%&z=1"), text=text)

    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc) == ("https", "example.com")
    assert parts.path.count("/") == 2
    assert parse_qs(parts.query, keep_blank_values=True) == {"q": [text], "z": ["1"]}


@given(TEXTS)
def test_no_text_breaks_out_of_a_form(text: str) -> None:
    for template in ("text=%%BODY%%&z=1", '{"text": "%%BODY%%", "z": 1}'):
        request = composed(Target(url=URL, content_type="FORM-DATA", body_template=template), text=text)

        fields = parse_qs((request.body or b"").decode(), keep_blank_values=True)
        assert fields == {"text": [text], "z": ["1"]}


@given(TEXTS)
def test_no_text_breaks_out_of_a_header(text: str) -> None:
    target = Target(url=URL, headers={"X-Text": "<%%BODY%%>"})
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        with pytest.raises(UnsendableError, match="X-Text"):
            composed(target, text=text)
    else:
        assert composed(target, text=text).headers["X-Text"] == f"<{text}>"


def test_parts_of_a_multipart_body_are_named_safely() -> None:
    target = Target(
        url=URL, content_type="MULTIPART-FORM-DATA", body_template='{"a\\"b": "x"}', headers={"content-type": "y"}
    )

    request = composed(target)

    assert b'name="a%22b"\r\n\r\nx\r\n' in (request.body or b"")
    assert request.headers == {"Content-Type": f"multipart/form-data; boundary=cordboard-{UUID(int=3).hex}"}


def test_a_multipart_template_may_be_written_as_a_form() -> None:
    target = Target(url=URL, content_type="MULTIPART-FORM-DATA", body_template="a=%%BODY%%&b=%DE%")

    body = (composed(target).body or b"").decode()

    assert 'name="a"\r\n\r\nHi\r\n' in body
    assert 'name="b"\r\n\r\n%DE%\r\n' in body


def test_later_headers_replace_earlier_ones_in_any_case() -> None:
    target = Target(
        url=URL,
        common_headers={"content-type": "text/x", "X-A": "common", "X-B": "common"},
        auth_headers={"x-a": "auth", "X-C": "secret", "X-D": "secret"},
        headers={"X-b": "own", "x-d": "own"},
    )

    request = composed(target)

    assert request.headers == {"content-type": "text/x", "x-a": "auth", "X-b": "own", "X-C": "secret", "x-d": "own"}
    assert request.sensitive == {"x-a", "X-C"}
    shown = request.shown_headers()
    assert "secret" not in shown
    assert "auth" not in shown
    assert "X-C: ***" in shown


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_methods_without_a_body(method: str) -> None:
    request = composed(Target(method=method, url=URL, body_template="x"))

    assert (request.method, request.body, request.headers) == (method, None, {})
