"""Texts and their parts: GSM 7-bit, UCS-2, Latin-1, and concatenation (3GPP TS 23.038, 23.040)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cordboard.testing.smsc.codec import ESM_UDH, TAG_SAR_NUMBER, TAG_SAR_REFERENCE, TAG_SAR_TOTAL
from cordboard.testing.smsc.records import Submit

Encoding = Literal["gsm7", "ucs2", "latin1"]
Parts = Literal["udh", "udh16", "sar", "payload"]

_ALPHABET: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
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
_ESCAPE: Final = 0x1B
_UNKNOWN: Final = "\ufffd"
_TO_GSM: Final = {
    **{character: bytes((code,)) for code, character in enumerate(_ALPHABET) if code != _ESCAPE},
    **{character: bytes((_ESCAPE, code)) for code, character in _EXTENSION.items()},
}
_CODING: Final[dict[Encoding, int]] = {"gsm7": 0, "latin1": 3, "ucs2": 8}
_WHOLE: Final[dict[Encoding, int]] = {"gsm7": 160, "latin1": 140, "ucs2": 140}
_PART: Final[dict[Parts, dict[Encoding, int]]] = {
    "udh": {"gsm7": 153, "latin1": 134, "ucs2": 134},
    "udh16": {"gsm7": 152, "latin1": 133, "ucs2": 132},
    "sar": {"gsm7": 153, "latin1": 134, "ucs2": 134},
}
_CONCATENATED_8: Final = 0x00
_CONCATENATED_16: Final = 0x08


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a part belongs: its message's reference, how many parts there are, and which it is, from 1."""

    reference: int
    total: int
    number: int


def encode_characters(text: str, encoding: Encoding) -> list[bytes]:
    """The bytes of each character, so that a cut between two items is never inside one. Raises ValueError."""
    if encoding == "ucs2":
        return [character.encode("utf-16-be") for character in text]
    if encoding == "latin1":
        return [character.encode("latin-1") for character in text]
    foreign = sorted(set(text) - _TO_GSM.keys())
    if foreign:
        raise ValueError(f"not in the GSM alphabet: {''.join(foreign)}")
    return [_TO_GSM[character] for character in text]


def data_coding(encoding: Encoding) -> int:
    """The data_coding (5.2.19) of an encoding."""
    return _CODING[encoding]


def split(text: str, encoding: Encoding, parts: Parts) -> list[bytes]:
    """The text's bytes, in one piece where they fit and in as many as needed otherwise. Raises ValueError."""
    characters = encode_characters(text, encoding)
    whole = b"".join(characters)
    if parts == "payload" or len(whole) <= _WHOLE[encoding]:
        return [whole]
    room = _PART[parts][encoding]
    pieces, piece = [], b""
    for character in characters:
        if len(piece) + len(character) > room:
            pieces.append(piece)
            piece = b""
        piece += character
    return [*pieces, piece]


def concatenation_header(slot: Slot, *, wide: bool) -> bytes:
    """A user data header that says where the part belongs, with an 8-bit or a 16-bit reference (23.040,
    9.2.3.24.1 and .8)."""
    if wide:
        return bytes((6, _CONCATENATED_16, 4)) + slot.reference.to_bytes(2, "big") + bytes((slot.total, slot.number))
    return bytes((5, _CONCATENATED_8, 3, slot.reference & 0xFF, slot.total, slot.number))


def split_header(esm_class: int, message: bytes) -> tuple[bytes, bytes]:
    """The user data header (with its length octet) and the rest, where esm_class announces one."""
    if not esm_class & ESM_UDH or not message:
        return b"", message
    end = 1 + message[0]
    return message[:end], message[end:]


def slot_of(udh: bytes, tlvs: dict[int, bytes]) -> Slot | None:
    """Where a part belongs by its header or its sar_ parameters (5.3.2.22-24); None for a whole message."""
    at = 1
    while at + 2 <= len(udh):
        element, length = udh[at], udh[at + 1]
        value = udh[at + 2 : at + 2 + length]
        if element == _CONCATENATED_8 and len(value) == 3:
            return Slot(value[0], value[1], value[2])
        if element == _CONCATENATED_16 and len(value) == 4:
            return Slot(int.from_bytes(value[:2], "big"), value[2], value[3])
        at += 2 + length
    if TAG_SAR_REFERENCE not in tlvs:
        return None
    tags = (TAG_SAR_REFERENCE, TAG_SAR_TOTAL, TAG_SAR_NUMBER)
    return Slot(*(int.from_bytes(tlvs.get(tag, b"\1"), "big") for tag in tags))


def decode(payload: bytes, coding: int) -> str:
    """One part's text. What cannot be read, such as half of a character, becomes U+FFFD: handsets show it
    like that too."""
    if coding & 0xF0 == 0xF0:
        coding = 4 if coding & 0x04 else 0
    if coding == 0:
        return _decode_gsm(payload)
    if coding == 8:
        return payload.decode("utf-16-be", "replace")
    return payload.decode("ascii" if coding == 1 else "latin-1", "replace")


def texts(submits: Iterable[Submit]) -> list[str]:
    """The texts of the submits, parts put together in their order, each text at the moment its last part
    came."""
    complete: list[str] = []
    collected: dict[tuple[str, str, int, int], dict[int, str]] = {}
    for submit in submits:
        slot = slot_of(submit.udh, submit.tlvs)
        text = decode(submit.payload, submit.data_coding)
        if slot is None:
            complete.append(text)
            continue
        key = (submit.source, submit.destination, slot.reference, slot.total)
        parts = collected.setdefault(key, {})
        parts[slot.number] = text
        if len(parts) == slot.total:
            complete.append(_joined(collected.pop(key)))
    return complete


def _joined(parts: dict[int, str]) -> str:
    return "".join(parts[number] for number in sorted(parts))


def _decode_gsm(payload: bytes) -> str:
    characters = []
    septets: Sequence[int] = payload
    escaped = False
    for septet in septets:
        if escaped:
            characters.append(_EXTENSION.get(septet, _UNKNOWN))
            escaped = False
        elif septet == _ESCAPE:
            escaped = True
        else:
            characters.append(_ALPHABET[septet] if septet < len(_ALPHABET) else _UNKNOWN)
    return "".join(characters) + (_UNKNOWN if escaped else "")
