"""Images by their heads: what they are and how large, without unpacking a pixel."""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

WIDEST: Final = 10_000
"""Pixels on a side."""

LARGEST: Final = 50_000_000
"""Pixels in all: what a telephone that shows the image must have memory for."""

PNG: Final = b"\x89PNG\r\n\x1a\n"
GIF: Final = (b"GIF87a", b"GIF89a")
JPEG: Final = b"\xff\xd8\xff"
_CUT_OFF: Final = "ends before its end: the file is cut off"
_END_OF_IMAGE: Final = b"\xff\xd9"
_START_OF_SCAN: Final = 0xDA
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})


class BadImageError(Exception):
    """The image is broken or too large; the message says how."""


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int


def check_image(data: bytes, form: str) -> None:
    """Raises BadImageError unless `data` is a whole image of `form` (png, gif, jpg) that can be shown."""
    try:
        width, height = _READERS[form](data)
    except (struct.error, IndexError) as error:
        raise BadImageError(_CUT_OFF) from error
    if not (width and height):
        raise BadImageError("has no pixels")
    if width > WIDEST or height > WIDEST or width * height > LARGEST:
        raise BadImageError(
            f"has {width} x {height} pixels; at most {WIDEST} on a side and {LARGEST // 1_000_000} million in all"
        )


def _png_size(data: bytes) -> Size:
    """Walks the chunks (PNG, section 5): each has a checksum, the last is IEND."""
    place, size = len(PNG), Size(0, 0)
    while True:
        length, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            raise BadImageError("is broken: a checksum is wrong")
        if kind == b"IHDR":
            size = Size(*struct.unpack_from(">II", body))
        if kind == b"IEND":
            return size
        place += 12 + length


def _gif_size(data: bytes) -> Size:
    """The logical screen (GIF89a, section 18); the trailer ends the file."""
    size = Size(*struct.unpack_from("<HH", data, len(GIF[0])))
    if not data.rstrip(b"\0").endswith(b";"):
        raise BadImageError(_CUT_OFF)
    return size


def _jpeg_size(data: bytes) -> Size:
    """The frame header (ITU-T T.81, B.2.2), before the first scan."""
    if _END_OF_IMAGE not in data:
        raise BadImageError(_CUT_OFF)
    place = 2
    while True:
        while data[place] == 0xFF and data[place + 1] == 0xFF:
            place += 1
        if data[place] != 0xFF:
            raise BadImageError("is broken: no marker where one must be")
        marker = data[place + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return Size(width, height)
        if marker == _START_OF_SCAN:
            raise BadImageError("is broken: it has no frame")
        place += 2 if marker in _WITHOUT_LENGTH else 2 + struct.unpack_from(">H", data, place + 2)[0]


_READERS: Final = {"png": _png_size, "gif": _gif_size, "jpg": _jpeg_size}
