"""Offers made and answered (RFC 3264), for calls of one audio stream.

Which codec: among those that both have, the offerer's first. Browsers put Opus first out of habit, and it costs us a
hundred times what G.711 does, so with DTLS our own order decides. An answer of ours names that codec alone, with the
offer's payload types. Of several audio streams the first that fits is taken; video and all else is refused by port 0.
Whoever offers `actpass` opens the DTLS handshake itself, once its connectivity checks are through (we are ICE-lite).

`previous` is the last description that we sent in the same dialog: the next keeps its identity, its streams and its
payload types, and raises its version if anything changed (section 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cordboard.wire.sdp.codecs import (
    DYNAMIC_TYPES,
    ENCODINGS,
    EVENT_TYPES,
    EVENTS,
    EVENTS_WITH_FLASH,
    PAYLOAD_TYPES,
    CodecName,
    Encoding,
)
from cordboard.wire.sdp.description import (
    SUITES,
    AudioStream,
    Crypto,
    Direction,
    Format,
    Security,
    audio_streams,
    first_stream,
)
from cordboard.wire.sdp.errors import AnswerMismatchError, NoAcceptableMediaError, NoCommonCodecError
from cordboard.wire.sdp.media import LocalMedia, RemoteMedia
from cordboard.wire.sdp.session import Line, Media, Origin, Section, Session
from cordboard.wire.sdp.writing import OwnStream, refuse_stream, write_session, write_stream

_OFFERED_PROTOCOLS: dict[Security, str] = {"none": "RTP/AVP", "sdes": "RTP/SAVP", "dtls": "UDP/TLS/RTP/SAVPF"}
_OFFERED_TAG = 1
_OFFERED_MID = "0"


def security_of(offer: bytes) -> Security:
    """How the stream that we would take is protected: what to open a leg with. Raises SdpError."""
    return first_stream(Session.parse(offer)).security


def build_offer(local: LocalMedia, previous: bytes = b"") -> bytes:
    """An offer of ours. Raises MalformedSdpError when `previous` is none of ours."""
    before = Session.parse(previous) if previous else None
    known = _own_stream(before) if before else None
    codecs, events = _offered_formats(local, known)
    stream = write_stream(
        local,
        OwnStream(
            protocol=known.media.protocol if known else _OFFERED_PROTOCOLS[local.security],
            codecs=codecs,
            events=events,
            direction=local.direction,
            rtcp_mux=local.security == "dtls" or (known is not None and known.rtcp_mux),
            setup="actpass",
            crypto=_own_crypto(local, _OFFERED_TAG, SUITES[0]),
            mid=_offered_mid(local, known),
        ),
    )
    media = _among_others(stream, before, known)
    group = stream.section.attribute("mid") if local.security == "dtls" else None
    return _versioned(write_session(local, media, group), before).serialise()


def answer_offer(offer: bytes, local: LocalMedia, previous: bytes = b"") -> tuple[bytes, RemoteMedia]:
    """Our answer, and what the other side is then. Raises SdpError: no answer is possible (488)."""
    offered = Session.parse(offer)
    stream = first_stream(offered, local.security)
    chosen = _choose(stream, local)
    codec = _codec_of(chosen)
    event = stream.event_format(chosen.encoding.clock_rate) if local.telephone_event else None
    before = Session.parse(previous) if previous else None
    crypto = _best_crypto(stream.cryptos)
    mid = stream.media.section.attribute("mid")
    own = OwnStream(
        protocol=stream.media.protocol,
        codecs=[(chosen.payload_type, chosen.encoding)],
        events=[(event.payload_type, event.encoding)] if event else [],
        event_range=_event_range(event),
        direction=_answered_direction(stream, local),
        rtcp_mux=stream.rtcp_mux,
        setup=_answered_setup(stream, before),
        crypto=_own_crypto(local, crypto.tag, crypto.suite) if crypto else None,
        mid=mid,
    )
    media = [
        write_stream(local, own) if index == stream.index else refuse_stream(refused)
        for index, refused in enumerate(offered.media)
    ]
    session = write_session(local, media, mid if _is_bundled(offered, mid) else None)
    answer = _versioned(session, before).serialise()
    negotiated = _negotiated(stream, codec, chosen, event, {chosen.payload_type: codec}, crypto)
    return answer, replace(negotiated, dtls_active=own.setup == "active")


def accept_answer(offer: bytes, answer: bytes, local: LocalMedia) -> RemoteMedia:
    """What the other side is by its answer to an offer of ours. Raises SdpError: the call cannot go on."""
    own = _own_stream(Session.parse(offer))
    stream = _answered_stream(Session.parse(answer), own)
    common = [entry for entry in stream.formats if entry.encoding.codec is not None and own.format_of(_codec_of(entry))]
    if not common:
        raise NoCommonCodecError(f"the answer has none of {', '.join(local.codecs)}")
    chosen = common[0]
    event = stream.event_format(chosen.encoding.clock_rate) if local.telephone_event else None
    receive_types = {entry.payload_type: _codec_of(entry) for entry in common}
    for entry in own.formats:
        if entry.encoding.codec in set(receive_types.values()):
            receive_types.setdefault(entry.payload_type, _codec_of(entry))
    negotiated = _negotiated(stream, _codec_of(chosen), chosen, event, receive_types, _agreed_crypto(stream, own))
    return replace(negotiated, dtls_active=stream.security == "dtls" and stream.setup == "passive")


def _negotiated(
    stream: AudioStream,
    codec: CodecName,
    chosen: Format,
    event: Format | None,
    receive_types: dict[int, CodecName],
    crypto: Crypto | None,
) -> RemoteMedia:
    sdes, dtls = stream.security == "sdes", stream.security == "dtls"
    return RemoteMedia(
        host=stream.host,
        port=stream.port,
        codec=codec,
        payload_type=chosen.payload_type,
        receive_types=receive_types,
        event_type=event.payload_type if event else None,
        sends=stream.sends,
        receives=stream.receives,
        rtcp_mux=stream.rtcp_mux,
        rtcp_port=None if stream.rtcp_mux else stream.rtcp_port,
        srtp_suite=crypto.suite if crypto and sdes else None,
        srtp_key=crypto.key if crypto and sdes else None,
        ice_ufrag=stream.ice_ufrag if dtls else None,
        ice_pwd=stream.ice_pwd if dtls else None,
        fingerprint=stream.fingerprint if dtls else None,
    )


def _codec_of(entry: Format) -> CodecName:
    codec = entry.encoding.codec
    if codec is None:
        raise NoCommonCodecError(f"{entry.encoding} is none of our codecs")
    return codec


def _choose(stream: AudioStream, local: LocalMedia) -> Format:
    """The codec of an answer of ours. Raises NoCommonCodecError."""
    ours_first = [found for codec in local.codecs if (found := stream.format_of(codec)) is not None]
    theirs_first = [entry for entry in stream.formats if entry.encoding.codec in local.codecs]
    common = ours_first if stream.security == "dtls" else theirs_first
    if not common:
        offered = ", ".join(str(entry.encoding) for entry in stream.formats) or "none that is known"
        raise NoCommonCodecError(f"offered are {offered}; wanted is one of {', '.join(local.codecs)}")
    return common[0]


def _answered_direction(stream: AudioStream, local: LocalMedia) -> Direction:
    """What is left of what we want (RFC 3264, 6.1); the null address is an old way to hold us (8.4)."""
    sends = local.direction in {"sendrecv", "sendonly"} and stream.receives
    receives = local.direction in {"sendrecv", "recvonly"} and stream.sends
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def _answered_setup(stream: AudioStream, before: Session | None) -> str | None:
    """Our part in the DTLS handshake; in an association that stands, the part that we have (RFC 8842, 5.5)."""
    if stream.security != "dtls":
        return None
    if stream.setup == "actpass" and before is not None and _own_stream(before).setup == "active":
        return "active"
    return "active" if stream.setup == "passive" else "passive"


def _event_range(event: Format | None) -> str:
    """The keys, and the flash for whoever offers it or offers no range at all."""
    if event is None or event.parameters is None:
        return EVENTS_WITH_FLASH
    return EVENTS_WITH_FLASH if "16" in event.parameters.replace("-", ",").split(",") else EVENTS


def _best_crypto(cryptos: Sequence[Crypto]) -> Crypto | None:
    """The offer's line to take: the better suite, then the offerer's order."""
    return min(cryptos, key=lambda crypto: SUITES.index(crypto.suite), default=None)


def _own_crypto(local: LocalMedia, tag: int, suite: str) -> Crypto | None:
    return Crypto(tag, suite, local.srtp_key) if local.srtp_key is not None else None


def _agreed_crypto(stream: AudioStream, own: AudioStream) -> Crypto | None:
    """The answer's line for one of ours (RFC 4568, 5.1.3). Raises AnswerMismatchError."""
    if stream.security != "sdes":
        return None
    offered = {(crypto.tag, crypto.suite) for crypto in own.cryptos}
    for crypto in stream.cryptos:
        if (crypto.tag, crypto.suite) in offered:
            return crypto
    raise AnswerMismatchError("the answer takes none of the crypto lines that were offered")


