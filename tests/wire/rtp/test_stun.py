"""STUN: the RFC's test vectors, built messages read back, and what is thrown away."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.rtp.errors import MalformedStunError
from cordboard.wire.rtp.stun import (
    BINDING_REQUEST,
    BINDING_SUCCESS,
    MOST_ATTRIBUTES,
    Attribute,
    build,
    error_code,
    parse,
    xor_address,
)

PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt"
TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff"
    "80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
IPV4_RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
IPV6_RESPONSE = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c"
)


def test_the_sample_request() -> None:
    """RFC 5769, 2.1."""
    message = parse(REQUEST)
    assert (message.kind, message.transaction) == (BINDING_REQUEST, TRANSACTION)
    assert message.username == "evtj:h6vY"
    assert message.get(Attribute.PRIORITY) == bytes.fromhex("6e0001ff")
    assert message.get(Attribute.ICE_CONTROLLED) == bytes.fromhex("932ff9b151263b36")
    assert message.is_from(PASSWORD)
    assert not message.is_from(PASSWORD + "x")
    assert message.unknown_required() == []


@pytest.mark.parametrize(
    ("response", "address"),
    [
        (IPV4_RESPONSE, ("192.0.2.1", 32853)),
        (IPV6_RESPONSE, ("2001:db8:1234:5678:11:2233:4455:6677", 32853)),
    ],
)
def test_the_sample_responses(response: bytes, address: tuple[str, int]) -> None:
    """RFC 5769, 2.2 and 2.3."""
    message = parse(response)
    assert message.kind == BINDING_SUCCESS
    assert message.mapped_address == address
    assert message.is_from(PASSWORD)
    assert message.get(Attribute.XOR_MAPPED_ADDRESS) == xor_address(*address, TRANSACTION)


attributes = st.lists(
    st.tuples(st.sampled_from([0x0006, 0x0024, 0x0025, 0x8022, 0x802A, 0x7001]), st.binary(max_size=40)), max_size=8
)


@given(st.binary(min_size=12, max_size=12), attributes, st.none() | st.text(min_size=1, max_size=30))
def test_a_message_survives_the_wire(transaction: bytes, drawn: list[tuple[int, bytes]], password: str | None) -> None:
    message = parse(build(BINDING_REQUEST, transaction, drawn, password))
    assert message.transaction == transaction
    assert list(message.attributes[: len(drawn)]) == drawn
    assert message.is_from(password or "") == (password is not None)


@given(st.data())
def test_a_changed_message_proves_nothing(data: st.DataObject) -> None:
    message = bytearray(REQUEST)
    at = data.draw(st.integers(0, len(message) - 9))
    message[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(MalformedStunError):
        assert not parse(bytes(message)).is_from(PASSWORD)


@given(st.binary(max_size=120))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    body += bytes(-len(body) % 4)
    header = b"\x00\x01" + len(body).to_bytes(2, "big") + bytes.fromhex("2112a442") + TRANSACTION
    with contextlib.suppress(MalformedStunError):
        message = parse(header + body)
        assert message.mapped_address is None or message.mapped_address[1] < 65536
        assert not message.is_from(PASSWORD)


def test_attributes_behind_the_integrity_do_not_count() -> None:
    body = build(BINDING_REQUEST, TRANSACTION, [(Attribute.USERNAME, b"a:b")], PASSWORD)[20:-8]
    body += bytes.fromhex("00250000")
    header = b"\x00\x01" + len(body).to_bytes(2, "big") + bytes.fromhex("2112a442") + TRANSACTION
    message = parse(header + body)
    assert message.get(Attribute.USE_CANDIDATE) is None
    assert message.is_from(PASSWORD)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        REQUEST[:19],
        REQUEST[:-4],
        b"\x40" + REQUEST[1:],
        REQUEST[:4] + b"\0\0\0\0" + REQUEST[8:],
        REQUEST[:-1] + b"\0",
        REQUEST[:22] + b"\xff\xff" + REQUEST[24:],
        REQUEST + bytes(1500),
        b"\x00\x01" + (4 * 40).to_bytes(2, "big") + REQUEST[4:20] + bytes.fromhex("80220000") * 40,
    ],
)
def test_what_is_no_message_is_refused(datagram: bytes) -> None:
    assert MOST_ATTRIBUTES < 40
    with pytest.raises(MalformedStunError):
        parse(datagram)


def test_what_must_be_understood_is_named() -> None:
    message = parse(build(BINDING_REQUEST, TRANSACTION, [(0x7001, b""), (0x8099, b"")]))
    assert message.unknown_required() == [0x7001]


def test_errors_have_a_class_and_a_number() -> None:
    assert error_code(487, "Role Conflict") == b"\0\0\x04\x57Role Conflict"


def test_what_does_not_fit_is_not_built() -> None:
    for transaction, drawn in ((b"short", []), (TRANSACTION, [(6, bytes(1500))])):
        with pytest.raises(ValueError, match="octets"):
            build(BINDING_REQUEST, transaction, drawn)
