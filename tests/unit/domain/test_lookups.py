"""What the numbering plan tells of numbers, and what the sandbox invents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.lookups.directories.invented import invented_facts
from cordboard.domain.lookups.directories.offline import facts_of
from cordboard.domain.lookups.directories.places import Place, place_of
from cordboard.domain.lookups.models import NumberFacts


@pytest.mark.parametrize(
    ("number", "facts"),
    [
        ("+15714345400", NumberFacts(city="Sterling", state="VA", country="US")),
        ("+12012171234", NumberFacts(city="Jersey City", state="NJ", country="US")),
        ("+19495551234", NumberFacts(state="CA", country="US")),
        ("+15147591234", NumberFacts(city="Montreal", state="QC", country="CA")),
        ("+18005551234", NumberFacts(wireless=False, country="US")),
        ("+447400123456", NumberFacts(network="Three", wireless=True, country="GB")),
        ("+442079460000", NumberFacts(wireless=False, country="GB")),
        ("12345", NumberFacts(country="US")),
    ],
)
def test_what_the_plan_tells(number: str, facts: NumberFacts) -> None:
    assert facts_of(number) == facts


def test_places_are_those_of_the_longest_prefix() -> None:
    assert place_of("+12172581234") == Place("Mattoon", "IL")
    assert place_of("+442079460000") is None
    assert place_of("+1") is None


@given(st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True))
def test_the_sandbox_invents_the_same_every_time(number: str) -> None:
    facts = invented_facts(number)

    assert facts == invented_facts(number)
    assert facts.network
    assert facts.city
    assert facts.wireless is not None
    assert 10_000 <= int(facts.zip_code) <= 99_999


def test_silence_is_filled() -> None:
    said = NumberFacts(network="A", wireless=False)

    assert said.or_else(NumberFacts(network="B", city="C", wireless=True)) == NumberFacts(
        network="A", city="C", wireless=False
    )
