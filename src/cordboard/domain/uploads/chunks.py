"""Files in chunks of rows, read ahead by one: while a chunk is written, the next is read and checked in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from cordboard.domain.uploads.models import Table
from cordboard.domain.uploads.rows import MOST_LINES, Row, RowReader

CHUNK_ROWS: Final = 4000
_CHUNK_BYTES: Final = 2 * 1024 * 1024
_PIECE: Final = 256 * 1024

Check = Callable[[Sequence[Row]], list[Any]]
"""What is done with rows before they are written; it runs in a thread."""


class Chunk(NamedTuple):
    """Consecutive rows as `Check` made them, and the offset in the file after them. `last`: there are no more."""

    rows: list[Any]
    position: int
    last: bool


@asynccontextmanager
async def chunks_of(
    pieces: AsyncIterator[bytes], table: Table, check: Check, *, most: int = CHUNK_ROWS
) -> AsyncIterator[AsyncIterator[Chunk]]:
    """The chunks, of at most so many rows, of the bytes from the table's position on. The last may be empty."""
    async with aclosing(_chunks(pieces, table, check, most)) as chunks, aclosing(_ahead(chunks)) as ahead:
        yield ahead
    if isinstance(pieces, AsyncGenerator):
        await pieces.aclose()


async def pieces_of(path: Path, start: int) -> AsyncIterator[bytes]:
    """The bytes of a file on the disk from `start` on."""
    with await asyncio.to_thread(path.open, "rb") as file:
        file.seek(start)
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def count_rows(path: Path, table: Table, most: int) -> int:
    """How many rows a file has; it stops counting soon after `most`."""
    reader = _reader(table)
    count = 0
    with path.open("rb") as file:
        file.seek(table.position)
        while count <= most and not reader.lines.finished:
            _feed(reader, file.read(_PIECE))
            while taken := len(reader.take(CHUNK_ROWS)):
                count += taken
    return count


async def _ahead(chunks: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
    following = asyncio.create_task(_next(chunks))
    try:
        while (chunk := await following) is not None:
            following = asyncio.create_task(_next(chunks))
            yield chunk
    finally:
        following.cancel()
        await asyncio.wait([following])


async def _next(chunks: AsyncGenerator[Chunk, None]) -> Chunk | None:
    return await anext(chunks, None)


async def _chunks(pieces: AsyncIterator[bytes], table: Table, check: Check, most: int) -> AsyncGenerator[Chunk, None]:
    reader = _reader(table)
    lines = reader.lines
    starved = False
    while True:
        while not lines.finished and (starved or (len(lines) < most + MOST_LINES and lines.size < _CHUNK_BYTES)):
            _feed(reader, await anext(pieces, b""))
            starved = False
        rows = await asyncio.to_thread(_checked, reader, check, most)
        last = lines.finished and not len(lines)
        starved = not rows and not last
        if not starved:
            yield Chunk(rows, reader.position, last)
        if last:
            return


def _reader(table: Table) -> RowReader:
    return RowReader(table.encoding, table.delimiter, width=len(table.columns), position=table.position)


def _feed(reader: RowReader, piece: bytes) -> None:
    """Takes the next bytes; none mean the end."""
    if piece:
        reader.lines.feed(piece)
    else:
        reader.lines.finish()


def _checked(reader: RowReader, check: Check, most: int) -> list[Any]:
    return check(reader.take(most))
