"""Legs opened, connected with their parties, and closed: one place that knows all that a leg touches."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cordboard.edge.media.arrivals import Arrivals
from cordboard.edge.media.codec_streams import CodecStreams
from cordboard.edge.media.decoding import Decoding
from cordboard.edge.media.dtls import DtlsIdentity
from cordboard.edge.media.errors import InvalidError
from cordboard.edge.media.inbound import Inbound
from cordboard.edge.media.jitter import JitterBuffers
from cordboard.edge.media.legs import Leg, LegTable
from cordboard.edge.media.listening import Listening
from cordboard.edge.media.outbox import Outbox
from cordboard.edge.media.ports import Address, PortPool, to_address
from cordboard.edge.media.protocol import LegOpened, MediaStarted, OpenLeg
from cordboard.edge.media.reception import Reception
from cordboard.edge.media.reports import Reporting
from cordboard.edge.media.secure_leg import LocalKeys, open_secure_leg
from cordboard.edge.media.transmission import Line, Transmission
from cordboard.wire.sdp.description import UNKNOWN_HOST
from cordboard.wire.sdp.media import RemoteMedia

_DYNAMIC_TYPES = range(128)


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of the engine that a leg takes part in."""

    legs: LegTable
    arrivals: Arrivals
    jitter: JitterBuffers
    decoding: Decoding
    reception: Reception
    transmission: Transmission
    inbound: Inbound
    codecs: CodecStreams
    listening: Listening
    reporting: Reporting


