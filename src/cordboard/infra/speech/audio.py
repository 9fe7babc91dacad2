"""Sound as the telephone carries it, 8 kHz mono 16-bit, from whatever files come in; and recordings as mp3.

Only what the file itself begins with decides how it is read: the decoders know formats that name other files and
URLs, and those are never tried.
"""

from __future__ import annotations

import io
import os
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from cordboard.infra.speech.port import SpeechError
from cordboard.infra.speech.ssml import Edit

RATE: Final = 8000
"""Samples a second of everything that is kept here."""

MOST_SECONDS: Final = 3600
MOST_SPOKEN: Final = 900 * RATE
"""Samples of an utterance."""

_BYTES_A_SAMPLE: Final = 2
_MP3_BITS: Final = 32_000
_BEEP_HERTZ: Final = 1000
_BEEP_LEVEL: Final = 8000
_LOUDEST: Final = 32_767
_ID3: Final = b"ID3"

Samples = NDArray[np.int16]


class ClipError(SpeechError):
    """A sound cannot be had or is none; the message says why."""


def decode(data: bytes, rate: int = RATE) -> Samples:
    """The samples of an mp3 or WAV file of any rate, channels and codec (PCM, mu-law, A-law). Raises ClipError."""
    form = format_of(data)
    frames: list[Samples] = []
    count = 0
    try:
        for frame in _frames(data, form, rate):
            count += len(frame)
            if count > MOST_SECONDS * rate:
                raise ClipError(f"is longer than {MOST_SECONDS // 60} minutes")
            frames.append(frame)
    except (FFmpegError, ValueError) as error:
        raise ClipError(f"cannot be decoded as {form}: {error}") from error
    if not count:
        raise ClipError("holds no sound")
    return np.concatenate(frames)


def format_of(data: bytes) -> str:
    """`wav` or `mp3`, by what a file begins with. Raises ClipError."""
    if not data:
        raise ClipError("is empty")
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[:3] == _ID3 or (data[0] == 0xFF and len(data) > 1 and data[1] & 0xE6 in (0xE2, 0xE4, 0xE6)):
        return "mp3"
    raise ClipError("is neither an mp3 nor a WAV file")


def _frames(data: bytes, form: str, rate: int) -> Iterator[Samples]:
    with av.open(io.BytesIO(data), "r", format=form) as container:
        if not container.streams.audio:
            return
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        for frame in container.decode(container.streams.audio[0]):
            for resampled in resampler.resample(frame):
                yield resampled.to_ndarray()[0].astype(np.int16, copy=False)
        for resampled in resampler.resample(None):
            yield resampled.to_ndarray()[0].astype(np.int16, copy=False)


def to_wav(samples: Samples, rate: int = RATE) -> bytes:
    """A mono 16-bit WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_BYTES_A_SAMPLE)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2", copy=False).tobytes())
    return buffer.getvalue()


def read_wav(path: Path) -> Samples:
    """The samples of a file that `to_wav` made. Raises OSError, wave.Error."""
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16, copy=False)


def silence(milliseconds: int) -> Samples:
    """Nothing to hear."""
    return np.zeros(milliseconds * RATE // 1000, dtype=np.int16)


def beep(milliseconds: int) -> Samples:
    """A tone of 1 kHz."""
    moments = np.arange(milliseconds * RATE // 1000) / RATE
    return (np.sin(2 * np.pi * _BEEP_HERTZ * moments) * _BEEP_LEVEL).astype(np.int16)


def edited(samples: Samples, edit: Edit) -> Samples:
    """A clip as `<audio>` wants it. Faster is higher, too."""
    end = MOST_SPOKEN if edit.end is None else edit.end * RATE // 1000
    cut = samples[edit.begin * RATE // 1000 : end]
    if edit.speed != 1.0 and len(cut):
        places = np.arange(0, len(cut), edit.speed)
        cut = np.interp(places, np.arange(len(cut)), cut).astype(np.int16)
    if edit.decibel:
        louder = cut.astype(np.float64) * 10 ** (edit.decibel / 20)
        cut = np.clip(louder, -_LOUDEST, _LOUDEST).astype(np.int16)
    whole, part = divmod(edit.repeats, 1)
    repeated = np.concatenate([*[cut] * int(whole), cut[: int(len(cut) * part)]])
    return repeated[: MOST_SPOKEN if edit.most is None else edit.most * RATE // 1000]


def encode_mp3(wav: Path) -> Path:
    """An mp3 file beside a WAV file, of as many channels (one or two). Raises ClipError."""
    target = wav.with_suffix(".mp3")
    descriptor, partial = tempfile.mkstemp(dir=wav.parent, prefix=".", suffix=".mp3")
    os.close(descriptor)
    try:
        _encode(wav, partial)
        Path(partial).replace(target)
    except (FFmpegError, ValueError, OSError) as error:
        Path(partial).unlink(missing_ok=True)
        raise ClipError(f"{wav.name} cannot be made an mp3: {error}") from error
    return target


def _encode(wav: Path, partial: str) -> None:
    with av.open(str(wav), format="wav") as source, av.open(partial, "w", format="mp3") as target:
        sound = source.streams.audio[0]
        layout = "stereo" if sound.channels > 1 else "mono"
        stream = target.add_stream("libmp3lame", rate=sound.rate, layout=layout)
        stream.bit_rate = _MP3_BITS * (2 if layout == "stereo" else 1)
        resampler = av.AudioResampler(format="s16p", layout=layout, rate=sound.rate, frame_size=stream.frame_size or 0)
        for frame in source.decode(sound):
            for ready in resampler.resample(frame):
                target.mux(stream.encode(ready))
        for ready in resampler.resample(None):
            target.mux(stream.encode(ready))
        target.mux(stream.encode(None))
