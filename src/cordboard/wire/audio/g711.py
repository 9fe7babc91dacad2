"""G.711 by table: mu-law for America and Japan, A-law for the rest. Definitions as in G.191's software tools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Companding:
    """One law. `decode_table` is `int16[256]`; `encode_table` is `uint8[65536]`, indexed by a sample's 16 bits as an
    unsigned number; `silence` is the octet of a sample of 0. The tables are for hot loops (`take` with `out`).
    """

    decode_table: NDArray[np.int16]
    encode_table: NDArray[np.uint8]
    silence: int

    def expand(self, octets: NDArray[np.uint8]) -> NDArray[np.int16]:
        """16-bit samples of an array of any shape."""
        return self.decode_table.take(octets)

    def compress(self, samples: NDArray[np.int16]) -> NDArray[np.uint8]:
        """Octets of an array of any shape."""
        return self.encode_table.take(samples.view(np.uint16))

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        """The samples of a payload, one an octet."""
        return self.expand(np.frombuffer(payload, np.uint8))

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """The payload of samples."""
        return self.compress(samples).tobytes()


def _all_samples() -> NDArray[np.int32]:
    """Every 16-bit sample, in the order of its bits read as an unsigned number."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


def _segment(magnitudes: NDArray[np.int32]) -> NDArray[np.int32]:
    """The place of the highest bit that is set, counted from 0; magnitudes are positive."""
    return (np.frexp(magnitudes)[1] - 1).astype(np.int32)


def _mu_law_encoding() -> NDArray[np.uint8]:
    samples = _all_samples()
    magnitudes = np.minimum((np.where(samples < 0, ~samples, samples) >> 2) + 33, 0x1FFF)
    segments = _segment(magnitudes) - 4
    code = ((8 - segments) << 4) | (0xF - ((magnitudes >> segments) & 0xF))
    octets: NDArray[np.uint8] = (code | np.where(samples < 0, 0, 0x80)).astype(np.uint8)
    return octets


def _mu_law_decoding() -> NDArray[np.int16]:
    inverted = ~np.arange(256, dtype=np.int32) & 0xFF
    exponents = (inverted >> 4) & 7
    magnitudes = ((((inverted & 0xF) << 3) + 0x84) << exponents) - 0x84
    return np.where(inverted & 0x80, -magnitudes, magnitudes).astype(np.int16)


def _a_law_encoding() -> NDArray[np.uint8]:
    samples = _all_samples()
    magnitudes = np.where(samples < 0, ~samples, samples) >> 4
    exponents = np.maximum(_segment(np.maximum(magnitudes, 1)) - 3, 0)
    mantissas = np.where(exponents > 0, (magnitudes >> np.maximum(exponents - 1, 0)) - 16, magnitudes)
    code = (exponents << 4) | mantissas | np.where(samples < 0, 0, 0x80)
    return (code ^ 0x55).astype(np.uint8)


def _a_law_decoding() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponents = (code >> 4) & 7
    mantissas = (code & 0xF) + np.where(exponents > 0, 16, 0)
    magnitudes = ((mantissas << 4) + 8) << np.maximum(exponents - 1, 0)
    samples: NDArray[np.int16] = np.where(code & 0x80, magnitudes, -magnitudes).astype(np.int16)
    return samples


def _companding(decode: NDArray[np.int16], encode: NDArray[np.uint8]) -> Companding:
    decode.flags.writeable = False
    encode.flags.writeable = False
    return Companding(decode, encode, silence=int(encode[0]))


MU_LAW = _companding(_mu_law_decoding(), _mu_law_encoding())
"""PCMU, static payload type 0."""

A_LAW = _companding(_a_law_decoding(), _a_law_encoding())
"""PCMA, static payload type 8."""