def _answered_stream(answer: Session, own: AudioStream) -> AudioStream:
    """The answer's stream at the place of ours. Raises AnswerMismatchError or NoAcceptableMediaError."""
    if own.index >= len(answer.media):
        raise AnswerMismatchError(
            f"the answer has {len(answer.media)} streams, the offer's audio was number {own.index}"
        )
    media = answer.media[own.index]
    if media.port == 0:
        raise NoAcceptableMediaError("the answer refuses the audio stream")
    for stream in audio_streams(answer):
        if stream.index == own.index and stream.security == own.security:
            return stream
    reason = f"the answer's m={media.kind} {media.protocol} does not fit the offer's {own.media.protocol}"
    raise AnswerMismatchError(f"{reason}, or lacks an address or keys")


def _own_stream(session: Session) -> AudioStream:
    """The stream of a description of ours that is not refused."""
    return first_stream(session)


def _offered_formats(
    local: LocalMedia, known: AudioStream | None
) -> tuple[list[tuple[int, Encoding]], list[tuple[int, Encoding]]]:
    """Codecs and events with their payload types: those that they have in this dialog already (RFC 3264, 8.3.2), else
    our own, else a free one.
    """
    taken = {entry.payload_type for entry in known.formats} if known else set()
    codecs: list[tuple[int, Encoding]] = []
    for codec in local.codecs:
        entry = known.format_of(codec) if known else None
        codecs.append((_numbered(entry, PAYLOAD_TYPES[codec], taken), ENCODINGS[codec]))
    events: list[tuple[int, Encoding]] = []
    for rate in dict.fromkeys(encoding.clock_rate for _, encoding in codecs) if local.telephone_event else ():
        entry = known.event_format(rate) if known else None
        events.append((_numbered(entry, EVENT_TYPES[rate], taken), Encoding("telephone-event", rate)))
    return codecs, events


