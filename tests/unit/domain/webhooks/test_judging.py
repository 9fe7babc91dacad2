"""What counts as a success, and what is kept of an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.webhooks.judging import judge, path_problem
from cordboard.domain.webhooks.models import Target


@pytest.mark.parametrize(
    ("status", "good"), [(200, True), (204, True), (299, True), (199, False), (302, False), (404, False)]
)
def test_without_a_path_the_status_decides(status: int, good: bool) -> None:
    assert (judge(Target(), status, b"").error is None) is good


@pytest.mark.parametrize(
    ("answer", "path", "value", "good"),
    [
        ({"ok": True}, "$.ok", "true", True),
        ({"ok": True}, "$.ok", "True", True),
        ({"ok": "True"}, "$.ok", "true", False),
        ({"ok": False}, "$.ok", "true", False),
        ({"n": 1}, "$.n", "1", True),
        ({"n": 1.5}, "$.n", "1.5", True),
        ({"n": None}, "$.n", "null", True),
        ({"n": None}, "$.n", "", True),
        ({}, "$.n", "", False),
        ({"a": [{"s": "no"}, {"s": "yes"}]}, "$.a[*].s", "yes", True),
        ({"a": [{"s": "no"}]}, "$..s", "yes", False),
        ([1, 2], "$[1]", "2", True),
        ({"o": {"a": 1}}, "$.o", '{"a":1}', True),
    ],
)
def test_with_a_path_the_value_decides(answer: Any, path: str, value: str, good: bool) -> None:
    target = Target(success_path=path, success_value=value)

    assert (judge(target, 200, json.dumps(answer).encode()).error is None) is good
    assert judge(target, 500, json.dumps(answer).encode()).error == "the answer's status is 500"


@pytest.mark.parametrize("body", [b"", b"\xff", b"<html>", b"{", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_no_success(body: bytes) -> None:
    verdict = judge(Target(success_path="$.ok", response_mapping={"a": "$.a"}), 200, body)

    assert verdict.error == "the answer is not JSON, so $.ok finds nothing"
    assert verdict.variables == {}


def test_the_mapping_fits_the_outcome() -> None:
    target = Target(response_mapping={"a": "$.a", "none": "$.none"}, error_response_mapping={"b": "$.b"})
    body = b'{"a": [1, {"x": 2}], "b": "bad"}'

    assert judge(target, 200, body).variables == {"a": [1, {"x": 2}]}
    assert judge(target, 400, body).variables == {"b": "bad"}


@pytest.mark.parametrize("path", ["$.a", "$['a b'][0]", "$..a", "$.a[*].b", "status", "$.a[-1]"])
def test_paths_that_are_taken(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize("path", ["$.[", "$..a..b", "$[?(@.a)]", "$" + ".a" * 200, "$["])
def test_paths_that_are_not(path: str) -> None:
    assert path_problem(path)


@given(
    st.text("$.[]'\"*@ab0-:,?()&|~^/\\ü ", max_size=30),
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    ),
)
def test_whatever_is_taken_as_a_path_can_be_applied(path: str, document: Any) -> None:
    if path_problem(path) is None:
        judge(Target(success_path=path, response_mapping={"a": path}), 200, json.dumps(document).encode())
