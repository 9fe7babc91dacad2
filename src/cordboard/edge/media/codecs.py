"""G.722 and Opus by FFmpeg's libraries, for legs that speak nothing plainer: 8 kHz frames on our side."""

from __future__ import annotations

from typing import Protocol

import av
import av.error
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from cordboard.wire.audio.g711 import A_LAW, MU_LAW, Companding
from cordboard.wire.audio.plc import HISTORY_SAMPLES, conceal
from cordboard.wire.audio.resample import StreamResampler
from cordboard.wire.sdp.codecs import CodecName

LARGEST_PAYLOAD = 1275 * 6
"""Octets: six Opus frames of the largest size."""

MOST_FRAMES = 6
"""Of 20 ms in one packet; what is longer is cut off (RFC 6716: 120 ms)."""

_OPUS_RATE = 48000
_G722_RATE = 16000
_OPUS_BITS = 20_000
_COMPLEXITY = "5"


class FrameCodec(Protocol):
    """One leg's codec; it keeps state in both directions, and each call is one packet."""

    def decode(self, payload: bytes) -> Samples:
        """The packet's audio at 8 kHz: `int16[160]` for 20 ms, more or less for other packet lengths. Empty when the
        payload cannot be decoded.
        """
        ...

    def encode(self, frame: Samples) -> bytes:
        """The payload of a frame, `int16[160]`."""
        ...

    def conceal(self) -> Samples:
        """What to play for 20 ms of a packet that was lost: what was decoded last goes on and fades."""
        ...


def open_codec(codec: CodecName) -> FrameCodec:
    """The codec of a new leg."""
    match codec:
        case "PCMU":
            return CompandingCodec(MU_LAW)
        case "PCMA":
            return CompandingCodec(A_LAW)
        case "G722":
            return G722Codec()
        case "opus":
            return OpusCodec()


class _Concealing:
    """Remembers what was decoded, so that a loss can be covered."""

    def __init__(self) -> None:
        self._history = np.zeros(HISTORY_SAMPLES, np.int16)
        self._lost = 0

    def conceal(self) -> Samples:
        """What was decoded last goes on and fades."""
        self._lost += 1
        return self._remember(conceal(self._history[None, :], np.array([self._lost]))[0])

    def _heard(self, samples: Samples) -> Samples:
        if len(samples):
            self._lost = 0
        return self._remember(samples)

    def _remember(self, samples: Samples) -> Samples:
        self._history = np.concatenate([self._history, samples])[-HISTORY_SAMPLES:]
        return samples


class CompandingCodec(_Concealing):
    """G.711; here so that every codec can be had in one way."""

    def __init__(self, law: Companding) -> None:
        super().__init__()
        self._law = law

    def decode(self, payload: bytes) -> Samples:
        """A sample an octet."""
        return self._heard(self._law.decode(payload[: MOST_FRAMES * FRAME_SAMPLES]))

    def encode(self, frame: Samples) -> bytes:
        """An octet a sample."""
        return self._law.encode(frame)


class G722Codec(_Concealing):
    """G.722 at 64 kbit/s (16 kHz on the wire, though its RTP clock says 8)."""

    def __init__(self) -> None:
        super().__init__()
        self._decoder = _open("g722", "r", _G722_RATE)
        self._encoder = _open("g722", "w", _G722_RATE)
        self._down = StreamResampler(_G722_RATE, SAMPLE_RATE)
        self._up = StreamResampler(SAMPLE_RATE, _G722_RATE)

    def decode(self, payload: bytes) -> Samples:
        """Two wide-band samples an octet, thinned to one."""
        return self._heard(self._down.feed(_decoded(self._decoder, payload[: MOST_FRAMES * FRAME_SAMPLES])))

    def encode(self, frame: Samples) -> bytes:
        """160 octets."""
        return _encoded(self._encoder, self._up.feed(frame), _G722_RATE)


class OpusCodec(_Concealing):
    """Opus, narrow-band mono from us, whatever comes from the other side (RFC 7587)."""

    def __init__(self) -> None:
        super().__init__()
        self._decoder = _open("libopus", "r", _OPUS_RATE)
        self._encoder = _open(
            "libopus",
            "w",
            SAMPLE_RATE,
            {"application": "voip", "compression_level": _COMPLEXITY, "frame_duration": "20", "fec": "1"},
        )
        self._down = StreamResampler(_OPUS_RATE, SAMPLE_RATE)

    def decode(self, payload: bytes) -> Samples:
        """Decoded at 48 kHz and thinned."""
        decoded = _decoded(self._decoder, payload[:LARGEST_PAYLOAD])[: MOST_FRAMES * 6 * FRAME_SAMPLES]
        return self._heard(self._down.feed(decoded[: len(decoded) // 6 * 6]))

    def encode(self, frame: Samples) -> bytes:
        """About 50 octets."""
        return _encoded(self._encoder, frame, SAMPLE_RATE)


def _open(name: str, mode: str, rate: int, options: dict[str, str] | None = None) -> AudioCodecContext:
    context = av.CodecContext.create(name, "r" if mode == "r" else "w")
    if not isinstance(context, AudioCodecContext):
        raise TypeError(f"{name} is no audio codec")
    context.sample_rate = rate
    context.layout = "mono"
    context.format = "s16"
    context.options = options or {}
    if options and mode == "w":
        context.bit_rate = _OPUS_BITS
    context.open()
    return context


def _decoded(decoder: AudioCodecContext, payload: bytes) -> Samples:
    """Mono samples at the decoder's rate; empty when the payload is broken."""
    if not payload:
        return np.zeros(0, np.int16)
    try:
        frames = decoder.decode(av.Packet(payload))
    except av.error.FFmpegError:
        return np.zeros(0, np.int16)
    parts = [frame.to_ndarray().reshape(-1).astype(np.int16) for frame in frames]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def _encoded(encoder: AudioCodecContext, samples: Samples, rate: int) -> bytes:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    return b"".join(bytes(packet) for packet in encoder.encode(frame))
