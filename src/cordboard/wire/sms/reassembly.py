"""Joining the parts of a long inbound message (TS 23.040, 9.2.3.24.1).

Octets are joined before they are decoded wherever neighbours share an alphabet, so that a surrogate pair or an escape
pair that the sender cut across two parts still reads right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cordboard.wire.sms.alphabets import codec_of, decode


@dataclass(frozen=True, slots=True)
class Part:
    """One received part: its octets without the user data header, and the alphabet that they came in."""

    payload: bytes
    data_coding: int


@dataclass(frozen=True, slots=True)
class Assembly:
    """The text of the parts that are there, in order, and the numbers of those that are not."""

    text: str
    missing: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether every part is there."""
        return not self.missing


def assemble(total: int, parts: Mapping[int, Part]) -> Assembly:
    """Join the parts of a message of `total` parts, keyed by number from 1. Numbers outside 1..total are ignored."""
    missing = tuple(number for number in range(1, total + 1) if number not in parts)
    text = "".join(decode(octets, data_coding) for octets, data_coding in _runs(total, parts))
    return Assembly(text, missing)


def _runs(total: int, parts: Mapping[int, Part]) -> Iterator[tuple[bytes, int]]:
    """Octets to be decoded together, with their data_coding."""
    run: list[bytes] = []
    data_coding = 0
    for number in range(1, total + 1):
        part = parts.get(number)
        if run and (part is None or part.data_coding != data_coding or _ends_askew(run[-1], data_coding)):
            yield b"".join(run), data_coding
            run = []
        if part is not None:
            run.append(part.payload)
            data_coding = part.data_coding
    if run:
        yield b"".join(run), data_coding


def _ends_askew(payload: bytes, data_coding: int) -> bool:
    """Whether an odd octet at the end would shift every UCS-2 unit after it."""
    return len(payload) % 2 == 1 and codec_of(data_coding) == "utf_16_be"
