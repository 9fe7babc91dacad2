"""How a call sounds, estimated: the E-model (G.107) with what the network lets us see.

R = 93.2 - Id - Ie,eff. All that cannot be seen (noise, echo, loudness) has its default. The mean opinion is between 1
and 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

_BEST_R = 93.2
_KNEE_MS = 177.3
"""One-way delay from which on conversation suffers."""


@dataclass(frozen=True, slots=True)
class CodecQuality:
    """Impairment without loss, and robustness against random loss (G.113, appendix I)."""

    impairment: float
    robustness: float


_G711 = CodecQuality(0.0, 25.1)  # with concealment of lost packets
_QUALITIES: dict[str, CodecQuality] = {
    "PCMU": _G711,
    "PCMA": _G711,
    "G722": CodecQuality(0.0, 13.0),  # heard at 8 kHz; robustness as measured for it in G.113's wide-band part
    "opus": CodecQuality(5.0, 20.0),  # no ITU figure: between G.711 and the low-rate codecs
}


def rating(codec: str, loss_percent: float, delay_ms: float) -> float:
    """R, 0 to 93.2, of a codec at a share of lost packets and a one-way delay, mouth to ear. Unknown codecs count as
    Opus.
    """
    quality = _QUALITIES.get(codec, _QUALITIES["opus"])
    loss = min(max(loss_percent, 0.0), 100.0)
    equipment = quality.impairment + (95.0 - quality.impairment) * loss / (loss + quality.robustness)
    delay = 0.024 * delay_ms + 0.11 * max(delay_ms - _KNEE_MS, 0.0)
    return max(_BEST_R - equipment - delay, 0.0)


def opinion(r: float) -> float:
    """The mean opinion score of an R (G.107, annex B)."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


def mean_opinion(codec: str, *, loss_percent: float, jitter_ms: float, round_trip_ms: float = 0.0) -> float:
    """The mean opinion score of a stream: 1.0 to 4.4. The delay is half a round trip, a packet, and a jitter buffer
    of twice the jitter but at least two packets.
    """
    return opinion(rating(codec, loss_percent, round_trip_ms / 2 + 20 + max(2 * jitter_ms, 40)))
