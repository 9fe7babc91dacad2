"""The secured side of a leg's socket: datagrams in, plain RTP out, and the other way round.

`SdesLeg` has its keys from the SDP (RFC 4568). `DtlsLeg` has STUN, DTLS and SRTP on one socket (RFC 7983): the peer's
connectivity checks say where it is, the handshake gives the keys. Nothing here raises into the tick: what fails is
counted.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cordboard.edge.media.dtls import DtlsHandshake, DtlsIdentity
from cordboard.edge.media.ice import IceResponder
from cordboard.edge.media.ports import Address
from cordboard.edge.media.srtp import SrtpPair
from cordboard.wire.rtp.demux import DatagramKind, kind_of
from cordboard.wire.sdp.media import RemoteMedia

MOST_EARLY_DATAGRAMS = 8
"""Of a handshake that the peer began before its SDP reached us."""

_SDES_KEY_OCTETS = 30
_UFRAG_OCTETS, _PASSWORD_OCTETS = 6, 24
"""48 and 192 bits, in characters of base64; 24 and 128 bits are demanded (RFC 8445, 5.3)."""


@dataclass(frozen=True, slots=True)
class LocalKeys:
    """What our SDP says of a leg's security: the members of `LegOpened` of the same names."""

    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    fingerprint: str | None = None
    srtp_key: str | None = None


@dataclass(slots=True)
class Fed:
    """The plain packets of a datagram: one at most, and none in STUN or DTLS."""

    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class SecurityCounts:
    """What was thrown away: `refused` failed authentication or was replayed, `stray` came from elsewhere, too early, or
    was of no kind that belongs here.
    """

    refused: int = 0
    stray: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.refused + self.stray


class SecureLeg(Protocol):
    """One leg's security, whatever its kind."""

    @property
    def local(self) -> LocalKeys:
        """What our SDP is to say."""
        ...

    @property
    def counts(self) -> SecurityCounts:
        """What was thrown away so far."""
        ...

    @property
    def refused(self) -> int:
        """How much was thrown away so far."""
        ...

    @property
    def ready(self) -> bool:
        """Whether media can be sent: keys and an address are there, and the peer still wants it."""
        ...

    @property
    def failed(self) -> str | None:
        """Why there will never be keys; None while there may be."""
        ...

    @property
    def remote_address(self) -> Address | None:
        """Where to send; None while that is unknown."""
        ...

    def connect(self, remote: RemoteMedia, now: float) -> None:
        """Takes what was negotiated, the first time or anew. Raises ValueError when its keys cannot be used."""
        ...

    def feed(self, datagram: bytes, address: Address, now: float) -> Fed:
        """Takes a datagram from the socket."""
        ...

    def protect_rtp(self, packet: bytes) -> bytes:
        """The datagram to send for a packet; empty when nothing can be sent."""
        ...

    def protect_rtcp(self, packet: bytes) -> bytes:
        """The datagram to send for a compound packet; empty when nothing can be sent."""
        ...

    def take_outgoing(self) -> list[tuple[bytes, Address]]:
        """What security itself has to send: after each `feed`, `connect` and `wake`."""
        ...

    def next_wake(self, now: float) -> float | None:
        """When `wake` is due; None when it is not."""
        ...

    def wake(self, now: float) -> None:
        """Does what time demands: repeats a flight, ends the peer's consent."""
        ...


def open_secure_leg(
    security: str, identity: Callable[[], DtlsIdentity], draw: Callable[[int], bytes]
) -> SecureLeg | None:
    """The security of a new leg, None for plain RTP. `draw` gives random octets; `identity` is asked for DTLS only, as
    making a certificate takes a while. Raises ValueError for a security that is unknown.
    """
    match security:
        case "none":
            return None
        case "sdes":
            return SdesLeg(base64.b64encode(draw(_SDES_KEY_OCTETS)).decode())
        case "dtls":
            ufrag = base64.b64encode(draw(_UFRAG_OCTETS)).decode()
            password = base64.b64encode(draw(_PASSWORD_OCTETS)).decode()
            return DtlsLeg(identity(), ufrag, password)
    raise ValueError(f"security {security!r} is not one of none, sdes, dtls")


