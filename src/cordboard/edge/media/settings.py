"""What can be set of the media engine."""

from __future__ import annotations

from typing import Annotated

import msgspec

_LEAST_PORT = 1024
_LARGEST_PORT = 65535
_EVERY_ADDRESS = ("0.0.0.0", "")  # noqa: S104  (told apart, not bound)


class MediaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where media is received and how much of it.

    `host` is bound, an IPv4 address; `public_host` is what the other side is told (behind a NAT, or when every address
    is bound). `ports` is a range "first-last"; a leg takes an even one for RTP and the next for RTCP. `most_legs` is
    what one engine takes. `jitter_slots` frames of 20 ms are buffered a leg at most, and played after a delay of
    `least_delay` to `most_delay` frames, as the network needs it. `codec_workers` processes carry G.722 and Opus.
    `silent_after` seconds without a packet are told.
    """

    host: str = "127.0.0.1"
    ports: str = "20000-29999"
    public_host: str = ""
    most_legs: Annotated[int, msgspec.Meta(ge=2, le=5000)] = 1000
    jitter_slots: Annotated[int, msgspec.Meta(ge=8, le=64)] = 16
    least_delay: Annotated[int, msgspec.Meta(ge=1, le=8)] = 2
    most_delay: Annotated[int, msgspec.Meta(ge=1, le=32)] = 6
    codec_workers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 1
    silent_after: Annotated[float, msgspec.Meta(gt=0)] = 10.0

    def __post_init__(self) -> None:
        """Raises ValueError for settings that contradict each other."""
        parse_ports(self.ports)
        if self.host in _EVERY_ADDRESS and not self.public_host:
            raise ValueError("public_host must name this machine's address, since host binds every address")
        if not self.least_delay <= self.most_delay < self.jitter_slots:
            raise ValueError("least_delay, most_delay and jitter_slots must rise in this order")

    @property
    def advertised_host(self) -> str:
        """The address for the SDP."""
        return self.public_host or self.host

    @property
    def port_range(self) -> range:
        """The ports for RTP: the even ones whose successor is in the range too."""
        return parse_ports(self.ports)


def parse_ports(text: str) -> range:
    """The even ports of "first-last" that leave the next one for RTCP. Raises ValueError with the fix."""
    first, dash, last = text.partition("-")
    if not (dash and first.strip().isdecimal() and last.strip().isdecimal()):
        raise ValueError(f'ports must be a range such as "20000-29999", not {text!r}')
    low, high = int(first), int(last)
    if not _LEAST_PORT <= low < high <= _LARGEST_PORT:
        raise ValueError(f"ports must rise from at least {_LEAST_PORT} to at most {_LARGEST_PORT}, not {text!r}")
    found = range(low + low % 2, high, 2)
    if not found:
        raise ValueError(f"ports {text!r} hold no even port followed by another")
    return found
