"""Logs: JSON lines or words, the request id on each, phone numbers masked wherever they hide."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from cordboard.infra.telemetry import logs, request_id

NUMBER = "+19495551234"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Logging is the process's own: it is put back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged, as JSON."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def divide() -> None:
    """Fails with a number in the text of its error."""
    raise ValueError(f"cannot reach {NUMBER}")


def test_a_line_is_json_with_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="info", as_json=True, show_numbers=False)
    structlog.get_logger().info("sms.sent", carrier="acme", segments=2)
    structlog.get_logger().debug("not this")
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "sms.sent", "level": "info", "carrier": "acme", "segments": 2}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (NUMBER, "***34"),
        ("19495551234", "***34"),
        (f"to {NUMBER}, from +442071838750.", "to ***34, from ***50."),
        (f"{NUMBER}_x", "***34_x"),
        ("20001 is a short code", "20001 is a short code"),
        ({"to": NUMBER, "deep": [{"n": (NUMBER, 5)}]}, {"to": "***34", "deep": [{"n": ["***34", 5]}]}),
        ({NUMBER: 1}, {"***34": 1}),
        (ValueError(f"bad {NUMBER}"), "bad ***34"),
        (None, None),
        (19495551234, 19495551234),
    ],
)
def test_numbers_are_masked_wherever_they_hide(
    capsys: pytest.CaptureFixture[str], value: object, shown: object
) -> None:
    logs.configure(level="info", as_json=True, show_numbers=False)
    structlog.get_logger().info("probe", value=value)
    assert lines(capsys)[0]["value"] == shown


@pytest.mark.parametrize("as_json", [True, False])
def test_numbers_in_exceptions_and_messages_are_masked(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    logs.configure(level="info", as_json=as_json, show_numbers=False)
    try:
        divide()
    except ValueError:
        structlog.get_logger().exception(f"failed for {NUMBER}")
    text = capsys.readouterr().err
    assert "ValueError: cannot reach ***34" in text
    assert "failed for ***34" in text
    assert "9495551234" not in text


def test_numbers_are_shown_to_those_who_asked(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="info", as_json=True, show_numbers=True)
    structlog.get_logger().info("probe", to=NUMBER, several=[NUMBER])
    (line,) = lines(capsys)
    assert (line["to"], line["several"]) == (NUMBER, [NUMBER])


def test_the_request_id_is_on_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="info", as_json=True, show_numbers=False)
    request_id.adopt("12345678901234567890")
    structlog.get_logger().info("probe")
    structlog.get_logger().info("probe", request_id="of-another")
    assert [line["request_id"] for line in lines(capsys)] == ["12345678901234567890", "of-another"]


def test_the_standard_library_goes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="info", as_json=True, show_numbers=False)
    logging.getLogger("asyncpg").warning("lost %s", NUMBER)
    logging.getLogger("asyncpg").info("too quiet")
    try:
        divide()
    except ValueError:
        logging.getLogger("uvicorn").exception("broken")
    first, second = lines(capsys)
    assert (first["event"], first["level"], first["logger"]) == ("lost ***34", "warning", "asyncpg")
    assert "ValueError: cannot reach ***34" in second["exception"]


@pytest.mark.parametrize("candidate", ["a", "req-1.2:3_X", "f" * 64])
def test_an_acceptable_request_id_is_adopted(candidate: str) -> None:
    assert request_id.adopt(candidate) == candidate
    assert request_id.current() == candidate


@pytest.mark.parametrize("candidate", [None, "", "f" * 65, "a b", "a\n", "é", 'a"b', "a/b", "<script>"])
def test_an_odd_request_id_is_replaced(candidate: str | None) -> None:
    made = request_id.adopt(candidate)
    assert made != candidate
    assert len(made) == 24
    assert request_id.current() == made
    assert request_id.adopt(candidate) != made
