"""Laws of decoding: whatever comes is either a struct or an InvalidInputError."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.edge.api.frame.decode import build, parse_body, parse_query
from cordboard.kit.errors import InvalidInputError, UnsupportedMediaError


class Inner(msgspec.Struct, rename="camel"):
    size_of: int
    open_now: bool = False


class Everything(msgspec.Struct, rename="camel"):
    first_name: str
    count: int = 0
    ratio: float | None = None
    is_open: bool | None = None
    mode: Literal["a", "b"] | None = None
    some_id: UUID | None = None
    inner: Inner | None = None
    several: list[Inner] = []
    anything: Any = None
    either: int | str | None = None


_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_json = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
_fields = [field.encode_name for field in msgspec.structs.fields(Everything)]


@given(st.dictionaries(st.sampled_from(_fields), _json))
def test_any_members_make_a_struct_or_name_what_is_wrong(members: dict[str, Any]) -> None:
    made, wrong = built(members)

    assert (made is None) == bool(wrong)
    assert all(any(field.startswith(name) for name in _fields) for field in wrong)
    if made is not None:
        assert -(2**63) <= made.count < 2**63
        assert "\0" not in made.first_name


@given(st.binary())
def test_any_bytes_make_members_or_a_refusal(raw: bytes) -> None:
    try:
        members = parse_body(raw, "application/json")
    except InvalidInputError as error:
        wrong = [one.field for one in error.errors]
    else:
        wrong = []
        assert isinstance(members, dict)

    assert wrong in ([], ["body"])


def built(members: dict[str, Any]) -> tuple[Everything | None, list[str]]:
    """The struct, or the bad fields."""
    try:
        return build(Everything, members), []
    except InvalidInputError as error:
        return None, [one.field for one in error.errors]


@given(st.binary())
def test_any_query_makes_texts(raw: bytes) -> None:
    assert all(value for value in parse_query(raw).values())


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_mean_the_same_in_either_spelling(number: int) -> None:
    assert build(Everything, {"firstName": "a", "count": number}) == build(
        Everything, {"firstName": "a", "count": str(number)}
    )


@pytest.mark.parametrize("word", ["true", "True", "TRUE", " true"])
def test_words_for_booleans_also_inside(word: str) -> None:
    made = build(Everything, {"firstName": "a", "isOpen": word, "inner": {"sizeOf": "4", "openNow": word.strip()}})

    assert made.is_open is True
    assert made.inner == Inner(4, open_now=True)


def test_a_text_that_looks_like_a_number_or_a_word_stays_one() -> None:
    made = build(Everything, {"firstName": "true", "either": "12"})

    assert made.first_name == "true"
    assert made.either == "12"


def test_null_means_not_given_and_unknown_members_are_ignored() -> None:
    assert build(Everything, {"firstName": "a", "count": None, "surprise": "\0"}) == Everything("a")


def test_a_problem_is_told_in_words_that_keep_the_callers() -> None:
    with pytest.raises(InvalidInputError) as caught:
        build(Everything, {"mode": "Z", "several": [{"sizeOf": "x"}], "isOpen": [], "either": {}})

    assert [(one.field, one.problem) for one in caught.value.errors] == [
        ("firstName", "is required"),
        ("isOpen", "must be true or false, not a list"),
        ("mode", "must be one of a, b"),
        ("several[0].sizeOf", "must be a whole number, not text"),
        ("either", "must be a whole number or text, not an object"),
    ]


def test_the_last_of_repeated_parameters_counts() -> None:
    assert parse_query(b"a=1&a=2&b=&c=%2B1+9&d") == {"a": "2", "c": "+1 9"}


@pytest.mark.parametrize(
    "kind", ["", "application/json", "APPLICATION/JSON ;charset=x", "text/plain", "*/*", "a/b+json"]
)
def test_an_empty_body_has_no_members_and_json_has_several_names(kind: str) -> None:
    if kind == "a/b+json":
        with pytest.raises(UnsupportedMediaError):
            parse_body(b"{}", kind)
    else:
        assert parse_body(b'{"a":1}', kind) == {"a": 1}
    assert parse_body(b"", kind) == {}
