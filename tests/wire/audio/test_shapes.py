"""Silence, sample rates, concealment: what goes in comes out as it should sound."""

from __future__ import annotations

import numpy as np
import pytest

from cordboard.wire.audio.frames import Samples, amplitude
from cordboard.wire.audio.plc import HISTORY_SAMPLES, conceal
from cordboard.wire.audio.resample import StreamResampler, resample
from cordboard.wire.audio.silence import VoiceActivity, frame_levels
from cordboard.wire.audio.tones import tone_samples


def sine(frequency: float, rate: int, seconds: float = 1.0, dbfs: float = -12.0) -> Samples:
    times = np.arange(int(rate * seconds)) / rate
    return (amplitude(dbfs) * np.sin(2 * np.pi * frequency * times)).astype(np.int16)


def level(samples: Samples) -> float:
    return float(frame_levels(samples[None, :])[0])


def dominant(samples: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax()) * rate / len(samples)


def test_levels_are_those_of_a_sine() -> None:
    frames = np.stack([sine(500, 8000, 0.02, dbfs) for dbfs in (0.0, -20.0, -60.0)] + [np.zeros(160, np.int16)])
    assert frame_levels(frames).tolist() == pytest.approx([0, -20, -60, -96], abs=0.3)


def noise(dbfs: float, frames: int, seed: int = 1) -> Samples:
    drawn = np.random.default_rng(seed).normal(0, amplitude(dbfs) / np.sqrt(2), frames * 160)
    return drawn.astype(np.int16).reshape(frames, 160)


def test_voice_stands_out_of_any_noise() -> None:
    """Three lines, silent, soft and loud; a second of noise, half a second with voice, a second of noise."""
    activity = VoiceActivity(5)
    legs = np.array([4, 0, 2])
    lines = np.stack([noise(dbfs, 125, at) for at, dbfs in enumerate((-90.0, -60.0, -40.0))])
    lines[:, 50:75] += noise(-20.0, 25)
    voiced = np.stack([activity.feed(legs, lines[:, at]) for at in range(125)])
    assert voiced[50:75].all()
    assert not voiced[:50].any()
    assert not voiced[75:].any()


def test_noise_that_grows_becomes_the_floor() -> None:
    activity = VoiceActivity(1)
    legs, loud = np.zeros(1, np.intp), noise(-38.0, 150)
    for frame in noise(-70.0, 100):
        activity.feed(legs, frame[None])
    voiced = [bool(activity.feed(legs, frame[None])[0]) for frame in loud]
    assert voiced[0]
    assert not any(voiced[110:])
    activity.reset(0)
    assert not activity.feed(legs, loud[:1])[0]


@pytest.mark.parametrize(("from_rate", "to_rate"), [(22050, 8000), (24000, 8000), (8000, 16000), (48000, 8000)])
def test_a_recording_keeps_its_pitch_length_and_level(from_rate: int, to_rate: int) -> None:
    changed = resample(sine(440, from_rate), from_rate, to_rate)
    assert len(changed) == to_rate
    assert dominant(changed, to_rate) == pytest.approx(440, abs=1)
    assert level(changed) == pytest.approx(-12, abs=0.3)


def test_what_does_not_fit_the_lower_rate_is_gone() -> None:
    assert level(resample(sine(6000, 22050), 22050, 8000)) < -60
    assert resample(sine(440, 8000), 8000, 8000).dtype == np.int16
    with pytest.raises(ValueError, match="rates"):
        resample(sine(440, 8000), 0, 8000)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(8000, 16000), (8000, 48000), (16000, 8000), (48000, 8000)])
def test_a_stream_in_frames_is_as_one_in_whole(from_rate: int, to_rate: int) -> None:
    whole = sine(440, from_rate)
    frames = StreamResampler(from_rate, to_rate)
    streamed = np.concatenate([frames.feed(frame) for frame in whole.reshape(50, -1)])
    assert np.array_equal(streamed, StreamResampler(from_rate, to_rate).feed(whole))
    assert len(streamed) == to_rate
    assert dominant(streamed, to_rate) == pytest.approx(440, abs=1)
    assert level(streamed[to_rate // 10 :]) == pytest.approx(-12, abs=0.3)


def test_streams_are_thinned_without_aliases() -> None:
    thinned = StreamResampler(48000, 8000).feed(sine(5000, 48000))
    assert level(thinned[400:]) < -60


def test_rates_must_be_whole_factors() -> None:
    with pytest.raises(ValueError, match="factor"):
        StreamResampler(44100, 8000)
    with pytest.raises(ValueError, match="thinned"):
        StreamResampler(48000, 8000).feed(np.zeros(961, np.int16))
    assert StreamResampler(8000, 8000).feed(sine(440, 8000)).tolist() == sine(440, 8000).tolist()


def test_a_lost_frame_goes_on_as_before_and_fades() -> None:
    """Two legs, each with a pitch of its own; the first lost frame is what would have come."""
    lines = np.stack([tone_samples((frequency,), 120, -12.0) for frequency in (200.0, 125.0)])
    history = lines[:, :HISTORY_SAMPLES]
    parts = []
    for lost in (1, 2, 3, 4):
        parts.append(conceal(history, np.full(2, lost)))
        history = np.hstack([history, parts[-1]])[:, -HISTORY_SAMPLES:]
    expected = lines[:, HISTORY_SAMPLES : HISTORY_SAMPLES + 80]
    assert np.abs(parts[0][:, :80].astype(int) - expected).max() < 0.05 * amplitude(-12.0)
    levels = [float(frame_levels(part)[0]) for part in parts]
    assert levels == sorted(levels, reverse=True)
    assert levels[3] == -96
