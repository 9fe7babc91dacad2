"""The codecs that calls are made of, and how an SDP names them (RFC 3551, RFC 7587, RFC 4733)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

CodecName: TypeAlias = Literal["PCMU", "PCMA", "G722", "opus"]

PREFERENCE: tuple[CodecName, ...] = ("PCMU", "PCMA", "G722", "opus")
"""Ours: what needs no work first, as the network behind is G.711 anyway."""

_BY_NAME: MappingProxyType[str, CodecName] = MappingProxyType({name.lower(): name for name in get_args(CodecName)})


@dataclass(frozen=True, slots=True)
class Encoding:
    """What an `a=rtpmap` line says: `opus/48000/2`. G.722's clock is 8000 by an old mistake (RFC 3551, 4.5.2)."""

    name: str
    clock_rate: int
    channels: int = 1

    @classmethod
    def parse(cls, text: str) -> Encoding | None:
        """None for what is no encoding."""
        name, *numbers = text.strip().split("/")
        if not name or not 1 <= len(numbers) <= 2:
            return None
        if not all(number.isascii() and number.isdigit() and len(number) <= 7 for number in numbers):
            return None
        return cls(name, *(int(number) for number in numbers))

    @property
    def codec(self) -> CodecName | None:
        """Which of our codecs it is. A second channel of anything but Opus makes it another one."""
        codec = _BY_NAME.get(self.name.lower())
        if codec is None:
            return None
        ours = ENCODINGS[codec]
        matches = self.clock_rate == ours.clock_rate and (codec == "opus" or self.channels == ours.channels)
        return codec if matches else None

    @property
    def is_event(self) -> bool:
        """Whether it is RFC 4733's telephone-event."""
        return self.name.lower() == "telephone-event"

    def __str__(self) -> str:
        rate = f"{self.name}/{self.clock_rate}"
        return rate if self.channels == 1 else f"{rate}/{self.channels}"


ENCODINGS: MappingProxyType[CodecName, Encoding] = MappingProxyType(
    {
        "PCMU": Encoding("PCMU", 8000),
        "PCMA": Encoding("PCMA", 8000),
        "G722": Encoding("G722", 8000),
        "opus": Encoding("opus", 48000, 2),
    }
)

STATIC_TYPES: MappingProxyType[int, Encoding] = MappingProxyType(
    {0: ENCODINGS["PCMU"], 8: ENCODINGS["PCMA"], 9: ENCODINGS["G722"]}
)
"""Payload types that need no `a=rtpmap` (RFC 3551, section 6), of the codecs that we have."""

PAYLOAD_TYPES: MappingProxyType[CodecName, int] = MappingProxyType({"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 111})
"""What we number them in an offer of ours; in an answer the offer's numbers stay."""

DYNAMIC_TYPES = range(96, 128)
"""Payload types without a fixed meaning."""

EVENT_TYPES: MappingProxyType[int, int] = MappingProxyType({8000: 101, 48000: 110})
"""What we number telephone events, by clock rate."""

OPUS_PARAMETERS = "maxplaybackrate=8000;sprop-maxcapturerate=8000;stereo=0;useinbandfec=1"
"""Our Opus is narrow-band and mono (RFC 7587, 6.1), so that no octets go into what nobody will hear."""

EVENTS_WITH_FLASH, EVENTS = "0-16", "0-15"
"""`a=fmtp` of telephone events: the keys, with or without the hook flash."""