class SdesLeg:
    """SRTP with keys from the SDP. The first authentic packet says where the peer really is (behind a NAT, not where
    its SDP says); from then on it stays there until it is negotiated anew.
    """

    def __init__(self, srtp_key: str) -> None:
        self.local = LocalKeys(srtp_key=srtp_key)
        self.counts = SecurityCounts()
        self.failed: str | None = None
        self.remote_address: Address | None = None
        self._local_key = srtp_key
        self._negotiated: tuple[str | None, str | None, str, int] | None = None
        self._keys: tuple[str, str] | None = None
        self._latched = False
        self._srtp: SrtpPair | None = None

    @property
    def refused(self) -> int:
        """How much was thrown away so far."""
        return self.counts.total

    @property
    def ready(self) -> bool:
        """Whether there are keys."""
        return self._srtp is not None

    def connect(self, remote: RemoteMedia, now: float) -> None:
        """Takes the peer's key; the SRTP state stays when it is the same, and so does a learnt address."""
        if remote.srtp_suite is None or remote.srtp_key is None:
            raise ValueError("SDES needs srtp_suite and srtp_key")
        keys = (remote.srtp_suite, remote.srtp_key)
        if keys != self._keys:
            suite, key = keys
            self._srtp = SrtpPair.from_sdes(suite, remote_key=key, local_key=self._local_key)
            self._keys = keys
        negotiated = (*keys, remote.host, remote.port)
        if negotiated != self._negotiated:
            self._negotiated = negotiated
            self.remote_address = (remote.host, remote.port)
            self._latched = False

    def feed(self, datagram: bytes, address: Address, now: float) -> Fed:
        """Takes a datagram from the socket."""
        fed = Fed()
        kind = kind_of(datagram)
        if self._srtp is None or kind not in {"rtp", "rtcp"} or (self._latched and address != self.remote_address):
            self.counts.stray += 1
            return fed
        if _unprotect(self._srtp, kind, datagram, fed):
            if kind == "rtp" and not self._latched:
                self._latched, self.remote_address = True, address
        else:
            self.counts.refused += 1
        return fed

    def protect_rtp(self, packet: bytes) -> bytes:
        """The datagram to send for a packet; empty when nothing can be sent."""
        return (self._srtp.protect_rtp(packet) or b"") if self._srtp is not None else b""

    def protect_rtcp(self, packet: bytes) -> bytes:
        """The datagram to send for a compound packet; empty when nothing can be sent."""
        return (self._srtp.protect_rtcp(packet) or b"") if self._srtp is not None else b""

    def take_outgoing(self) -> list[tuple[bytes, Address]]:
        """Nothing: the keys came with the SDP."""
        return []

    def next_wake(self, now: float) -> float | None:
        """Never."""
        return None

    def wake(self, now: float) -> None:
        """Nothing is ever due."""


