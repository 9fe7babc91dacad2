"""User data headers, good and bad, and parts that come in any order, twice or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.sms.reassembly import Part, assemble
from cordboard.wire.sms.udh import Concatenation, UserData, concatenation_header, split_user_data


@given(st.integers(0, 255), st.integers(1, 255), st.data(), st.binary(max_size=140))
def test_a_header_survives(reference: int, total: int, data: st.DataObject, body: bytes) -> None:
    concatenation = Concatenation(reference, total, data.draw(st.integers(1, total)))
    header = concatenation_header(concatenation)
    assert header == bytes((5, 0, 3, reference, total, concatenation.number))
    assert split_user_data(header + body) == UserData(body, concatenation)


@pytest.mark.parametrize(
    "concatenation",
    [
        Concatenation(256, 2, 1),
        Concatenation(-1, 2, 1),
        Concatenation(0, 256, 1),
        Concatenation(0, 2, 3),
        Concatenation(0, 2, 0),
        Concatenation(0, 0, 0),
    ],
)
def test_what_fits_no_header(concatenation: Concatenation) -> None:
    with pytest.raises(ValueError, match="is not in"):
        concatenation_header(concatenation)


@pytest.mark.parametrize(
    ("payload", "body", "concatenation"),
    [
        ("06 08 04 12 34 03 02 41", b"A", Concatenation(0x1234, 3, 2)),
        ("0b 05 04 0b 84 23 f0 00 03 07 02 01 41", b"A", Concatenation(7, 2, 1)),  # ports, then parts
        ("04 05 02 00 00 41", b"A", None),
        ("0a 00 03 01 02 01 00 03 09 03 03 41", b"A", Concatenation(9, 3, 3)),  # the last of two counts
        ("00 41", b"A", None),
        ("05 00 03 07 02 01", b"", Concatenation(7, 2, 1)),
    ],
)
def test_known_headers(payload: str, body: bytes, concatenation: Concatenation | None) -> None:
    assert split_user_data(bytes.fromhex(payload)) == UserData(body, concatenation)


@pytest.mark.parametrize(
    ("payload", "body", "problem"),
    [
        ("", "", "empty"),
        ("05", "05", "overruns a payload"),
        ("05 00 03 07 02", "05 00 03 07 02", "overruns a payload"),
        ("05 00 09 07 02 01 41", "05 00 09 07 02 01 41", "overruns the header"),
        ("01 00 41", "01 00 41", "overruns the header"),
        ("05 00 03 07 02 03 41", "41", "part 3 of 2"),
        ("05 00 03 07 02 00 41", "41", "part 0 of 2"),
        ("05 00 03 07 00 00 41", "41", "part 0 of 0"),
        ("04 00 02 07 02 41", "41", "2 octets instead of 3"),
        ("05 08 03 07 02 01 41", "41", "3 octets instead of 4"),
    ],
)
def test_bad_headers_say_what_is_wrong(payload: str, body: str, problem: str) -> None:
    found = split_user_data(bytes.fromhex(payload))
    assert found.body == bytes.fromhex(body)
    assert found.concatenation is None
    assert found.problem is not None
    assert problem in found.problem


@given(st.binary(max_size=160))
def test_no_payload_is_too_odd(payload: bytes) -> None:
    found = split_user_data(payload)
    assert payload.endswith(found.body)
    if found.concatenation:
        assert 1 <= found.concatenation.number <= found.concatenation.total <= 255


def gsm(*bodies: bytes) -> dict[int, Part]:
    """Parts in GSM 7 bit, numbered from 1."""
    return {number: Part(body, 0) for number, body in enumerate(bodies, 1)}


@given(st.permutations([(1, b"one "), (2, b"two "), (3, b"three")]))
def test_parts_may_come_in_any_order_and_twice(arriving: list[tuple[int, bytes]]) -> None:
    parts: dict[int, Part] = {}
    for number, body in [*arriving, arriving[0]]:
        parts[number] = Part(body, 0)
    assembly = assemble(3, parts)
    assert (assembly.text, assembly.missing, assembly.complete) == ("one two three", (), True)


def test_missing_parts_are_named_and_the_rest_is_shown() -> None:
    parts = gsm(b"one ", b"two ", b"three ", b"four")
    del parts[1], parts[3]
    assembly = assemble(5, parts)
    assert (assembly.text, assembly.missing, assembly.complete) == ("two four", (1, 3, 5), False)
    assert assemble(2, {}).missing == (1, 2)
    assert assemble(0, gsm(b"x")).text == ""


def test_numbers_beyond_the_total_are_ignored() -> None:
    assert assemble(1, {0: Part(b"zero", 0), 1: Part(b"one", 0), 2: Part(b"two", 0)}).text == "one"


def test_pairs_that_the_sender_cut_are_joined() -> None:
    assert assemble(2, gsm(b"5\x1b", b"\x65")).text == "5€"
    emoji = "😀".encode("utf_16_be")
    assert assemble(2, {1: Part(emoji[:2], 8), 2: Part(emoji[2:], 8)}).text == "😀"


def test_a_cut_pair_whose_other_half_is_missing_spoils_nothing_else() -> None:
    emoji = "😀".encode("utf_16_be")
    parts = {1: Part("a".encode("utf_16_be") + emoji[:2], 8), 3: Part("b".encode("utf_16_be"), 8)}
    assert assemble(3, parts).text == "a\ufffdb"


def test_parts_of_different_alphabets() -> None:
    parts = {1: Part(b"ab", 0), 2: Part("你".encode("utf_16_be"), 8), 3: Part(b"c", 0)}
    assert assemble(3, parts).text == "ab你c"


def test_an_odd_octet_spoils_its_own_part_only() -> None:
    parts = {1: Part(b"\x00a\x00", 8), 2: Part(b"\x00b", 8)}
    assert assemble(2, parts).text == "a\ufffdb"


@given(
    st.integers(0, 12),
    st.dictionaries(st.integers(-2, 14), st.builds(Part, st.binary(max_size=20), st.integers(0, 255)), max_size=12),
)
def test_assembly_never_raises_and_counts_right(total: int, parts: dict[int, Part]) -> None:
    assembly = assemble(total, parts)
    assert set(assembly.missing) == set(range(1, total + 1)) - set(parts)
    assert "\0" not in assembly.text
