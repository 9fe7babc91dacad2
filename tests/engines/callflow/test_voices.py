"""The voices that requests 85-89 list, and the older ways to name one."""

from __future__ import annotations

import pytest

from cordboard.engines.callflow.voices import DEFAULT_VOICE, VOICES, find_voice


def test_the_list() -> None:
    assert len(VOICES) == 58
    assert DEFAULT_VOICE in VOICES
    voice = VOICES["ko-kr-premium-female-1"]
    assert (voice.language, voice.region, voice.quality, voice.gender, voice.ordinal) == (
        "ko",
        "kr",
        "premium",
        "female",
        1,
    )
    assert voice.label == "Korean (South Korea) Premium Female 1"
    assert all(voice.key == key for key, voice in VOICES.items())


@pytest.mark.parametrize(
    ("name", "language", "key"),
    [
        ("", "", DEFAULT_VOICE),
        ("EN-GB-Premium-Male-2", "", "en-gb-premium-male-2"),
        ("man", "", "en-us-standard-male-1"),
        ("woman", "", DEFAULT_VOICE),
        ("man", "en-gb", "en-gb-standard-male-1"),
        ("man", "it", "it-it-standard-female-1"),
        ("woman", "de", "de-de-standard-female-1"),
        ("", "es", "es-es-standard-female-1"),
        ("en-us-premium-male-1", "de", "en-us-premium-male-1"),
        ("alice", "", None),
        ("", "tlh", None),
        ("en-us-premium-male-4", "", None),
    ],
)
def test_finding(name: str, language: str, key: str | None) -> None:
    found = find_voice(name, language)
    assert (found.key if found else None) == key
