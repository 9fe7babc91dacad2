"""Tones: as the scripts say, at the frequencies that they should have."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.audio.frames import Samples, amplitude
from cordboard.wire.audio.tones import (
    MOST_STEPS,
    PROGRESS_TONES,
    RECORD_BEEP,
    MalformedToneError,
    Pause,
    Tone,
    ToneScript,
    parse_tone_script,
    script_samples,
    tone_samples,
)


def strength(samples: Samples, frequency: float) -> float:
    """The amplitude of a frequency."""
    times = np.arange(len(samples)) / 8000
    return float(2 * np.abs(np.mean(samples * np.exp(-2j * np.pi * frequency * times))))


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("tone_stream://%(500,250,480,620)", ToneScript((Tone((480.0, 620.0), 500, 250),))),
        ("%(100,0,440.5)", ToneScript((Tone((440.5,), 100),))),
        ("tone_stream://L=3;%(400,200,400,450);%(400,2000,400,450)", None),
        ("tone_stream://%(2000,4000,440,480);loops=-1", ToneScript((Tone((440.0, 480.0), 2000, 4000),), 0)),
        ("v=-7;r=8000;%(100, 0, 640)", ToneScript((Tone((640.0,), 100),))),
        ("d=100;w=20;1d", ToneScript((Tone((697.0, 1209.0), 100, 20), Tone((941.0, 1633.0), 100, 20)))),
        ("%(1,0,20)%(2,0,3900)", ToneScript((Tone((20.0,), 1), Tone((3900.0,), 2)))),
    ],
)
def test_scripts_are_understood(text: str, script: ToneScript | None) -> None:
    parsed = parse_tone_script(text)
    assert parsed == (script or ToneScript((Tone((400.0, 450.0), 400, 200), Tone((400.0, 450.0), 400, 2000)), 3))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tone_stream://",
        "L=2",
        "%(100,0)",
        "%(0,0,440)",
        "%(100,-1,440)",
        "%(60001,0,440)",
        "%(100,0,4000)",
        "%(100,0,19)",
        "%(100,0,a)",
        "%(1,1,440,440,440,440,440)",
        "%(100,0,440);loops=0",
        "%(100,0,440);loops=10001",
        "%(100,0,440);path=/etc/passwd",
        "%(100,0,440",
        "hello",
        "1" * (MOST_STEPS + 1),
        "1;" * 1001,
    ],
)
def test_what_cannot_be_played_is_refused(text: str) -> None:
    with pytest.raises(MalformedToneError):
        parse_tone_script(text)


@given(st.text(alphabet="%(),;=Lvdw0123456789.-*#A ", max_size=40))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedToneError):
        assert parse_tone_script(text).steps


def test_a_tone_has_its_frequencies_and_level() -> None:
    samples = tone_samples((440.0, 1000.0), 500, -20.0)
    assert len(samples) == 4000
    assert strength(samples, 440) == pytest.approx(amplitude(-20.0), rel=0.01)
    assert strength(samples, 1000) == pytest.approx(amplitude(-20.0), rel=0.01)
    assert strength(samples, 700) < 5


def test_a_script_is_played_in_time() -> None:
    samples = script_samples(PROGRESS_TONES["us", "busy"], 2000)
    sounding = np.abs(samples.reshape(-1, 4000)).max(axis=1) > 1000
    assert sounding.tolist() == [True, False, True, False]
    assert strength(samples[:4000], 480) > 1000
    beep = script_samples(RECORD_BEEP, 1000)
    assert np.flatnonzero(beep)[-1] < 3200, "once only"
    assert not script_samples(ToneScript((Pause(10),)), 100).any()


@pytest.mark.parametrize("country", ["us", "uk"])
def test_countries_have_all_tones(country: str) -> None:
    for tone in ("dial", "ringback", "busy", "congestion"):
        assert script_samples(PROGRESS_TONES[country, tone], 100).any()
