"""Files that assets are made of, good and bad, made here."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from tests.speech.sounds import sound_file

WAV: Final = sound_file("wav", "pcm_s16le", seconds=2.4)
MP3: Final = sound_file("mp3", "libmp3lame", rate=16_000, seconds=3.0)
XML: Final = b"<?xml version='1.0' encoding='UTF-8'?>\n<Response><Say>Gr\xc3\xbc\xc3\x9fe</Say><Hangup/></Response>"


def png(width: int = 3, height: int = 2) -> bytes:
    """A PNG whose pixels say nothing: its head decides."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x7f" * 9) * 2)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def gif(width: int = 1, height: int = 1) -> bytes:
    """A GIF of one pixel in a screen of any size."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return screen + b",\0\0\0\0\1\0\1\0\0" + b"\x02\x02\x44\x01\x00" + b";"


def jpeg(width: int = 8, height: int = 8) -> bytes:
    """A JPEG with a comment before its frame, and a scan that holds nothing."""
    comment = b"\xff\xfe" + struct.pack(">H", 7) + b"hello"
    frame = b"\xff\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\x3f\0" + b"\x00\x2a"
    return b"\xff\xd8" + comment + frame + scan + b"\xff\xd9"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
