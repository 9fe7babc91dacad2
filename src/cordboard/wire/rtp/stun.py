"""STUN as far as ICE needs it: binding requests and their answers (RFC 8489, RFC 8445 section 7)."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from cordboard.wire.rtp.errors import MalformedStunError

MAGIC_COOKIE = 0x2112_A442
HEADER_SIZE = 20
LARGEST_MESSAGE = 1500
MOST_ATTRIBUTES = 32

BINDING_REQUEST = 0x0001
BINDING_INDICATION = 0x0011
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

_HEAD = Struct("!HHI12s")
_ATTRIBUTE = Struct("!HH")
_INTEGRITY_SIZE = 20
_FINGERPRINT_MASK = 0x5354_554E
_FAMILIES = {4: 1, 6: 2}


class Attribute(IntEnum):
    """Attributes that ICE uses. Those below 0x8000 must be understood (RFC 8489, 14)."""

    MAPPED_ADDRESS = 0x0001
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    REALM = 0x0014
    NONCE = 0x0015
    MESSAGE_INTEGRITY_SHA256 = 0x001C
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029
    ICE_CONTROLLING = 0x802A


@dataclass(frozen=True, slots=True)
class StunMessage:
    """A message taken apart. `integrity_end` is where MESSAGE-INTEGRITY begins in `raw`, and what it vouches for ends;
    attributes behind it are ignored but for FINGERPRINT (14.5).
    """

    kind: int
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...] = ()
    raw: bytes = b""
    integrity_end: int | None = None

    def get(self, attribute: Attribute) -> bytes | None:
        """The value of the first attribute of a type."""
        return next((value for kind, value in self.attributes if kind == attribute), None)

    @property
    def username(self) -> str | None:
        """USERNAME; in ICE `<receiver's ufrag>:<sender's>` (RFC 8445, 7.2.2). None when it is missing or no UTF-8."""
        value = self.get(Attribute.USERNAME)
        try:
            return value.decode() if value is not None else None
        except UnicodeDecodeError:
            return None

    @property
    def mapped_address(self) -> tuple[str, int] | None:
        """XOR-MAPPED-ADDRESS: where the answerer saw us. None when it is missing or no address."""
        value = self.get(Attribute.XOR_MAPPED_ADDRESS)
        if value is None or len(value) not in {8, 20} or value[1] != (1 if len(value) == 8 else 2):
            return None
        port = int.from_bytes(value[2:4], "big") ^ (MAGIC_COOKIE >> 16)
        mask = (MAGIC_COOKIE.to_bytes(4, "big") + self.transaction)[: len(value) - 4]
        return str(ipaddress.ip_address(_xor(value[4:], mask))), port

    def unknown_required(self) -> list[int]:
        """Attributes that we would have to understand and do not (14, 6.3.1)."""
        known = set(Attribute)
        return [kind for kind, _ in self.attributes if kind < 0x8000 and kind not in known]

    def is_from(self, password: str) -> bool:
        """Whether MESSAGE-INTEGRITY proves that the sender knows a password, of short-term credentials (9.1)."""
        expected = self.get(Attribute.MESSAGE_INTEGRITY)
        if expected is None or self.integrity_end is None:
            return False
        covered = _with_length(self.raw[: self.integrity_end], _ATTRIBUTE.size + _INTEGRITY_SIZE)
        return hmac.compare_digest(expected, _integrity(covered, password))


def parse(datagram: bytes) -> StunMessage:
    """A message whose FINGERPRINT, if it has one, is right. Raises MalformedStunError."""
    if not HEADER_SIZE <= len(datagram) <= LARGEST_MESSAGE:
        raise MalformedStunError(f"{len(datagram)} octets are no STUN message")
    kind, length, cookie, transaction = _HEAD.unpack_from(datagram)
    if kind & 0xC000 or cookie != MAGIC_COOKIE or length % 4 or length != len(datagram) - HEADER_SIZE:
        raise MalformedStunError("the STUN header does not fit the datagram")
    attributes: list[tuple[int, bytes]] = []
    integrity_end: int | None = None
    for attribute, value, start in _attributes(datagram):
        if attribute == Attribute.FINGERPRINT:
            _check_fingerprint(datagram, value, start)
        elif integrity_end is not None:
            continue
        elif attribute == Attribute.MESSAGE_INTEGRITY:
            integrity_end = start
        attributes.append((attribute, value))
    return StunMessage(kind, transaction, tuple(attributes), datagram, integrity_end)


def _attributes(datagram: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Type, value and beginning of each attribute."""
    at = HEADER_SIZE
    for _ in range(MOST_ATTRIBUTES):
        if at == len(datagram):
            return
        attribute, length = _ATTRIBUTE.unpack_from(datagram, at)  # 4 octets are there: lengths are multiples of 4
        start, end = at + _ATTRIBUTE.size, at + _ATTRIBUTE.size + length
        if end > len(datagram):
            raise MalformedStunError(f"attribute {attribute:#06x} overruns the message")
        yield attribute, datagram[start:end], at
        at = end + -length % 4
    raise MalformedStunError(f"more than {MOST_ATTRIBUTES} attributes")


