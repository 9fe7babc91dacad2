"""Descriptions of our own, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordboard.wire.sdp.codecs import EVENTS_WITH_FLASH, OPUS_PARAMETERS, Encoding
from cordboard.wire.sdp.description import Crypto, Direction
from cordboard.wire.sdp.media import LocalMedia
from cordboard.wire.sdp.session import Line, Media, Origin, Section, Session, address_line

FIRST_VERSION = 1

_HOST_CANDIDATE_PRIORITY = 2130706431
"""Of the one candidate of an ICE-lite agent: host, highest local preference, component 1 (RFC 8445, 5.1.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStream:
    """What our audio stream says besides what `LocalMedia` knows."""

    protocol: str
    codecs: Sequence[tuple[int, Encoding]]
    events: Sequence[tuple[int, Encoding]]
    event_range: str = EVENTS_WITH_FLASH
    direction: Direction
    rtcp_mux: bool
    setup: str | None = None
    crypto: Crypto | None = None
    mid: str | None = None


def write_session(local: LocalMedia, media: Sequence[Media], group: str | None) -> Session:
    """A description with `media`; `group` is the mid of the one stream that is bundled, if any is."""
    lines = [
        Line("v", "0"),
        Line("o", str(Origin(session_id=local.ssrc, version=FIRST_VERSION, host=local.host))),
        Line("s", "-"),
        Line("c", address_line(local.host)),
        Line("t", "0 0"),
    ]
    if local.security == "dtls":
        lines.append(_attribute("ice-lite"))
    if group is not None:
        lines += [_attribute("group", f"BUNDLE {group}"), _attribute("msid-semantic", "WMS *")]
    return Session(Section(tuple(lines)), tuple(media))


def write_stream(local: LocalMedia, stream: OwnStream) -> Media:
    """Our audio stream."""
    entries = [*stream.codecs, *stream.events]
    lines = [_attribute("rtpmap", f"{number} {encoding}") for number, encoding in entries]
    lines += [
        _attribute("fmtp", f"{number} {OPUS_PARAMETERS}")
        for number, encoding in stream.codecs
        if encoding.codec == "opus"
    ]
    lines += [_attribute("fmtp", f"{number} {stream.event_range}") for number, _ in stream.events]
    lines += [_attribute("ptime", "20"), _attribute(stream.direction)]
    if stream.mid is not None:
        lines.append(_attribute("mid", stream.mid))
    if stream.rtcp_mux:
        lines.append(_attribute("rtcp-mux"))
    lines += _key_lines(local, stream)
    formats = tuple(str(number) for number, _ in entries)
    return Media("audio", local.port, stream.protocol, formats, Section(tuple(lines)))


def refuse_stream(media: Media) -> Media:
    """A stream that we do not take: port 0, all else as offered (RFC 3264, section 6)."""
    mid = media.section.attribute("mid")
    lines = [_attribute("inactive")] + ([_attribute("mid", mid)] if mid is not None else [])
    return Media(media.kind, 0, media.protocol, media.formats or ("0",), Section(tuple(lines)))


def _key_lines(local: LocalMedia, stream: OwnStream) -> list[Line]:
    if local.security == "sdes" and stream.crypto is not None:
        return [_attribute("crypto", f"{stream.crypto.tag} {stream.crypto.suite} inline:{stream.crypto.key}")]
    if local.security != "dtls":
        return []
    candidate = f"1 1 udp {_HOST_CANDIDATE_PRIORITY} {local.host} {local.port} typ host"
    return [
        _attribute("ice-ufrag", local.ice_ufrag),
        _attribute("ice-pwd", local.ice_pwd),
        _attribute("candidate", candidate),
        _attribute("end-of-candidates"),
        _attribute("fingerprint", f"sha-256 {local.fingerprint}"),
        _attribute("setup", stream.setup),
        _attribute("msid", "cordboard audio"),
        _attribute("ssrc", f"{local.ssrc} cname:cordboard"),
    ]


def _attribute(name: str, value: str | None = None) -> Line:
    return Line("a", name if value is None else f"{name}:{value}")
