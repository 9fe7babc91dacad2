"""WAV headers: written, read, lying, broken."""

from __future__ import annotations

import contextlib
import io
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.audio.g711 import A_LAW, MU_LAW
from cordboard.wire.audio.wav import (
    MalformedWavError,
    WavFormat,
    WavHeader,
    build_file,
    build_header,
    read_header,
    read_samples,
)

SAMPLES = np.array([0, 1000, -1000, 32767, -32768], np.int16)


@given(
    st.sampled_from(WavFormat), st.integers(0, 3000), st.sampled_from([8000, 16000, 22050, 48000]), st.integers(1, 2)
)
def test_a_header_survives(wav_format: WavFormat, frames: int, rate: int, channels: int) -> None:
    size = frames * wav_format.sample_octets * channels
    header = build_header(size, wav_format, rate, channels)
    assert len(header) == (44 if wav_format in {WavFormat.PCM8, WavFormat.PCM16} else 58)
    read = read_header(header, len(header) + size)
    assert read == WavHeader(wav_format, rate, channels, len(header), size)
    assert read.duration_ms == frames * 1000 // rate


def test_the_library_of_python_reads_it() -> None:
    with wave.open(io.BytesIO(build_file(SAMPLES))) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 5)
        assert file.readframes(5) == SAMPLES.tobytes()


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 1_000_000])
def test_a_size_that_lies_is_put_right(size: int) -> None:
    """As recordings have it that were never finished, or were streamed."""
    header = build_header(size)
    assert read_header(header, len(header) + 101).data_size == 100


def test_a_size_that_says_less_is_believed() -> None:
    content = build_header(4) + SAMPLES.tobytes() + b"LIST"
    assert read_samples(content)[0].tolist() == [0, 1000]


def test_other_chunks_are_passed_over() -> None:
    header = build_header(10)
    content = header[:36] + b"LIST\x03\0\0\0abc\0" + b"fact\x04\0\0\0\0\0\0\0" + header[36:] + SAMPLES.tobytes()
    assert read_samples(content)[0].tolist() == SAMPLES.tolist()


def test_the_extensible_format_is_read() -> None:
    plain = build_header(10)
    body = b"\xfe\xff" + plain[22:36] + b"\x16\0\x10\0\x04\0\0\0" + b"\x01\0" + bytes(14)
    content = plain[:12] + b"fmt " + len(body).to_bytes(4, "little") + body + plain[36:] + SAMPLES.tobytes()
    samples, rate = read_samples(content)
    assert (samples.tolist(), rate) == (SAMPLES.tolist(), 8000)


@pytest.mark.parametrize(
    ("wav_format", "data", "expected"),
    [
        (WavFormat.PCM8, bytes([128, 255, 0]), [0, 127 << 8, -32768]),
        (WavFormat.MU_LAW, MU_LAW.encode(SAMPLES), MU_LAW.decode(MU_LAW.encode(SAMPLES)).tolist()),
        (WavFormat.A_LAW, A_LAW.encode(SAMPLES), A_LAW.decode(A_LAW.encode(SAMPLES)).tolist()),
    ],
)
def test_encodings_are_decoded(wav_format: WavFormat, data: bytes, expected: list[int]) -> None:
    assert read_samples(build_header(len(data), wav_format) + data)[0].tolist() == expected


def test_channels_become_one() -> None:
    stereo = np.array([100, 300, -50, 50], np.int16).tobytes()
    assert read_samples(build_header(8, channels=2) + stereo)[0].tolist() == [200, 0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF\0\0\0\0AVI ",
        b"RIFX" + build_header(0)[4:],
        build_header(0)[:30],
        build_header(0)[:36],
        build_header(0)[:12] + build_header(0)[36:],
        build_header(0).replace(b"\x10\0data", b"\x18\0data"),
        build_header(0).replace(b"fmt \x10\0\0\0\x01\0\x01", b"fmt \x10\0\0\0\x01\0\x09"),
        build_header(0).replace(b"\x40\x1f\0\0", bytes(4)),
        build_header(0)[:12] + b"junk\0\0\0\0" * 101 + build_header(0)[12:],
    ],
    ids=["empty", "avi", "rifx", "half format", "no data", "no format", "24 bit", "9 channels", "rate 0", "chunks"],
)
def test_what_is_no_wav_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedWavError):
        read_samples(content)


@given(st.data())
def test_a_damaged_file_raises_nothing_else(data: st.DataObject) -> None:
    content = bytearray(build_file(SAMPLES))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedWavError):
        read_samples(bytes(content))


def test_a_huge_size_is_written_as_the_largest() -> None:
    assert build_header(1 << 33)[-4:] == b"\xff\xff\xff\xff"
