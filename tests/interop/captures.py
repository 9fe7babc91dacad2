"""Captures for sipp's `play_pcap_audio`: keys as telephone events. (Its own `play_dtmf` sends payload types of its
choice.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from cordboard.testing.rtp import EVENT_TYPE
from cordboard.wire.rtp.packet import RtpPacket
from cordboard.wire.rtp.telephone_event import TelephoneEvent, event_code

_FRAME_SAMPLES = 160
_FRAME_MICROSECONDS = 20_000
_FRAMES = 5
_ENDS = 3
_PAUSE_FRAMES = 5
_FILE_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)  # microseconds, Ethernet
_ETHERNET = bytes(12) + b"\x08\x00"


def write_keys(path: Path, keys: str) -> None:
    """A capture of somebody who presses keys, 100 ms each (RFC 4733 2.5.1)."""
    records = (_record(at, packet.pack()) for at, packet in _packets(keys))
    path.write_bytes(_FILE_HEAD + b"".join(records))


def _packets(keys: str) -> Iterator[tuple[int, RtpPacket]]:
    """Frame numbers and packets."""
    at, sequence = 0, 1
    for key in keys:
        timestamp = at * _FRAME_SAMPLES
        for place in range(1, _FRAMES + _ENDS):
            event = TelephoneEvent(event_code(key), min(place, _FRAMES) * _FRAME_SAMPLES, end=place >= _FRAMES)
            yield at, RtpPacket(EVENT_TYPE, sequence, timestamp, 0x5EED, event.pack(), place == 1)
            at, sequence = at + 1, sequence + 1
        at += _PAUSE_FRAMES


def _record(at: int, payload: bytes) -> bytes:
    microseconds = at * _FRAME_MICROSECONDS
    udp = struct.pack("!HHHH", 6000, 6000, 8 + len(payload), 0) + payload
    loopback = bytes((127, 0, 0, 1))
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, loopback, loopback)
    frame = _ETHERNET + ip + udp
    return struct.pack("<IIII", microseconds // 1_000_000, microseconds % 1_000_000, len(frame), len(frame)) + frame
