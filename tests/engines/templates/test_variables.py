"""Variables in texts: the three spellings, what stays as typed, and that hostile texts cost no more than long ones."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.engines.templates.variables import Variable, missing, pieces, render, variables

WHO = {"first_name": "Ada", "empty": "", "City": "Paris", "a.b-c": "dotted", "percent": "100%"}
signs = st.text("%|ANa_. é1", max_size=60)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("", ""),
        ("no variables, 100 %", "no variables, 100 %"),
        ("Hi %%first_name%%!", "Hi Ada!"),
        ("Hi %%FIRST_NAME%%!", "Hi Ada!"),
        ("Hi %FIRST_NAME%!", "Hi Ada!"),
        ("%%first_name%%%%first_name%%", "AdaAda"),
        ("%%city%%", "Paris"),
        ("%%a.b-c%%", "dotted"),
        ("%%unknown%%", "%%unknown%%"),
        ("%UNKNOWN%", "%UNKNOWN%"),
        ("%%unknown|friend%%", "friend"),
        ("%%unknown|%%", ""),
        ("%%unknown|50% off%%", "50% off"),
        ("%%unknown|a|b%%", "a|b"),
        ("%%first_name|friend%%", "Ada"),
        ("%%empty|friend%%", "friend"),
        ("[%%empty%%]", "[]"),
        ("%first_name%", "%first_name%"),  # the older spelling is in capitals only
        ("10%OFF% now", "10%OFF% now"),
        ("5%A%%FIRST_NAME%%", "5%AAda"),
        ("100%%first_name%%", "100Ada"),
        ("%%first name%%", "%%first name%%"),
        ("%%1st%%", "%%1st%%"),
        ("%%first_name", "%%first_name"),
        ("%%first_name|x", "%%first_name|x"),
        ("%%%first_name%%", "%Ada"),
        ("%%first_name%%%", "Ada%"),
        ("%%percent%%first_name%%", "100%first_name%%"),
        ("%%unknown|line\nbreak%%", "line\nbreak"),
    ],
)
def test_rendering(text: str, rendered: str) -> None:
    assert render(text, WHO) == rendered


def test_a_value_is_not_expanded_again() -> None:
    scope = {"a": "%%b%%", "b": "%A%", "c": "%"}
    assert render("%%a%% %%b%% %%c%%%%c%%a%%c%%%%c%%", scope) == "%%b%% %A% %%a%%"


def test_the_first_scope_that_knows_a_name_wins() -> None:
    assert render("%%name%%", {"NAME": "outer"}, {"name": "inner"}) == "outer"
    assert render("%%name%%", {}, {"name": "inner"}) == "inner"
    assert render("%%name%%", {"name": ""}, {"name": "inner"}) == ""
    assert render("%%name%%", {"Name": "folded", "name": "exact"}) == "exact"
    assert render("%%x%%%%Name%%", {"other": "1"}, {"NAME": "second"}, {"x": "3", "name": "third"}) == "3second"


def test_values_are_escaped_and_fallbacks_are_not() -> None:
    rendered = render("%%A%% %%b|<i>%%", {"a": "<b>"}, escape=lambda name, value: f"{name}={value!r}")
    assert rendered == "a='<b>' <i>"


def test_names_are_listed_once() -> None:
    assert variables("%%B%% %A% %%b|x%% %%a%% %%c|%%") == ("b", "a", "c")
    assert missing("%%B%% %A% %%b|x%% %%c|%% %%d%%", {"a": "1"}) == ("b", "d")
    assert missing("%%empty%%", {"empty": ""}) == ()


@given(signs)
def test_pieces_are_the_text(text: str) -> None:
    found = list(pieces(text))
    assert "".join(piece if isinstance(piece, str) else piece.typed for piece in found) == text
    assert "" not in found
    assert not any(isinstance(one, str) and isinstance(other, str) for one, other in pairwise(found))
    assert {piece.name for piece in found if isinstance(piece, Variable)} == set(variables(text))


@given(signs)
def test_without_values_only_fallbacks_change_a_text(text: str) -> None:
    rendered = render(text)
    expected = (p if isinstance(p, str) else p.typed if p.fallback is None else p.fallback for p in pieces(text))
    assert rendered == "".join(expected)
    assert "|" in text or rendered == text


@given(signs, st.text(max_size=10))
def test_every_value_stands_where_its_name_stood(text: str, value: str) -> None:
    scope = dict.fromkeys(variables(text), f"x{value}")
    expected = (piece if isinstance(piece, str) else f"x{value}" for piece in pieces(text))
    assert render(text, scope) == "".join(expected)
    assert missing(text, scope) == ()


@pytest.mark.parametrize(
    "hostile", ["%", "%%", "%%a", "%%a|", "%A", "%A%", "%%a|%", "%a%%", "%%a.", "%A%%b", "%%a|b%c%", "%A%%a|", "|%%_"]
)
def test_hostile_texts_take_linear_time(hostile: str) -> None:
    # A million characters end in well under a minute even on a busy machine; quadratic time would take hours.
    render(hostile * (1_000_000 // len(hostile)), WHO)
