"""G.711 against its definition, sample by sample."""

from __future__ import annotations

import numpy as np

from cordboard.wire.audio.g711 import A_LAW, MU_LAW, Companding

SAMPLES = np.arange(-32768, 32768).astype(np.int16)
OCTETS = np.arange(256).astype(np.uint8)


def mu_law_octet(sample: int) -> int:
    """By the decision values of G.711, table 2: 14 bits, a bias of 33, chords that double."""
    magnitude = min((~sample if sample < 0 else sample) >> 2, 0x1FDE) + 33
    chord = 0
    while magnitude >> (chord + 6):
        chord += 1
    step = (magnitude >> (chord + 1)) & 0xF
    return (0x7F if sample < 0 else 0xFF) - (chord << 4 | step)


def a_law_octet(sample: int) -> int:
    """By the decision values of G.711, table 1: 13 bits, the first two chords alike, every other bit inverted."""
    magnitude = (~sample if sample < 0 else sample) >> 4
    chord = 0
    while magnitude >> (chord + 5):
        chord += 1
    step = magnitude & 0xF if chord == 0 else (magnitude >> chord) & 0xF
    if chord == 0 and magnitude >= 16:
        chord, step = 1, magnitude & 0xF
    elif chord:
        chord, step = chord + 1, (magnitude >> chord) & 0xF
    return ((0x00 if sample < 0 else 0x80) | chord << 4 | step) ^ 0x55


def test_mu_law_is_encoded_by_its_definition() -> None:
    expected = [mu_law_octet(int(sample)) for sample in SAMPLES]
    assert MU_LAW.compress(SAMPLES).tolist() == expected


def test_a_law_is_encoded_by_its_definition() -> None:
    expected = [a_law_octet(int(sample)) for sample in SAMPLES]
    assert A_LAW.compress(SAMPLES).tolist() == expected


def test_known_values() -> None:
    """The ends and the middle of both scales."""
    assert MU_LAW.expand(np.array([0xFF, 0x7F, 0x80, 0x00], np.uint8)).tolist() == [0, 0, 32124, -32124]
    assert A_LAW.expand(np.array([0xD5, 0x55, 0xAA, 0x2A], np.uint8)).tolist() == [8, -8, 32256, -32256]
    assert (MU_LAW.silence, A_LAW.silence) == (0xFF, 0xD5)
    assert MU_LAW.encode(np.zeros(2, np.int16)) == b"\xff\xff"
    assert A_LAW.decode(b"\xd5").tolist() == [8]


def assert_is_nearest(law: Companding) -> None:
    """What is decoded of a sample's octet is no further away than the other level of its segment would be."""
    errors = np.abs(law.expand(law.compress(SAMPLES)).astype(int) - SAMPLES)
    steps = np.maximum(np.abs(SAMPLES.astype(int)) // 16, 16)
    assert (errors <= steps).all()


def test_what_is_decoded_is_near() -> None:
    assert_is_nearest(MU_LAW)
    assert_is_nearest(A_LAW)


def test_encoding_what_was_decoded_changes_nothing() -> None:
    assert A_LAW.compress(A_LAW.expand(OCTETS)).tolist() == OCTETS.tolist()
    again = MU_LAW.compress(MU_LAW.expand(OCTETS)).tolist()
    assert [octet for octet in again if octet != OCTETS[octet]] == []
    assert {int(octet) for octet, now in zip(OCTETS, again, strict=True) if octet != now} == {0x7F}, "the minus zero"


def test_tables_cannot_be_spoilt() -> None:
    assert not MU_LAW.decode_table.flags.writeable
    assert not A_LAW.encode_table.flags.writeable