def _numbered(entry: Format | None, wanted: int, taken: set[int]) -> int:
    """A payload type, which is taken from then on."""
    if entry is not None:
        return entry.payload_type
    number = wanted if wanted not in taken else next(free for free in DYNAMIC_TYPES if free not in taken)
    taken.add(number)
    return number


def _offered_mid(local: LocalMedia, known: AudioStream | None) -> str | None:
    if known is not None:
        return known.media.section.attribute("mid")
    return _OFFERED_MID if local.security == "dtls" else None


def _among_others(stream: Media, before: Session | None, known: AudioStream | None) -> list[Media]:
    """Our stream at the place that it has in this dialog, the refused ones around it."""
    if before is None or known is None:
        return [stream]
    return [stream if index == known.index else media for index, media in enumerate(before.media)]


def _is_bundled(offered: Session, mid: str | None) -> bool:
    groups = (value.split() for value in offered.section.attributes("group"))
    return mid is not None and any(group[:1] == ["BUNDLE"] and mid in group[1:] for group in groups)


def _versioned(session: Session, before: Session | None) -> Session:
    """Under the identity that the dialog has; the version rises if anything else changed."""
    origin = before.origin if before else None
    if before is None or origin is None or session.origin is None:
        return session
    host = session.origin.host
    kept = tuple(
        Line("o", str(Origin(origin.session_id, origin.version, host))) if line.kind == "o" else line
        for line in session.section.lines
    )
    same = replace(session, section=Section(kept))
    return same if same == before else same.with_version(origin.version + 1)
