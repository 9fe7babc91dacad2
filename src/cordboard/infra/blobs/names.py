"""Names of blobs: unguessable, with an ending that tells what may be shown as what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final
from urllib.parse import urlsplit

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{16,64}(\.[a-z0-9]{1,8})?")
# What a browser may show by itself; anything else is offered for download, so that a stored page cannot act for us.
_SHOWN: Final = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".wav": "audio/wav",
    ".webp": "image/webp",
}
_TOLD: Final = {".xml": "application/xml"}
_UNKNOWN: Final = "application/octet-stream"


def is_name(name: str) -> bool:
    """Whether a blob may be called so."""
    return _NAME.fullmatch(name) is not None


def checked(name: str) -> str:
    """The name. Raises ValueError for an odd one."""
    if not is_name(name):
        raise ValueError(f"blob name {name!r}")
    return name


def headers_of(name: str) -> dict[str, str]:
    """The HTTP headers that say what a blob is, and that a browser is to save it rather than to show it."""
    suffix = PurePath(name).suffix
    if suffix in _SHOWN:
        return {"Content-Type": _SHOWN[suffix]}
    return {"Content-Type": _TOLD.get(suffix, _UNKNOWN), "Content-Disposition": "attachment"}


@dataclass(frozen=True, slots=True)
class BlobUrls:
    """Where blobs are found: at `base`, a slash and the name."""

    base: str

    def url(self, name: str) -> str:
        """A blob's URL."""
        return f"{self.base}/{name}"

    def name_of(self, url: str) -> str | None:
        """The name of the blob that a URL, whatever its query, leads to; None when it leads elsewhere."""
        place, _, name = url.partition("?")[0].partition("#")[0].rpartition("/")
        return name if _comparable(place) == _comparable(self.base) and is_name(name) else None


def _comparable(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower(), parts.path
