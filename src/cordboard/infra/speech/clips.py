"""Audio by URL, fetched once, kept as the telephone plays it, and asked for anew when it may have changed."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec
import structlog

from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.infra.speech.audio import ClipError, decode, encode_mp3, to_wav
from cordboard.infra.speech.cache import FileCache, SingleFlight
from cordboard.kit.clock import Clock, epoch_ms

_USUAL_SECONDS: Final = 60
_LONGEST_SECONDS: Final = 86_400
_FETCH_SECONDS: Final = 20.0
_SHOWN: Final = 200
_NOT_MODIFIED: Final = 304
_OK: Final = range(200, 300)
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})", re.IGNORECASE)
_NEVER_FRESH: Final = re.compile(r"\b(no-store|no-cache)\b", re.IGNORECASE)
_log = structlog.get_logger(__name__)


class _Known(msgspec.Struct, frozen=True):
    """What is known of a URL: the file's name, its validators, and until when (epoch milliseconds) it is fresh."""

    file: str
    etag: str
    last_modified: str
    fresh_until: int


class ClipStore:
    """Sounds of customers' URLs. `client` bounds their size and guards the network."""

    def __init__(self, client: GuardedClient, clock: Clock, directory: Path, capacity: int) -> None:
        self._client = client
        self._clock = clock
        self._files = FileCache(directory, capacity)
        self._once = SingleFlight()

    async def fetch(self, url: str) -> Path:
        """The sound as a mono 8 kHz 16-bit WAV file, for reading only. A new version at the URL gets a new file. When
        its server fails, the last version that was had is played. Raises ClipError.
        """
        return await self._once(url, lambda: self._fetch(url))

    async def keep(self, data: bytes) -> Path:
        """The same for an mp3 or WAV file at hand. Raises ClipError."""
        name = f"{hashlib.sha256(data).hexdigest()}.wav"
        return self._files.find(name) or await self._decoded(name, data)

    @staticmethod
    async def to_mp3(wav: Path) -> Path:
        """An mp3 file beside a finished recording, of as many channels (one or two). Raises ClipError."""
        return await asyncio.to_thread(encode_mp3, wav)

    async def _fetch(self, url: str) -> Path:
        known, path = self._remembered(url)
        if known and path and epoch_ms(self._clock.now()) < known.fresh_until:
            return path
        try:
            reply = await self._client.request("GET", url, headers=_conditions(known, path), timeout=_FETCH_SECONDS)
        except HttpError as error:
            return self._stale(url, path, error.reason)
        if reply.status == _NOT_MODIFIED and known and path:
            await self._remember(url, reply, known.file)
            return path
        if reply.status not in _OK:
            return self._stale(url, path, f"answers with status {reply.status}")
        return await self._keep_version(url, reply)

    async def _keep_version(self, url: str, reply: HttpReply) -> Path:
        try:
            path = await self.keep(reply.body)
        except ClipError as error:
            raise ClipError(f"{url[:_SHOWN]}: {error}") from error
        await self._remember(url, reply, path.name)
        return path

    async def _decoded(self, name: str, data: bytes) -> Path:
        return await self._files.put(name, to_wav(await asyncio.to_thread(decode, data)))

    def _remembered(self, url: str) -> tuple[_Known | None, Path | None]:
        index = self._files.find(_index_name(url))
        if index is None:
            return None, None
        try:
            known = msgspec.json.decode(index.read_bytes(), type=_Known)
        except (OSError, msgspec.DecodeError):  # another process made room, or the disk was full
            return None, None
        return known, self._files.find(known.file)

    async def _remember(self, url: str, reply: HttpReply, file: str) -> None:
        known = _Known(
            file=file,
            etag=reply.headers.get("ETag", ""),
            last_modified=reply.headers.get("Last-Modified", ""),
            fresh_until=epoch_ms(self._clock.now()) + 1000 * _fresh_seconds(reply.headers.get("Cache-Control", "")),
        )
        await self._files.put(_index_name(url), msgspec.json.encode(known))

    @staticmethod
    def _stale(url: str, path: Path | None, reason: str) -> Path:
        if path is None:
            raise ClipError(f"{url[:_SHOWN]}: {reason}")
        _log.warning("clips.stale", url=url[:_SHOWN], reason=reason)
        return path


def _index_name(url: str) -> str:
    return f"{hashlib.sha256(url.encode()).hexdigest()}.json"


def _conditions(known: _Known | None, path: Path | None) -> dict[str, str]:
    if known is None or path is None:
        return {}
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in headers.items() if value}


def _fresh_seconds(cache_control: str) -> int:
    if _NEVER_FRESH.search(cache_control):
        return 0
    found = _MAX_AGE.search(cache_control)
    return min(int(found[1]), _LONGEST_SECONDS) if found else _USUAL_SECONDS
