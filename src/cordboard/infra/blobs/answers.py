"""The platform's own files for its own requests: a call plays an asset without asking for it over the network."""

from __future__ import annotations

from typing import Final

from multidict import CIMultiDict, CIMultiDictProxy

from cordboard.infra.blobs.errors import BlobStoreError
from cordboard.infra.blobs.names import headers_of
from cordboard.infra.blobs.port import Blobs
from cordboard.infra.http import HttpReply
from cordboard.infra.http.errors import ConnectError, ResponseTooLargeError

FRESH: Final = "private, max-age=300"
"""How long readers may keep a blob: names are never used again, but what was deleted should go."""

_OK: Final = 200
_NOT_FOUND: Final = 404


class BlobAnswers:
    """`infra.http.client.Own` over blobs, of at most `largest` bytes each. Any method gets the blob: a number asks for
    its document by POST.
    """

    def __init__(self, blobs: Blobs, largest: int) -> None:
        self._blobs = blobs
        self._largest = largest

    async def __call__(self, url: str) -> HttpReply | None:
        """What a GET of the API would answer. Raises ResponseTooLargeError, ConnectError."""
        name = self._blobs.name_of(url)
        if name is None:
            return None
        try:
            size = await self._blobs.size(name)
            if size is not None and size > self._largest:
                raise ResponseTooLargeError(f"the file has {size} bytes; at most {self._largest} are read")
            data = await self._blobs.get(name)
        except BlobStoreError as error:
            raise ConnectError(error.more_info or error.message) from error
        return _reply(_NOT_FOUND, {}, b"", url) if data is None else _reply(_OK, headers_of(name), data, url)


def _reply(status: int, headers: dict[str, str], body: bytes, url: str) -> HttpReply:
    return HttpReply(status, CIMultiDictProxy(CIMultiDict(headers | {"Cache-Control": FRESH})), body, url, 0)
