"""URLs of documents."""

from __future__ import annotations

import pytest

from cordboard.engines.callflow.urls import LONGEST_URL, base_of, resolve

BASE = "https://app.example/calls/start.xml?x=1"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://other.example/a", "https://other.example/a"),
        ("HTTP://other.example", "http://other.example"),
        ("//other.example/a", "https://other.example/a"),
        ("next.php", "https://app.example/calls/next.php"),
        ("/next.php", "https://app.example/next.php"),
        ("../next.php", "https://app.example/next.php"),
        ("?y=2", "https://app.example/calls/start.xml?y=2"),
        ("", BASE),
        (" next.php\n", "https://app.example/calls/next.php"),
        ("my file.wav", "https://app.example/calls/my%20file.wav"),
        ("a\x00b\tc", "https://app.example/calls/abc"),
        ("a?b=<c>&d={e}&f='\"g\"'#h?i", "https://app.example/calls/a?b=c&d=e&f=ghi"),
    ],
)
def test_resolving(written: str, url: str) -> None:
    assert resolve(BASE, written) == url


@pytest.mark.parametrize(
    "written",
    [
        "ftp://app.example/a",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://[::1/a",
        "https://app.example:99999/",
        "https://app.example:0/",
        "x" * (LONGEST_URL + 1),
    ],
)
def test_refused(written: str) -> None:
    with pytest.raises(ValueError):
        resolve(BASE, written)


@pytest.mark.parametrize("written", ["next.php", "", "https://", "https:///a"])
def test_without_a_document_to_be_relative_to(written: str) -> None:
    with pytest.raises(ValueError):
        resolve("", written)


def test_base_of() -> None:
    assert base_of(BASE) == "https://app.example/calls/"
    assert base_of("") == ""
