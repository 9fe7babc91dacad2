"""Keys in the audio: heard whenever they should be (Q.24), and never in speech."""

from __future__ import annotations

import numpy as np
import pytest
from tests.wire.audio.answers import TEXTS, VOICES, say

from cordboard.wire.audio.dtmf import HIGH_GROUP, LOW_GROUP, DtmfDetector, KeyHeard, key_samples
from cordboard.wire.audio.frames import SAMPLES_PER_MS, Samples, amplitude

KEYS = "123A456B789C*0#D"
ONE = np.zeros(1, np.intp)


def tones(key: str, ms: int, dbfs: float = -9.0, drift: float = 0.0, twist_db: float = 0.0) -> Samples:
    """A key whose tones are off by a factor and of unequal level."""
    at, times = KEYS.index(key), np.arange(ms * SAMPLES_PER_MS) / 8000
    low, high = LOW_GROUP[at // 4] * (1 + drift), HIGH_GROUP[at % 4] * (1 + drift)
    mixed = amplitude(dbfs) * np.sin(2 * np.pi * low * times)
    mixed += amplitude(dbfs + twist_db) * np.sin(2 * np.pi * high * times)
    return mixed.astype(np.int16)


def silence(ms: int) -> Samples:
    return np.zeros(ms * SAMPLES_PER_MS, np.int16)


def heard(parts: list[Samples], offset: int = 0, noise_dbfs: float | None = None) -> str:
    """The keys in some audio, whose frames begin `offset` samples before it."""
    line = np.concatenate([np.zeros(offset, np.int16), *parts, silence(40)]).astype(np.float64)
    line = np.concatenate([line, np.zeros(-len(line) % 160)])
    if noise_dbfs is not None:
        line += np.random.default_rng(offset).normal(0, amplitude(noise_dbfs) / np.sqrt(2), len(line))
    detector = DtmfDetector(1)
    frames = np.clip(line, -32768, 32767).astype(np.int16).reshape(-1, 160)
    return "".join(key.key for frame in frames for key in detector.feed(ONE, frame[None]))


@pytest.mark.parametrize("ms", [40, 50, 100])
def test_every_key_is_heard_once_wherever_a_frame_begins(ms: int) -> None:
    parts = [part for key in KEYS for part in (key_samples(key, ms), silence(ms))]
    for offset in range(0, 160, 16):
        assert heard(parts, offset, noise_dbfs=-32.0) == KEYS


def test_a_key_held_down_is_one_and_pressed_again_is_two() -> None:
    assert heard([key_samples("5", 2000)]) == "5"
    assert heard([key_samples("5", 60), silence(45), key_samples("5", 60)]) == "55"
    assert heard([key_samples("5", 60), key_samples("6", 60)]) == "56"


def test_a_lost_frame_does_not_double_a_key() -> None:
    for at in range(3):
        line = key_samples("8", 160)
        line[(at + 2) * 160 : (at + 3) * 160] = 0
        assert heard([line]) == "8"


def test_what_is_too_short_is_no_key() -> None:
    for offset in range(0, 160, 16):
        assert heard([silence(100), key_samples("1", 15)], offset) == ""


@pytest.mark.parametrize(("drift", "accepted"), [(0.015, True), (-0.015, True), (0.035, False), (-0.035, False)])
def test_frequencies_may_be_off_a_little(drift: float, accepted: bool) -> None:
    parts = [part for key in KEYS for part in (tones(key, 60, drift=drift), silence(60))]
    assert heard(parts) == (KEYS if accepted else "")


@pytest.mark.parametrize(("twist", "accepted"), [(4.0, True), (-4.0, True), (11.0, False), (-9.0, False)])
def test_levels_may_differ_a_little(twist: float, accepted: bool) -> None:
    parts = [part for key in KEYS for part in (tones(key, 60, dbfs=-15.0, twist_db=twist), silence(60))]
    assert heard(parts) == (KEYS if accepted else "")


@pytest.mark.parametrize(("dbfs", "accepted"), [(-30.0, True), (-45.0, False)])
def test_soft_keys(dbfs: float, accepted: bool) -> None:
    assert heard([tones("7", 80, dbfs=dbfs)]) == ("7" if accepted else "")


def test_other_tones_are_no_keys() -> None:
    times = np.arange(8000) / 8000
    for frequencies in ((350, 440), (440, 480), (480, 620), (1100,), (2100,), (941,), (697, 770), (697, 1209, 1336)):
        mixed = sum(np.sin(2 * np.pi * frequency * times) for frequency in frequencies)
        assert heard([(8000 * np.asarray(mixed)).clip(-32768, 32767).astype(np.int16)]) == ""


def test_nobody_talks_a_key() -> None:
    """Every voice and text of the corpus, loud, each also faster and slower: three minutes of speech."""
    detector, spoken = DtmfDetector(1), 0.0
    for text in ("Hello, who is this?", *TEXTS["measuring"]["machine, a long greeting"]):
        for voice in (*VOICES["tuning"][:2], *VOICES["measuring"][:2]):
            words = say(text, voice).astype(np.float64)
            for speed in (0.9, 1.0, 1.15):
                places = np.arange(0, len(words), speed)
                line = np.interp(places, np.arange(len(words)), words * (20000 / np.abs(words).max())).astype(np.int16)
                spoken += len(line) / 8000
                for frame in line[: len(line) // 160 * 160].reshape(-1, 160):
                    assert detector.feed(ONE, frame[None]) == []
    assert spoken > 180


def test_legs_do_not_hear_each_other() -> None:
    detector = DtmfDetector(4)
    lines = np.stack([key_samples(key, 100) for key in "159"]).reshape(3, -1, 160)
    legs = np.array([3, 0, 1])
    found = [key for at in range(lines.shape[1]) for key in detector.feed(legs, lines[:, at])]
    assert set(found) == {KeyHeard(3, "1"), KeyHeard(0, "5"), KeyHeard(1, "9")}
    assert len(found) == 3
    detector.reset(3)
    assert detector.feed(np.array([3]), lines[:1, 0]) == [], "what was held down before is forgotten"


def test_what_is_no_key_cannot_be_made() -> None:
    for key in ("", "E", "11"):
        with pytest.raises(ValueError, match="one of"):
            key_samples(key, 100)
