"""What the tests of secured legs share: identities, packets, checks."""

from __future__ import annotations

from datetime import UTC, datetime

from cordboard.edge.media.dtls import DtlsIdentity
from cordboard.wire.rtp.packet import RtpPacket
from cordboard.wire.rtp.rtcp import ReceiverReport, build_compound
from cordboard.wire.rtp.stun import BINDING_REQUEST, Attribute, build
from cordboard.wire.sdp.media import RemoteMedia

OURS = DtlsIdentity(datetime(2026, 1, 1, tzinfo=UTC))
THEIRS = DtlsIdentity(datetime(2026, 1, 1, tzinfo=UTC))
PEER, OTHER = ("192.0.2.7", 4000), ("198.51.100.9", 4001)
TRANSACTION = bytes(range(12))
COMPOUND = build_compound([ReceiverReport(7)])


def packet(sequence: int = 1, payload: bytes = bytes(160), ssrc: int = 7) -> bytes:
    return RtpPacket(0, sequence, sequence * 160, ssrc, payload).pack()


def remote(**changes: object) -> RemoteMedia:
    fields: dict[str, object] = {
        "host": PEER[0],
        "port": PEER[1],
        "codec": "PCMU",
        "payload_type": 0,
        "receive_types": {0: "PCMU"},
    }
    return RemoteMedia(**fields | changes)  # type: ignore[arg-type]  # the fields are those of each test


def check(username: str, password: str | None, *more: tuple[int, bytes], nominate: bool = True) -> bytes:
    attributes = [(Attribute.USERNAME, username.encode()), (Attribute.PRIORITY, bytes(4)), *more]
    attributes += [(Attribute.ICE_CONTROLLING, bytes(8))]
    attributes += [(Attribute.USE_CANDIDATE, b"")] if nominate else []
    return build(BINDING_REQUEST, TRANSACTION, attributes, password)
