"""WAV files (RIFF): headers written and read, of what telephony keeps in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from struct import Struct

import numpy as np

from cordboard.wire.audio.frames import SAMPLE_RATE, Samples
from cordboard.wire.audio.g711 import A_LAW, MU_LAW

MOST_CHUNKS = 100
"""Before the data."""

MOST_CHANNELS = 8
MOST_RATE = 384_000

_RIFF = Struct("<4sI4s")
_CHUNK = Struct("<4sI")
_FORMAT = Struct("<HHIIHH")
_EXTENSIBLE = 0xFFFE
_EXTENSIBLE_TAG_AT = 24
_LARGEST_SIZE = 0xFFFF_FFFF


class MalformedWavError(ValueError):
    """A file is no WAV file, or one of a kind that is not read; the message says why."""


class WavFormat(Enum):
    """Encodings: the format tag and the bits of a sample."""

    PCM8 = (1, 8)
    PCM16 = (1, 16)
    A_LAW = (6, 8)
    MU_LAW = (7, 8)

    @property
    def sample_octets(self) -> int:
        """Octets of one sample of one channel."""
        return self.value[1] // 8


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What a header says. `data_at` and `data_size` are octets: where the samples begin, and how many octets of whole
    samples there really are.
    """

    format: WavFormat
    sample_rate: int
    channels: int
    data_at: int
    data_size: int

    @property
    def frame_octets(self) -> int:
        """Octets of one sample of all channels."""
        return self.format.sample_octets * self.channels

    @property
    def duration_ms(self) -> int:
        """How long the audio is."""
        return self.data_size // self.frame_octets * 1000 // self.sample_rate


def build_header(
    data_size: int, wav_format: WavFormat = WavFormat.PCM16, sample_rate: int = SAMPLE_RATE, channels: int = 1
) -> bytes:
    """The header in front of `data_size` octets: 44 octets of PCM, 58 of G.711, which wants a `fact` chunk. A size of
    more than 4 GiB is written as the largest that fits, which readers take for "to the end".
    """
    tag, bits = wav_format.value
    frame = bits // 8 * channels
    body = _FORMAT.pack(tag, channels, sample_rate, sample_rate * frame, frame, bits)
    fact = b""
    if tag != 1:
        body += b"\0\0"
        fact = _CHUNK.pack(b"fact", 4) + min(data_size // frame, _LARGEST_SIZE).to_bytes(4, "little")
    chunks = _CHUNK.pack(b"fmt ", len(body)) + body + fact + _CHUNK.pack(b"data", min(data_size, _LARGEST_SIZE))
    padding = data_size % 2
    riff_size = min(4 + len(chunks) + data_size + padding, _LARGEST_SIZE)
    return _RIFF.pack(b"RIFF", riff_size, b"WAVE") + chunks


def read_header(beginning: bytes, file_size: int) -> WavHeader:
    """The header in the beginning of a file of a size (64 KiB hold any that people make).

    A data size that lies, as those of interrupted or streamed recordings do, is put right: the samples end with the
    file at the latest. Raises MalformedWavError.
    """
    if len(beginning) < _RIFF.size:
        raise MalformedWavError(f"{len(beginning)} octets are no WAV file")
    riff, _, wave = _RIFF.unpack_from(beginning)
    if riff != b"RIFF" or wave != b"WAVE":
        raise MalformedWavError("no RIFF WAVE header")
    at = _RIFF.size
    described: tuple[WavFormat, int, int] | None = None
    for _ in range(MOST_CHUNKS):
        if at + _CHUNK.size > len(beginning):
            break
        name, size = _CHUNK.unpack_from(beginning, at)
        at += _CHUNK.size
        if name == b"data":
            return _header(described, at, size, file_size)
        if name == b"fmt ":
            described = _read_format(beginning[at : at + size])
        at += size + size % 2
    raise MalformedWavError("no samples where they should begin")


def _header(described: tuple[WavFormat, int, int] | None, at: int, size: int, file_size: int) -> WavHeader:
    if described is None:
        raise MalformedWavError("samples without a format")
    wav_format, sample_rate, channels = described
    there = max(file_size - at, 0)
    real = there if size == 0 else min(size, there)
    frame = wav_format.sample_octets * channels
    return WavHeader(wav_format, sample_rate, channels, at, real - real % frame)


def _read_format(chunk: bytes) -> tuple[WavFormat, int, int]:
    if len(chunk) < _FORMAT.size:
        raise MalformedWavError("the format is cut off")
    tag, channels, sample_rate, _, _, bits = _FORMAT.unpack_from(chunk)
    if tag == _EXTENSIBLE and len(chunk) >= _EXTENSIBLE_TAG_AT + 2:
        tag = int.from_bytes(chunk[_EXTENSIBLE_TAG_AT : _EXTENSIBLE_TAG_AT + 2], "little")
    try:
        wav_format = WavFormat((tag, bits))
    except ValueError:
        raise MalformedWavError(f"format {tag} with {bits} bits; PCM of 8 or 16 bits and G.711 are read") from None
    if not (1 <= channels <= MOST_CHANNELS and 1 <= sample_rate <= MOST_RATE):
        raise MalformedWavError(f"{channels} channels at {sample_rate} Hz")
    return wav_format, sample_rate, channels


def read_samples(content: bytes) -> tuple[Samples, int]:
    """A whole file as mono samples, channels averaged, and its rate. Raises MalformedWavError."""
    header = read_header(content, len(content))
    octets = np.frombuffer(content, np.uint8, header.data_size, header.data_at)
    samples = _decoded(octets, header.format)
    if header.channels > 1:
        samples = samples.reshape(-1, header.channels).mean(axis=1).astype(np.int16)
    return samples, header.sample_rate


def _decoded(octets: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], wav_format: WavFormat) -> Samples:
    match wav_format:
        case WavFormat.PCM16:
            return octets.view("<i2").astype(np.int16)
        case WavFormat.PCM8:
            return ((octets.astype(np.int16) - 128) << 8).astype(np.int16)
        case WavFormat.MU_LAW:
            return MU_LAW.expand(octets)
        case WavFormat.A_LAW:
            return A_LAW.expand(octets)


def build_file(samples: Samples, sample_rate: int = SAMPLE_RATE) -> bytes:
    """A whole file of mono 16-bit PCM."""
    data = samples.astype("<i2").tobytes()
    return build_header(len(data), sample_rate=sample_rate) + data
