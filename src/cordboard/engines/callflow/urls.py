"""URLs as documents write them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

LONGEST_URL: Final = 4096
_NEVER_IN_A_QUERY: Final = str.maketrans("", "", "'\"#{}<>?")
_SPACE_OR_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")


def resolve(base: str, written: str) -> str:
    """The absolute URL that a document at `base` means. Raises ValueError for what is not http or https.

    What cannot be carried in a query string is dropped from it, as the platform that documents were written for did:
    quotes, braces, angle brackets, and further `?` and `#`.
    """
    cleaned = _SPACE_OR_CONTROL.sub(_encoded, written.strip())
    path, mark, query = cleaned.partition("?")
    url = urljoin(base, path + mark + query.translate(_NEVER_IN_A_QUERY))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http or https URL")
    if len(url) > LONGEST_URL or (parts.port is not None and parts.port < 1):
        raise ValueError("too long, or a port that cannot be")
    return parts.geturl()


def base_of(url: str) -> str:
    """What relative URLs in a document are appended to: its URL up to the last slash of the path."""
    return url.partition("?")[0].rpartition("/")[0] + "/" if url else ""


def _encoded(match: re.Match[str]) -> str:
    return "%20" if match[0] == " " else ""
