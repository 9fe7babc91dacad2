"""Codecs that are more than a table: a tone comes out as it went in, and broken packets come to nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.secure_link import dominant_frequency

from cordboard.edge.media.codecs import MOST_FRAMES, open_codec
from cordboard.wire.audio.frames import FRAME_SAMPLES
from cordboard.wire.audio.silence import frame_levels
from cordboard.wire.audio.tones import tone_samples
from cordboard.wire.sdp.codecs import CodecName

CODECS: list[CodecName] = ["PCMU", "PCMA", "G722", "opus"]


@pytest.mark.parametrize("name", CODECS)
def test_a_tone_goes_through(name: CodecName) -> None:
    codec = open_codec(name)
    frames = tone_samples((500.0,), 2000, -12.0).reshape(-1, FRAME_SAMPLES)
    decoded = [codec.decode(codec.encode(frame)) for frame in frames]
    assert {len(frame) for frame in decoded} == {FRAME_SAMPLES}
    heard = np.concatenate(decoded[20:])
    assert dominant_frequency(heard) == pytest.approx(500, abs=2)
    assert float(frame_levels(heard[None, :])[0]) == pytest.approx(-12, abs=1.5)


@pytest.mark.parametrize("name", CODECS)
def test_a_lost_packet_goes_on_and_fades(name: CodecName) -> None:
    codec = open_codec(name)
    for frame in tone_samples((500.0,), 500, -12.0).reshape(-1, FRAME_SAMPLES):
        codec.decode(codec.encode(frame))
    levels = [float(frame_levels(codec.conceal()[None, :])[0]) for _ in range(4)]
    assert levels[0] > -16
    assert levels == sorted(levels, reverse=True)
    assert levels[3] == -96


@pytest.mark.parametrize("name", ["G722", "opus"])
@settings(max_examples=25)
@given(payload=st.binary(max_size=2000))
def test_a_broken_packet_comes_to_no_more_than_it_may(name: CodecName, payload: bytes) -> None:
    codec = open_codec(name)
    assert len(codec.decode(payload)) <= MOST_FRAMES * FRAME_SAMPLES
    assert len(codec.decode(codec.encode(np.zeros(FRAME_SAMPLES, np.int16)))) == FRAME_SAMPLES
