"""The lite side of ICE (RFC 8445): answers connectivity checks, and goes where the peer nominates."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.edge.media.ports import Address
from cordboard.wire.rtp.errors import MalformedStunError
from cordboard.wire.rtp.stun import (
    BINDING_ERROR,
    BINDING_REQUEST,
    BINDING_SUCCESS,
    Attribute,
    StunMessage,
    build,
    error_code,
    parse,
    xor_address,
)

CONSENT_SECONDS = 30.0
"""Without a check for so long, the peer no longer wants to hear us (RFC 7675, 5.1)."""

MOST_ADDRESSES = 8
"""Of the peer that are known to be its own; a browser tries two or three. The oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: int
    reason: str
    unknown: tuple[int, ...] = ()


class IceResponder:
    """One leg's component. `address` is where its media goes: the pair that was nominated last."""

    def __init__(self, ufrag: str, password: str) -> None:
        self.ufrag = ufrag
        self.password = password
        self.address: Address | None = None
        self.refused = 0
        """Datagrams that looked like STUN and were no check of the peer's."""
        self._remote_ufrag: str | None = None
        self._valid: dict[Address, float] = {}

    def set_remote(self, ufrag: str) -> None:
        """The peer's user fragment, from its SDP: checks must name it from now on. A new one is an ICE restart: the
        old pair serves until another is nominated (RFC 8445, section 9).
        """
        self._remote_ufrag = ufrag

    def knows(self, address: Address) -> bool:
        """Whether a check of the peer came from an address."""
        return address in self._valid

    @property
    def consent_ends(self) -> float | None:
        """When sending has to stop unless another check comes; None without an address."""
        return self._valid[self.address] + CONSENT_SECONDS if self.address is not None else None

    def receive(self, datagram: bytes, address: Address, now: float) -> bytes | None:
        """Takes a STUN datagram; answers what to send back, if anything."""
        try:
            message = parse(datagram)
        except MalformedStunError:
            self.refused += 1
            return None
        if message.kind != BINDING_REQUEST:  # indications keep the NAT open; there is nothing to answer
            return None
        refusal = self._refusal(message)
        if refusal is not None:
            self.refused += 1
            return self._refuse(message, refusal)
        self._note(address, now)
        if message.get(Attribute.USE_CANDIDATE) is not None or self.address == address:
            self.address = address
        mapped = (Attribute.XOR_MAPPED_ADDRESS, xor_address(address[0], address[1], message.transaction))
        return build(BINDING_SUCCESS, message.transaction, [mapped], self.password)

    def _refusal(self, message: StunMessage) -> _Refusal | None:
        """What is wrong with a check (RFC 8489, 9.1.3 and 6.3.1; RFC 8445, 7.3.1.1)."""
        username = message.username
        if username is None or message.get(Attribute.MESSAGE_INTEGRITY) is None:
            return _Refusal(400, "Bad Request")
        local, _, remote = username.partition(":")
        expected = self._remote_ufrag
        if local != self.ufrag or (expected is not None and remote != expected) or not message.is_from(self.password):
            return _Refusal(401, "Unauthenticated")
        unknown = message.unknown_required()
        if unknown:
            return _Refusal(420, "Unknown Attribute", tuple(unknown))
        if message.get(Attribute.ICE_CONTROLLED) is not None:
            return _Refusal(487, "Role Conflict")
        return None

    def _refuse(self, message: StunMessage, refusal: _Refusal) -> bytes:
        attributes: list[tuple[int, bytes]] = [(Attribute.ERROR_CODE, error_code(refusal.code, refusal.reason))]
        if refusal.unknown:
            names = b"".join(kind.to_bytes(2, "big") for kind in refusal.unknown)
            attributes.append((Attribute.UNKNOWN_ATTRIBUTES, names))
        authentic = refusal.code not in {400, 401}
        return build(BINDING_ERROR, message.transaction, attributes, self.password if authentic else None)

    def _note(self, address: Address, now: float) -> None:
        self._valid.pop(address, None)
        self._valid[address] = now
        if len(self._valid) > MOST_ADDRESSES:
            oldest = next(known for known in self._valid if known != self.address)
            del self._valid[oldest]