def _check_fingerprint(datagram: bytes, value: bytes, start: int) -> None:
    if start != len(datagram) - 8 or value != _fingerprint(datagram[:start]):
        raise MalformedStunError("FINGERPRINT is wrong or not the last attribute")


def build(
    kind: int,
    transaction: bytes,
    attributes: Sequence[tuple[int, bytes]] = (),
    password: str | None = None,
) -> bytes:
    """A message with a FINGERPRINT, and with MESSAGE-INTEGRITY (SHA-1) if a password is given. `transaction` is 12
    octets, of a random source for a request. Raises ValueError.
    """
    if len(transaction) != 12:
        raise ValueError(f"a transaction id of {len(transaction)} octets, 12 are needed")
    message = _HEAD.pack(kind, 0, MAGIC_COOKIE, transaction)
    message += b"".join(_packed(attribute, value) for attribute, value in attributes)
    if password is not None:
        covered = _with_length(message, _ATTRIBUTE.size + _INTEGRITY_SIZE)
        message += _packed(Attribute.MESSAGE_INTEGRITY, _integrity(covered, password))
    message += _packed(Attribute.FINGERPRINT, _fingerprint(message))
    if len(message) > LARGEST_MESSAGE:
        raise ValueError(f"a message of {len(message)} octets, at most {LARGEST_MESSAGE} are sent")
    return _with_length(message, 0)


def xor_address(host: str, port: int, transaction: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS (14.2). Raises ValueError when `host` is no IP address."""
    address = ipaddress.ip_address(host)
    mask = (MAGIC_COOKIE.to_bytes(4, "big") + transaction)[: len(address.packed)]
    head = bytes([0, _FAMILIES[address.version]]) + (port ^ (MAGIC_COOKIE >> 16)).to_bytes(2, "big")
    return head + _xor(address.packed, mask)


def error_code(code: int, reason: str) -> bytes:
    """The value of ERROR-CODE (14.8)."""
    return bytes([0, 0, code // 100, code % 100]) + reason.encode()


def _packed(attribute: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(attribute, len(value)) + value + bytes(-len(value) % 4)


def _with_length(message: bytes, more: int) -> bytes:
    """A message whose header counts `more` octets behind those that are there."""
    return message[:2] + (len(message) - HEADER_SIZE + more).to_bytes(2, "big") + message[4:]


def _integrity(covered: bytes, password: str) -> bytes:
    return hmac.new(password.encode(), covered, hashlib.sha1).digest()


def _fingerprint(covered: bytes) -> bytes:
    return (zlib.crc32(_with_length(covered, 8)) ^ _FINGERPRINT_MASK).to_bytes(4, "big")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
