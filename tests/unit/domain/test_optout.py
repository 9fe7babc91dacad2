"""Which texts ask to be left alone, to be written to again, or for help."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.compliance.models import MatchRule, OptOutWord
from cordboard.domain.compliance.optout import classify, normalise


def own(match: str, rule: MatchRule) -> OptOutWord:
    """An account's own word."""
    return OptOutWord(account_id=UUID(int=1), match=match, match_rule=rule, created_at=datetime(2026, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop. ",
            '"STOP"',
            "\u201cstop\u201d",
            "stop!!!",
            "(stop)",
            "STOP\n",
            "End",
            "quit",
            "CANCEL",
        ),
        *("Unsubscribe", "stopall", "STOP  ALL", "revoke", "optout", "Opt out", "opt-out"),
    ],
)
def test_words_that_mean_stop(text: str) -> None:
    assert classify(text) == "stop"


@pytest.mark.parametrize("text", ["start", "START.", "Unstop"])
def test_words_that_mean_start(text: str) -> None:
    assert classify(text) == "start"


@pytest.mark.parametrize("text", ["help", "HELP?", "Info"])
def test_words_that_ask_for_help(text: str) -> None:
    assert classify(text) == "help"


@pytest.mark.parametrize(
    "text",
    ["", "  ", "...", "please stop", "stop it", "don't stop", "stopping", "s t o p", "yes", "start now", "\U0001f6d1"],
)
def test_anything_else_is_just_a_text(text: str) -> None:
    assert classify(text) is None


def test_yes_means_start_from_who_is_opted_out_only() -> None:
    assert classify("Yes!", opted_out=True) == "start"
    assert classify("Yes!", opted_out=False) is None
    assert classify("Yes please", opted_out=True) is None


def test_own_words_match_whole_or_at_the_beginning() -> None:
    words = [own("No more", "exactMatch"), own("remove me", "beginsWith")]

    assert classify(" NO  MORE! ", words) == "stop"
    assert classify("no more please", words) is None
    assert classify("Remove me from this list", words) == "stop"
    assert classify("remove", words) is None
    assert classify("please remove me", words) is None


def test_an_own_word_outweighs_a_usual_one() -> None:
    assert classify("info", [own("info", "exactMatch")]) == "stop"


@given(st.sampled_from(["stop", "start", "help"]), st.text(" .,!?\"'()\n", max_size=5), st.data())
def test_case_and_what_surrounds_a_word_do_not_matter(word: str, around: str, data: st.DataObject) -> None:
    upper = data.draw(st.lists(st.booleans(), min_size=len(word), max_size=len(word)))
    mixed = "".join(char.upper() if up else char for char, up in zip(word, upper, strict=True))

    assert classify(around + mixed + around) == word


@given(st.text(max_size=40))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
