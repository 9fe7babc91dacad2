"""Person or machine: the rules one by one, and the corpus as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from tests.wire.audio.answers import answers, say, verdict_of

from cordboard.wire.audio.frames import FRAME_SAMPLES, Samples
from cordboard.wire.audio.machine import BeepDetector, MachineDetector, MachineSettings
from cordboard.wire.audio.tones import tone_samples


def voice(ms: int) -> Samples:
    """Something voiced: no pure tone."""
    return np.random.default_rng(1).normal(0, 3000, ms * 8).astype(np.int16)


def silence(ms: int) -> Samples:
    return np.zeros(ms * 8, np.int16)


def judge(*parts: Samples, settings: MachineSettings | None = None) -> tuple[str, str, int]:
    verdict = verdict_of(np.concatenate([*parts, silence(10_000)]), settings)
    return verdict.answered_by, verdict.reason, verdict.after_ms


def test_silence_is_nobody() -> None:
    assert judge() == ("unknown", "silence", 3500)


def test_a_short_greeting_and_silence_is_a_person() -> None:
    assert judge(silence(600), voice(500)) == ("human", "short_greeting", 600 + 500 + 900)


def test_a_long_greeting_is_a_machine() -> None:
    assert judge(silence(600), voice(3000)) == ("machine", "long_greeting", 600 + 2220)


def test_many_words_are_a_machine() -> None:
    words = [part for _ in range(9) for part in (voice(120), silence(80))]
    assert judge(*words)[:2] == ("machine", "many_words")


def test_a_click_is_no_word() -> None:
    assert judge(silence(400), voice(40)) == ("unknown", "silence", 3500)


def test_a_beep_is_a_machine_at_once() -> None:
    answered_by, reason, after = judge(silence(300), tone_samples((1000.0,), 400))
    assert (answered_by, reason) == ("machine", "beep")
    assert after <= 300 + 200


def test_a_speaker_who_neither_ends_nor_is_long_enough_is_unknown() -> None:
    slow = [part for _ in range(10) for part in (voice(100), silence(800))]
    settings = MachineSettings(longest_greeting_ms=10_000, most_ms=3000)
    assert judge(*slow, settings=settings) == ("unknown", "time", 3000)


def test_a_verdict_stays() -> None:
    detector = MachineDetector()
    verdicts = {detector.feed(frame) for frame in np.concatenate([voice(400), silence(3000)]).reshape(-1, 160)}
    assert len(verdicts) == 2, "none, then one"


@pytest.mark.parametrize("frequency", [440.0, 850.0, 1400.0, 2400.0])
def test_beeps_are_heard_through_noise(frequency: float) -> None:
    beep = tone_samples((frequency,), 300, -18.0) + np.random.default_rng(2).normal(0, 150, 2400)
    detector = BeepDetector()
    assert any(detector.feed(frame) for frame in beep.astype(np.int16).reshape(-1, FRAME_SAMPLES))


def test_what_is_no_beep() -> None:
    exchange = [tone_samples(frequencies, 500) for frequencies in ((480.0, 620.0), (440.0, 480.0), (400.0, 450.0))]
    short, soft = tone_samples((1000.0,), 140), tone_samples((1000.0,), 400, -45)
    for samples in (*exchange, np.concatenate([short, silence(100)]), soft, voice(1000), say("Hello, who is this?")):
        detector = BeepDetector()
        frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        assert not any(detector.feed(frame) for frame in frames)


def test_most_of_the_corpus_is_told_right() -> None:
    """A part of what `bench_amd` measures, so that a change for the worse shows: nobody is missed, people who say a
    word or a name are never hung up on, and machines that speak on or beep are nearly always known.
    """
    right: dict[str, list[bool]] = {}
    for answer in list(answers("measuring"))[::7]:
        correct = verdict_of(answer.samples).answered_by == answer.answered_by
        right.setdefault(answer.kind, []).append(correct)
    share = {kind: np.mean(verdicts) for kind, verdicts in right.items()}
    assert share["nobody speaks"] == share["person, a word"] == share["person, a name or two"] == 1.0
    assert share["machine, a long greeting"] >= 0.9
    assert share["machine, a short greeting and a beep"] >= 0.85
    assert share["person at a company"] >= 0.6