class LegControl:
    """Carries out `OpenLeg`, `ConnectLeg` and the end of a leg."""

    def __init__(self, host: str, ports: PortPool, stages: Stages, outbox: Outbox, identity: DtlsIdentity) -> None:
        self._host = host
        self._ports = ports
        self._stages = stages
        self._outbox = outbox
        self._identity = identity
        self._protected: dict[int, Leg] = {}

    def open(self, owner: int, command: OpenLeg, now: float) -> LegOpened:
        """Takes a slot and ports. Raises BusyError, InvalidError."""
        slot = self._stages.legs.take_slot(command.leg)
        try:
            sockets = self._ports.open()
        except BaseException:
            self._stages.legs.give_back(slot)
            raise
        secure = open_secure_leg(command.security, lambda: self._identity, secrets.token_bytes)
        leg = Leg(command.leg, owner, slot, sockets, ssrc=secrets.randbits(32), secure=secure)
        self._stages.legs.add(leg)
        self._prepare(leg, now)
        local = secure.local if secure is not None else LocalKeys()
        return LegOpened(
            host=self._host,
            port=sockets.port,
            ssrc=leg.ssrc,
            ice_ufrag=local.ice_ufrag,
            ice_pwd=local.ice_pwd,
            fingerprint=local.fingerprint,
            srtp_key=local.srtp_key,
        )

    def connect(self, leg: Leg, remote: RemoteMedia, now: float) -> None:
        """Takes what was negotiated, for the first time or anew. Raises InvalidError; what was negotiated before
        stays in use then.
        """
        address = self._address_of(remote)
        before, leg.remote = leg.remote, remote
        try:
            if leg.secure is not None:
                leg.secure.connect(remote, now)
            self._set_codec(leg)
        except (InvalidError, ValueError) as error:
            leg.remote = before
            raise InvalidError(str(error)) from error
        if address is not None:
            leg.latch.expect(address)
        if before is None or before.codec != remote.codec:
            self._stages.jitter.restart(leg.slot)
        self._stages.arrivals.last_heard[leg.slot] = now
        leg.silent = False
        self._accept(leg, remote)
        self._stages.listening.listen_for_keys(leg.slot, listens=remote.event_type is None)
        self.route(leg)
        self._after_handshake(leg)

    def route(self, leg: Leg) -> None:
        """Where the leg's packets go, as far as it is known now."""
        remote, address = leg.remote, leg.address
        line: Line | None = None
        if remote is not None and remote.receives and address is not None:
            line = Line(
                send=leg.sockets.rtp.sendto,
                address=address,
                protect=leg.secure.protect_rtp if leg.secure is not None else None,
                a_law=leg.a_law,
                frames=not leg.coded,
            )
        if leg.secure is not None and not leg.secure.ready:
            line = None
        self._stages.transmission.connect(leg.slot, line, remote.payload_type if remote is not None else 0)

    def settle(self, leg: Leg) -> None:
        """The leg's source is certain: its packets go there."""
        if not leg.started:
            leg.started = True
            self._outbox.tell(leg.owner, MediaStarted(leg.name))
        line = self._stages.transmission.line(leg.slot)
        if line is None or line.address != leg.address:
            self.route(leg)

    def close(self, leg: Leg, now: float) -> None:
        """Says goodbye, and gives back what the leg had."""
        stages, slot = self._stages, leg.slot
        if leg.started:
            stages.reporting.farewell(leg, now)
        stages.listening.stop_leg(slot)
        stages.codecs.close(slot)
        stages.transmission.connect(slot, None)
        stages.reception.remove(leg.sockets.rtp)
        stages.reception.remove(leg.sockets.rtcp)
        self._protected.pop(slot, None)
        leg.sockets.close()
        stages.decoding.reset(slot)
        stages.jitter.reset(slot)
        stages.legs.remove(leg)

    def wake(self, now: float) -> None:
        """Time for handshakes and consents."""
        for leg in self._protected.values():
            if leg.secure is not None:
                leg.secure.wake(now)
                self._after_handshake(leg)

    def _prepare(self, leg: Leg, now: float) -> None:
        stages, slot = self._stages, leg.slot
        stages.arrivals.reset(slot, now)
        stages.jitter.reset(slot)
        stages.decoding.reset(slot)
        stages.transmission.reset(slot, ssrc=leg.ssrc, sequence=secrets.randbits(15), timestamp=secrets.randbits(31))
        if leg.secure is None:
            stages.reception.add_leg(slot, leg.sockets.rtp, leg.latch)
            stages.reception.add_handler(leg.sockets.rtcp, lambda *heard: self._hear_rtcp(leg, *heard))
        else:
            self._protected[slot] = leg
            stages.reception.add_handler(leg.sockets.rtp, lambda *heard: self._hear_protected(leg, *heard))
            stages.reception.add_handler(leg.sockets.rtcp, lambda *heard: self._hear_protected(leg, *heard))

    def _address_of(self, remote: RemoteMedia) -> Address | None:
        """Where the SDP wants packets; None for a hold without an address."""
        if remote.host in (UNKNOWN_HOST, "") or remote.port == 0:
            return None
        if not (remote.payload_type in _DYNAMIC_TYPES and all(pt in _DYNAMIC_TYPES for pt in remote.receive_types)):
            raise InvalidError("payload types are 0 to 127")
        try:
            return to_address(remote.host, remote.port)
        except ValueError as error:
            raise InvalidError(str(error)) from error

    def _set_codec(self, leg: Leg) -> None:
        if leg.remote is None:
            return
        if leg.coded:
            self._stages.codecs.open(leg.slot, leg.remote.codec, leg.remote.payload_type)
        else:
            self._stages.codecs.close(leg.slot)
        self._stages.decoding.set_law(leg.slot, a_law=leg.a_law)

    def _accept(self, leg: Leg, remote: RemoteMedia) -> None:
        law = "PCMA" if leg.a_law else "PCMU"
        types = remote.receive_types
        frames = [] if leg.coded else [pt for pt, codec in types.items() if codec == law]
        others = [pt for pt in types if pt not in frames]
        if remote.event_type is not None:
            others.append(remote.event_type)
        self._stages.reception.accept(leg.slot, frame_types=frames, other_types=others)

    def _hear_rtcp(self, leg: Leg, datagram: bytes, address: Address, now: float) -> None:
        """RTCP on its own port is believed from the party's host only."""
        if leg.address is None or address[0] != leg.address[0]:
            leg.latch.refused += 1
            return
        self._stages.reporting.hear(leg, datagram, now)

    def _hear_protected(self, leg: Leg, datagram: bytes, address: Address, now: float) -> None:
        if leg.secure is None:
            return
        authentic = leg.secure.feed(datagram, address, now)
        self._after_handshake(leg)
        for packet in authentic.rtcp:
            self._stages.reporting.hear(leg, packet, now)
        for packet in authentic.rtp:
            self.settle(leg)
            self._stages.reception.inject(leg.slot, packet, now)

    def _after_handshake(self, leg: Leg) -> None:
        """Sends what the handshakes want to say; a party that has become reachable, or moved, is sent its audio."""
        if leg.secure is None:
            return
        for datagram, address in leg.secure.take_outgoing():
            try:
                leg.sockets.rtp.sendto(datagram, address)
            except OSError:
                self._stages.transmission.unsent += 1
        line = self._stages.transmission.line(leg.slot)
        if leg.secure.ready and (line is None or line.address != leg.address):
            self.route(leg)
