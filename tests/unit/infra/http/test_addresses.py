"""Which addresses count as public, however they are spelled."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.infra.http.addresses import AddressPolicy, embedded_v4, literal_address, special_kind

BLOCKED = [
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("10.255.255.255", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.127.255.255", "carrier-grade NAT"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("169.254.169.254", "link-local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.1", "reserved"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "reserved"),
    ("192.168.1.1", "private"),
    ("198.19.0.1", "benchmarking"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::7f00:1", "reserved"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:0.0.0.0", "unspecified"),
    ("64:ff9b::a9fe:a9fe", "link-local"),
    ("64:ff9b:1::1", "reserved"),
    ("100::1", "reserved"),
    ("2001::1", "reserved"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::", "loopback"),
    ("2002:c0a8:101::1", "private"),
    ("3fff::1", "documentation"),
    ("5f00::1", "reserved"),
    ("fc00::1", "private"),
    ("fd12:3456::1", "private"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("fec0::1", "reserved"),
    ("ff02::1", "multicast"),
]
PUBLIC = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0X7F.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0177.0x0.0.01",
    "127.0.0.1.",
]


@pytest.mark.parametrize(("address", "kind"), BLOCKED)
def test_special_addresses(address: str, kind: str) -> None:
    parsed = ipaddress.ip_address(address)
    assert special_kind(parsed) == kind
    assert AddressPolicy().refusal(parsed) == f"{parsed} is not a public address ({kind})"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert special_kind(ipaddress.ip_address(address)) is None


@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
def test_spellings_of_loopback(spelling: str) -> None:
    assert literal_address(spelling) == ipaddress.ip_address("127.0.0.1")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "example.com",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.256",
        "0xg",
        "08.1.1.1",
        "4294967296",
        "1..2",
        "٣.1.1.1",
        "1_0.1.1.1",
    ],
)
def test_names(name: str) -> None:
    assert literal_address(name) is None


def test_private_is_everything_but_unspecified() -> None:
    policy = AddressPolicy(allow_private=True)
    refused = {address for address, _ in BLOCKED if policy.refusal(ipaddress.ip_address(address))}
    assert refused == {"0.0.0.0", "::", "::ffff:0.0.0.0"}


def test_allowed_networks() -> None:
    policy = AddressPolicy.of(allow_private=False, allowed_networks=["10.1.0.0/16", "fd00::/8"])
    assert policy.refusal(ipaddress.ip_address("10.1.2.3")) is None
    assert policy.refusal(ipaddress.ip_address("fd00::1")) is None
    assert policy.refusal(ipaddress.ip_address("10.2.0.1"))
    with pytest.raises(ValueError):
        AddressPolicy.of(allow_private=False, allowed_networks=["10.1.0.1/16"])


@given(st.ip_addresses())
def test_agrees_with_the_standard_library(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Whatever the standard library calls private, loopback and so on is never taken for public."""
    carried = embedded_v4(address) if isinstance(address, ipaddress.IPv6Address) else None
    judged = carried or address
    dangerous = (
        judged.is_loopback or judged.is_link_local or judged.is_multicast or judged.is_unspecified or judged.is_private
    )
    if dangerous:
        assert special_kind(address) is not None
