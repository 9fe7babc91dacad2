"""Keys as telephone events (RFC 4733, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from cordboard.wire.rtp.errors import MalformedPacketError

KEYS = "0123456789*#ABCD"
"""The key of event code 0 to 15 (3.2)."""

LONGEST_DURATION = 0xFFFF
"""In timestamp units: 8.2 s at 8 kHz. A longer key press goes on in segments (2.5.1.3)."""

_LAYOUT = Struct("!BBH")
_END, _VOLUME = 0x80, 0x3F


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """One report of an event: `duration` so far in timestamp units, `volume` in -dBm0 (0 to 63), `end` in the last."""

    code: int
    duration: int
    end: bool = False
    volume: int = 10

    @property
    def key(self) -> str | None:
        """The key that was pressed; None for an event that is no key (flash, tones)."""
        return KEYS[self.code] if self.code < len(KEYS) else None

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent:
        """The first event of a payload; redundant ones behind it are left alone (2.6). Raises MalformedPacketError."""
        if len(payload) < _LAYOUT.size:
            raise MalformedPacketError(f"a telephone event of {len(payload)} octets")
        code, second, duration = _LAYOUT.unpack_from(payload)
        return cls(code, duration, end=bool(second & _END), volume=second & _VOLUME)

    def pack(self) -> bytes:
        """The payload's four octets. Raises ValueError when a field does not fit."""
        if not (0 <= self.code <= 0xFF and 0 <= self.volume <= _VOLUME and 0 <= self.duration <= LONGEST_DURATION):
            raise ValueError(f"{self} does not fit a telephone event")
        return _LAYOUT.pack(self.code, self.volume | (_END if self.end else 0), self.duration)


def event_code(key: str) -> int:
    """The code of a key; letters in either case. Raises ValueError for what is no key."""
    code = KEYS.find(key.upper()) if len(key) == 1 else -1
    if code < 0:
        raise ValueError(f"{key!r} is not one of {KEYS}")
    return code
