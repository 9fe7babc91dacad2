"""Alphabets of short messages: the GSM 7 bit default alphabet, UCS-2, and what `data_coding` announces.

Septets stay unpacked, one to an octet, which is how SMPP carries data_coding 0 (SMPP 3.4, 5.2.19; TS 23.038, 6.2.1).
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Final

ESCAPE: Final = 0x1B

# TS 23.038, 6.2.1: the character of septet n stands at index n. 0x1B is the escape to the extension table.
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# TS 23.038, 6.2.1.1: each of these takes two septets, the escape first.
_EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

GSM_CHARACTERS: Final = frozenset(_BASIC.replace("\x1b", "")) | frozenset(_EXTENSION.values())
"""Every character that a GSM 7 bit message can carry."""

# codecs.charmap_encode takes octet strings as values too, which the type stubs do not know.
_ENCODE: Final[dict[int, Any]] = {
    **{ord(character): septet for septet, character in enumerate(_BASIC) if septet != ESCAPE},
    **{ord(character): bytes((ESCAPE, septet)) for septet, character in _EXTENSION.items()},
}
_ASCII_TO_SEPTET: Final = bytes(
    _ENCODE[code] if isinstance(_ENCODE.get(code), int) else 0x20 for code in range(128)
) + bytes(128)
_ASCII_ONE_SEPTET: Final = bytes(code for code in range(128) if isinstance(_ENCODE.get(code), int))

_NOT_GSM: Final = re.compile(f"[^{re.escape(''.join(sorted(GSM_CHARACTERS)))}]")
_ESCAPED: Final = re.compile("\x1b(.?)", re.DOTALL)
# An escape before an unknown septet shows that septet's basic character; escape twice is reserved: a space.
_ESCAPED_CHARACTER: Final = {_BASIC[septet]: character for septet, character in _EXTENSION.items()} | {
    "": " ",
    "\x1b": " ",
}

_OTHER_CODECS: Final = {
    0: "gsm7",
    1: "ascii",
    2: "latin-1",  # octets of no stated alphabet
    3: "latin-1",
    4: "latin-1",
    5: "shift_jis",
    6: "iso8859_5",
    7: "iso8859_8",
    8: "utf_16_be",
    10: "iso2022_jp",
    13: "euc_jp",
    14: "euc_kr",
}
_GROUP_CODECS: Final = ("gsm7", "latin-1", "utf_16_be", "gsm7")  # TS 23.038, 4: bits 3 and 2


def encode_gsm7(text: str) -> bytes | None:
    """Unpacked septets of `text`, or None when a character is outside the alphabet."""
    if text.isascii():
        octets = text.encode("ascii")
        if not octets.translate(None, _ASCII_ONE_SEPTET):
            return octets.translate(_ASCII_TO_SEPTET)
    try:
        return codecs.charmap_encode(text, "strict", _ENCODE)[0]
    except UnicodeEncodeError:
        return None


def count_septets(text: str) -> int | None:
    """Septets that `text` takes, or None when a character is outside the alphabet."""
    if text.isascii() and not text.encode("ascii").translate(None, _ASCII_ONE_SEPTET):
        return len(text)
    septets = encode_gsm7(text)
    return None if septets is None else len(septets)


def decode_gsm7(septets: bytes) -> str:
    """Text of unpacked septets. Never raises: octets above 0x7F become U+FFFD, a dangling escape a space."""
    text = codecs.charmap_decode(septets, "replace", _BASIC)[0]
    return _ESCAPED.sub(_unescape, text) if "\x1b" in text else text


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED_CHARACTER.get(match[1], match[1])


def outside_gsm7(text: str) -> tuple[str, ...]:
    """The distinct characters that force UCS-2, in order of appearance."""
    return tuple(dict.fromkeys(_NOT_GSM.findall(text)))


def well_formed(text: str) -> str:
    """`text` with lone surrogates, which no UTF-16 stream can carry, replaced by U+FFFD."""
    try:
        text.encode("utf_16_be")
    except UnicodeEncodeError:
        return text.encode("utf_16_be", "surrogatepass").decode("utf_16_be", "replace")
    return text


def encode_ucs2(text: str) -> bytes:
    """Big-endian UTF-16 of `text`, which is what handsets read as UCS-2. Lone surrogates become U+FFFD."""
    try:
        return text.encode("utf_16_be")
    except UnicodeEncodeError:
        return well_formed(text).encode("utf_16_be")


def codec_of(data_coding: int) -> str:
    """Codec that a `data_coding` announces: a Python codec's name, or `gsm7`.

    Below 16 the SMPP table rules (3.4, 5.2.19), above it the groups of TS 23.038 section 4.
    """
    if data_coding in _OTHER_CODECS:
        return _OTHER_CODECS[data_coding]
    if data_coding & 0xF0 == 0xE0:
        return "utf_16_be"
    if data_coding & 0xF0 == 0xF0:
        return "latin-1" if data_coding & 0x04 else "gsm7"
    if 0x10 <= data_coding < 0x80:
        return _GROUP_CODECS[data_coding >> 2 & 3]
    return "gsm7" if 0xC0 <= data_coding <= 0xDF else "latin-1"


def decode(payload: bytes, data_coding: int) -> str:
    """Text of an inbound payload without its user data header. Never raises.

    What cannot be read becomes U+FFFD: the odd last octet of UCS-2, lone surrogates, octets outside an alphabet. So
    does NUL, which text columns cannot hold. A byte order mark is obeyed and dropped.
    """
    codec = codec_of(data_coding)
    if codec == "gsm7":
        return decode_gsm7(payload)
    if codec == "utf_16_be":
        payload, codec = _without_byte_order_mark(payload)
    return payload.decode(codec, "replace").replace("\0", "\ufffd")


def _without_byte_order_mark(payload: bytes) -> tuple[bytes, str]:
    if payload.startswith(codecs.BOM_UTF16_LE):
        return payload[2:], "utf_16_le"
    return payload.removeprefix(codecs.BOM_UTF16_BE), "utf_16_be"
