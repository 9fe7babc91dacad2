"""What is negotiated: our side's media and, as the outcome, the other side's."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.wire.sdp.codecs import PREFERENCE, CodecName
from cordboard.wire.sdp.description import Direction, Security


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMedia:
    """Our side. What security asks for must be there: `srtp_key` (base64) for SDES, the ICE pair and `fingerprint` (the
    SHA-256 of our certificate, upper-case hex pairs) for DTLS; else ValueError. `codecs` in the order of preference;
    `direction` is what we want: `sendonly` and `inactive` put the other side on hold.
    """

    host: str
    port: int
    ssrc: int
    codecs: tuple[CodecName, ...] = PREFERENCE
    telephone_event: bool = True
    security: Security = "none"
    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    fingerprint: str | None = None
    srtp_key: str | None = None
    direction: Direction = "sendrecv"

    def __post_init__(self) -> None:
        if self.security == "sdes" and self.srtp_key is None:
            raise ValueError("SDES needs srtp_key")
        if self.security == "dtls" and None in {self.ice_ufrag, self.ice_pwd, self.fingerprint}:
            raise ValueError("DTLS needs ice_ufrag, ice_pwd and fingerprint")
        if not self.codecs:
            raise ValueError("codecs are needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteMedia:
    """The other side as the media engine needs to know it. Payload types are those to use towards it; `receive_types`
    those that it may use towards us; `event_type` is its telephone-event payload type, if it has one. `sends`: it will
    send to us; `receives`: it wants to hear from us; both are false in a hold from both sides. Keys of SDES are base64
    as in the SDP; `fingerprint` is the SHA-256 of its certificate in upper-case hex pairs. `dtls_active`: we open the
    handshake (our side is `setup:active`).
    """

    host: str
    port: int
    codec: CodecName
    payload_type: int
    receive_types: dict[int, CodecName]
    event_type: int | None = None
    sends: bool = True
    receives: bool = True
    rtcp_mux: bool = False
    rtcp_port: int | None = None
    srtp_suite: str | None = None
    srtp_key: str | None = None
    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    fingerprint: str | None = None
    dtls_active: bool = False

    @property
    def on_hold(self) -> bool:
        """Whether the other side does not want to hear us."""
        return not self.receives
