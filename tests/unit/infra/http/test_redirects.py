"""What follows a redirect."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict
from yarl import URL

from cordboard.infra.http.errors import InvalidUrlError
from cordboard.infra.http.redirects import Outgoing, redirected

HEADERS = {
    "Authorization": "Bearer t",
    "Cookie": "a=b",
    "X-Key": "k",
    "Content-Type": "text/plain",
    "Accept": "*/*",
}


def _request(method: str = "POST", url: str = "https://one.example/a/b?c#top") -> Outgoing:
    return Outgoing(method, URL(url), CIMultiDict(HEADERS), b"body")


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (301, "GET", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
    ],
)
def test_methods(status: int, method: str, then: str) -> None:
    followed = redirected(_request(method), status, "/c", ())
    assert followed.method == then
    kept = then == method
    assert followed.body == (b"body" if kept else None)
    assert ("Content-Type" in followed.headers) is kept
    assert followed.headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("c", "https://one.example/a/c#top"),
        ("/c?d", "https://one.example/c?d#top"),
        ("//two.example/", "https://two.example/#top"),
        ("https://two.example/x#end", "https://two.example/x#end"),
    ],
)
def test_targets(location: str, url: str) -> None:
    assert str(redirected(_request(), 307, location, ()).url) == url


@pytest.mark.parametrize("location", ["https://two.example/", "http://one.example/", "https://one.example:8443/"])
def test_other_origins_learn_no_secrets(location: str) -> None:
    followed = redirected(_request(), 307, location, ("x-key",))
    assert set(followed.headers) == {"Content-Type", "Accept"}
    assert followed.body == b"body"


def test_same_origin_keeps_everything() -> None:
    request = _request()
    followed = redirected(request, 307, "https://one.example:443/c", ("X-Key",))
    assert followed.headers == request.headers


@pytest.mark.parametrize(
    "location",
    [
        "ftp://two.example/",
        "file:///etc/passwd",
        "https://u:p@two.example/",
        "http://[::1",
        "https://two.example:0/",
    ],
)
def test_targets_that_are_never_fetched(location: str) -> None:
    with pytest.raises(InvalidUrlError):
        redirected(_request(), 302, location, ())
