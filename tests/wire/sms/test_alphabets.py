"""Alphabets against the tables of TS 23.038 and SMPP, typed anew here."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.sms.alphabets import (
    GSM_CHARACTERS,
    codec_of,
    count_septets,
    decode,
    decode_gsm7,
    encode_gsm7,
    encode_ucs2,
    outside_gsm7,
    well_formed,
)

# TS 23.038, 6.2.1: where the default alphabet has a character at its ASCII code, and where it does not.
_AS_ASCII = string.ascii_letters + string.digits + " !\"#%&'()*+,-./:;<=>?\n\r"
_OTHERWISE = {
    0x00: "@", 0x01: "£", 0x02: "$", 0x03: "¥", 0x04: "è", 0x05: "é", 0x06: "ù", 0x07: "ì", 0x08: "ò", 0x09: "Ç",
    0x0B: "Ø", 0x0C: "ø", 0x0E: "Å", 0x0F: "å", 0x10: "Δ", 0x11: "_", 0x12: "Φ", 0x13: "Γ", 0x14: "Λ", 0x15: "Ω",
    0x16: "Π", 0x17: "Ψ", 0x18: "Σ", 0x19: "Θ", 0x1A: "Ξ", 0x1C: "Æ", 0x1D: "æ", 0x1E: "ß", 0x1F: "É", 0x24: "¤",
    0x40: "¡", 0x5B: "Ä", 0x5C: "Ö", 0x5D: "Ñ", 0x5E: "Ü", 0x5F: "§", 0x60: "¿", 0x7B: "ä", 0x7C: "ö", 0x7D: "ñ",
    0x7E: "ü", 0x7F: "à",
}  # fmt: skip
ONE_SEPTET = {character: bytes([ord(character)]) for character in _AS_ASCII} | {
    character: bytes([septet]) for septet, character in _OTHERWISE.items()
}
# 6.2.1.1: the extension table, behind an escape.
TWO_SEPTETS = {
    "\f": b"\x1b\x0a", "^": b"\x1b\x14", "{": b"\x1b\x28", "}": b"\x1b\x29", "\\": b"\x1b\x2f",
    "[": b"\x1b\x3c", "~": b"\x1b\x3d", "]": b"\x1b\x3e", "|": b"\x1b\x40", "€": b"\x1b\x65",
}  # fmt: skip
gsm_texts = st.text(st.sampled_from(sorted(GSM_CHARACTERS)), max_size=400)


def test_the_tables_are_whole() -> None:
    assert len(ONE_SEPTET) == 127
    assert frozenset(ONE_SEPTET | TWO_SEPTETS) == GSM_CHARACTERS


@pytest.mark.parametrize(("character", "septets"), sorted((ONE_SEPTET | TWO_SEPTETS).items()))
def test_every_gsm_character(character: str, septets: bytes) -> None:
    assert encode_gsm7(character) == septets
    assert decode_gsm7(septets) == character
    assert count_septets(character) == len(septets)
    assert outside_gsm7(character) == ()


@given(gsm_texts)
def test_gsm_texts_survive(text: str) -> None:
    septets = encode_gsm7(text)
    assert septets is not None
    assert max(septets, default=0) < 0x80
    assert decode_gsm7(septets) == text
    assert count_septets(text) == len(septets) == sum(2 if character in TWO_SEPTETS else 1 for character in text)


@given(st.text(max_size=100))
def test_what_is_outside_is_named_once_in_order(text: str) -> None:
    outside = outside_gsm7(text)
    assert (encode_gsm7(text) is None) == (count_septets(text) is None) == bool(outside)
    assert list(outside) == list(dict.fromkeys(c for c in text if c not in ONE_SEPTET and c not in TWO_SEPTETS))


def test_characters_that_look_near_enough_are_not_in_the_alphabet() -> None:
    assert outside_gsm7("`çÇ\t“a“😀\x1b\0") == ("`", "ç", "\t", "“", "😀", "\x1b", "\0")


@pytest.mark.parametrize(
    ("septets", "text"),
    [
        (b"", ""),
        (b"\x1b\x41", "A"),  # an unknown extension shows the basic character
        (b"\x1b", " "),
        (b"a\x1b", "a "),
        (b"\x1b\x1b\x65", " e"),
        (b"\x80\xff", "\ufffd\ufffd"),
        (b"\x1b\xff", "\ufffd"),
        (b"\x00\x02\x11\x1b\x65", "@$_€"),
    ],
)
def test_odd_septets(septets: bytes, text: str) -> None:
    assert decode_gsm7(septets) == text


@given(st.binary(max_size=300), st.integers(0, 255))
def test_decoding_never_raises_and_the_text_can_be_stored(payload: bytes, data_coding: int) -> None:
    text = decode(payload, data_coding)
    assert "\0" not in text
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("data_coding", "codec"),
    [
        (0, "gsm7"), (1, "ascii"), (2, "latin-1"), (3, "latin-1"), (4, "latin-1"), (5, "shift_jis"),
        (6, "iso8859_5"), (7, "iso8859_8"), (8, "utf_16_be"), (9, "latin-1"), (10, "iso2022_jp"), (13, "euc_jp"),
        (14, "euc_kr"), (15, "latin-1"),
        (0x10, "gsm7"), (0x11, "gsm7"), (0x14, "latin-1"), (0x18, "utf_16_be"), (0x1B, "utf_16_be"),
        (0x38, "utf_16_be"),
        (0x44, "latin-1"), (0x48, "utf_16_be"), (0x7F, "gsm7"), (0x80, "latin-1"), (0xC0, "gsm7"), (0xC8, "gsm7"),
        (0xD0, "gsm7"), (0xE0, "utf_16_be"), (0xEF, "utf_16_be"), (0xF0, "gsm7"), (0xF1, "gsm7"), (0xF4, "latin-1"),
        (0xF5, "latin-1"),
    ],
)  # fmt: skip
def test_what_data_coding_announces(data_coding: int, codec: str) -> None:
    assert codec_of(data_coding) == codec


@pytest.mark.parametrize(
    ("payload", "data_coding", "text"),
    [
        (b"\x00A", 0, "@A"),
        (b"A\xe9", 3, "Aé"),
        (b"A\xe9", 1, "A\ufffd"),
        (b"A\x00B", 3, "A\ufffdB"),
        ("Привет".encode("iso8859_5"), 6, "Привет"),
        ("שלום".encode("iso8859_8"), 7, "שלום"),
        ("日本".encode("shift_jis"), 5, "日本"),
        ("日本".encode("utf_16_be"), 8, "日本"),
        ("é😀".encode("utf_16_be"), 8, "é😀"),
        (b"\xfe\xff\x00A", 8, "A"),
        (b"\xff\xfeA\x00", 8, "A"),
        (b"\x00A\x00", 8, "A\ufffd"),
        (b"\x00A\xd8\x3d", 8, "A\ufffd"),
        (b"\x00A\x00\x00", 8, "A\ufffd"),
    ],
)
def test_inbound_payloads(payload: bytes, data_coding: int, text: str) -> None:
    assert decode(payload, data_coding) == text


def test_lone_surrogates_are_replaced() -> None:
    assert well_formed("a\ud83db") == "a\ufffdb"
    assert well_formed("a\ud83d\ude00b") == "a😀b"
    assert encode_ucs2("\udc00é") == b"\xff\xfd\x00\xe9"
    assert well_formed("plain 😀") == "plain 😀"
