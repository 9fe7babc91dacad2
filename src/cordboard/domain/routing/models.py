"""What routing knows of carriers and prefixes."""

from __future__ import annotations

import msgspec


class CarrierProfile(msgspec.Struct, frozen=True):
    """A configured carrier. `cost` is what it takes for a segment, in micro-units; `carries_media`: MMS too.

    `isolated`: messages of its senders never leave over another carrier (the sandbox).
    """

    name: str
    cost: int = 0
    carries_media: bool = False
    isolated: bool = False


class PrefixRule(msgspec.Struct, frozen=True):
    """Recipients that start with `prefix` go to `carriers`, tried in order. The longest prefix wins, then the lowest
    `priority`."""

    prefix: str
    carriers: tuple[str, ...]
    priority: int = 100
