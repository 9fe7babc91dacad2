"""What shares a media socket, told apart by the first octets (RFC 7983, RFC 5761)."""

from __future__ import annotations

from typing import Literal, TypeAlias

DatagramKind: TypeAlias = Literal["stun", "dtls", "rtp", "rtcp", "other"]

_RTCP_TYPES = range(192, 224)


def kind_of(datagram: bytes) -> DatagramKind:
    """Which protocol a datagram belongs to; `other` is for the bin (ZRTP, TURN channels, an empty datagram)."""
    if len(datagram) < 2:
        return "other"
    first = datagram[0]
    if first < 4:
        return "stun"
    if 20 <= first < 64:
        return "dtls"
    if 128 <= first < 192:
        return "rtcp" if datagram[1] in _RTCP_TYPES else "rtp"
    return "other"
