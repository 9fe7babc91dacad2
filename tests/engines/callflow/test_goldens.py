"""Every scenario plays as committed, and there is one for every verb, noun and attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engines.callflow.scenario import play, read_scenario

from cordboard.engines.callflow.attributes import attributes_of
from cordboard.engines.callflow.tags import Tag
from cordboard.engines.callflow.verbs.registry import ALL_VERBS, INBOUND_XML

FOLDER = Path(__file__).parent
SCENARIOS = sorted([*FOLDER.glob("goldens/*.txt"), *FOLDER.parent.glob("ivr/goldens/*.txt")])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_plays_as_committed(path: Path) -> None:
    scenario = read_scenario(path)
    assert play(scenario) == scenario.transcript


def documented() -> Iterator[type[Tag]]:
    """Verbs and nouns of documents."""
    for verb in INBOUND_XML.values():
        yield verb
        yield from verb.holds


@pytest.mark.parametrize("tag", dict.fromkeys(documented()), ids=lambda tag: tag.name)
def test_every_attribute_is_in_a_scenario(tag: type[Tag]) -> None:
    documents = "".join(read_scenario(path).document for path in SCENARIOS)
    openings = re.findall(rf"<{tag.name}\b[^>]*", documents, re.IGNORECASE)
    assert openings
    written = {name.lower() for opening in openings for name in re.findall(r'\s(\w+)="', opening)}
    assert {known.attribute.name.lower() for known in attributes_of(tag)} <= written


def test_every_verb_of_ivrs_is_in_a_scenario() -> None:
    transcripts = "".join(path.read_text() for path in FOLDER.parent.glob("ivr/goldens/*.txt"))
    asked = {"ivr-menu": "count_choice", "ivr-play": "play_audio", "ivr-goto": "nextMenu"}
    asked |= {"ivr-workflow": "start_workflow", "ivr-record": "\nrecord "}
    assert asked.keys() == {name for name in ALL_VERBS if name.startswith("ivr-")}
    assert all(trace in transcripts for trace in asked.values())


def test_defaults_are_what_their_attributes_allow() -> None:
    for tag in documented():
        empty = tag()
        for known in attributes_of(tag):
            default = getattr(empty, known.field)
            if default not in (None, "", ()):
                written = str(default).lower() if isinstance(default, bool) else str(default)
                assert known.attribute.kind.parse(written, "") == default
