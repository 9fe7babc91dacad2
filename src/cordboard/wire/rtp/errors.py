"""What a peer can do wrong. Every parser of this package raises these and nothing else."""

from __future__ import annotations


class MalformedPacketError(ValueError):
    """A datagram is not what its first octets promise; the message says why, for counters and logs."""


class MalformedStunError(MalformedPacketError):
    """A datagram is not a STUN message (RFC 8489, section 6.3)."""
