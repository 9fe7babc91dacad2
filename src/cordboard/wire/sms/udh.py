"""User data headers: the information elements before a message's text (TS 23.040, 9.2.3.24)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CONCATENATED_8_BIT: Final = 0x00
_CONCATENATED_16_BIT: Final = 0x08


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part of a long message this is: part `number` (from 1) of `total`, parts sharing a `reference`."""

    reference: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class UserData:
    """A payload taken apart: `body` without the header. `problem` says what was wrong with a header, if anything."""

    body: bytes
    concatenation: Concatenation | None = None
    problem: str | None = None


def concatenation_header(concatenation: Concatenation) -> bytes:
    """The six octets before a part's body, with an 8 bit reference (TS 23.040, 9.2.3.24.1).

    Raises ValueError when a member does not fit its octet or the number is outside 1..total.
    """
    reference, total, number = concatenation.reference, concatenation.total, concatenation.number
    if not 0 <= reference <= 255:
        raise ValueError(f"reference {reference} is not in 0..255")
    if not 1 <= number <= total <= 255:
        raise ValueError(f"part {number} of {total} is not in 1..total..255")
    return bytes((5, _CONCATENATED_8_BIT, 3, reference, total, number))


def split_user_data(payload: bytes) -> UserData:
    """Header and body of a payload whose esm_class says that a header is there (UDHI). Never raises.

    Unknown elements are skipped. A header that overruns the payload or itself counts as none: the body is then the
    whole
    payload. Of duplicate elements the last counts, and an impossible part number is ignored (9.2.3.24, 9.2.3.24.1).
    """
    if not payload:
        return UserData(payload, problem="the payload is empty")
    length = payload[0]
    if length >= len(payload):
        return UserData(payload, problem=f"a header of {length} octets overruns a payload of {len(payload)}")
    header, body = payload[1 : 1 + length], payload[1 + length :]
    concatenation, problem = None, None
    for identifier, value in _elements(header):
        if value is None:
            return UserData(payload, problem=f"information element {identifier:#04x} overruns the header")
        if identifier in {_CONCATENATED_8_BIT, _CONCATENATED_16_BIT}:
            concatenation, problem = _read_concatenation(identifier, value)
    return UserData(body, concatenation, problem)


def _elements(header: bytes) -> Iterator[tuple[int, bytes | None]]:
    """Identifier and value of each element; the value is None where it overruns the header."""
    position = 0
    while position < len(header):
        identifier = header[position]
        length = header[position + 1] if position + 1 < len(header) else len(header)
        end = position + 2 + length
        yield identifier, header[position + 2 : end] if end <= len(header) else None
        position = end


def _read_concatenation(identifier: int, value: bytes) -> tuple[Concatenation | None, str | None]:
    expected = 3 if identifier == _CONCATENATED_8_BIT else 4
    if len(value) != expected:
        return None, f"concatenation element {identifier:#04x} has {len(value)} octets instead of {expected}"
    total, number = value[-2], value[-1]
    if not 1 <= number <= total:
        return None, f"part {number} of {total} cannot be"
    return Concatenation(int.from_bytes(value[:-2], "big"), total, number), None
