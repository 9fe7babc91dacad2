"""Blobs in an object store: S3 and what speaks like it, Google Cloud Storage, Azure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, S3Store, from_url

from cordboard.infra.blobs.errors import BlobStoreError
from cordboard.infra.blobs.names import BlobUrls, checked, headers_of, is_name
from cordboard.infra.blobs.settings import StorageSettings

Store = S3Store | GCSStore | AzureStore

PIECE: Final = 4 * 1024 * 1024
"""What is read by one request: small enough for memory and for a slow reader to keep no connection busy."""

PART: Final = 8 * 1024 * 1024
"""What is written by one request; a larger file goes in parts."""

_PARTS_AT_ONCE: Final = 4
_CLIENT: Final[dict[str, Any]] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}
_RETRIES: Final[Any] = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
_LOGGED: Final = 300
_AZURE_KEYS: Final = {"access_key_id": "account_name", "secret_access_key": "account_key"}
_log = structlog.get_logger(__name__)


class ObjectBlobs:
    """`Blobs` in a bucket. `signed_for`: how long the URLs live that readers are sent to; None: the platform gives the
    bytes itself.
    """

    def __init__(self, store: Store, urls: BlobUrls, signed_for: timedelta | None = None) -> None:
        self._store = store
        self._urls = urls
        self._signed_for = signed_for

    async def put(self, name: str, data: bytes) -> str:
        """Stores `data` and answers its URL."""
        return await self._put(name, data)

    async def put_file(self, name: str, path: Path) -> str:
        """Stores a copy of a file, in parts if it is large, and answers its URL."""
        return await self._put(name, path)

    async def get(self, name: str) -> bytes | None:
        """The bytes, or None when there are none of that name."""
        if not is_name(name):
            return None
        with _store_errors("get"):
            try:
                found = await obstore.get_async(self._store, name)
            except FileNotFoundError:
                return None
            return bytes(await found.bytes_async())

    async def size(self, name: str) -> int | None:
        """How many bytes there are, or None."""
        if not is_name(name):
            return None
        with _store_errors("head"):
            try:
                return (await obstore.head_async(self._store, name))["size"]
            except FileNotFoundError:
                return None

    async def stream(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` on, at most `length`: of one version, should the blob be replaced meanwhile."""
        size = await self.size(name)
        if size is None:
            raise FileNotFoundError(name)
        end = size if length is None else min(size, start + length)
        version: dict[str, Any] = {}
        while start < end:
            with _store_errors("get"):
                wanted: Any = {"range": (start, min(start + PIECE, end)), **version}
                found = await obstore.get_async(self._store, name, options=wanted)
                piece = bytes(await found.bytes_async())
            if tag := found.meta["e_tag"]:
                version = {"if_match": tag}
            yield piece
            start += len(piece)

    async def delete(self, name: str) -> None:
        """Removes what has that name."""
        if is_name(name):
            with _store_errors("delete"):
                try:
                    await obstore.delete_async(self._store, name)
                except FileNotFoundError:
                    return

    def url(self, name: str) -> str:
        """The URL of a blob."""
        return self._urls.url(name)

    def name_of(self, url: str) -> str | None:
        """The name of the blob that a URL leads to."""
        return self._urls.name_of(url)

    async def signed_url(self, name: str) -> str | None:
        """Where the store gives a blob to whoever comes soon, if it is to."""
        if self._signed_for is None or not is_name(name):
            return None
        with _store_errors("sign"):
            return await obstore.sign_async(self._store, "GET", name, self._signed_for)

    async def _put(self, name: str, source: bytes | Path) -> str:
        attributes: Any = headers_of(checked(name))  # as the API would give it, to whom the store gives it without us
        with _store_errors("put"):
            await obstore.put_async(
                self._store,
                name,
                source,
                attributes=attributes,
                chunk_size=PART,
                max_concurrency=_PARTS_AT_ONCE,
            )
        return self.url(name)


def open_objects(settings: StorageSettings, urls: BlobUrls) -> ObjectBlobs:
    """The blobs of the settings' bucket; nothing is asked of it yet. Raises BlobStoreError for options that the store
    does not know.
    """
    client: Any = {**_CLIENT, "allow_http": settings.endpoint.startswith("http:")}
    try:
        store: Any = from_url(
            settings.url,
            config=_config(settings),
            client_options=client,
            retry_config=_RETRIES,
        )
    except (BaseError, ValueError) as error:
        raise BlobStoreError(f"storage: {_first_line(error)}") from error
    signed_for = timedelta(seconds=settings.signed_seconds) if settings.signed_seconds else None
    return ObjectBlobs(store, urls, signed_for)


def _config(settings: StorageSettings) -> Any:
    """The settings by the names of the store's own options."""
    renamed = _AZURE_KEYS if settings.url.startswith("az:") else {}
    given = {name: getattr(settings, name) for name in ("endpoint", "region", "access_key_id", "secret_access_key")}
    return {renamed.get(name, name): value for name, value in given.items() if value} | settings.options


@contextmanager
def _store_errors(verb: str) -> Iterator[None]:
    """What the store complains of is logged without its answer, which may repeat what we sent."""
    try:
        yield
    except (BaseError, OSError) as error:
        _log.warning("blobs.failed", verb=verb, reason=_first_line(error))
        raise BlobStoreError(_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError, PermissionError)):
        return "the file store refuses the platform's keys"
    if isinstance(error, FileNotFoundError):
        return "the file store has no such bucket"
    return "the file store does not answer as it should"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(": <")[0][:_LOGGED]