class DtlsLeg:
    """STUN, DTLS and SRTP of a browser, or of whoever speaks like one."""

    def __init__(self, identity: DtlsIdentity, ufrag: str, password: str) -> None:
        self.local = LocalKeys(ice_ufrag=ufrag, ice_pwd=password, fingerprint=identity.fingerprint)
        self.counts = SecurityCounts()
        self._identity = identity
        self._ice = IceResponder(ufrag, password)
        self._dtls: DtlsHandshake | None = None
        self._fingerprint: str | None = None
        self._started = False
        self._consented = False
        self._early: deque[tuple[bytes, Address]] = deque(maxlen=MOST_EARLY_DATAGRAMS)
        self._outgoing: list[tuple[bytes, Address]] = []

    @property
    def refused(self) -> int:
        """How much was thrown away so far."""
        return self.counts.total

    @property
    def ready(self) -> bool:
        """Whether there are keys, an address, and the peer's consent."""
        return self._consented and self._dtls is not None and self._dtls.srtp is not None and not self._dtls.closed

    @property
    def failed(self) -> str | None:
        """Why the handshake came to nothing."""
        return self._dtls.failed if self._dtls is not None else None

    @property
    def remote_address(self) -> Address | None:
        """The nominated address."""
        return self._ice.address

    def connect(self, remote: RemoteMedia, now: float) -> None:
        """Takes the peer's ICE user fragment and fingerprint. Another fingerprint is another association; the same one
        keeps the keys, whatever else is new (RFC 8842, 4).
        """
        if remote.ice_ufrag is None or remote.fingerprint is None:
            raise ValueError("DTLS needs ice_ufrag and fingerprint")
        self._ice.set_remote(remote.ice_ufrag)
        if remote.fingerprint != self._fingerprint:
            self._fingerprint = remote.fingerprint
            self._dtls = DtlsHandshake(self._identity, remote.fingerprint, active=remote.dtls_active, now=now)
            self._started = False
        early, self._early = list(self._early), deque(maxlen=MOST_EARLY_DATAGRAMS)
        for datagram, address in early:
            self._handshake(datagram, address)
        self._progress()

    def feed(self, datagram: bytes, address: Address, now: float) -> Fed:
        """Takes a datagram from the socket."""
        fed = Fed()
        kind = kind_of(datagram)
        if kind == "stun":
            self._check(datagram, address, now)
        elif not self._ice.knows(address) or kind == "other":
            self.counts.stray += 1
        elif kind == "dtls":
            self._handshake(datagram, address)
        else:
            self._unprotect(kind, datagram, fed)
        return fed

    def _check(self, datagram: bytes, address: Address, now: float) -> None:
        refused = self._ice.refused
        answer = self._ice.receive(datagram, address, now)
        self.counts.refused += self._ice.refused - refused
        if answer is not None:
            self._outgoing.append((answer, address))
        ends = self._ice.consent_ends
        self._consented = ends is not None and now < ends
        self._progress()

    def _handshake(self, datagram: bytes, address: Address) -> None:
        if self._dtls is None:
            self._early.append((datagram, address))
            return
        self._dtls.receive(datagram)
        self._send_flights(self._ice.address or address)

    def _unprotect(self, kind: DatagramKind, datagram: bytes, fed: Fed) -> None:
        if self._dtls is None or self._dtls.srtp is None:
            self.counts.stray += 1
        elif not _unprotect(self._dtls.srtp, kind, datagram, fed):
            self.counts.refused += 1

    def _progress(self) -> None:
        """Opens the handshake, if it is ours to open, once there is somebody to open it with."""
        if self._dtls is not None and not self._started and self._ice.address is not None:
            self._started = True
            self._dtls.start()
            self._send_flights(self._ice.address)

    def _send_flights(self, address: Address) -> None:
        if self._dtls is not None:
            self._outgoing += [(flight, address) for flight in self._dtls.take_outgoing()]

    def protect_rtp(self, packet: bytes) -> bytes:
        """The datagram to send for a packet; empty when nothing can be sent."""
        srtp = self._sending()
        return (srtp.protect_rtp(packet) or b"") if srtp is not None else b""

    def protect_rtcp(self, packet: bytes) -> bytes:
        """The datagram to send for a compound packet; empty when nothing can be sent."""
        srtp = self._sending()
        return (srtp.protect_rtcp(packet) or b"") if srtp is not None else b""

    def _sending(self) -> SrtpPair | None:
        return self._dtls.srtp if self._dtls is not None and self.ready else None

    def take_outgoing(self) -> list[tuple[bytes, Address]]:
        """Answers to checks, and flights of the handshake."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def next_wake(self, now: float) -> float | None:
        """The earlier of a flight's repetition and the end of consent."""
        flight = self._dtls.next_wake(now) if self._dtls is not None and self._started else None
        consent = self._ice.consent_ends if self._consented else None
        return min((due for due in (flight, consent) if due is not None), default=None)

    def wake(self, now: float) -> None:
        """Repeats a flight, ends the peer's consent."""
        ends = self._ice.consent_ends
        if ends is not None and now >= ends:
            self._consented = False
        if self._dtls is not None and self._started and self._ice.address is not None:
            self._dtls.wake(now)
            self._send_flights(self._ice.address)


def _unprotect(srtp: SrtpPair, kind: DatagramKind, datagram: bytes, fed: Fed) -> bool:
    """Whether a datagram is authentic; its packet goes into `fed`."""
    plain = srtp.unprotect_rtp(datagram) if kind == "rtp" else srtp.unprotect_rtcp(datagram)
    if plain is None:
        return False
    (fed.rtp if kind == "rtp" else fed.rtcp).append(plain)
    return True
