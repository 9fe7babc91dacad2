"""The way from an API process to the voice process of its machine, for one browser: frames over a Unix socket, as
`edge.sip.transport_local` reads and writes them.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Final

import msgspec
import structlog

from cordboard.edge.sip.transport_local import BrowserHello, encode_frame
from cordboard.wire.sip.parsing import LARGEST_MESSAGE

_LENGTH_OCTETS: Final = 4
_MOST_TRIES: Final = 8
_CONNECT_SECONDS: Final = 3.0
_log = structlog.get_logger(__name__)


class NoVoiceError(Exception):
    """No voice process of this machine takes browsers, or the one that did is gone."""


class VoiceLink:
    """One browser's connection to a voice process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, folder: Path, hello: BrowserHello) -> VoiceLink:
        """Connects to the newest process that answers; `folder` holds a socket for each. Raises NoVoiceError."""
        for path in _newest_first(folder)[:_MOST_TRIES]:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    reader, writer = await asyncio.open_unix_connection(str(path))
            except OSError as error:
                _log.info("webphone.voice_refused", socket=path.name, error=repr(error))
                continue
            link = cls(reader, writer)
            await link.send(msgspec.msgpack.encode(hello))
            return link
        raise NoVoiceError("no voice process")

    async def send(self, message: bytes) -> None:
        """One frame. Raises NoVoiceError."""
        self._writer.write(encode_frame(message))
        try:
            await self._writer.drain()
        except OSError as error:
            raise NoVoiceError("the voice process is gone") from error

    async def receive(self) -> bytes:
        """The next frame. Raises NoVoiceError."""
        try:
            length = int.from_bytes(await self._reader.readexactly(_LENGTH_OCTETS), "big")
            if length > LARGEST_MESSAGE:
                raise NoVoiceError(f"the voice process sent a frame of {length} octets")
            return await self._reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise NoVoiceError("the voice process is gone") from error

    async def close(self) -> None:
        """Lets it go; the voice process forgets the browser."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _newest_first(folder: Path) -> list[Path]:
    found: list[tuple[float, Path]] = []
    for path in folder.glob("voice-*.sock"):
        with contextlib.suppress(FileNotFoundError):  # its process has just ended
            found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]
