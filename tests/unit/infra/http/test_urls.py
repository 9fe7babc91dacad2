"""URLs that may be saved and fetched, and those refused at once."""

from __future__ import annotations

import pytest

from cordboard.infra.http import check_url
from cordboard.infra.http.urls import MAX_URL_LENGTH

GOOD = [
    "https://example.com/hook",
    "http://example.com:8080/a?b=c%20d&e=f+g#h",
    "HTTPS://EXAMPLE.COM",
    "https://bücher.example/",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]:8443/",
    "https://notlocalhost.example/",
]
BAD = [
    ("", "must start with http"),
    ("example.com", "must start with http"),
    ("/hook", "must start with http"),
    ("//example.com/", "must start with http"),
    ("ftp://example.com/", "must start with http"),
    ("file:///etc/passwd", "must start with http"),
    ("javascript:alert(1)", "must start with http"),
    ("http:///path", "no host"),
    ("http://", "no host"),
    ("https://user@example.com/", "user name or password"),
    ("https://user:pass@example.com/", "user name or password"),
    ("https://:pass@example.com/", "user name or password"),
    ("http://example.com\\@127.0.0.1/", "backslashes"),
    ("http://exa mple.com/", "spaces"),
    ("http://example.com/\r\nHost: x", "control characters"),
    ("http://example.com/\x00", "control characters"),
    ("http://example.com:99999/", "cannot be read"),
    ("http://example.com:x/", "cannot be read"),
    ("http://example.com:0/", "port 0"),
    ("http://[::1/", "cannot be read"),
    ("https://example.com/" + "a" * MAX_URL_LENGTH, "longer than"),
    ("http://%31%32%37.0.0.1/", "not a host name"),
    ("http://a,b.example/", "not a host name"),
    ("http://134744072/", "write the address 134744072 as 8.8.8.8"),
]
PRIVATE = [
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1%25eth0]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1:8080/",
    "http://0.0.0.0/",
    "http://0/",
    "http://[::]/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://app.localhost:3000/",
]


@pytest.mark.parametrize("url", GOOD)
def test_good(url: str) -> None:
    assert check_url(url, allow_private=False) is None


@pytest.mark.parametrize(("url", "reason"), BAD)
@pytest.mark.parametrize("allow_private", [False, True])
def test_bad(url: str, reason: str, allow_private: bool) -> None:
    assert reason in (check_url(url, allow_private) or "")


@pytest.mark.parametrize("url", PRIVATE)
def test_private(url: str) -> None:
    assert check_url(url, allow_private=False)


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]:80/", "http://localhost/", "http://10.0.0.1/"])
def test_private_allowed(url: str) -> None:
    assert check_url(url, allow_private=True) is None


@pytest.mark.parametrize("url", ["http://0.0.0.0/", "http://[::]/", "http://0/"])
def test_unspecified_never(url: str) -> None:
    assert check_url(url, allow_private=True)
